"""Files that commands write outside the home: beside no evidence, and over nothing that is there."""

from pathlib import Path

from modicum.gateway.home import Home
from modicum.model.errors import ConflictError, InvalidInputError, NotFoundError


def check_out(home: Home, out: Path) -> None:
    """Check that a file may be written at `out`.

    Raises InvalidInputError: it would lie in the home. ConflictError: something is there. NotFoundError: no folder.
    """
    if out.resolve().is_relative_to(home.root.resolve()):
        raise InvalidInputError(cause=f"{out} lies in the home itself", cure="name a file elsewhere with --out")
    if out.exists():
        raise ConflictError(cause=f"{out} is there already", cure="name another file with --out")
    if not out.absolute().parent.is_dir():
        raise NotFoundError(cause=f"there is no folder {out.absolute().parent}", cure="make it first")
