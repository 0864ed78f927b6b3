"""Make a home: roster, keys, genesis.

An evaluation home has no outside witness, and every page and manifest says so; it may keep people's keys, and signs
genesis with those. A home with witnesses keeps nobody's: founders of two organisations bring theirs for genesis.

Everything is made in a folder beside the wanted one, which takes its name at the end: an interrupted `init` leaves no
half a home under that name.
"""

import secrets
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modicum.docket.founding import found
from modicum.docket.signing import Event, LoadedKey, PersonKey
from modicum.gateway.case import enter
from modicum.gateway.grounds import check_kinds
from modicum.gateway.home import Home, write_settings
from modicum.gateway.journal import Clock
from modicum.gateway.kept_packs import OWN_PACK, copy_pack
from modicum.gateway.keys import (
    LOG_KEY,
    MANIFEST_KEY,
    make_home_keys,
    make_person_key,
    public_hex,
    read_key,
)
from modicum.gateway.leaving import WITNESSES, named
from modicum.gateway.outside import check_new_home
from modicum.gateway.witnessing import read_witnesses
from modicum.law.packs import Pack, load_pack, shipped_packs
from modicum.ledger import create_ledger
from modicum.model.errors import (
    ConflictError,
    EvidenceError,
    InvalidInputError,
    LogUnavailableError,
    ModicumError,
    NotFoundError,
)
from modicum.storage import Folder
from modicum.store import OpenStore, parse_address
from modicum_verify.canonical import canonical
from modicum_verify.merkle import leaf_hash
from modicum_verify.trust import Trust

