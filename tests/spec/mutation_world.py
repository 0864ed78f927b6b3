"""A copy of a real home's evidence, and the hands that alter it: every file, and the log's own key, but nobody else's.

The home holds two released cases, one with an objection, its answer and a directive; and a refused one. Witnesses of two
organisations (one runs two) cosigned its checkpoint, now and earlier. What a reader brings lies apart from the copy.
"""

import contextlib
import io
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import attack_world

from modicum.gateway import case as cases
from modicum.gateway.home import Home
from modicum.gateway.keys import LOG_KEY, person_key, read_key
from modicum.gateway.logbook import export
from modicum.gateway.lookback import account_of
from modicum.gateway.release import release_case
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.cosignature import Cosigner
from modicum_verify.door import run
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import body_file, leaf_bytes, read_entry
from modicum_verify.logdir import Tree
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import Signer, vkey

Files = dict[str, bytes]
EARLIER = 12  # entries that the earlier checkpoint covers
SALT = b"m" * 32
WITNESSES = {"ca.example/w1": "state-ca", "ca.example/w2": "state-ca", "court.example/w": "court"}


@dataclass(frozen=True)
class Event:
    """One entry as somebody who holds the log's key would write it."""

    kind: str
    at: str
    case: str | None
    actor: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """Altered evidence, what the reader brings beside the trust root, and what the verdict must say.

    target: what is verified, below the copy. says: a pattern for the error's cause (its place comes first).
    """

    says: str
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    target: str = "copy"
    seen: bytes | None = None
    witnesses: str | None = None
    exit: int = 5


@dataclass(frozen=True)
class Said:
    """What `modicum-verify` answered."""

    exit: int
    document: dict[str, Any]

    @property
    def cause(self) -> str:
        return str(self.document.get("cause", ""))


@dataclass(frozen=True)
class World:
    """All of it. `files` are those of the copy, by their names; `bring` holds the reader's own."""

    folder: Path
    home: Path
    files: Files
    leaves: list[bytes]
    events: list[Event]
    key: Ed25519PrivateKey
    origin: str
    cosigners: Mapping[str, Cosigner]
    packages: tuple[bytes, bytes]
    account: dict[str, Any]
    directory: str
    cosigned_at: int

    @property
    def size(self) -> int:
        return len(self.leaves)

    @property
    def named(self) -> list[str]:
        """The names of the two packages, which hold the year in which they were made."""
        return sorted(name for name in self.files if name.endswith(".modicum"))

    def log(self, name: str) -> bytes:
        return self.files[f"copy/log/{name}"]

    def at(self, *kinds: str, case: str | None = None) -> list[int]:
        """The places of events of some kinds."""
        return [
            index
            for index, each in enumerate(self.events)
            if each.kind in kinds and (case is None or each.case == case)
        ]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        leaves = self.leaves[:size]
        return Checkpoint(origin=self.origin, size=len(leaves), root=root([leaf_hash(each) for each in leaves]))

    def kept(self, *names: str, size: int | None = None, at: int | None = None) -> bytes:
        """A checkpoint that the log signed and these witnesses cosigned."""
        text = self.checkpoint(size).text()
        lines = [self.cosigners[name].cosign(text, time=at or self.cosigned_at) for name in names]
        return Signer(self.origin, self.key).sign(text) + b"".join(lines)

    def relogged(self, leaves: Sequence[bytes]) -> dict[str, bytes | None]:
        """The log's files written anew over other leaves, under the log's own key."""
        tree = Tree(list(leaves))
        made: dict[str, bytes | None] = {name: None for name in self.files if name.startswith("copy/log/tile/")}
        made |= {f"copy/log/{name}": tree.expected(name) for name in tree.required()}
        hashes = [leaf_hash(each) for each in leaves]
        text = Checkpoint(origin=self.origin, size=len(hashes), root=root(hashes)).text()
        return {**made, "copy/log/checkpoint": Signer(self.origin, self.key).sign(text)}

    def rewritten(self, events: Sequence[Event]) -> dict[str, bytes | None]:
        """Log and bodies written anew over other events; those that stand as they were keep leaf and body."""
        known = {id(event): leaf for event, leaf in zip(self.events, self.leaves, strict=True)}
        bodies: dict[str, bytes | None] = {}
        leaves = []
        for event in events:
            if id(event) in known:
                leaves.append(known[id(event)])
                continue
            body, data = body_file(event.content, salt=SALT)
            bodies[f"copy/bodies/{body}.json"] = data
            leaves.append(leaf_bytes(kind=event.kind, at=event.at, case=event.case, actor=event.actor, body=body))
        return {**self.relogged(leaves), **bodies}

    def with_event(self, index: int, event: Event) -> dict[str, bytes | None]:
        return self.rewritten([*self.events[:index], event, *self.events[index + 1 :]])

    def changed(self, index: int, *path: str | int, to: Any) -> dict[str, bytes | None]:
        """The log written anew, one value in one event's content changed."""
        content = deepcopy(self.events[index].content)
        place: Any = content
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to
        return self.with_event(index, replace(self.events[index], content=content))

    def verify(self, attempt: Attempt) -> Said:
        """Alter the copy, let a reader verify it, and put it right again."""
        brought = ["--trust", str(self.folder / "bring" / "trust.json")]
        for name, data in (("seen", attempt.seen), ("witnesses", attempt.witnesses)):
            if data is not None:
                path = self.folder / "bring" / name
                path.write_bytes(data if isinstance(data, bytes) else data.encode())
                brought += [f"--{name}", str(path)]
        try:
            for name, data in attempt.files.items():
                _put(self.folder / name, data)
            return verdict([str(self.folder / attempt.target), *brought])
        finally:
            for name in attempt.files:
                _put(self.folder / name, self.files.get(name))


