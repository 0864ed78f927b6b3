"""Where a data set stands in the home, by its name."""

import re
from typing import Final

from modicum.model.errors import InvalidInputError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def dataset_path(name: str) -> str:
    """Where the description of a data set stands in the home."""
    return f"data/{checked_name(name)}/dataset.json"


def dictionary_path(name: str) -> str:
    """Where the dictionary of a data set stands in the home, for people to edit."""
    return f"data/{checked_name(name)}/dictionary.toml"


def unreadable_path(name: str) -> str:
    """Where the report on rows that could not be read stands in the home."""
    return f"data/{checked_name(name)}/unreadable.json"


def checked_name(name: str) -> str:
    """The name, if it can name a data set. Raises InvalidInputError."""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            cause="that cannot be the name of a data set",
            cure="use letters, digits, - and _, 64 at most, beginning with a letter or a digit",
        )
    return name
