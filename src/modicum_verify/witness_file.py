"""`witnesses.toml`: the witnesses that a reader believes, by organisation, and how many organisations must agree.

It is the reader's own: a list that came with the evidence says nothing.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from modicum_verify.cosignature import WitnessKey
from modicum_verify.errors import EvidenceError, InvalidInputError
from modicum_verify.files import read_small
from modicum_verify.witnessing import WitnessPolicy

_MAX_BYTES: Final = 1 << 20
_FIELDS: Final = frozenset({"organisation", "url", "vkey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Witnesses in the order of the file: their keys, their addresses; and the policy that they serve."""

    keys: tuple[WitnessKey, ...]
    urls: tuple[str, ...]
    policy: WitnessPolicy


def read_directory(path: Path) -> Directory:
    """Read a `witnesses.toml`.

    Raises NotFoundError, InvalidInputError: no such file, or not of that form; a key or a name that stands twice; fewer
    organisations than are needed.
    """
    data = read_small(path, what="file of witnesses", most_bytes=_MAX_BYTES, cure="see docs/how-to/run-a-witness.md")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _bad(f"{path} is not TOML") from None
    needed, listed = _fields(document, path)
    try:
        keys = tuple(WitnessKey.parse(each["vkey"]) for each in listed)
    except EvidenceError as error:
        raise InvalidInputError(cause=f"{path}: {error.cause}", cure="copy it from the witness") from None
    by_name = {key.name: each["organisation"] for key, each in zip(keys, listed, strict=True)}
    if len(by_name) < len(keys) or len({key.key.public_bytes_raw() for key in keys}) < len(keys):
        raise InvalidInputError(cause=f"{path} names a witness, or a key, twice", cure="name each once")
    if len(set(by_name.values())) < needed:
        raise InvalidInputError(
            cause=f"{path} asks for {needed} organisations and names witnesses of fewer",
            cure="add witnesses of other organisations",
        )
    policy = WitnessPolicy(organisations=needed, witnesses=by_name)
    return Directory(keys=keys, urls=tuple(each["url"] for each in listed), policy=policy)


def _fields(document: dict[str, Any], path: Path) -> tuple[int, list[dict[str, str]]]:
    if set(document) != {"organisations", "witness"}:
        raise _bad(f"{path} does not hold `organisations` and [[witness]], and no more")
    needed, listed = document["organisations"], document["witness"]
    if isinstance(needed, bool) or not isinstance(needed, int) or needed < 1:
        raise _bad(f"{path} is not well formed at: organisations")
    if not isinstance(listed, list) or not listed:
        raise _bad(f"{path} is not well formed at: witness")
    for number, each in enumerate(listed):
        good = isinstance(each, dict) and set(each) == _FIELDS and all(isinstance(it, str) for it in each.values())
        if not good or not each["organisation"]:
            raise _bad(f"{path} is not well formed at: witness.{number}")
    return needed, listed


def _bad(cause: str) -> InvalidInputError:
    return InvalidInputError(cause=cause, cure="see docs/how-to/run-a-witness.md")
