"""What the operating system says about a disk, in our words: which thing failed, and what to do.

File names stand in these errors, the bytes never. The name says which disk it is: files are written elsewhere than in
the home too, so no words here blame it.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from modicum.model.errors import ConflictError, LogUnavailableError, NotFoundError

_WORDS = {
    errno.ENOSPC: ("the disk under it is full", "free space, then try again"),
    errno.EDQUOT: ("the disk quota there is used up", "free space or raise the quota, then try again"),
    errno.EFBIG: ("a file would grow beyond what the system allows", "raise the file size limit, then try again"),
    errno.EROFS: ("it stands on a read-only file system", "mount it writable, then try again"),
    errno.EACCES: ("this user may not read or write it", "run as the owner of the folder, or mend its permissions"),
    errno.EPERM: ("this user may not read or write it", "run as the owner of the folder, or mend its permissions"),
    errno.EIO: ("the disk under it reports a fault", "check the disk before anything else is written"),
    errno.ETIMEDOUT: ("the disk under it does not answer", "look at the disk; nothing is written meanwhile"),
    errno.EMFILE: ("too many files are open", "raise the limit of open files, then try again"),
}


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Turn an OSError about reading `path` (as the folder names it) into ours.

    Raises NotFoundError, else LogUnavailableError with cause and cure.
    """
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFoundError(cause=f"there is no file {path}", cure="check the name and the home") from error
    except OSError as error:
        raise _unavailable(path, error) from error


@contextmanager
def translated_write(path: str) -> Iterator[None]:
    """Turn an OSError about writing `path` into ours.

    Raises ConflictError: the name is taken, by a file or a folder; else LogUnavailableError with cause and cure.
    """
    try:
        yield
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise taken(path) from error
    except OSError as error:
        raise _unavailable(path, error) from error


def taken(path: str) -> ConflictError:
    """Say that a name is taken and nothing was overwritten."""
    return ConflictError(cause=f"{path} is there already", cure="nothing was overwritten; use another name")


def disk_fault(error: OSError) -> LogUnavailableError | None:
    """What to say of a disk's fault that somebody else's code met; None where the disk is not at fault."""
    return _unavailable("a file", error) if error.errno in _WORDS else None


def _unavailable(path: str, error: OSError) -> LogUnavailableError:
    name = errno.errorcode.get(error.errno or 0, "an unknown fault")
    cause, cure = _WORDS.get(error.errno or 0, (f"the system answered {name}", "mend the disk, then try again"))
    return LogUnavailableError(cause=f"{path}: {cause}", cure=cure)
