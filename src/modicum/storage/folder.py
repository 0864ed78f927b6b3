"""A folder on disk: whole files appear or do not, and are durable when a call returns.

A file is written under `.staging/`, synced, moved to its name, and the directory synced, so that a crash leaves the old
file or the new one. Locks stand under `.locks/`. Both names are kept from callers. All is readable by the owner alone.

Source: POSIX rename(2), link(2), fsync(2); the order is that of LWN "Ensuring data reaches disk" (2011).
"""

import fcntl
import io
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, BinaryIO, Final

from modicum.model.errors import ConflictError
from modicum.storage.faults import taken, translated, translated_write
from modicum.storage.paths import RESERVED, checked, is_under
from modicum.storage.patience import Patience

_STAGING: Final = ".staging"
_LOCKS: Final = ".locks"
_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_STALE_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.01
_OPEN_AT_ONCE: Final = 64


class Folder:
    """Files under one root, named by relative paths with `/`. Safe for several processes and threads."""

    def __init__(self, root: Path) -> None:
        """`root` is made with the first write."""
        self.root = Path(root)
        self._patience = Patience()

    def path(self, path: str) -> Path:
        """Where a file or folder lies, for engines that read it themselves."""
        return self.root / checked(path)

    def read(self, path: str) -> bytes:
        """Give a whole file. Raises NotFoundError, LogUnavailableError."""
        with translated(path):
            return self.path(path).read_bytes()

    def exists(self, path: str) -> bool:
        """Whether there is a file of this name; a folder is no file."""
        with translated(path):
            return self.path(path).is_file()

    def list(self, prefix: str = "") -> list[str]:
        """Name all files below a folder (or the file itself), sorted; none where there is none."""
        top = self.path(prefix.rstrip("/")) if prefix else self.root
        if prefix and top.is_file():
            return [prefix]
        found = []
        with translated(prefix or "the home"):
            for directory, folders, files in os.walk(top, onerror=_raise_unless_missing):
                if Path(directory) == self.root:
                    folders[:] = [each for each in folders if each not in RESERVED]
                base = Path(directory).relative_to(self.root).as_posix() + "/"
                found += [(base + each).removeprefix("./") for each in files]
        return sorted(path for path in found if is_under(path, prefix))

    def write_new(self, path: str, data: bytes) -> None:
        """Write a file that is not there yet. Raises ConflictError: it is there, and stays as it was."""
        with self.stage(path) as file:
            file.write(data)

    def replace(self, path: str, data: bytes) -> None:
        """Write a file, in place of one of that name if there is one."""
        with self.stage(path, replace=True) as file:
            file.write(data)

    def replace_all(self, files: Mapping[str, bytes]) -> None:
        """Write several files, each in place of one of its name, named in order; all durable on return.

        Raises ConflictError: a name is taken by a folder; then none is written. A fault of the disk may leave some.
        """
        touched: set[Path] = set()
        paths = list(files)
        for start in range(0, len(paths), _OPEN_AT_ONCE):
            touched |= self._replace_some({path: files[path] for path in paths[start : start + _OPEN_AT_ONCE]})
        with translated_write("the home"):
            for directory in touched:
                self._sync_folder(directory)

    @contextmanager
    def stage(self, path: str, *, replace: bool = False) -> Iterator[BinaryIO]:
        """Give a binary file to write to; it takes its name, durable, when the block ends well, else it is gone.

        Raises ConflictError: `path` is there already (seen before writing, and once more at the end).
        """
        target = self.path(path)
        if not replace and os.path.lexists(target):
            raise taken(path)
        with translated_write(path):
            touched = {target.parent, *self._make_parents(target)}
        with self._staged(path) as (name, file):
            yield file
            with translated_write(path):
                self._sync_file(file)
                (self._rename if replace else self._link)(name, target)
        with translated_write(path):
            for directory in touched:
                self._sync_folder(directory)

    def remove(self, path: str) -> None:
        """Remove a file, durably. Raises NotFoundError."""
        target = self.path(path)
        with translated(path):
            self._unlink(target)
            self._sync_folder(target.parent)

    def discard(self, paths: Iterable[str]) -> None:
        """Remove files that nothing needs any more, durably and in order; missing ones, and folders left empty, too."""
        touched: set[Path] = set()
        for path in paths:
            target = self.path(path)
            with translated(path), suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                self._unlink(target)
            touched.add(target.parent)
        for folder in sorted(touched, key=lambda each: len(each.parts), reverse=True):
            if folder != self.root:
                with suppress(OSError):  # It holds other files, or is gone.
                    folder.rmdir()
            with translated("the home"), suppress(FileNotFoundError, NotADirectoryError):
                self._sync_folder(folder if folder.exists() else folder.parent)

    def mkdir(self, path: str) -> None:
        """Make a folder and those above it, for engines that write there themselves; it may be there."""
        with translated_write(path):
            for directory in self._make_parents(self.path(path) / "any"):
                self._sync_folder(directory)

    @contextmanager
    def lock(self, name: str, timeout_s: float = 5.0) -> Iterator[None]:
        """Hold a lock among all threads and processes; the system frees it when its holder dies.

        Raises ConflictError: somebody else held it all the time.
        """
        target = self.root / _LOCKS / checked(name)
        with translated_write(f"lock {name}"):
            self._make_parents(target)
            file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            deadline = time.monotonic() + timeout_s
            while not _try_lock(file):
                if time.monotonic() >= deadline:
                    raise ConflictError(
                        cause=f"another process holds the lock {name}", cure="let it end, then try again"
                    )
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(file)

    def sweep(self, *, older_than_s: float = _STALE_SECONDS) -> int:
        """Remove staged files of that age whose writers died; gives their number. What a living one writes stays."""
        swept = 0
        with translated("staged files"):
            for name in self._staged_files():
                with suppress(FileNotFoundError):  # Its writer ended it meanwhile.
                    swept += self._sweep_one(name, older_than_s)
            if swept:
                self._tidy()
        return swept

    def _staged_files(self) -> tuple[Path, ...]:
        with suppress(FileNotFoundError):  # Nobody writes, or the last writer tidied the folder away meanwhile.
            return tuple(sorted((self.root / _STAGING).iterdir()))
        return ()

    def _sweep_one(self, name: Path, older_than_s: float) -> int:
        file = os.open(name, os.O_RDWR | os.O_CLOEXEC)
        try:
            if time.time() - os.fstat(file).st_mtime < older_than_s or not _try_lock(file):
                return 0
            self._unlink(name)
            return 1
        finally:
            os.close(file)

    # What follows is each single step on the disk; a test makes any one of them fail.

    def _sync_file(self, file: BinaryIO) -> None:
        file.flush()
        self._patience.wait_for(lambda: os.fsync(file.fileno()))

    def _sync_folder(self, directory: Path) -> None:
        handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
        try:
            self._patience.wait_for(lambda: os.fsync(handle))
        finally:
            os.close(handle)

    def _rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def _link(self, source: Path, target: Path) -> None:
        # link(2) fails where the name is taken, also when two processes try at once; rename(2) would overwrite.
        os.link(source, target)

    def _unlink(self, target: Path) -> None:
        target.unlink()

    def _make_parents(self, target: Path) -> set[Path]:
        """Make the folders above a file; gives those whose listing changed and must be synced."""
        missing = list(takewhile(lambda directory: not directory.is_dir(), target.parents))
        for directory in reversed(missing):
            try:
                directory.mkdir(mode=_FOLDER_MODE)
            except FileExistsError:
                # Somebody made it meanwhile; or made it and tidied it away, which whoever opens a file in it will see.
                if _is_in_the_way(directory):
                    raise
        return {directory.parent for directory in missing}

    def _replace_some(self, files: Mapping[str, bytes]) -> set[Path]:
        """Write all, sync all, then rename all: side by side they share the commits of the file system's journal."""
        touched: set[Path] = set()
        with ExitStack() as stack:
            staged = []
            for path, data in files.items():
                target = self.path(path)
                with translated_write(path):
                    touched |= {target.parent, *self._make_parents(target)}
                    if target.is_dir():
                        raise taken(path)
                # The staging folder stays: a ledger that makes and removes it for each append waits for the journal.
                name, file = stack.enter_context(self._staged(path, tidy=False))
                file.write(data)
                file.flush()
                staged.append((path, target, name, file))
            for path, _, _, file in staged:
                with translated_write(path):
                    self._sync_file(file)
            for path, target, name, _ in staged:
                with translated_write(path):
                    self._rename(name, target)
        return touched

    @contextmanager
    def _staged(self, path: str, *, tidy: bool = True) -> Iterator[tuple[Path, BinaryIO]]:
        made_here = not (self.root / _STAGING).is_dir()
        name, handle = self._open_staged(path)
        try:
            with io.BufferedWriter(_StagedFile(handle, path)) as file:
                yield name, file
        finally:
            if name.exists():  # Asked first: removing what was renamed away would wait for the folder's lock.
                with suppress(FileNotFoundError):
                    name.unlink()
            if tidy and made_here:
                self._tidy()

    def _open_staged(self, path: str) -> tuple[Path, int]:
        with translated_write(path):
            while True:
                # A new name each time: a sweep that opened the file of the old one may still be about to remove it.
                name = self.root / _STAGING / secrets.token_hex(16)
                self._make_parents(name)
                # Another process may tidy the empty staging folder away in between; then it is made again.
                with suppress(FileNotFoundError):
                    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
                    # The lock shows a sweep that the writer lives; a sweep that was faster took the name away.
                    if _try_lock(handle) and os.fstat(handle).st_nlink:
                        return name, handle
                    os.close(handle)

    def _tidy(self) -> None:
        with suppress(OSError):
            (self.root / _STAGING).rmdir()


class _StagedFile(io.FileIO):
    """A raw file whose faults come out in our words, whoever writes to it."""

    def __init__(self, handle: int, path: str) -> None:
        super().__init__(handle, "wb")
        self._path = path

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer; its type has no name before Python 3.12
        with translated_write(self._path):
            return super().write(data)


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_in_the_way(path: Path) -> bool:
    """Whether another thing than a folder has this name: asked once, since a folder may be tidied away in between."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISDIR(mode) or (stat.S_ISLNK(mode) and path.is_dir()))


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
