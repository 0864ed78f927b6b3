"""On which line of a TOML file a field stands: the standard library reads values and keeps no places."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

Place: TypeAlias = tuple[str | int, ...]

_KEY: Final = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """The line, from 1, of the field at a place (keys, and numbers in lists of tables), or of what it stands in.

    A field that is missing stands in its table. None: the file holds nothing of it.
    """
    lines: dict[Place, int] = {}
    for where, number in _fields(text):
        lines.setdefault(where, number)
    for length in range(len(place), 0, -1):
        found = lines.get(tuple(place[:length]))
        if found is not None:
            return found
    return None


def _fields(text: str) -> Iterator[tuple[Place, int]]:
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        head = _keys(line) if line.lstrip().startswith("[") else None
        if head is not None:
            table = _numbered(head, counts, opens=line.lstrip().startswith("[["))
            yield table, number
        elif (match := _KEY.match(line)) is not None and (keys := _keys(f"{match[1]} = 0")) is not None:
            yield (*table, *keys), number


def _numbered(head: tuple[str, ...], counts: dict[Place, int], *, opens: bool) -> Place:
    """A table's name with the numbers of the lists that it stands in; `[[x]]` opens the next of its list."""
    place: Place = ()
    for at, key in enumerate(head):
        place = (*place, key)
        if opens and at == len(head) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _keys(line: str) -> tuple[str, ...] | None:
    """The keys of a table's head or of a field, as TOML reads them; None where the line is neither."""
    try:
        node: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    keys: list[str] = []
    while node and isinstance(node, dict | list):
        node = node[0] if isinstance(node, list) else node
        if not node:
            break
        (key,) = node
        keys.append(key)
        node = node[key]
    return tuple(keys) or None
