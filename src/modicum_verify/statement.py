"""What a person signs: one statement, for one verb, in one case and round, about one decision and one text.

Whoever holds the database can neither forge such a signature nor move it: the case, the round, the decision, the
signer's organisation, the digest of everything else the event says and the size of the log that the signer saw are all
under it, and each verb has a namespace of its own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from modicum_verify.canonical import canonical

STATEMENT_SCHEMA: Final = "modicum.statement/1"


class Verb(StrEnum):
    """What a signature does."""

    FOUND = "found"
    ENROL = "enrol"
    FILE = "file"
    ATTEST = "attest"
    APPROVE = "approve"
    REJECT = "reject"
    OBJECT = "object"
    ANSWER = "answer"
    DIRECT = "direct"
    WITHDRAW = "withdraw"
    ROTATE = "rotate"
    REVOKE = "revoke"
    SUCCEED = "succeed"
    NOTIFY = "notify"
    AMEND = "amend"
    RECALL = "recall"


def namespace(verb: str) -> str:
    """The SSHSIG namespace of a verb, as given to `ssh-keygen -Y verify -n`."""
    return f"modicum-{verb}@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One signed statement. `case` is null and `round` 0 outside a case; `decision_sha256` is null before a decision.

    `text_sha256` is the digest that `events.text_sha256` gives; `log_size` counts the entries that the signer saw.
    """

    verb: str
    case: str | None
    round: int
    decision_sha256: str | None
    organisation: str
    text_sha256: str
    log_size: int

    def message(self) -> bytes:
        """The bytes that are signed: canonical JSON."""
        return canonical(
            {
                "schema": STATEMENT_SCHEMA,
                "verb": str(self.verb),
                "case": self.case,
                "round": self.round,
                "decision_sha256": self.decision_sha256,
                "organisation": self.organisation,
                "text_sha256": self.text_sha256,
                "log_size": self.log_size,
            }
        )

    @property
    def namespace(self) -> str:
        """The namespace that goes with it."""
        return namespace(self.verb)