def verdict(arguments: Sequence[str], *, by: Callable[[list[str]], int] = run) -> Said:
    """Run `modicum-verify ... --json`, or another command, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = by([*arguments, "--json"])
    return Said(exit=int(status), document=json.loads(out.getvalue()))


def _put(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@cache
def world() -> World:
    """Play the cases, copy the evidence, have it cosigned."""
    folder = Path(tempfile.mkdtemp(prefix="modicum-mutations-"))
    home = Home.open(attack_world.make_home(folder))
    packages = _play(home, folder)
    export(home, out=folder / "copy", bodies=True)
    (folder / "bring").mkdir()
    (folder / "copy" / "trust.json").rename(folder / "bring" / "trust.json")
    account = account_of(home, _somebody(home, folder)).document
    (folder / "account.json").write_text(json.dumps(account))
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in [*(folder / "copy").rglob("*"), *folder.glob("*.modicum"), folder / "account.json"]
        if path.is_file()
    }
    leaves = home.ledger.leaves()
    cosigners = {name: Cosigner(name, Ed25519PrivateKey.generate()) for name in WITNESSES}
    return World(
        folder=folder,
        home=home.root,
        files=files,
        leaves=leaves,
        events=_events(leaves, folder / "copy" / "bodies"),
        key=read_key(home.folder, LOG_KEY),
        origin=home.origin,
        cosigners=cosigners,
        packages=packages,
        account=account,
        directory=directory(cosigners, WITNESSES),
        cosigned_at=int(time.time()),
    )


def directory(cosigners: Mapping[str, Cosigner], organisations: Mapping[str, str], *, needed: int = 2) -> str:
    """A `witnesses.toml`."""
    tables = [
        f'[[witness]]\norganisation = "{organisation}"\nurl = "http://127.0.0.1:1"\nvkey = "{cosigners[name].public.vkey()}"\n'
        for name, organisation in organisations.items()
    ]
    return f"organisations = {needed}\n" + "".join(tables)


def stranger(origin: str) -> tuple[bytes, list[bytes], str]:
    """Another custodian's log of four entries: its checkpoint, its leaves, its verifier key."""
    key = Ed25519PrivateKey.generate()
    leaves = [
        leaf_bytes(kind="dataset", at="2026-11-23T09:30:00Z", case=None, actor="gateway", body=f"{number:064x}")
        for number in range(4)
    ]
    text = Checkpoint(origin=origin, size=4, root=root([leaf_hash(each) for each in leaves])).text()
    return Signer(origin, key).sign(text), leaves, vkey(origin, key.public_key())


def some(rng: random.Random, values: Sequence[Any]) -> Any:
    return values[rng.randrange(len(values))]


def flipped(rng: random.Random, data: bytes) -> bytes:
    """The bytes with one bit changed."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _play(home: Home, folder: Path) -> tuple[bytes, bytes]:
    reviewers = ("cms/privacy-officer", "ca-dhcs/data-officer")
    made = []
    for title in ("First question", "Second question"):
        case = attack_world.file(home, folder, "narrow-question", title=title)
        if not made:
            origin, counsel = (person_key(home.folder, each) for each in ("ca-dhcs/data-officer", "cms/counsel"))
            objection = cases.object_to(home, case, key=origin, grounds="scope", text="Not these months.", strata=None)
            cases.answer(home, case, key=counsel, objection=objection.index, text="The months are those of the audit.")
            official = person_key(home.folder, "cms/official")
            cases.direct(home, case, key=official, text="Release it this week.")
        attack_world.approve(home, case, *reviewers)
        out = folder / f"{case}.modicum"
        release_case(home, case, out=out)
        made.append(out.read_bytes())
    refused = attack_world.file(home, folder, "narrow-question", title="Third question")
    cases.reject(home, refused, key=person_key(home.folder, "cms/counsel"), text="Asked twice already.")
    return made[0], made[1]


def _somebody(home: Home, folder: Path) -> str:
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "population" / "eligibility.parquet", columns=["MSIS_IDENT_NUM"])
    for each in table.column(0).to_pylist():
        if len(account_of(home, str(each)).document["releases"]) == 2:
            return str(each)
    raise LookupError("nobody was in both releases")


def _events(leaves: Sequence[bytes], bodies: Path) -> list[Event]:
    found = []
    for index, leaf in enumerate(leaves):
        entry = read_entry(index, leaf, (bodies / f"{read_entry(index, leaf, None).body}.json").read_bytes())
        assert entry.content is not None
        found.append(Event(kind=entry.kind, at=entry.at, case=entry.case, actor=entry.actor, content=entry.content))
    return found


def altered_home(made: World) -> Path:
    """A second copy of the home itself, for what only its custodian can check."""
    target = made.folder / "altered-home"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(made.home, target)
    return target
