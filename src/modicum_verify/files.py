"""Read small files in whole, or say why not: those that a reader brings, and those of a folder that may be hostile."""

import stat
from pathlib import Path

from modicum_verify.errors import EvidenceError, InvalidInputError, NotFoundError


def read_small(path: Path, *, what: str, most_bytes: int, cure: str = "check the path") -> bytes:
    """Give the bytes of a file that a reader brings: a plain one, or a link to one; a pipe could keep them waiting.

    Raises NotFoundError: there is none, with `cure`. InvalidInputError: it is no file, cannot be read, or is too large.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidInputError(cause=f"{path} is no plain file", cure=f"write the {what} to a file, and name that")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no {what} {path}", cure=cure) from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None
    if len(data) > most_bytes:
        raise InvalidInputError(cause=f"{path} is larger than any {what}", cure="check that it is the right file")
    return data


def read_plain(path: Path, *, place: str, most_bytes: int) -> bytes:
    """Give the bytes of a file of the evidence: a plain one, no link, no pipe that nobody writes to, no device.

    Raises EvidenceError, at `place`: missing, of another kind, too large, or not to be read.
    """
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
            raise EvidenceError(place=place, cause="is not a plain file of a size that it may have")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError(place=place, cause="is missing") from error
    except OSError as error:
        raise EvidenceError(place=place, cause="cannot be read") from error
