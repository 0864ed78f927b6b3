"""Log before leave: what a home asks of its witnesses between the entry of a release and the writing of its key.

Genesis, or a later change of the rules, fixes who the witnesses are and how many organisations must agree;
`witnesses.toml` says where they are today.
They are asked about the log as it stood at one moment, without a lock, so that people can object meanwhile.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modicum.gateway.home import SETTINGS, Home
from modicum.gateway.kept_cosigned import keep
from modicum.gateway.proving import prove_with_entry
from modicum.gateway.witnessing import Witnesses, read_witnesses
from modicum.ledger import Ledger, open_ledger
from modicum.ledger.cosigning import TIMEOUT_S, Asked, ask_all, cosigned
from modicum.model.errors import EvidenceError, InvalidInputError, LogUnavailableError, NotFoundError
from modicum_verify.canonical import canonical, digest
from modicum_verify.fold import Docket
from modicum_verify.proof import parse_proof
from modicum_verify.witness_set import WitnessSet, parse_witness_set

WITNESSES = "witnesses.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A checkpoint over a release that enough organisations cosigned, and the release's proof under it."""

    note: bytes
    proof: bytes


def named(witnesses: Witnesses) -> WitnessSet:
    """The witnesses as genesis, a change of the rules and the trust root name them.

    Raises InvalidInputError: an organisation that is no handle.
    """
    document = {
        "organisations": witnesses.policy.organisations,
        "witnesses": [
            {"organisation": witnesses.policy.witnesses[each.key.name], "vkey": each.key.vkey()}
            for each in witnesses.addresses
        ],
    }
    try:
        return parse_witness_set(document, place=WITNESSES)
    except EvidenceError as error:
        raise InvalidInputError(
            cause=f"the file of witnesses {error.cause}", cure="organisations are handles: a-z, 0-9, -"
        ) from None


def own_witnesses(home: Home, docket: Docket) -> Witnesses | None:
    """The witnesses of a home and where they are; None in an evaluation home. Files that a change left behind follow.

    Raises EvidenceError: settings, `trust.json` or `witnesses.toml` say another thing than the log, which alone counts.
    """
    follow(home, docket)
    fixed = docket.roster.witnesses
    if home.evaluation != (fixed is None):
        raise EvidenceError(place=SETTINGS, cause="says another thing of witnesses than the log", cure="restore it")
    if (home.trust.witnesses, home.trust.former_witnesses) != (fixed, docket.roster.former_witnesses):
        raise EvidenceError(place="trust.json", cause="names other witnesses than the log", cure="restore it")
    if fixed is None:
        return None
    try:
        found = read_witnesses(home.root / WITNESSES)
        same = named(found)
    except (NotFoundError, InvalidInputError) as error:
        raise EvidenceError(place=WITNESSES, cause=error.cause, cure="restore it; only addresses may change") from None
    if not are(same, fixed):
        raise EvidenceError(
            place=WITNESSES, cause="names other witnesses than the log", cure="restore it; only addresses may change"
        )
    return found


def follow(home: Home, docket: Docket) -> None:
    """Make `trust.json` and `witnesses.toml` follow the log, where a crash after a change left them behind.

    Each is written at once or not at all, and says nothing that the log does not. A file that says what no state of the
    log said is left as it is: `own_witnesses` refuses it.
    """
    roster, trust = docket.roster, home.trust
    if roster.witnesses is None or not roster.former_witnesses:
        return
    former = [each.witnesses for each in roster.former_witnesses]
    if _is_behind(home, roster.witnesses, former):
        home.folder.replace(WITNESSES, home.folder.read(proposed_witnesses(roster.witnesses)))
    known = len(trust.former_witnesses)
    if known < len(former) and trust.fits(roster.former_witnesses, roster.witnesses, size=docket.size):
        now = replace(trust, witnesses=roster.witnesses, former_witnesses=roster.former_witnesses)
        home.folder.replace("trust.json", canonical(now.as_document()))


def proposed_witnesses(witnesses: WitnessSet) -> str:
    """Where the file of witnesses that a change proposes lies, by the digest of what the change says of them."""
    return f"witnesses/{digest(witnesses.as_document())}.toml"


def are(found: WitnessSet, wanted: WitnessSet) -> bool:
    """Whether these are the same witnesses; in which order does not matter."""
    return found.organisations == wanted.organisations and set(found.witnesses) == set(wanted.witnesses)


def _is_behind(home: Home, wanted: WitnessSet, former: Sequence[WitnessSet]) -> bool:
    """Whether `witnesses.toml` still names witnesses that were replaced."""
    try:
        found = named(read_witnesses(home.root / WITNESSES))
    except (NotFoundError, InvalidInputError, EvidenceError):
        return False
    return not are(found, wanted) and any(are(found, each) for each in former)


def as_it_stands(home: Home) -> Ledger:
    """The log as it stands now: a reader of its own, which does not follow later appends."""
    return open_ledger(home.folder, key=None, vkey=home.ledger.vkey)


def have_cosigned(home: Home, entry: int, witnesses: Witnesses, *, log: Ledger) -> Cosigned:
    """Ask all witnesses to cosign `log`, which holds the entry; at most five seconds in all.

    Where the log has grown meanwhile (somebody objected, another command asked) they are asked about it as it is then.
    Raises LogUnavailableError: too few organisations cosigned; it says what each witness said.
    """
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        now = int(home.journal.now().timestamp())
        asked = ask_all(log, witnesses.addresses, now=now, within_s=deadline - time.monotonic())
        if witnesses.policy.met_by([each.name for each in asked if each.line is not None]):
            note = cosigned(log.checkpoint_note, asked)
            keep(home, note)
            proof = parse_proof(prove_with_entry(home, entry, ledger=log))
            return Cosigned(note=note, proof=replace(proof, checkpoint_note=note).format())
        grown = as_it_stands(home)
        if grown.size == log.size or time.monotonic() >= deadline:
            raise too_few(witnesses, asked)
        log = grown


def too_few(witnesses: Witnesses, asked: Sequence[Asked]) -> LogUnavailableError:
    """The error that tells what each witness said."""
    needed = witnesses.policy.organisations
    said = "; ".join(f"{each.name} {each.why}" for each in asked)
    return LogUnavailableError(
        cause=f"fewer than {needed} organisation{'s' * (needed > 1)} cosigned the log, so nothing may leave: {said}",
        cure="bring the witnesses up, see `modicum doctor`; the case can then be released anew",
    )
