"""What a decision and a release rest on beside the fold: pack, quorum, attesters, keys.

The fold knows signatures and moves, not what the pack asks for. People sign a decision, not the event that carries it,
and whoever holds a home's files can write its log anew around their signatures. So what the gateway once wrote down is
held against the pack and the trust root again, here, before anything is built on it.
"""

from collections.abc import Iterable

from modicum.gateway.home import Home
from modicum.gateway.keys import MANIFEST_KEY, public_hex, read_key
from modicum.law.packs import Pack
from modicum.model.dataset import UNKNOWN
from modicum.model.errors import EvidenceError, InvalidInputError
from modicum.model.forms import Form
from modicum_verify.case_state import CaseState
from modicum_verify.fold import Docket
from modicum_verify.merkle import leaf_hash


def check_pack(pack: Pack, docket: Docket) -> None:
    """Check that the pack is the one in force. Raises EvidenceError."""
    named = docket.roster.pack
    if named is not None and named.sha256 != pack.ref.sha256:
        raise EvidenceError(
            place=f"policy pack {pack.ref.name}",
            cause="is not the one that the log names, and nothing is decided by another",
            cure="install that pack; a change of pack is a case",
        )


def check_kinds(pack: Pack, kinds: Iterable[str], *, cure: str) -> None:
    """Check that the pack knows these kinds of organisation: a stranger's every cell is forbidden, for ever.

    Raises InvalidInputError with the cure.
    """
    strange = sorted(set(kinds) - set(pack.vocabulary.kinds))
    if strange:
        known = ", ".join(sorted(set(pack.vocabulary.kinds) - {UNKNOWN}))
        raise InvalidInputError(
            cause=f"the pack {pack.ref.name} knows no kind of organisation {', '.join(strange)}",
            cure=f"{cure}: {known}",
        )


def check_facts(home: Home, case: CaseState) -> None:
    """Check that each fact of a case was attested by a role that the pack in force then names for it.

    Raises EvidenceError. What a later pack makes of such a fact is for `attested.facts_on` to say.
    """
    packs: dict[str, Pack] = {}
    for name, fact in case.facts.items():
        named = home.journal.docket().roster.pack_at(fact.index)
        sha256 = "" if named is None else named.sha256
        if sha256 not in packs:
            packs[sha256] = home.pack_of(named)
        if not fact.roles & packs[sha256].vocabulary.facts.get(name, frozenset()):
            raise EvidenceError(
                place=f"log entry {fact.index}", cause=f"attests {name} by a role that the policy pack does not name"
            )


def check_quorum(case: CaseState, pack: Pack, form: Form, purpose: str) -> None:
    """Check that the case was agreed by the quorum that the pack asks for. Raises EvidenceError."""
    if case.decision is None:
        return
    wanted, found = pack.reviews(form, purpose), case.decision.quorum
    said = (found.roles, found.organisations, found.approvals)
    if said != (wanted.roles, wanted.organisations, wanted.approvals):
        raise EvidenceError(
            place=f"log entry {case.decision.index}", cause="asks for another quorum than the policy pack"
        )


def check_keys(home: Home, docket: Docket) -> None:
    """Check that trust root, log and the key that signs manifests belong together. Raises EvidenceError."""
    trust, roster = home.trust, docket.roster
    named = (trust.origin, trust.log_vkey, trust.genesis_sha256, trust.manifest_key)
    if named != (roster.origin, home.ledger.vkey, leaf_hash(home.ledger.leaf(0)).hex(), roster.manifest_key):
        raise EvidenceError(
            place="trust.json", cause="is not the trust root of this log", cure="restore it; nothing leaves without it"
        )
    if public_hex(read_key(home.folder, MANIFEST_KEY)) != roster.manifest_key:
        raise EvidenceError(
            place=MANIFEST_KEY,
            cause="is not the key that genesis names",
            cure="restore it from a backup",
        )
