"""Canonical JSON: one value, one byte string, on every machine.

A subset of RFC 8785 (JCS): objects, arrays, strings, booleans, null and integers up to 2^53-1. Numbers with a fraction
are refused, because no evidence format of ours needs one and their printing differs between languages.
"""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeAlias

Json: TypeAlias = bool | int | str | Sequence["Json"] | Mapping[str, "Json"] | None

_LONE: Final = re.compile("[\ud800-\udfff]")  # halves of a pair, alone

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 64  # of objects and arrays in one another; so no reader runs out of stack on what another could read


def canonical(value: Json) -> bytes:
    """Write a value as canonical JSON bytes (UTF-8, no blanks, keys in UTF-16 order).

    Raises ValueError: a float, an integer beyond 2^53-1, a lone surrogate, a key that is no string, or more than 64
    objects and arrays in one another.

    Source: RFC 8785, section 3.2.
    """
    return json.dumps(_checked(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def not_text(value: Any) -> str | None:  # noqa: ANN401 - any value of JSON or TOML
    """The place of a text that UTF-8 cannot write, as `.question.text` or `.columns[1]`; None where all can be written.

    Python makes such texts of stray bytes in an argument, and of half an escaped pair in JSON.
    """
    waiting = [("", value)]
    while waiting:
        place, each = waiting.pop()
        if isinstance(each, str) and _LONE.search(each):
            return place
        if isinstance(each, Mapping):
            waiting += [(place, name) for name in each]
            waiting += [(f"{place}.{name}", inner) for name, inner in each.items()]
        elif isinstance(each, list | tuple):
            waiting += [(f"{place}[{number}]", inner) for number, inner in enumerate(each)]
    return None


def digest(value: Json) -> str:
    """Lower-case hex SHA-256 of the canonical form."""
    return sha256(canonical(value)).hexdigest()


def parse_canonical(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON that must already be in canonical form; a byte more or less is an error.

    Raises ValueError: not JSON, a duplicate key, or not in canonical form.
    """
    try:
        value = json.loads(data, object_pairs_hook=_no_duplicates)
        if canonical(value) != data:
            raise ValueError("not in canonical form")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _checked(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise ValueError("integer beyond 2^53-1")
        return value
    if depth == MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("key is not a string")
        return {key: _checked(value[key], depth + 1) for key in sorted(value, key=lambda k: k.encode("utf-16-be"))}
    if (
        isinstance(value, list)
        and set(map(type, value)) == {int}
        and min(value) >= -MAX_SAFE_INTEGER
        and max(value) <= MAX_SAFE_INTEGER
    ):
        return value  # a matrix is made of these: one test a list, not one a number
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_checked(item, depth + 1) for item in value]
    raise ValueError(f"a {type(value).__name__} has no canonical form")
