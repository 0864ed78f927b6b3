"""A proof that carries what it proves: the log entry and its body, in the proof's `extra` line.

The leaf is proved by the hashes, the body by the leaf; so the whole proof stands on the trust root alone. A proof may
carry the leaf without its body: then it shows who entered what kind of event, and when, and not what it says.

Source: C2SP tlog-proof, "extra".
"""

import time
from dataclasses import replace
from typing import Final

from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.checkpoint import Checkpoint, read_text
from modicum_verify.entry import Entry, read_entry
from modicum_verify.errors import EvidenceError
from modicum_verify.note import split_note
from modicum_verify.proof import TlogProof, parse_proof, verify_proof
from modicum_verify.trust import Trust
from modicum_verify.witness_set import SignedBy, read_cosigned

MAX_CARRIED_BYTES: Final = 2 << 20
"""A proof of this kind is larger only to hurt its reader: JSON of small parts takes fifty times its size in memory."""


def proof_extra(*, leaf: bytes, body: bytes | None) -> bytes:
    """What such a proof carries beside the proof: the leaf and, where it is to be shown, its body file, as they are."""
    return canonical({"leaf": leaf.decode(), **({} if body is None else {"body": body.decode()})})


def read_carried(data: bytes, *, trust: Trust, place: str, bare: bool = False) -> tuple[Entry, Checkpoint]:
    """Check a proof that carries its entry; gives the entry with its content, and the checkpoint that it stands under.

    bare: one that carries the leaf without its body is read too; the content of its entry is None.
    Raises EvidenceError: another spelling, nothing carried, another log, or an entry that is not proved.
    """
    try:
        if len(data) > MAX_CARRIED_BYTES:
            raise EvidenceError(place="proof", cause="is larger than any")  # noqa: TRY301 - gets its place below
        proof = parse_proof(data)
        if proof.format() != data:
            raise EvidenceError(place="proof", cause="has a second spelling")  # noqa: TRY301 - gets its place below
        leaf, body = _parts(proof.extra, place=place, bare=bare)
        checkpoint = _checkpoint(proof, leaf, trust=trust)
        return read_entry(proof.index, leaf, body), checkpoint
    except EvidenceError as error:
        raise EvidenceError(place=place, cause=error.cause, cure=error.cure) from error
    except UnicodeDecodeError as error:
        raise EvidenceError(place=place, cause="its checkpoint is not text") from error


def own_proof(data: bytes, *, trust: Trust, place: str, now: int | None = None) -> tuple[bytes, tuple[SignedBy, ...]]:
    """Check the cosignatures under a proof; gives the proof with the log's own signature alone, and who cosigned.

    now: the reader's clock, in seconds since 1970; None takes that of the machine.
    Raises EvidenceError: too few of the witnesses that the trust root names, or a line by somebody else.
    """
    if trust.witnesses is None:
        return data, ()
    try:
        proof, now = parse_proof(data), int(time.time()) if now is None else now
        if proof.format() != data:
            raise EvidenceError(place="proof", cause="has a second spelling")  # noqa: TRY301 - gets its place below
        size = read_text(split_note(proof.checkpoint_note)[0]).size
        witnesses = trust.witnesses_at(size) or trust.witnesses
        found = read_cosigned(proof.checkpoint_note, witnesses, origin=trust.origin, not_after=now)
    except EvidenceError as error:
        raise EvidenceError(place=place, cause=error.cause, cure=error.cure) from error
    return replace(proof, checkpoint_note=found.own_note).format(), found.by


def _parts(extra: bytes | None, *, place: str, bare: bool) -> tuple[bytes, bytes | None]:
    try:
        carried = parse_canonical(extra or b"")
        leaf, body = carried["leaf"].encode(), None if bare and "body" not in carried else carried["body"].encode()
        if extra == proof_extra(leaf=leaf, body=body):
            return leaf, body
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise EvidenceError(place=place, cause="does not carry the log entry that it proves")


def _checkpoint(proof: TlogProof, leaf: bytes, *, trust: Trust) -> Checkpoint:
    # The extra is checked as an entry: its leaf by this proof, its body by the leaf.
    checkpoint = verify_proof(replace(proof, extra=None).format(), leaf, trust.log_vkey)
    if checkpoint.origin != trust.origin:
        raise EvidenceError(place="checkpoint", cause="is of another log")
    return checkpoint
