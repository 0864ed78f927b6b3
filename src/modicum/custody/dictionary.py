"""Dictionaries, for the hall: the words they may use, reading and writing them, proposing one for files."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from modicum.custody.dictionary_file import Dictionary, Meaning, Vocabulary, read_dictionary, write_dictionary
from modicum.custody.engine import Engine
from modicum.custody.persons import find_person_columns
from modicum.custody.proposing import propose
from modicum.custody.sources import find_files, normalised
from modicum.custody.staging import stage
from modicum.storage import Folder

__all__ = [
    "Dictionary",
    "Meaning",
    "Vocabulary",
    "propose",
    "propose_text",
    "read_dictionary",
    "write_dictionary",
]


def propose_text(paths: Sequence[Path], *, vocabulary: Vocabulary) -> str:
    """Propose a dictionary for files that are not registered, as TOML to edit; nothing is kept.

    Raises what `register` raises for files that cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(prefix="modicum-") as place,
        Engine.open(Folder(Path(place)), None, expressions=False) as engine,
    ):
        staged = stage(engine, *find_files(paths), lambda _what, _share: None)
        proposed = propose(engine, staged.tables, find_person_columns(engine, staged.tables), vocabulary)
    return write_dictionary(proposed, normalised(paths[0].name.split(".", 1)[0]))
