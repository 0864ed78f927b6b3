"""A home: the folder that holds one custodian's gateway, opened and checked.

`modicum.toml` settings · `trust.json` what verifiers bring · `witnesses.toml` where the witnesses are (none in an
evaluation home) · `pack/` where the pack is not a shipped one · `packs/` and `witnesses/` what changes brought ·
`keys/` · `log/` · `bodies/` · `store.db` the store, unless the settings name a database · `data/` · `outbox/` ·
`accounting/` · `decisions/` · `state/` (locks, staging, the latest checkpoint kept apart from the log)
"""

import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from modicum.custody.dictionary import Vocabulary
from modicum.custody.spill import SPILL, wipe_unused
from modicum.gateway.accepting import Acceptance
from modicum.gateway.journal import Clock, Journal
from modicum.gateway.kept_packs import OWN_PACK, kept_pack
from modicum.gateway.keys import LOG_KEY, read_key
from modicum.law.packs import Pack, load_pack
from modicum.ledger import Ledger, open_ledger
from modicum.model.errors import InvalidInputError, LogUnavailableError, NotFoundError
from modicum.storage import Folder
from modicum.store import Store, parse_address
from modicum_verify.note import vkey
from modicum_verify.roster import Pack as NamedPack
from modicum_verify.trust import Trust, parse_trust

SETTINGS: Final = "modicum.toml"
SETTINGS_SCHEMA: Final = "modicum.home/1"
_FIELDS: Final = {"schema", "origin", "custodian", "pack", "evaluation"}
_OPTIONAL: Final = {"store"}


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One open home. `pack_name` is the pack that it was made with; the log names the one in force, by digest."""

    root: Path
    origin: str
    custodian: str
    pack_name: str
    evaluation: bool
    folder: Folder
    ledger: Ledger
    journal: Journal
    acceptance: Acceptance

    @classmethod
    def open(cls, root: Path, *, clock: Clock = system_clock) -> "Home":
        """Open a home for reading; writing happens under `journal.locked()`.

        Whoever may write there wipes first what killed processes left half written or spilled: it may hold rows.

        Raises NotFoundError: no home there. InvalidInputError: settings that do not read. EvidenceError: a log
        that is broken or was rolled back.
        """
        folder = Folder(root)
        if not (root / SETTINGS).is_file():
            raise NotFoundError(
                cause=f"there is no home in {root}",
                cure="make one with `modicum init --home DIR --evaluation`, or name it with --home",
            )
        settings = read_settings(folder)
        if os.access(root, os.W_OK):
            wipe_unused(folder.path(SPILL))
            folder.sweep(older_than_s=0)
        key = read_key(folder, LOG_KEY)
        ledger = open_ledger(
            folder, key=key if os.access(root, os.W_OK) else None, vkey=vkey(settings["origin"], key.public_key())
        )
        store = Store(parse_address(root, settings.get("store")), origin=settings["origin"])
        acceptance = Acceptance(folder, ledger, store=store, origin=settings["origin"], key=key)
        return cls(
            root=root,
            origin=settings["origin"],
            custodian=settings["custodian"],
            pack_name=settings["pack"],
            evaluation=settings["evaluation"],
            folder=folder,
            ledger=ledger,
            journal=Journal(folder, ledger, clock, acceptance),
            acceptance=acceptance,
        )

    @property
    def trust(self) -> Trust:
        """The trust root that this home hands to verifiers."""
        return parse_trust(self.folder.read("trust.json"))

    def pack(self) -> Pack:
        """The policy pack in force, whole. Raises EvidenceError: it is not here."""
        return self.pack_of(self.journal.docket().roster.pack)

    def pack_at(self, index: int) -> Pack:
        """The policy pack that was in force at an entry of the log."""
        return self.pack_of(self.journal.docket().roster.pack_at(index))

    def pack_of(self, named: NamedPack | None) -> Pack:
        """A pack that the log names: in force, or once so. Raises EvidenceError: it is not here."""
        if named is None:  # before genesis
            return load_pack(self.root / OWN_PACK if self.pack_name == OWN_PACK else self.pack_name)
        return kept_pack(self.root, named.sha256, settings=self.pack_name)

    def require_writable(self) -> None:
        """Say early and clearly that nothing can be recorded, before anything is computed."""
        if not os.access(self.root, os.W_OK) or not os.access(self.root / "log", os.W_OK):
            raise LogUnavailableError(
                cause=f"the home {self.root} is read-only, so nothing can be recorded and nothing may leave",
                cure="make the home writable for this account",
            )
        self.journal.require_open()


def vocabulary_of(pack: Pack) -> Vocabulary:
    """The words that a dictionary may use: the pack's data classes and stratum attributes."""
    return Vocabulary(classes=frozenset(pack.vocabulary.classes), attributes=pack.attributes)


def write_settings(
    folder: Folder, *, origin: str, custodian: str, pack: str, evaluation: bool, store: str | None = None
) -> None:
    """Write `modicum.toml` of a new home. store: the address of a database, as `parse_address` takes it."""
    about = "no outside witness sees its log, and every manifest says so" if evaluation else "no; see witnesses.toml"
    lines = [
        f"# A Modicum home. Evaluation: {about}.",
        f'schema = "{SETTINGS_SCHEMA}"',
        f'origin = "{origin}"',
        f'custodian = "{custodian}"',
        f'pack = "{pack}"',
        f"evaluation = {str(evaluation).lower()}",
        *([] if store is None else [f'store = "{store}"']),
    ]
    folder.write_new(SETTINGS, ("\n".join(lines) + "\n").encode())


def read_settings(folder: Folder) -> dict[str, Any]:
    """The settings of a home. Raises InvalidInputError: they do not read."""
    try:
        found = tomllib.loads(folder.read(SETTINGS).decode("utf-8"))
    except ValueError:
        raise InvalidInputError(cause=f"{SETTINGS} is not TOML", cure="restore it from a backup") from None
    if set(found) - _OPTIONAL != _FIELDS or found["schema"] != SETTINGS_SCHEMA:
        raise InvalidInputError(
            cause=f"{SETTINGS} has fields that this version does not know, or lacks some",
            cure=f"it needs: {', '.join(sorted(_FIELDS))}; and it may have: {', '.join(sorted(_OPTIONAL))}",
        )
    texts = all(isinstance(found.get(name, ""), str) for name in ("origin", "custodian", "pack", "store"))
    if not texts or not isinstance(found["evaluation"], bool):
        raise InvalidInputError(cause=f"{SETTINGS} has a field of the wrong type", cure="restore it from a backup")
    return found
