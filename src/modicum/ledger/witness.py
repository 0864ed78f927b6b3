"""A witness: for each log that it knows, it cosigns only what continues all that it has cosigned before.

Its state is one file a log, apart from every log: size and root that it cosigned last, with the note as it went out.
Checking the old size and storing the new one happen under one lock, so that two requests cannot roll it back.

Source: C2SP tlog-witness, tlog-cosignature.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modicum.ledger.tilestore import Store
from modicum_verify.checkpoint import Checkpoint, read_text
from modicum_verify.cosignature import MAX_TIME, Cosigner, cosignatures
from modicum_verify.errors import EvidenceError
from modicum_verify.note import Verifier, split_note
from modicum_verify.witnessing import AddCheckpoint, Refused, Seen, judge, origin_of

SEEN: Final = "seen"
_LOCK: Final = "witness"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness's signature line over a checkpoint, and the checkpoint's size."""

    line: bytes
    size: int


class Witness:
    """A witness with its own key, its own state, and the logs that it was told to watch."""

    def __init__(
        self, store: Store, *, cosigner: Cosigner, logs: Mapping[str, Sequence[Verifier]], clock: Callable[[], int]
    ) -> None:
        """logs: for each origin the keys that sign its checkpoints. clock: seconds since 1970."""
        self._store, self._cosigner, self._logs, self._clock = store, cosigner, logs, clock

    def add_checkpoint(self, request: AddCheckpoint) -> Cosigned | Refused:
        """Cosign a checkpoint that continues what was cosigned before, durably, or say why not.

        Raises LogUnavailableError: the state cannot be written; then nothing was cosigned. EvidenceError: the state
        on disk is not what this witness wrote.
        """
        try:
            origin = origin_of(request)
        except EvidenceError as error:
            return Refused(400, error.cause)
        keys = self._logs.get(origin)
        if keys is None:
            return Refused(404, "this witness does not know that log")
        with self._store.lock(_LOCK):
            found = judge(request, self._seen(origin), keys)
            if isinstance(found, Refused):
                return found
            return self._cosign(found, request)

    def latest(self, origin_sha256: str) -> bytes | None:
        """The checkpoint of a log as this witness cosigned it last; origin_sha256: hex digest of the log's origin."""
        path = f"{SEEN}/{origin_sha256}"
        return self._store.read(path) if self._store.exists(path) else None

    def _cosign(self, checkpoint: Checkpoint, request: AddCheckpoint) -> Cosigned:
        text, lines = split_note(request.note)
        trusted = {(key.name, key.key_id) for key in self._logs[checkpoint.origin]}
        line = self._cosigner.cosign(text, time=self._clock())
        own = b"".join(each.format() for each in lines if (each.name, each.key_id) in trusted)
        self._store.replace(_path(checkpoint.origin), f"{text}\n".encode() + own + line)
        return Cosigned(line=line, size=checkpoint.size)

    def _seen(self, origin: str) -> Seen:
        path = _path(origin)
        if not self._store.exists(path):
            return Seen()
        note = self._store.read(path)
        # Its own word holds whatever its clock said then: a clock that was set back must not end the witness.
        if not cosignatures(note, [self._cosigner.public], not_after=MAX_TIME):
            raise EvidenceError(
                place=path, cause="is not what this witness cosigned", cure="restore the witness's state"
            )
        found = read_text(split_note(note)[0])
        if found.origin != origin:
            raise EvidenceError(place=path, cause="is of another log", cure="restore the witness's state")
        return Seen(size=found.size, root=found.root)


def _path(origin: str) -> str:
    return f"{SEEN}/{hashlib.sha256(origin.encode()).hexdigest()}"
