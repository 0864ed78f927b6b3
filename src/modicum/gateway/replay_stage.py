"""The demo's stage: a home with two witnesses of two organisations, its people's keys, and one clock for all of them.

The home is of the kind that keeps nobody's key: those of the people who are played lie beside it. The witnesses run as
long as the stage stands, and end with it.
"""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Final

from modicum.docket.signing import PersonKey
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.keys import make_person_key, person_key
from modicum.gateway.leaving import WITNESSES
from modicum.gateway.replay_witness import Running, listed, make_witnesses, running
from modicum.storage import Folder

ROSTER: Final = "cms"
_SPAN: Final = timedelta(hours=30)


class ReplayClock:
    """A clock that is set by hand, minute by minute; it ends before the present, so that the home stays usable."""

    def __init__(self, now: datetime) -> None:
        """Start so that the last step lies just before `now`."""
        self._start = now.astimezone(UTC).replace(microsecond=0) - _SPAN
        self.minutes = -30.0

    def __call__(self) -> datetime:
        """The replay's time."""
        return self._start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A home, the folder that it and all else lies in, and whoever acts in it."""

    folder: Path
    home: Home
    clock: ReplayClock
    witnesses: Running

    def at(self, minutes: float) -> None:
        """Set the clock of the home and of its witnesses; minutes after the filing of the first request.

        Raises LogUnavailableError: a witness ended.
        """
        self.clock.minutes = minutes
        self.witnesses.tell(self.clock())

    def key(self, handle: str) -> PersonKey:
        """The key of somebody who is played."""
        return person_key(Folder(self.folder), handle)


@contextmanager
def staged(folder: Path, *, now: datetime, pack_name: str = "us_medicaid") -> Iterator[Stage]:
    """Make home, keys and witnesses in a new folder; the witnesses run within the context, and end with it.

    Raises LogUnavailableError: this machine gives no process, or no port.
    """
    clock = ReplayClock(now)
    roster = _roster_with_keys(Folder(folder))
    vkeys = make_witnesses(folder / "witnesses")
    directory = folder / "witnesses" / WITNESSES
    Folder(folder / "witnesses").write_new(WITNESSES, listed(vkeys))
    founders = [person_key(Folder(folder), each) for each in roster["founders"]["people"]]
    home = create_home(
        folder / "home",
        roster=str(folder / "roster.toml"),
        pack_name=pack_name,
        clock=clock,
        witnesses=directory,
        founder_keys=founders,
    )
    with running(folder / "witnesses", log_vkey=home.ledger.vkey, now=clock()) as witnesses:
        for place in (Folder(folder / "witnesses"), home.folder):
            place.replace(WITNESSES, listed(vkeys, witnesses.urls))
        yield Stage(folder=folder, home=home, clock=clock, witnesses=witnesses)


def _roster_with_keys(folder: Folder) -> dict[str, Any]:
    """Make a key for each person of the shipped roster, and write the roster with their public halves."""
    text = resources.files("modicum.gateway").joinpath(f"rosters/{ROSTER}.toml").read_text("utf-8")
    roster = tomllib.loads(text)
    for each in roster["people"]:
        key = make_person_key(folder, organisation=each["organisation"], person=each["person"])
        each["public_key"] = key.public_key
    folder.write_new("roster.toml", _toml(roster).encode())
    return roster


def _toml(roster: dict[str, Any]) -> str:
    """A roster as TOML; its strings are plain, so JSON writes them alike."""
    lines = [f"custodian = {json.dumps(roster['custodian'])}"]
    for table in ("organisations", "people"):
        for each in roster[table]:
            lines += ["", f"[[{table}]]", *(f"{name} = {json.dumps(value)}" for name, value in each.items())]
    return "\n".join([*lines, "", "[founders]", f"people = {json.dumps(roster['founders']['people'])}", ""])
