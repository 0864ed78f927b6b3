"""Every step on the disk, seen from below: counted, stopped, made to fail, or written down for a power cut.

A power cut keeps what was synced, and of the rest what it pleases: nothing; all names and no bytes; all bytes and no
names; or some of each, torn at sectors of 512 bytes. `Tape.disk_after` gives the home as it lay on the disk then.

Source: A. Rebello et al. and T. S. Pillai et al. on what file systems promise after a crash; fsync(2), rename(2).
"""

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from prove_sqlite import sqlite_seen

from modicum.storage import folder as storage
from modicum.storage.faults import translated_write

STEPS = ("_open_staged", "_sync_file", "_sync_folder", "_rename", "_link", "_unlink", "_make_parents")
SECTOR = 512

Strike = Callable[[str, tuple[Any, ...]], None]


@contextlib.contextmanager
def stepping(
    before: Strike, after: Callable[[str, tuple[Any, ...], Any], None] | None = None, *, database: bool = False
) -> Iterator[None]:
    """Call `before(step, arguments)` before each step of every `Folder`, and `after(step, arguments, given)` after it.

    `database`: and of the store's SQLite, from below.
    """
    with sqlite_seen(before, after) if database else contextlib.nullcontext(), _folders(before, after):
        yield


@contextlib.contextmanager
def _folders(before: Strike, after: Callable[[str, tuple[Any, ...], Any], None] | None) -> Iterator[None]:
    real = {name: getattr(storage.Folder, name) for name in STEPS}
    write = storage._StagedFile.write

    def watch(name: str) -> Callable[..., Any]:
        def step(*arguments: Any) -> Any:
            if name == "_open_staged":
                with translated_write(arguments[1]):
                    before(name, arguments)
            else:
                before(name, arguments)
            given = real[name](*arguments)
            if after is not None:
                after(name, arguments, given)
            return given

        return step

    def written(file: Any, data: Any) -> int:
        with translated_write(file._path):
            before("write", (file, data))
        at = file.tell()
        count = write(file, data)
        if after is not None:
            after("write", (file, data), at)
        return count

    for name in STEPS:
        setattr(storage.Folder, name, watch(name))
    storage._StagedFile.write = written  # type: ignore[method-assign]
    try:
        yield
    finally:
        for name in STEPS:
            setattr(storage.Folder, name, real[name])
        storage._StagedFile.write = write  # type: ignore[method-assign]


class Order(StrEnum):
    """What a power cut keeps of that which nobody synced."""

    NOTHING = "nothing"
    NAMES = "names, no bytes"
    BYTES = "bytes, no names"
    SOME = "some of each, torn"


@dataclass(slots=True)
class _File:
    """One inode: what is on the platter, and what was written since."""

    durable: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, bytes), or (size, None): truncated

    def content(self, keep: int | None = None, *, torn: int | None = None) -> bytes:
        data = bytearray(self.durable)
        done = self.pending if keep is None else self.pending[:keep]
        for number, (at, part) in enumerate(done):
            if part is None:
                del data[at:]
                data.extend(bytes(at - len(data)))
                continue
            kept = part[:torn] if torn is not None and number == len(done) - 1 else part
            data.extend(bytes(max(0, at + len(kept) - len(data))))
            data[at : at + len(kept)] = kept
        return bytes(data)

    def sync(self) -> None:
        self.durable, self.pending = self.content(), []


