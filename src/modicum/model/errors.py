"""Errors in three families, by who must act; doors map each code to one exit code and one HTTP status.

What a verifier can meet is the foundation's: the third family, broken evidence, and two of the first
(`modicum_verify.errors`).
"""

from modicum_verify.errors import EvidenceError, InvalidInputError, ModicumError, NotFoundError, RequesterError

__all__ = [
    "BudgetSpentError",
    "ConflictError",
    "DisclosureControlError",
    "EvidenceError",
    "InternalError",
    "InvalidInputError",
    "LogUnavailableError",
    "ModicumError",
    "NotFoundError",
    "NotPermittedError",
    "OperatorError",
    "OutstandingError",
    "RequesterError",
]


class ConflictError(RequesterError):
    """It exists already, was done already, or somebody else is doing it now."""

    code = "conflict"


class NotPermittedError(RequesterError):
    """This person may not do this, in this state of the case."""

    code = "not-permitted"


class OutstandingError(RequesterError):
    """Something that somebody can still supply is missing: facts, approvals, a confirmation."""

    code = "outstanding"


class BudgetSpentError(RequesterError):
    """The budget of a population has less left than a question costs; nothing leaves, and nothing is charged."""

    code = "budget-spent"


class DisclosureControlError(RequesterError):
    """A table from which too much would follow, also with what left before, or of which that cannot be ruled out."""

    code = "disclosure-control"

    def __init__(self, *, cause: str, cure: str, basis: str) -> None:
        """`basis` is the rule that the refusal rests on; it stands behind the cause."""
        super().__init__(cause=f"{cause} (rule: {basis})", cure=cure)
        self.basis = basis


class OperatorError(ModicumError):
    """The operator must act: disk, permissions, clock."""

    code = "operator"


class LogUnavailableError(OperatorError):
    """The log cannot take an entry, or a disk cannot take a file; nothing leaves."""

    code = "log-unavailable"


class InternalError(OperatorError):
    """Ours to mend; the library's own words are not passed on, since they may quote a row."""

    code = "internal"
