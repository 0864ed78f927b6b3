"""What attacks with write access are tried with and looked at by: commands in this process, the verifier beside them."""

import contextlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import attack_world as world

from modicum import cli
from modicum.gateway.home import Home, system_clock
from modicum.model.errors import ModicumError
from modicum_verify.door import run as verifier

PRIVACY, COUNSEL, ORIGIN, ASKER = "cms/privacy-officer", "cms/counsel", "wa-hca/data-officer", "hhs-oig/analyst"
VOTE: Final = "review"  # the kind of a first vote, which is sealed until the quorum's first votes are in
Events = list[world.Event]


@dataclass(frozen=True)
class Looked:
    """What a command answered: its exit code, and all that it said."""

    exit: int
    said: str


def case_of(root: Path) -> str:
    return next(iter(Home.open(root).journal.docket().cases))


def say(call: Callable[[list[str]], int], *arguments: str | Path) -> Looked:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = call([str(each) for each in arguments])
    return Looked(int(code), out.getvalue())


def release(root: Path) -> Looked:
    return say(cli.run, "release", case_of_log(root), "--out", root.parent / "out.modicum", "--home", root)


def case_of_log(root: Path) -> str:
    """The number of the case, where the log is such that nobody can open it any more."""
    with contextlib.suppress(ModicumError):
        return case_of(root)
    return f"{system_clock():%Y}-0001"


def verify(root: Path) -> Looked:
    return say(verifier, root, "--trust", root.parent / "brought.json")


def nothing_left(root: Path) -> bool:
    return not (root.parent / "out.modicum").exists() and not list(root.glob("outbox/*.modicum"))


def refused(root: Path, names: str) -> None:
    """The release is not made, and the verifier names the place."""
    looked = release(root)
    assert looked.exit not in {0, 1}, looked
    assert nothing_left(root)
    found = verify(root)
    assert found.exit == 5, found
    assert re.search(names, found.said), found


def at(events: Events, kind: str, place: int = 0) -> int:
    return [index for index, each in enumerate(events) if each["kind"] == kind][place]