SHIPPED_ROSTERS = ("cms", "ehds", "state")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Organisation(_Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    kind: str
    name: str
    state: str | None = None


class _Person(_Strict):
    organisation: str
    person: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    roles: Annotated[list[str], Field(min_length=1)]
    name: str = ""
    public_key: str | None = None

    @property
    def handle(self) -> str:
        """`organisation/person`."""
        return f"{self.organisation}/{self.person}"


class _Founders(_Strict):
    people: Annotated[list[str], Field(min_length=2)]


class _Roster(_Strict):
    custodian: str
    organisations: Annotated[list[_Organisation], Field(min_length=2)]
    people: Annotated[list[_Person], Field(min_length=2)]
    founders: _Founders


def create_home(
    root: Path,
    *,
    roster: str,
    pack_name: str,
    clock: Clock,
    witnesses: Path | None = None,
    founder_keys: Sequence[PersonKey] = (),
    store: str | None = None,
) -> Home:
    """Make a home at `root` (absent or empty) and give it, open; an evaluation home where no witnesses are named.

    roster: a shipped name (`cms`, `ehds`, `state`) or a TOML file of the same shape. In an evaluation home people
    without a `public_key` get a key pair under `keys/people/`, and founders must be among those. pack_name: a shipped
    pack, or a folder, which is copied into the home. witnesses: a `witnesses.toml`, which the home keeps; then
    everybody needs a `public_key`, and founder_keys are the keys of the founders, which it does not keep.
    store: the address of an empty PostgreSQL database; `store.db` in the home where there is none.

    Raises ConflictError: something is there already, or in that database. InvalidInputError: roster or witnesses are
    not well formed, a founder's key is missing, or the roster names a kind of organisation that the pack does not know.
    """
    check_new_home(root)
    wanted = _read_roster(roster)
    witnessed = None if witnesses is None else named(read_witnesses(witnesses))
    pack = load_pack(pack_name)
    parse_address(root, store)
    check_kinds(pack, [each.kind for each in wanted.organisations], cure="name a --roster with kinds of that pack")
    root = root.absolute()
    partial = root.with_name(f".{root.name}.{secrets.token_hex(4)}.partial")
    try:
        folder = new_folder(partial)
        make_home_keys(folder)
        origin = f"{wanted.custodian}.modicum.example/{secrets.token_hex(4)}"
        settled, evaluation = _settle_pack(folder, pack, pack_name), witnesses is None
        about = {"origin": origin, "custodian": wanted.custodian, "pack": settled}
        write_settings(folder, **about, evaluation=evaluation, store=store)
        if witnesses is None:
            people, founders = _with_own_keys(folder, wanted)
        else:
            folder.write_new(WITNESSES, witnesses.read_bytes())
            people, founders = _with_brought_keys(wanted, founder_keys)
        create_ledger(folder, origin=origin, key=read_key(folder, LOG_KEY))
        genesis = found(
            origin=origin,
            custodian=wanted.custodian,
            organisations=[each.model_dump(exclude_none=True) for each in wanted.organisations],
            people=people,
            pack=pack.ref,
            manifest_key=public_hex(read_key(folder, MANIFEST_KEY)),
            founders=founders,
            witnesses=witnessed,
            reviews=pack.review_rules,
        )
        enter_genesis(folder, partial, genesis, clock=clock)
        _take_name(partial, root)
    except BaseException:
        _forget(partial, store)
        raise
    return Home.open(root, clock=clock)


def _take_name(partial: Path, root: Path) -> None:
    if root.exists():
        root.rmdir()
    partial.rename(root)


def _settle_pack(folder: Folder, pack: Pack, name: str) -> str:
    """Give what the settings call the pack; one that is not shipped is copied, file by file, and read again."""
    if name in shipped_packs():
        return name
    copy_pack(folder, pack, OWN_PACK.removeprefix("./"))
    return OWN_PACK


def new_folder(partial: Path) -> Folder:
    """Make the folder of a home that is not there yet."""
    try:
        partial.mkdir(mode=0o700, parents=True)
    except OSError:
        raise LogUnavailableError(
            cause=f"no folder can be made in {partial.parent}", cure="check the path, its permissions and the disk"
        ) from None
    return Folder(partial)


_Founded = tuple[list[dict[str, Any]], Mapping[str, PersonKey]]
"""The people as genesis lists them, and the founders' keys."""


def _with_own_keys(folder: Folder, wanted: _Roster) -> _Founded:
    keys: dict[str, LoadedKey] = {}
    people = []
    for person in wanted.people:
        line = person.public_key
        if line is None:
            key = make_person_key(folder, organisation=person.organisation, person=person.person)
            keys[person.handle] = key
            line = key.public_key
        people.append(_listed(person, line))
    for handle in wanted.founders.people:
        if handle not in keys:
            raise InvalidInputError(
                cause=f"founder {handle} is not among the people whose key is made here",
                cure="leave out public_key for founders of an evaluation home",
            )
    return people, {handle: keys[handle] for handle in wanted.founders.people}


def _with_brought_keys(wanted: _Roster, founder_keys: Sequence[PersonKey]) -> _Founded:
    without = [person.handle for person in wanted.people if person.public_key is None]
    if without:
        raise InvalidInputError(
            cause=f"a home with witnesses keeps nobody's key, and the roster has no public_key of {without[0]}",
            cure="put each person's own public key line into the roster",
        )
    brought = {key.public_key: key for key in founder_keys}
    lines = {person.handle: " ".join((person.public_key or "").split()[:2]) for person in wanted.people}
    founders = {handle: brought.pop(lines.get(handle, ""), None) for handle in wanted.founders.people}
    missing = sorted(handle for handle, key in founders.items() if key is None)
    if missing or brought:
        what = f"the key of founder {missing[0]} was not given" if missing else "a key was given that is no founder's"
        raise InvalidInputError(cause=what, cure="give one --founder-key for each person in [founders] of the roster")
    people = [_listed(person, person.public_key or "") for person in wanted.people]
    return people, {handle: key for handle, key in founders.items() if key is not None}


def _listed(person: _Person, line: str) -> dict[str, Any]:
    return {
        "organisation": person.organisation,
        "person": person.person,
        "name": person.name or f"{person.person} of {person.organisation}",
        "roles": list(person.roles),
        "public_key": line,
    }


def enter_genesis(folder: Folder, root: Path, genesis: Event, *, clock: Clock) -> None:
    """Enter genesis in an empty log, and write the trust root that follows from it."""
    home = Home.open(root, clock=clock)
    with home.journal.held() as store:
        check_unused(store)
    with home.journal.locked():
        enter(home, genesis)
    trust = Trust(
        origin=home.origin,
        log_vkey=home.ledger.vkey,
        genesis_sha256=leaf_hash(home.ledger.leaves()[0]).hex(),
        manifest_key=genesis.content["manifest_key"],
        witnesses=home.journal.docket().roster.witnesses,
    )
    folder.write_new("trust.json", canonical(trust.as_document()))


def check_unused(store: OpenStore) -> None:
    """Check that a new home may take a database. Raises ConflictError: it is another's."""
    try:
        store.position()
    except EvidenceError:
        raise ConflictError(
            cause=f"{store.name} is the store of another home", cure="make an empty database for this one"
        ) from None


def _forget(partial: Path, store: str | None) -> None:
    """Remove a home that never came to be, also from its database; another home's database is not touched."""
    if store is not None:
        with suppress(ModicumError), Home.open(partial).journal.held() as database:
            database.position()
            database.clear()
    shutil.rmtree(partial, ignore_errors=True)


def _read_roster(roster: str) -> _Roster:
    try:
        if roster in SHIPPED_ROSTERS:
            text = resources.files("modicum.gateway").joinpath(f"rosters/{roster}.toml").read_text("utf-8")
        else:
            text = Path(roster).read_text("utf-8")
        return _Roster.model_validate(tomllib.loads(text))
    except FileNotFoundError:
        raise NotFoundError(
            cause=f"there is no roster {roster}", cure=f"name a TOML file or one of: {', '.join(SHIPPED_ROSTERS)}"
        ) from None
    except ValidationError as error:
        places = "; ".join(".".join(str(part) for part in fault["loc"]) for fault in error.errors()[:6])
        raise InvalidInputError(
            cause=f"the roster {roster} is not well formed at: {places}", cure="compare with docs/reference/roster.md"
        ) from None
    except (OSError, ValueError):
        raise InvalidInputError(
            cause=f"the roster {roster} is not readable TOML", cure="compare with docs/reference/roster.md"
        ) from None
