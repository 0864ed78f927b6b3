"""Check a proof in a file of its own, as `modicum log prove` writes it: a receipt for whoever acted.

    1. the proof is in its one spelling, and its checkpoint is signed by the key of the log that the reader trusts
    2. the log entry that it carries stands at its index under that checkpoint; entry 0 is the genesis that they trust
    3. the body, where it is carried, is the one to which the entry commits, and of the form of its kind
    4. cosignatures are those of the witnesses that the trust root names, of as many organisations as they need
    5. what the reader brings besides: enough of their own witnesses cosigned; the checkpoint is the one that they kept

That an entry is in the log is proved so, and what it says. Whether its signature and its move hold depends on the
entries before it, which only a copy of the log shows.

Source: C2SP tlog-proof.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from modicum_verify.carried import own_proof, read_carried
from modicum_verify.checkpoint import Checkpoint, parse_checkpoint, read_text
from modicum_verify.cosignature import cosignatures
from modicum_verify.entry import Entry, leaf_bytes
from modicum_verify.errors import EvidenceError, InvalidInputError
from modicum_verify.events import COSIGNED, UNWITNESSED, check_content
from modicum_verify.kept import Cosigned, Kept, check_date, cosigned_as
from modicum_verify.lock import seconds_of, text_of
from modicum_verify.merkle import leaf_hash
from modicum_verify.note import Verifier, split_note
from modicum_verify.proof import TlogProof, parse_proof
from modicum_verify.trust import Trust
from modicum_verify.witness_file import Directory
from modicum_verify.witness_set import SignedBy

_MOST_SHOWN: Final = 2_000
_MOST_SHOWN_OF_PARTS: Final = 300
_UNSHOWN: Final = frozenset({"signature", "signatures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedEntry:
    """A log entry that was proved, with its content where the proof carries it, and the checkpoint that covers it.

    cosigned_by: the witnesses of the trust root under it. cosigned: what the reader's own directory of witnesses says
    of it. seen: whether it is the checkpoint that the reader kept.
    """

    entry: Entry
    checkpoint: Checkpoint
    cosigned_by: tuple[SignedBy, ...] = ()
    cosigned: Cosigned | None = None
    seen: bool = False

    def as_fields(self) -> dict[str, Any]:
        """Its part of the published JSON."""
        entry, at = self.entry, self.checkpoint
        return {
            "log": {"origin": at.origin, "size": at.size, "root": at.root.hex()},
            "proved": {
                "entry": entry.index,
                "kind": entry.kind,
                "at": entry.at,
                "case": entry.case,
                "actor": entry.actor,
                "body_sha256": entry.body,
                "content": entry.content,
            },
            "witnesses": COSIGNED if self.cosigned_by or self.cosigned is not None else UNWITNESSED,
            "cosigned_by": [each.as_document() for each in self.cosigned_by],
            "seen": self.seen,
            **({} if self.cosigned is None else {"cosigned": self.cosigned.as_document()}),
        }

    @property
    def lines(self) -> tuple[str, ...]:
        """For people: which entry, what it says, under which checkpoint. Each is one line, whatever the entry holds."""
        entry, at, by = self.entry, self.checkpoint, self.cosigned
        case = "outside every case" if entry.case is None else f"case {entry.case}"
        seen = [f"cosigned by {each.organisation} ({each.name}) at {each.at}" for each in self.cosigned_by]
        if by is not None:
            seen.append(f"cosigned as of {by.at} by {by.organisations} organisation(s) that you named")
        lines = [
            f"verified: entry {entry.index} of {at.origin}: {entry.kind}, {case}, by {entry.actor}, at {entry.at}",
            *(f"  {name}: {_shown(value)}" for name, value in (entry.content or {}).items() if name not in _UNSHOWN),
            f"log size {at.size}, root {at.root.hex()}, {COSIGNED if seen else UNWITNESSED}",
            *(f"  {each}" for each in seen),
            *(["the checkpoint is the one that you have seen"] if self.seen else []),
        ]
        return tuple(" ".join(each.splitlines()) for each in lines)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the proof does not show."""
        if self.entry.content is None:
            says = f"`modicum log prove {self.entry.index} --body` adds it"
            return (f"the proof carries the entry without its body, so what it says is not shown: {says}",)
        return ("that its signature and its move hold is seen in a copy of the log with bodies",)


