"""The kinds of event and the fields of their contents, checked strictly: what this version does not know, it refuses.

Only shapes are checked here; whether an event may happen is the fold's to say. Errors name fields, never values.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from modicum_verify.budget import AMOUNT
from modicum_verify.canonical import MAX_SAFE_INTEGER, digest
from modicum_verify.errors import EvidenceError
from modicum_verify.statement import Verb

GENESIS_SCHEMA: Final = "modicum.genesis/1"
GATEWAY: Final = "gateway"
FOUNDERS: Final = "founders"
UNWITNESSED: Final = "unwitnessed"
COSIGNED: Final = "cosigned"
ROTATED: Final = "rotated"
FROZEN: Final = "frozen"
FORMS: Final = ("refusal", "statistics", "match", "verification", "pseudonymised", "identified")
VERDICTS: Final = ("permitted", "conditional", "forbidden")
ROLES: Final = ("requester", "steward", "privacy_officer", "counsel", "accountable_official", "origin", "auditor")
UNREAD: Final = "unread"
"""Stands for the kind of an entry that nobody can read any more."""
TELLING: Final[Mapping[str, frozenset[str]]] = {
    "budgets": frozenset({UNREAD, "budget", "spent", "bound", "lost"}),
    "tables": frozenset({UNREAD, "released", "table", "bound", "lost"}),
}
"""Of what statistics told, the kinds of entry that say so; where one cannot be read, nobody knows."""
MAX_TEXT: Final = 20_000
MAX_LINE: Final = 300

Check: TypeAlias = Callable[[Any], str | None]
"""Gives what is wrong with a value ("field `x` is missing"), or None."""


def check_content(kind: str, content: Any, *, place: str = "event") -> None:  # noqa: ANN401 - any JSON value
    """Check the content of an event against the fields of its kind.

    Raises EvidenceError: an unknown kind; a field that is unknown, missing or of the wrong type.
    """
    if kind not in _CONTENTS:
        raise EvidenceError(place=place, cause="is of a kind that this version does not know")
    fault = _CONTENTS[kind](content)
    if fault is not None:
        raise EvidenceError(place=place, cause=f"{kind}{fault}")


def text_sha256(kind: str, content: Mapping[str, Any]) -> str:
    """The digest by which a statement binds the rest of its event.

    That of the whole content save its signatures; of a filing, the digest of the request.
    """
    if kind == "filed":
        return str(content["request_sha256"])
    return digest({name: value for name, value in content.items() if name not in {"signature", "signatures"}})


def _object(fields: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    more = optional or {}

    def check(value: Any) -> str | None:  # noqa: ANN401
        if not isinstance(value, Mapping):
            return " is not an object"
        if unknown := set(value) - set(fields) - set(more):
            return f" has {len(unknown)} field(s) that this version does not know"
        for name, inner in {**fields, **more}.items():
            if name not in value:
                if name in fields:
                    return f".{name} is missing"
                continue
            if (fault := inner(value[name])) is not None:
                return f".{name}{fault}"
        return None

    return check


def _many(inner: Check, *, at_least: int = 0) -> Check:
    def check(value: Any) -> str | None:  # noqa: ANN401
        if not isinstance(value, list):
            return " is not a list"
        if len(value) < at_least:
            return f" has fewer than {at_least} item(s)"
        faults = ((index, inner(item)) for index, item in enumerate(value))
        return next((f"[{index}]{fault}" for index, fault in faults if fault is not None), None)

    return check


def _pattern(expression: str, what: str) -> Check:
    compiled = re.compile(expression)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else f" is not {what}"


def _text(value: Any) -> str | None:  # noqa: ANN401
    return None if isinstance(value, str) and len(value) <= MAX_TEXT else f" is not a text of at most {MAX_TEXT}"


def _said(value: Any) -> str | None:  # noqa: ANN401
    return _text(value) or (None if value.strip() else " is empty")


def _line(value: Any) -> str | None:  # noqa: ANN401
    good = isinstance(value, str) and value.strip() and len(value) <= MAX_LINE and value.isprintable()
    return None if good else f" is not a line of 1 to {MAX_LINE} characters"


def _one_of(*known: str) -> Check:
    return lambda value: None if isinstance(value, str) and value in known else " is not one of the known words"


def _nullable(inner: Check) -> Check:
    return lambda value: None if value is None else inner(value)


def _count(least: int = 0) -> Check:
    def check(value: Any) -> str | None:  # noqa: ANN401
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_SAFE_INTEGER
        return None if good else f" is not a whole number from {least}"

    return check


def _true(value: Any) -> str | None:  # noqa: ANN401
    return None if value is True else " is not true"


def _flag(value: Any) -> str | None:  # noqa: ANN401
    return None if isinstance(value, bool) else " is not true or false"


def _day(value: Any) -> str | None:  # noqa: ANN401
    try:
        return None if isinstance(value, str) and date.fromisoformat(value).isoformat() == value else " is not a day"
    except ValueError:
        return " is not a day"


def _map_of_text(value: Any) -> str | None:  # noqa: ANN401
    good = isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair)
    return None if good else " does not give texts for texts"


def _distinct(inner: Check) -> Check:
    return lambda value: inner(value) or (None if len(set(value)) == len(value) else " names something twice")


def _any_object(value: Any) -> str | None:  # noqa: ANN401
    return None if isinstance(value, Mapping) else " is not an object"


_sha256 = _pattern(r"[0-9a-f]{64}", "64 lower-case hex digits")
_handle = _pattern(r"[a-z0-9][a-z0-9-]{0,62}", "a handle (a-z, 0-9, -)")
_person = _pattern(r"[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}", "organisation/person")
_word = _pattern(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}", "a word (letters, digits, _ . : -)")
_key_line = _pattern(r"ssh-ed25519 [A-Za-z0-9+/]+=*", "an ssh-ed25519 key line without a comment")
_amount = _pattern(AMOUNT, "an amount in decimals, at most 18 after the point")
_state = _pattern(r"[A-Z]{2}", "two capital letters")
_states = _distinct(_many(_state, at_least=1))
_roles = _distinct(_many(_one_of(*ROLES), at_least=1))
_form = _one_of(*FORMS)

_signature = _object(
    {"person": _person, "public_key": _key_line, "sshsig": _text, "log_size": _count(), "round": _count()}
)
_pack = _object({"name": _line, "version": _line, "sha256": _sha256})
_organisation = _object({"id": _handle, "kind": _word, "name": _line}, {"state": _nullable(_state)})
_enrolled = _object(
    {"organisation": _handle, "person": _handle, "roles": _roles, "public_key": _key_line, "name": _line}
)
_because = _object({"id": _line, "cite": _text, "basis": _word, "verified": _word}, {"title": _text})
_recipient = _object({"organisation": _handle, "person": _handle, "age_key": _line})
_predecessor = _object(
    {
        "origin": _line,
        "log_vkey": _line,
        "genesis_sha256": _sha256,
        "checkpoint": _text,
        "reason": _one_of(ROTATED, FROZEN),
        "text": _text,
        "retired": _distinct(_many(_key_line)),
    }
)
_change = _object({}, {"pack": _pack, "reviews": _any_object, "witnesses": _any_object})
_unlocked = _object({"checkpoint": _text})
_decision = _object(
    {
        "as_of": _day,
        "pack": _pack,
        "lowest_form": _form,
        "form": _nullable(_form),
        "verdict": _one_of(*VERDICTS),
        "missing": _many(_many(_word)),
        "because": _many(_because),
        "releasable": _object({"strata": _many(_map_of_text), "columns": _many(_line)}),
    }
)
_quorum = _object({"roles": _roles, "organisations": _count(2), "approvals": _count(1)})
_vote = _object({"decision_sha256": _sha256, "round": _count(1), "text": _text, "signature": _signature})

_CONTENTS: Final[Mapping[str, Check]] = {
    "genesis": _object(
        {
            "schema": _one_of(GENESIS_SCHEMA),
            "origin": _line,
            "custodian": _handle,
            "evaluation": _flag,
            "organisations": _many(_organisation, at_least=2),
            "people": _many(_enrolled, at_least=2),
            "pack": _pack,
            "manifest_key": _sha256,
            "signatures": _many(_signature, at_least=2),
        },
        {"witnesses": _any_object, "reviews": _any_object, "predecessor": _predecessor},
    ),
    "member": _object(
        {"person": _enrolled, "signatures": _many(_signature, at_least=3)}, {"organisation": _organisation}
    ),
    "rotated": _object(
        {"person": _person, "public_key": _key_line, "text": _text, "signatures": _many(_signature, at_least=2)}
    ),
    "revoked": _object({"person": _person, "text": _said, "signatures": _many(_signature, at_least=2)}),
    "succeeded": _object(
        {"origin": _line, "log_vkey": _line, "text": _text, "signatures": _many(_signature, at_least=2)}
    ),
    "dataset": _object(
        {
            "name": _line,
            "version": _line,
            "catalogue_sha256": _sha256,
            "persons_at_least": _count(),
            "confirmed": _flag,
        }
    ),
    "budget": _object(
        {"population": _handle, "epsilon": _amount, "at_delta": _amount, "rho": _amount, "delta": _amount}
    ),
    "bound": _object({"population": _handle, "datasets": _distinct(_many(_line, at_least=1))}),
    "spent": _object(
        {
            "population": _handle,
            "case": _word,
            "dataset": _line,
            "dataset_version": _line,
            "question_sha256": _sha256,
            "rho": _amount,
            "delta": _amount,
        }
    ),
    "table": _object({"dataset": _line, "table_sha256": _sha256}),
    "lost": _object({"of": _distinct(_many(_one_of(*TELLING), at_least=1))}),
    "filed": _object({"request": _any_object, "request_sha256": _sha256, "signature": _signature}),
    "lines": _object(
        {
            "lines_sha256": _sha256,
            "sealed_sha256": _sha256,
            "as_of": _day,
            "total": _count(1),
            "sufficient": _count(),
            "holds": _many(_object({"because": _because, "reason": _line})),
        }
    ),
    "decided": _object({"round": _count(1), "decision_sha256": _sha256, "decision": _decision, "quorum": _quorum}),
    "fact": _object({"fact": _word, "value": _true, "text": _text, "signature": _signature}),
    "review": _object(
        {
            "verdict": _one_of(Verb.APPROVE, Verb.REJECT),
            "decision_sha256": _sha256,
            "round": _count(1),
            "text": _text,
            "signature": _signature,
        }
    ),
    "approved": _vote,
    "rejected": _vote,
    "objected": _object({"grounds": _line, "text": _said, "strata": _nullable(_map_of_text), "signature": _signature}),
    "answered": _object({"objection": _count(1), "text": _said, "signature": _signature}),
    "directed": _object({"text": _said, "signature": _signature}, {"deadline": _nullable(_line)}),
    "withdrawn": _object({"text": _said, "signature": _signature}),
    "notified": _object(
        {"round": _count(1), "decision_sha256": _sha256, "states": _distinct(_many(_state, at_least=1))}
    ),
    "served": _object({"state": _state, "text": _said, "signature": _signature}),
    "amendment": _object({"change": _change, "text": _said, "signature": _signature}),
    "locked": _object({"checkpoint": _text}),
    "amended": _object({"decision_sha256": _sha256}, {"unlocked": _unlocked}),
    "expired": _object({"last": _count()}),
    "refused": _object({"decision_sha256": _sha256, "because": _many(_because)}),
    "released": _object(
        {
            "round": _count(1),
            "decision_sha256": _sha256,
            "form": _form,
            "manifest_sha256": _sha256,
            "data": _many(_object({"name": _line, "sha256": _sha256, "size_bytes": _count()}), at_least=1),
            "key_age_sha256": _sha256,
            "accounting_sha256": _sha256,
            "recipients": _many(_recipient, at_least=1),
            "rows": _count(),
            "objections": _many(_count(1)),
            "witnesses": _one_of(UNWITNESSED, COSIGNED),
        },
        {"unlocked": _unlocked, "table": _object({"population": _handle, "sha256": _sha256})},
    ),
    "cosigned": _object({"checkpoint": _text}),
    "delivered": _object({"package_sha256": _sha256, "size_bytes": _count(1)}),
    "aborted": _object({"reason": _line}),
    "accounted": _object({"accounting_sha256": _sha256}),
    "recalled": _object(
        {"release": _count(1), "text": _said, "signature": _signature}, {"notice_sha256": _nullable(_sha256)}
    ),
}

KINDS: Final = tuple(_CONTENTS)
"""Every kind of event, in the order in which a case may meet them."""

VERB_OF: Final[Mapping[str, Verb]] = {
    "genesis": Verb.FOUND,
    "member": Verb.ENROL,
    "filed": Verb.FILE,
    "fact": Verb.ATTEST,
    "approved": Verb.APPROVE,
    "rejected": Verb.REJECT,
    "objected": Verb.OBJECT,
    "answered": Verb.ANSWER,
    "directed": Verb.DIRECT,
    "withdrawn": Verb.WITHDRAW,
    "rotated": Verb.ROTATE,
    "revoked": Verb.REVOKE,
    "succeeded": Verb.SUCCEED,
    "served": Verb.NOTIFY,
    "amendment": Verb.AMEND,
    "recalled": Verb.RECALL,
}
"""The verb by which people sign each kind that has one verb."""

REVIEW: Final = "review"
"""A first review: its verb, approve or reject, stands in the content, sealed until all first reviews are in."""

SIGNED_KINDS: Final = frozenset(VERB_OF) | {REVIEW}
"""The kinds that people sign; all others are written by the gateway, unsigned."""


def verb_of(kind: str, content: Mapping[str, Any]) -> Verb:
    """The verb by which a content of a signed kind is signed."""
    return Verb(content["verdict"]) if kind == REVIEW else VERB_OF[kind]


OUTSIDE_CASES: Final = frozenset(
    {"genesis", "member", "rotated", "revoked", "succeeded", "dataset", "budget", "spent", "bound", "table", "lost"}
)
