"""How an event gets its signature: a statement made from the docket as its signer sees it, signed by their key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from modicum.model.errors import EvidenceError, InvalidInputError
from modicum_verify import sshsig
from modicum_verify.canonical import not_text
from modicum_verify.case_state import CaseState
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.events import FOUNDERS, GATEWAY, check_content, text_sha256, verb_of
from modicum_verify.statement import Statement


class PersonKey(Protocol):
    """A person's key, wherever it is held: the public key line, and the act."""

    @property
    def public_key(self) -> str:
        """The key line "ssh-ed25519 AAAA...", without a comment."""

    def sign(self, namespace: str, message: bytes) -> str:
        """Make an armored SSHSIG."""


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A private key in memory."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public_key(self) -> str:
        """The public half, as a key line."""
        return sshsig.public_key_line(self.private)

    def sign(self, namespace: str, message: bytes) -> str:
        """Sign with the key."""
        return sshsig.sign(self.private, namespace, message)


class Signer(Protocol):
    """Somebody who can sign: the handle `organisation/person`, the public key line, and the act."""

    @property
    def person(self) -> str:
        """`organisation/person`."""

    @property
    def public_key(self) -> str:
        """The key line "ssh-ed25519 AAAA...", without a comment."""

    def sign(self, namespace: str, message: bytes) -> str:
        """Make an armored SSHSIG."""


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A person with their key."""

    person: str
    key: PersonKey

    @property
    def public_key(self) -> str:
        """The public half, as a key line."""
        return self.key.public_key

    def sign(self, namespace: str, message: bytes) -> str:
        """Sign with the key."""
        return self.key.sign(namespace, message)

    def __repr__(self) -> str:
        return f"KeySigner({self.person!r})"


class Event(NamedTuple):
    """An event ready for the journal: `kind, content, case = event`, recorded in the name of `event.actor`."""

    kind: str
    content: dict[str, Any]
    case: str | None

    @property
    def actor(self) -> str:
        """In whose name the leaf stands: the signer, the founders, or the gateway."""
        if "signature" in self.content:
            return str(self.content["signature"]["person"])
        return FOUNDERS if "signatures" in self.content else GATEWAY


def in_case(kind: str, content: Mapping[str, Any], *, case: CaseState, log_size: int, by: Signer) -> Event:
    """Sign an event of an open case, for its present round."""
    signature = signed(
        kind,
        content,
        case=case.id,
        round_number=case.round,
        decision_sha256=case.decision_sha256,
        log_size=log_size,
        by=by,
    )
    return shaped(kind, {**content, "signature": signature}, case=case.id)


def signed(
    kind: str,
    content: Mapping[str, Any],
    *,
    case: str | None,
    round_number: int = 0,
    decision_sha256: str | None = None,
    log_size: int,
    by: Signer,
) -> dict[str, Any]:
    """Make the signature block that goes with a content.

    Raises InvalidInputError: a text in it cannot be written in UTF-8; names the field.
    """
    if (place := not_text(content)) is not None:
        raise InvalidInputError(
            cause=f"{kind}{place} is not text in UTF-8", cure="write it anew; some bytes of it are no characters"
        )
    statement = Statement(
        verb=verb_of(kind, content),
        case=case,
        round=round_number,
        decision_sha256=decision_sha256,
        organisation=by.person.split("/", 1)[0],
        text_sha256=text_sha256(kind, content),
        log_size=log_size,
    )
    return {
        "person": by.person,
        "public_key": by.public_key,
        "sshsig": by.sign(statement.namespace, statement.message()),
        "log_size": log_size,
        "round": round_number,
    }


def shaped(kind: str, content: dict[str, Any], *, case: str | None) -> Event:
    """Check the shape of a content before it becomes an event.

    Raises InvalidInputError: a text that is empty or too long, a word that is none; names the field.
    """
    try:
        check_content(kind, content)
    except EvidenceError as error:
        raise InvalidInputError(
            cause=error.cause.removeprefix("event: "), cure="mend the field; the log takes no event of another shape"
        ) from None
    return Event(kind, content, case)
