"""What commands write outside a home: beside no evidence, and over nothing that is there.

This is the one place that decides where a command may write what it hands out. No home is told which: a path in any
home is refused, since a file in a log that is not of the log breaks its evidence, whose home ever it is. Doors refuse
such a path as soon as they read it; what writes asks again.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from modicum.gateway.home import SETTINGS
from modicum.model.errors import ConflictError, InvalidInputError, NotFoundError
from modicum.storage import Folder


def check_outside(out: Path) -> None:
    """Check that a path lies in no home. Raises InvalidInputError: it does, or nobody can tell."""
    place = _resolved(out)
    _check_none_is_a_home(out, [place, *place.parents])


def check_out(out: Path) -> None:
    """Check that a file may be written at `out`.

    Raises InvalidInputError: it would lie in a home. ConflictError: something is there. NotFoundError: no folder.
    """
    check_outside(out)
    if out.exists():
        raise ConflictError(cause=f"{out} is there already", cure="name another file")
    _check_parent(out)


def check_folder(out: Path, names: Iterable[str] = ()) -> None:
    """Check that files of these names may be written into a folder, which is made where it is not there yet.

    Raises InvalidInputError: it lies in a home. ConflictError: it is a file, or one of the names is taken.
    NotFoundError: there is no folder to make it in.
    """
    check_outside(out)
    if out.exists() and not out.is_dir():
        raise ConflictError(cause=f"{out} is there already and is no folder", cure="name a folder")
    _check_parent(out)
    for name in names:
        if (out / name).exists():
            raise ConflictError(cause=f"{out / name} is there already", cure="name another folder")


def check_new_folder(out: Path) -> None:
    """Check that a new folder may be made. Raises InvalidInputError: in a home. ConflictError: something is there."""
    check_outside(out)
    if out.exists():
        raise ConflictError(cause=f"{out} is there already", cure="name a new folder")


def check_new_home(root: Path, *, option: str = "--home") -> None:
    """Check that a home, or a folder with homes, may be made at `root`: an empty folder, or one that is not there.

    Raises InvalidInputError: it lies in another home. ConflictError: something is there. option: what the cure names.
    """
    check_around(root)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise ConflictError(
            cause=f"{root} is there already and is not empty", cure=f"name another {option}, or remove it"
        )


def check_around(root: Path) -> None:
    """Check that the folder `root`, which may itself be a home, lies in no other one. Raises InvalidInputError."""
    _check_none_is_a_home(root, _resolved(root).parents)


def write_out(out: Path, data: bytes) -> None:
    """Write a new file, and the folders above it. Raises InvalidInputError: in a home. ConflictError: it is there."""
    check_outside(out)
    Folder(out.absolute().parent).write_new(out.name, data)


def _check_none_is_a_home(out: Path, places: Iterable[Path]) -> None:
    for place in places:
        with suppress(PermissionError):  # Whoever may not look there may not write there either.
            if (place / SETTINGS).is_file():
                raise InvalidInputError(
                    cause=f"{out} lies in the home {place}, where only its own evidence may lie",
                    cure="name a path outside every home",
                )


def _check_parent(out: Path) -> None:
    if not out.absolute().parent.is_dir():
        raise NotFoundError(cause=f"there is no folder {out.absolute().parent}", cure="make it first")


def _resolved(out: Path) -> Path:
    try:
        return out.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a name that is none
        raise InvalidInputError(cause=f"{out} is no path that can be followed", cure="name another path") from None
