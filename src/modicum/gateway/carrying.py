"""What goes from an old home to its successor: keys, pack, data sets. Everything else stays where it is."""

import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from modicum.custody import catalogue
from modicum.docket import gateway_events
from modicum.gateway.case import enter
from modicum.gateway.catalogued import check_tables
from modicum.gateway.founding import new_folder
from modicum.gateway.home import SETTINGS, Home, read_settings, write_settings
from modicum.gateway.kept_packs import OWN_PACK, keep_pack, kept_pack
from modicum.gateway.keys import LOG_KEY, PEOPLE, PSEUDONYM_KEY, make_signing_keys, read_key
from modicum.model.dataset import Dataset
from modicum.model.decision import PackRef
from modicum.model.errors import ConflictError, EvidenceError, NotFoundError
from modicum.storage import Folder
from modicum_verify.fold import DatasetRecord, Docket
from modicum_verify.note import vkey as vkey_of
from modicum_verify.roster import Pack
from modicum_verify.succession import Successor

_KEPT: Final = {SETTINGS, "keys"}


def prepared(partial: Path, *, old: Folder, successor: Successor | None) -> tuple[Folder, str]:
    """The folder of a successor with its origin and its own keys, durable; those of an interrupted attempt if any.

    successor: what the old log's last entry names, where it has one. Raises ConflictError: another than this folder's.
    """
    if partial.is_dir() and (partial / SETTINGS).is_file():
        folder = Folder(partial)
        origin = str(read_settings(folder)["origin"])
        for each in partial.iterdir():
            if each.name not in _KEPT:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
    else:
        _require_none(successor)
        shutil.rmtree(partial, ignore_errors=True)
        folder, settings = new_folder(partial), read_settings(old)
        origin = f"{settings['origin'].rpartition('/')[0]}/{secrets.token_hex(4)}"
        make_signing_keys(folder)
        write_settings(
            folder,
            origin=origin,
            custodian=settings["custodian"],
            pack=settings["pack"],
            evaluation=settings["evaluation"],
        )
    if successor is not None and vkey_of(origin, read_key(folder, LOG_KEY).public_key()) != successor.log_vkey:
        _require_none(successor)
    return folder, origin


def carry_keys(old: Folder, new: Folder) -> None:
    """The key of all pseudonyms, so that a recipient's stay the same; in an evaluation home the people's too."""
    for path in (PSEUDONYM_KEY, *old.list(PEOPLE)):
        new.replace(path, old.read(path))


def carry_pack(old: Folder, new: Folder, name: str, fixed: Pack | None) -> PackRef:
    """The pack under which the old log stood. Raises ConflictError: what lies there is another one."""
    if name == OWN_PACK:
        for path in old.list(OWN_PACK.removeprefix("./")):
            new.write_new(path, old.read(path))
    if fixed is not None:
        with suppress(EvidenceError):
            return kept_pack(new.root, fixed.sha256, settings=name).ref
        with suppress(EvidenceError):
            changed = kept_pack(old.root, fixed.sha256, settings=name)  # one that a change of the rules brought
            keep_pack(new, changed)
            return changed.ref
    raise ConflictError(
        cause=f"the pack {name} is not the one that the log names", cure="install that one; then rotate again"
    )


def carry_budgets(home: Home, docket: Docket) -> None:
    """Open in the new log the budget of each population with what the old log left of it; a new log refills nothing."""
    for _, budget in sorted(docket.budgets.items()):
        with home.journal.locked():
            home.journal.record("budget", budget.left, case=None, actor="gateway")


def carry_data(old: Folder, home: Home, docket: Docket) -> list[str]:
    """Copy the data sets that the old log names and enter them in the new one; gives those that are no longer as named.

    Raises LogUnavailableError: no room for a copy.
    """
    left = []
    for name, record in sorted(docket.datasets.items()):
        try:
            dataset = _as_logged(old, record)
            for path in old.list(f"data/{name}"):
                _copy(old, home.folder, path)
            check_tables(home, dataset)
        except (EvidenceError, NotFoundError):
            home.folder.discard(home.folder.list(f"data/{name}"))
            left.append(name)
            continue
        with home.journal.locked():
            enter(home, gateway_events.dataset(dataset))
    return left


def _as_logged(old: Folder, record: DatasetRecord) -> Dataset:
    dataset = catalogue.load_dataset(old, record.name)
    if dataset.catalogue_sha256 != record.catalogue_sha256:
        raise EvidenceError(place=f"data/{record.name}", cause="is not the description that the log names")
    return dataset


def _copy(old: Folder, new: Folder, path: str) -> None:
    try:
        source = old.path(path).open("rb")
    except OSError:
        raise EvidenceError(place=path, cause="cannot be read") from None
    with source, new.stage(path) as target:
        shutil.copyfileobj(source, target)


def _require_none(successor: Successor | None) -> None:
    if successor is not None:
        raise ConflictError(
            cause=f"this log has ended in favour of {successor.origin}, whose keys are not beside --to",
            cure="name the same --to as then; it lies there as .NAME.successor",
        )
