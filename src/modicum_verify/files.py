"""Read the small files that a reader brings, in whole, or say why not."""

from pathlib import Path

from modicum_verify.errors import InvalidInputError, NotFoundError


def read_small(path: Path, *, what: str, most_bytes: int, cure: str = "check the path") -> bytes:
    """Give the bytes of a file.

    Raises NotFoundError: there is none, with `cure`. InvalidInputError: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no {what} {path}", cure=cure) from None
    except OSError:
        raise InvalidInputError(cause=f"{path} cannot be read", cure="check that it is a readable file") from None
    if len(data) > most_bytes:
        raise InvalidInputError(cause=f"{path} is larger than any {what}", cure="check that it is the right file")
    return data
