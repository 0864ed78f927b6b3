"""Ask witnesses to cosign the present checkpoint: the log's side of `add-checkpoint`.

A witness that hangs, answers nonsense or saw another history is an answer, not an error: what it said stands in the
report, and the checkpoint goes on without it. Its cosignature counts only once it was checked against the key that the
caller brought.

Source: C2SP tlog-witness, "add-checkpoint".
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from modicum.ledger.ledger import Ledger
from modicum.model.errors import InvalidInputError
from modicum_verify.cosignature import WitnessKey, cosignatures
from modicum_verify.errors import EvidenceError
from modicum_verify.note import SignatureLine, split_note
from modicum_verify.witnessing import AddCheckpoint

TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 65_536
_TRIES: Final = 3  # the size that it saw last, told by 409, may change between two of ours
_OK, _CONFLICT = 200, 409


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """Where a witness takes checkpoints (`http://host:port/prefix`), and the key that it must sign with."""

    url: str
    key: WitnessKey

    def __post_init__(self) -> None:
        """Refuse what is no address. Raises InvalidInputError."""
        try:
            parts = urlsplit(self.url)
            good = parts.port != 0 and bool(parts.hostname)
        except ValueError:  # of a port, or an address in brackets, that is none
            good = False
        if not good or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
            raise InvalidInputError(
                cause=f"the address of the witness {self.key.name} is no http(s) URL", cure="write http://host:port"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking one witness: its checked signature line and time, or why there is none."""

    name: str
    line: bytes | None
    time: int | None
    why: str


def ask_all(
    ledger: Ledger, witnesses: Sequence[WitnessAddress], *, now: int, within_s: float = TIMEOUT_S
) -> list[Asked]:
    """Ask witnesses side by side to cosign the ledger's present checkpoint; what each said, in their order.

    Each has five seconds in all, or `within_s` where that is less: one that hangs, or sends a byte a second, is given
    up and does not hold the others.
    now: seconds since 1970; a cosignature of a later time, by more than a minute, is refused.
    """
    answers: dict[int, Asked] = {}

    def run(place: int, witness: WitnessAddress) -> None:
        answers[place] = _ask(ledger, witness, now=now)

    deadline = time.monotonic() + min(within_s, TIMEOUT_S)
    threads = [Thread(target=run, args=each, daemon=True) for each in enumerate(witnesses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = "did not answer in time"
    return [answers.get(place) or _without(each, late) for place, each in enumerate(witnesses)]


def _ask(ledger: Ledger, witness: WitnessAddress, *, now: int) -> Asked:
    old_size = 0
    for _ in range(_TRIES):
        try:
            proof = ledger.prove_continuation(old_size)
            request = AddCheckpoint(old_size=old_size, proof=tuple(proof), note=ledger.checkpoint_note)
            status, body = _post(witness, request.format())
        except (OSError, HTTPException) as error:
            return _without(witness, f"cannot be reached ({type(error).__name__})")
        if status == _OK:
            return _checked(ledger.checkpoint_note, body, witness, now=now)
        told = body.decode("ascii", errors="replace").strip()
        if status != _CONFLICT or not told.isdecimal():
            return _without(witness, f"refuses with {status}")
        old_size = int(told)
        if old_size > ledger.size:
            return _without(witness, f"has cosigned {old_size} entries, this log shows {ledger.size}: cut, or forked")
    return _without(witness, "saw another size at each try")


def _without(witness: WitnessAddress, why: str) -> Asked:
    return Asked(name=witness.key.name, line=None, time=None, why=why)


def cosigned(note: bytes, asked: Sequence[Asked]) -> bytes:
    """The checkpoint with the cosignatures that were given under it."""
    return note + b"".join(each.line for each in asked if each.line is not None)


def _checked(note: bytes, body: bytes, witness: WitnessAddress, *, now: int) -> Asked:
    try:
        found = cosignatures(note + body, [witness.key], not_after=now + 60)
        _, lines = split_note(note + body)
    except EvidenceError as error:
        return _without(witness, f"gave no cosignature that checks: {error.cause}")
    if not found:
        return _without(witness, "gave no cosignature by its key")
    line = _line_of(lines, witness.key)
    return Asked(name=witness.key.name, line=line.format(), time=found[0].time, why="cosigned")


def _line_of(lines: Sequence[SignatureLine], key: WitnessKey) -> SignatureLine:
    return next(each for each in lines if (each.name, each.key_id) == (key.name, key.key_id))


def _post(witness: WitnessAddress, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(witness.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}/add-checkpoint", body=body)
        response: HTTPResponse = connection.getresponse()
        return response.status, response.read(_MOST_BYTES)
    finally:
        connection.close()