@dataclass(slots=True)
class Tape:
    """All that was done to the files below `root` since it was a copy of `base`, in order; and what was said meanwhile."""

    root: Path
    base: Path
    marks: list[tuple[str, Any]] = field(default_factory=list)
    ids: dict[int, int] = field(default_factory=dict)  # inode numbers are used again; ours are not
    paths: dict[Path, int] = field(default_factory=dict)  # the files that SQLite has open

    def fresh(self, inode: int) -> int:
        """The number of a file that was made just now."""
        self.ids[inode] = len(self.marks) + 1
        return self.ids[inode]

    def said(self, line: dict[str, Any]) -> None:
        self.marks.append(("said", line))

    def before(self, step: str, arguments: tuple[Any, ...]) -> None:
        if step == "_make_parents":
            missing = [each for each in arguments[1].parents if not each.is_dir()]
            self.marks += [("mkdir", each) for each in reversed(missing)]

    def after(self, step: str, arguments: tuple[Any, ...], given: Any) -> None:
        match step:
            case "_open_staged":
                self.marks.append(("create", self.fresh(os.fstat(given[1]).st_ino)))
            case "write":
                self.marks.append(("write", (self.ids[_inode(arguments[0])], given, bytes(arguments[1]))))
            case "_rename" | "_link":
                self.marks.append(("name", (arguments[2], self.ids[arguments[2].stat().st_ino])))
            case "_unlink":
                self.marks.append(("unname", arguments[1]))
            case _ if step.startswith("db "):
                self._database(step, arguments[0], given)

    def _database(self, step: str, path: Path, given: Any) -> None:
        """What SQLite did to a file of its own; these are written in place, so they are known by their paths."""
        if not path.is_relative_to(self.root) or path.name.endswith("-shm"):
            return
        match step:
            case "db open" if given or path not in self.paths:
                self.paths[path] = len(self.marks) + 1
                if given:
                    self.marks.append(("name", (path, self.paths[path])))
                else:
                    at_first = self.base / path.relative_to(self.root)
                    self.marks.append(("known", (path, self.paths[path], at_first.read_bytes())))
            case "db write":
                self.marks.append(("write", (self.paths[path], *given)))
            case "db sync":
                self.marks.append(("sync", self.paths[path]))
                if given:
                    self.marks.append(("sync folder", path.parent))
            case "db remove":
                self.paths.pop(path, None)
                self.marks.append(("unname", path))
                if given:
                    self.marks.append(("sync folder", path.parent))

    def synced(self, handle: int) -> None:
        """Told by fsync(2) itself, so that a build that does not call it is seen as it is."""
        place = Path(f"/proc/self/fd/{handle}").readlink()
        inode = os.fstat(handle).st_ino
        if place.is_dir():
            self.marks.append(("sync folder", place))
        elif inode in self.ids:
            self.marks.append(("sync", self.ids[inode]))

    def said_by(self, step: int) -> list[dict[str, Any]]:
        """What had been said when the power was cut before mark number `step`."""
        return [value for kind, value in self.marks[:step] if kind == "said"]

    def disk_after(self, step: int, order: Order, draw: int = 0) -> dict[Path, bytes | None]:
        """The files that differ from the base when the power is cut before mark `step`; None: gone."""
        files: dict[int, _File] = {}
        waiting: list[tuple[Path, str, Any]] = []  # (folder that must be synced, kind, value)
        held: list[tuple[str, Any]] = []
        for kind, value in self.marks[:step]:
            match kind:
                case "write":
                    inode, at, data = value
                    files.setdefault(inode, _File()).pending.append((at, data))
                case "known":  # a file that was there before: as the base has it
                    files[value[1]] = _File(durable=value[2])
                case "sync":
                    files.setdefault(value, _File()).sync()
                case "name":
                    waiting.append((value[0].parent, kind, value))
                case "unname" | "mkdir":
                    waiting.append((value.parent, kind, value))
                case "sync folder":
                    held += [(each, what) for place, each, what in waiting if place == value]
                    waiting = [each for each in waiting if each[0] != value]
        chance = random.Random(f"{step} {order} {draw}")
        keep_names = {Order.NOTHING: 0.0, Order.NAMES: 1.0, Order.BYTES: 0.0, Order.SOME: 0.5}[order]
        held += [(kind, value) for _, kind, value in waiting if chance.random() < keep_names]
        contents = {inode: _kept(file, order, chance) for inode, file in files.items()}
        return self._named(held, contents)

    def _named(self, held: list[tuple[str, Any]], contents: dict[int, bytes]) -> dict[Path, bytes | None]:
        found: dict[Path, bytes | None] = {}
        folders = {value for kind, value in held if kind == "mkdir"}
        in_place = {value[1]: value[0] for kind, value in self.marks if kind == "known"}
        for inode, data in contents.items():
            if inode in in_place:
                found[in_place[inode].relative_to(self.root)] = data
        for kind, value in held:
            if kind == "unname":
                found[value.relative_to(self.root)] = None
            elif kind == "name" and self._reached(value[0].parent, folders):
                found[value[0].relative_to(self.root)] = contents.get(value[1], b"")
        return found

    def _reached(self, folder: Path, made: set[Path]) -> bool:
        """Whether a folder can be found from the root after the cut."""
        if folder == self.root or (self.base / folder.relative_to(self.root)).is_dir():
            return True
        return folder in made and self._reached(folder.parent, made)

    def lay(self, found: dict[Path, bytes | None], at: Path) -> None:
        """Make that disk anew in a folder."""
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(self.base, at)
        for path, data in found.items():
            if data is None:
                (at / path).unlink(missing_ok=True)
            else:
                (at / path).parent.mkdir(parents=True, exist_ok=True)
                (at / path).write_bytes(data)


def _inode(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino


def _kept(file: _File, order: Order, chance: random.Random) -> bytes:
    match order:
        case Order.NOTHING | Order.NAMES:
            return file.content(0)
        case Order.BYTES:
            return file.content()
    keep = chance.randint(0, len(file.pending))
    return file.content(keep, torn=chance.randrange(0, 64) * SECTOR)


@contextlib.contextmanager
def taped(tape: Tape) -> Iterator[Tape]:
    """Write down every step on the disk while the block runs."""
    fsync = os.fsync

    def told(handle: int) -> None:
        fsync(handle)
        tape.synced(handle)

    os.fsync = told
    try:
        with stepping(tape.before, tape.after, database=True):
            yield tape
    finally:
        os.fsync = fsync
