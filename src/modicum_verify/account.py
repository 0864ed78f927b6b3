"""Check an account to a person: each release that it lists stands in the log that the reader trusts.

Each line's proof carries the `released` entry with its body: so case, form, recipients and the time are the log's own.
Purpose, columns and authority are what the custodian's record says; the entry commits to that record by digest, and the
record itself, which tells who else was in the release, stays with the custodian. A line that was left out cannot be
missed here: only the custodian's `log fsck`, and whoever audits it, sees every record.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modicum_verify.carried import own_proof, read_carried
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.events import check_content
from modicum_verify.note import split_note
from modicum_verify.proof import parse_proof
from modicum_verify.trust import Trust
from modicum_verify.witness_set import SignedBy

ACCOUNT_SCHEMA: Final = "modicum.account/1"
MAX_ACCOUNT_BYTES: Final = 4 << 20  # some eight hundred releases
_FIELDS: Final = frozenset({"schema", "person", "releases"})
_TEXTS: Final = ("release", "at", "recipient", "purpose", "authority", "form", "proof")
_LINE_FIELDS: Final = frozenset({*_TEXTS, "columns", "entry"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountedRelease:
    """One line of an account that checks: its case, its log entry and the time of that, its form, the log's size.

    cosigned_by: the witnesses of the trust root under its proof; none where they had not been asked since.
    """

    case: str
    entry: int
    logged_at: str
    form: str
    log_size: int
    cosigned_by: tuple[SignedBy, ...] = ()


def verify_account(data: bytes, *, trust: Trust) -> tuple[AccountedRelease, ...]:
    """Check an account as JSON; gives its releases, in its order, and never the person.

    Raises EvidenceError: another form, a proof that does not hold, a line that differs from its entry, or one entry
    listed twice. Its place names the line.
    """
    found = tuple(
        _line(each, trust=trust, place=f"account, release {number}")
        for number, each in enumerate(_document(data)["releases"], start=1)
    )
    if len({each.entry for each in found}) < len(found):
        raise EvidenceError(place="account", cause="lists one log entry twice")
    return found


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise EvidenceError(place="account", cause="is not JSON with each field once") from None
    if not isinstance(document, dict) or set(document) != _FIELDS or document["schema"] != ACCOUNT_SCHEMA:
        raise EvidenceError(place="account", cause=f"does not have exactly the fields of {ACCOUNT_SCHEMA}")
    if not isinstance(document["person"], str) or not isinstance(document["releases"], list):
        raise EvidenceError(place="account", cause="has a field of the wrong type")
    return document


def _line(line: Any, *, trust: Trust, place: str) -> AccountedRelease:  # noqa: ANN401 - any JSON value
    if not isinstance(line, dict) or set(line) != _LINE_FIELDS:
        raise EvidenceError(place=place, cause="does not have exactly the fields of a release")
    texts = all(isinstance(line[name], str) for name in _TEXTS)
    columns = isinstance(line["columns"], list) and all(isinstance(each, str) for each in line["columns"])
    if not texts or not columns or isinstance(line["entry"], bool) or not isinstance(line["entry"], int):
        raise EvidenceError(place=place, cause="has a field of the wrong type")
    try:
        proof = line["proof"].encode()
    except UnicodeEncodeError:
        raise EvidenceError(place=f"{place}, proof", cause="is not text") from None
    by: tuple[SignedBy, ...] = ()
    if _has_cosignatures(proof, place=place):
        proof, by = own_proof(proof, trust=trust, place=f"{place}, proof")
    entry, checkpoint = read_carried(proof, trust=trust, place=f"{place}, proof")
    _check_line(line, entry, place=place)
    return AccountedRelease(
        case=str(entry.case),
        entry=entry.index,
        logged_at=entry.at,
        form=line["form"],
        log_size=checkpoint.size,
        cosigned_by=by,
    )


def _has_cosignatures(proof: bytes, *, place: str) -> bool:
    """Whether others than the log signed the checkpoint of a proof; a release may be newer than their last word."""
    try:
        return len(split_note(parse_proof(proof).checkpoint_note)[1]) > 1
    except EvidenceError as error:
        raise EvidenceError(place=f"{place}, proof", cause=error.cause, cure=error.cure) from error


def _check_line(line: Mapping[str, Any], entry: Entry, *, place: str) -> None:
    if entry.kind != "released" or entry.content is None:
        raise EvidenceError(place=place, cause=f"{entry.place} is not a release")
    check_content(entry.kind, entry.content, place=f"{place}, {entry.place}")
    recipients = "; ".join(f"{each['person']}, {each['organisation']}" for each in entry.content["recipients"])
    same = {
        "entry": line["entry"] == entry.index,
        "release": line["release"].rpartition("-")[0] == entry.case,
        "form": line["form"] == entry.content["form"],
        "recipient": line["recipient"] == recipients,
        # A line is written just before its entry.
        "at": line["at"] <= entry.at,
    }
    for field, good in same.items():
        if not good:
            raise EvidenceError(place=place, cause=f"its {field} is not what {entry.place} says")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("doubled field")
    return found
