"""What goes from an old home to its successor: keys, pack, what statistics disclosed, data sets.

Everything else stays where it is.
"""

import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from modicum.custody import catalogue
from modicum.docket import gateway_events
from modicum.gateway.case import enter
from modicum.gateway.catalogued import check_tables
from modicum.gateway.ended import Ended
from modicum.gateway.founding import check_unused, new_folder
from modicum.gateway.home import SETTINGS, Home, read_settings, write_settings
from modicum.gateway.kept_packs import OWN_PACK, keep_pack, kept_pack
from modicum.gateway.keys import LOG_KEY, PEOPLE, PSEUDONYM_KEY, make_signing_keys, read_key
from modicum.gateway.released_tables import LeftTable, carried_path, left_tables
from modicum.model.dataset import Dataset
from modicum.model.decision import PackRef
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, NotFoundError
from modicum.storage import Folder
from modicum.store import Store, parse_address
from modicum_verify.events import GATEWAY
from modicum_verify.fold import DatasetRecord, Docket
from modicum_verify.note import vkey as vkey_of
from modicum_verify.roster import Pack
from modicum_verify.succession import Successor

_KEPT: Final = {SETTINGS, "keys"}


def prepared(partial: Path, *, old: Folder, successor: Successor | None, store: str | None) -> tuple[Folder, str]:
    """The folder of a successor with its origin and its own keys, durable; those of an interrupted attempt if any.

    successor: what the old log's last entry names, where it has one. store: the address of an empty database.

    Raises ConflictError: the successor is another than this folder's, or the database another home's.
    InvalidInputError: the old home has its store on a server, and none is named for the new one.
    """
    settings = read_settings(old)
    if store is None and "store" in settings:
        raise InvalidInputError(
            cause="the store of this home is a database on a server, and its successor needs one of its own",
            cure="make an empty database and name it with --store",
        )
    if partial.is_dir() and (partial / SETTINGS).is_file():
        folder = Folder(partial)
        made = read_settings(folder)
        origin = str(made["origin"])
        if made.get("store") != store:
            raise ConflictError(
                cause="the attempt that was interrupted named another --store",
                cure="name the same one, or none as then",
            )
        _emptied(partial, store, origin=origin)
        for each in partial.iterdir():
            if each.name not in _KEPT:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
    else:
        _require_none(successor)
        shutil.rmtree(partial, ignore_errors=True)
        origin = f"{settings['origin'].rpartition('/')[0]}/{secrets.token_hex(4)}"
        _emptied(partial, store, origin=origin)
        folder = new_folder(partial)
        make_signing_keys(folder)
        write_settings(
            folder,
            origin=origin,
            custodian=settings["custodian"],
            pack=settings["pack"],
            evaluation=settings["evaluation"],
            store=store,
        )
    if successor is not None and vkey_of(origin, read_key(folder, LOG_KEY).public_key()) != successor.log_vkey:
        _require_none(successor)
    return folder, origin


def _emptied(partial: Path, store: str | None, *, origin: str) -> None:
    """Take a database for the successor, without what an interrupted attempt of the same one put there."""
    if store is not None:
        with Store(parse_address(partial, store), origin=origin).opened() as database:
            check_unused(database)
            database.clear()


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


def carry_disclosed(old: Folder, home: Home, ended: Ended) -> None:
    """Take over what statistics told of people under the old log and those before it: a new log forgets nothing.

    Of what the old log can no longer tell, that is entered, and nothing more is disclosed. What is kept of a table and
    is gone or altered is named all the same: the next table waits until somebody restores it.
    """
    told = ended.docket.disclosed
    if ended.lost:
        _record(home, "lost", {"of": sorted(ended.lost)})
    for population in sorted(set(told.bound.values())):
        datasets = sorted(each for each, owner in told.bound.items() if owner == population)
        _record(home, "bound", {"population": population, "datasets": datasets})
    if "budgets" not in ended.lost:
        for _, budget in sorted(told.budgets.items()):
            _record(home, "budget", budget.left)
    if "tables" not in ended.lost:
        tables = list(left_tables(ended.docket))
        for each in tables:
            _carry_table(old, home.folder, each)
        for dataset, digest in dict.fromkeys((each.dataset, each.table_sha256) for each in tables):
            _record(home, "table", {"dataset": dataset, "table_sha256": digest})


def _record(home: Home, kind: str, content: Mapping[str, Any]) -> None:
    with home.journal.locked():
        home.journal.record(kind, content, case=None, actor=GATEWAY)


def _carry_table(old: Folder, new: Folder, left: LeftTable) -> None:
    with suppress(NotFoundError):
        data = old.read(left.place)
        if sha256(data).hexdigest() == left.table_sha256:
            new.replace(carried_path(left.table_sha256), data)


def carry_data(old: Folder, home: Home, docket: Docket) -> list[str]:
    """Copy the data sets that the old log names and enter them in the new one; gives those to be registered anew.

    These are no longer as named, or beyond the damage of a log. Their tables come along as they are, of all versions:
    exact tables that left were made of them. Raises LogUnavailableError: no room for a copy.
    """
    left = set(catalogue.list_datasets(old)) - set(docket.datasets)
    for name in sorted({*docket.datasets, *docket.disclosed.bound}):
        record = docket.datasets.get(name)
        unread = [path for path in old.list(f"data/{name}") if not _copied(old, home.folder, path)]
        dataset = None if record is None or _present(name, record.version, unread) else _whole(old, home, record)
        if dataset is None:
            home.folder.discard(_present(name, None, home.folder.list(f"data/{name}")))
            left |= set() if record is None else {name}
            continue
        with home.journal.locked():
            enter(home, gateway_events.dataset(dataset))
    return sorted(left)


def _present(name: str, version: str | None, paths: Iterable[str]) -> list[str]:
    """Of the files of a data set, its description, and the tables of a version."""
    top = f"data/{name}/"
    return [each for each in paths if "/" not in each.removeprefix(top) or each.startswith(f"{top}{version}/")]


def _whole(old: Folder, home: Home, record: DatasetRecord) -> Dataset | None:
    """A data set as the old log named it, its copy checked; None where either is no longer so."""
    try:
        dataset = catalogue.load_dataset(old, record.name)
        check_tables(home, dataset)
    except (EvidenceError, NotFoundError):
        return None
    return dataset if dataset.catalogue_sha256 == record.catalogue_sha256 else None


def _copied(old: Folder, new: Folder, path: str) -> bool:
    """Copy one file; False where it cannot be read to its end."""
    try:
        with old.path(path).open("rb") as source, new.stage(path) as target:
            shutil.copyfileobj(source, target)
    except OSError:  # of the reading alone: the folder says in our words what is wrong with the writing
        return False
    return True


def _require_none(successor: Successor | None) -> None:
    if successor is not None:
        raise ConflictError(
            cause=f"this log has ended in favour of {successor.origin}, whose keys are not beside --to",
            cure="name the same --to as then; it lies there as .NAME.successor",
        )
