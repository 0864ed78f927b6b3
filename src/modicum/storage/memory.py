"""A folder in memory: the contract of `Folder`, without a disk, for tests that need none."""

import io
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from modicum.model.errors import ConflictError, NotFoundError
from modicum.storage.faults import taken
from modicum.storage.paths import checked, is_under


class MemoryFolder:
    """Files in a dictionary, folders in a set; engines cannot read them, so there is no `path`."""

    def __init__(self) -> None:
        """Start empty."""
        self._files: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._locks: dict[str, threading.Lock] = {}

    def read(self, path: str) -> bytes:
        """Give a whole file. Raises NotFoundError."""
        if checked(path) not in self._files:
            raise NotFoundError(cause=f"there is no file {path}", cure="check the name and the home")
        return self._files[path]

    def exists(self, path: str) -> bool:
        """Whether there is a file of this name; a folder is no file."""
        return checked(path) in self._files

    def list(self, prefix: str = "") -> list[str]:
        """Name all files below a folder (or the file itself), sorted."""
        if prefix:
            checked(prefix.rstrip("/"))
        return sorted(path for path in self._files if is_under(path, prefix))

    def write_new(self, path: str, data: bytes) -> None:
        """Write a file that is not there yet. Raises ConflictError: it is there, and stays as it was."""
        with self.stage(path) as file:
            file.write(data)

    def replace(self, path: str, data: bytes) -> None:
        """Write a file, in place of one of that name if there is one."""
        with self.stage(path, replace=True) as file:
            file.write(data)

    def replace_all(self, files: Mapping[str, bytes]) -> None:
        """Write several files, each in place of one of its name; none where a name is taken by a folder."""
        for path in files:
            self._make_folders(checked(path).rpartition("/")[0], path)
            if path in self._folders:
                raise taken(path)
        for path, data in files.items():
            self.replace(path, data)

    @contextmanager
    def stage(self, path: str, *, replace: bool = False) -> Iterator[BinaryIO]:
        """Give a binary file to write to; it takes its name when the block ends well, else it is gone."""
        if not replace and (checked(path) in self._files or path in self._folders):
            raise taken(path)
        self._make_folders(checked(path).rpartition("/")[0], path)
        file = io.BytesIO()
        yield file
        if path in self._folders or (not replace and path in self._files):
            raise taken(path)
        self._files[path] = file.getvalue()

    def remove(self, path: str) -> None:
        """Remove a file. Raises NotFoundError."""
        self.read(path)
        del self._files[path]

    def discard(self, paths: Iterable[str]) -> None:
        """Remove files that nothing needs any more, those missing already included, and folders left empty."""
        folders = set()
        for path in paths:
            self._files.pop(checked(path), None)
            folders.add(path.rpartition("/")[0])
        for folder in sorted(folders, key=lambda each: each.count("/"), reverse=True):
            if not any(is_under(each, folder) and each != folder for each in (*self._files, *self._folders)):
                self._folders.discard(folder)

    def mkdir(self, path: str) -> None:
        """Make a folder and those above it; it may be there."""
        self._make_folders(checked(path), path)

    @contextmanager
    def lock(self, name: str, timeout_s: float = 5.0) -> Iterator[None]:
        """Hold a lock among all threads. Raises ConflictError: somebody else held it all the time."""
        lock = self._locks.setdefault(checked(name), threading.Lock())
        if not lock.acquire(timeout=timeout_s):
            raise ConflictError(cause=f"another process holds the lock {name}", cure="let it end, then try again")
        try:
            yield
        finally:
            lock.release()

    def sweep(self, *, older_than_s: float = 0.0) -> int:  # noqa: ARG002 - the contract's
        """Nothing is ever left behind in memory."""
        return 0

    def _make_folders(self, folder: str, path: str) -> None:
        parts = folder.split("/") if folder else []
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        if above & self._files.keys():
            raise taken(path)
        self._folders |= above
