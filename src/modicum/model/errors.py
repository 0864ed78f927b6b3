"""Errors in three families, by who must act; doors map each code to one exit code and one HTTP status.

The third family, broken evidence, is the foundation's (`modicum_verify.errors.EvidenceError`).
"""

from modicum_verify.errors import EvidenceError, ModicumError

__all__ = [
    "ConflictError",
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


class RequesterError(ModicumError):
    """The asker can mend it: the input is wrong."""

    code = "requester"


class InvalidInputError(RequesterError):
    """A file, field or argument is not what its schema says."""

    code = "invalid-input"


class NotFoundError(RequesterError):
    """A file, case, data set or key that was named is not there."""

    code = "not-found"


class ConflictError(RequesterError):
    """It exists already, was done already, or somebody else is doing it now."""

    code = "conflict"


class NotPermittedError(RequesterError):
    """This person may not do this, in this state of the case."""

    code = "not-permitted"


class OutstandingError(RequesterError):
    """Something that somebody can still supply is missing: facts, approvals, a confirmation."""

    code = "outstanding"


class OperatorError(ModicumError):
    """The operator must act: disk, permissions, clock."""

    code = "operator"


class LogUnavailableError(OperatorError):
    """The log, or the disk it stands on, cannot take an entry; nothing leaves."""

    code = "log-unavailable"


class InternalError(OperatorError):
    """Ours to mend; the library's own words are not passed on, since they may quote a row."""

    code = "internal"
