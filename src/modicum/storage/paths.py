"""Names of files inside a folder: relative, plain, and unable to leave it."""

from modicum.model.errors import InvalidInputError

RESERVED = frozenset({".staging", ".locks"})


def checked(path: str) -> str:
    """Give the path back, once it is seen to stay inside the folder.

    Raises InvalidInputError: empty, absolute, with `..`, empty parts, control characters, or a name kept for ourselves.
    """
    parts = path.split("/")
    bad = any(part in {"", ".", ".."} or not part.isprintable() or "\\" in part for part in parts)
    if bad or parts[0] in RESERVED:
        raise InvalidInputError(
            cause="a file name would leave its folder, or is not a plain name", cure="use plain names joined by /"
        )
    return path


def is_under(path: str, prefix: str) -> bool:
    """Whether a path is `prefix` itself or stands below it; the empty prefix holds all."""
    return not prefix or path == prefix or path.startswith(prefix.rstrip("/") + "/")