def verify_entry_proof(
    data: bytes, *, trust: Trust, directory: Directory | None = None, now: int, kept: Kept | None = None
) -> ProvedEntry:
    """Check a proof that carries its entry.

    directory: the reader's own witnesses, of whom enough must have cosigned: the kept checkpoint, where there is one,
    else that of the proof. now: the reader's clock, in seconds since 1970.
    Raises EvidenceError: it is not proved, too few cosigned, or another history than the reader has seen.
    InvalidInputError: nothing can be said, because the proof carries no entry, or because the kept checkpoint is of
    another size.
    """
    proof = parse_proof(data)
    if proof.format() != data:
        raise EvidenceError(place="proof", cause="has a second spelling")
    if proof.extra is None:
        # What can be checked is: a forged checkpoint is broken evidence, whatever it carries.
        parse_checkpoint(proof.checkpoint_note, Verifier.parse(trust.log_vkey), strict=False)
        raise InvalidInputError(
            cause=f"the proof does not carry entry {proof.index}, and without the entry no proof can be followed",
            cure=f"ask for one that does; `modicum log prove {proof.index}` writes it",
        )
    own, by = _own(proof, trust=trust, directory=directory, now=now)
    entry, checkpoint = read_carried(own, trust=trust, place="proof", bare=True)
    _check_entry(entry, trust=trust)
    cosigned = None if kept is None else kept.cosigned
    if directory is not None and kept is None:
        cosigned = cosigned_as(proof.checkpoint_note, directory, now=now)
    if kept is not None:
        _check_seen(checkpoint, kept.checkpoint)
    if cosigned is not None:
        check_date(entry, cosigned)
    return ProvedEntry(entry=entry, checkpoint=checkpoint, cosigned_by=by, cosigned=cosigned, seen=kept is not None)


def _own(
    proof: TlogProof, *, trust: Trust, directory: Directory | None, now: int
) -> tuple[bytes, tuple[SignedBy, ...]]:
    """The proof with the log's own signature alone, and who of the trust root's witnesses cosigned it."""
    text, lines = split_note(proof.checkpoint_note)
    named = trust.witnesses_at(read_text(text).size)
    mine: set[tuple[str, bytes]] = set()
    if directory is not None:
        # Every line is checked by somebody: these here, the others by the trust root, and what is left is refused.
        cosignatures(proof.checkpoint_note, directory.keys, not_after=now)
        mine = {(key.name, key.key_id) for key in directory.keys}
        mine -= set() if named is None else {(key.name, key.key_id) for key in named.keys}
    left = [each for each in lines if (each.name, each.key_id) not in mine]
    note = f"{text}\n".encode() + b"".join(each.format() for each in left)
    data = replace(proof, checkpoint_note=note).format()
    return own_proof(data, trust=trust, place="proof", now=now) if len(left) > 1 else (data, ())


def _check_entry(entry: Entry, *, trust: Trust) -> None:
    if entry.index == 0 and _leaf_hash(entry) != trust.genesis_sha256:
        raise EvidenceError(place=entry.place, cause="is not the genesis that the trust root names")
    seconds = seconds_of(entry.at)
    if seconds is None or text_of(seconds) != entry.at:
        raise EvidenceError(place=entry.place, cause="has a time that is not UTC in whole seconds")
    if entry.content is not None:
        check_content(entry.kind, entry.content, place=entry.place)


def _leaf_hash(entry: Entry) -> str:
    leaf = leaf_bytes(kind=entry.kind, at=entry.at, case=entry.case, actor=entry.actor, body=entry.body)
    return leaf_hash(leaf).hex()


def _check_seen(checkpoint: Checkpoint, seen: Checkpoint) -> None:
    if seen.size != checkpoint.size:
        raise InvalidInputError(
            cause=f"the proof is of the log at {checkpoint.size} entries and you have seen it at {seen.size}, and the"
            " proof of one entry cannot show that one continues the other",
            cure="verify a copy of the log with --seen, and this proof without",
        )
    if seen.root != checkpoint.root:
        raise EvidenceError(
            place="checkpoint", cause=f"its {seen.size} entries are not those that you have seen: another history"
        )


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text, most = json.dumps(value, ensure_ascii=False), _MOST_SHOWN if isinstance(value, str) else _MOST_SHOWN_OF_PARTS
    return text if len(text) <= most else f"{len(text)} characters, which --json shows"
