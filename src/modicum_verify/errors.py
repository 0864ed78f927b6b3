"""The root of all errors: what went wrong, and what the reader can do about it; and those that a verifier can meet."""

from typing import ClassVar


class ModicumError(Exception):
    """A promise that could not be kept, with its cause and its cure. Never holds a person's value."""

    code: ClassVar[str] = "internal"

    def __init__(self, *, cause: str, cure: str) -> None:
        """Keep both halves: doors print the cause, then the cure as a hint."""
        super().__init__(f"{cause}; {cure}")
        self.cause, self.cure = cause, cure


class EvidenceError(ModicumError):
    """Evidence is broken: a log, a body, a signature or a package does not check."""

    code = "evidence-broken"

    def __init__(self, *, place: str, cause: str, cure: str = "keep what you hold and tell the custodian") -> None:
        """`place` names the file, entry or field at fault, so that a reader can look at it."""
        super().__init__(cause=f"{place}: {cause}", cure=cure)
        self.place = place


class RequesterError(ModicumError):
    """The asker can mend it: the input is wrong."""

    code = "requester"


class InvalidInputError(RequesterError):
    """A file, field or argument is not what its schema says."""

    code = "invalid-input"


class NotFoundError(RequesterError):
    """A file, case, data set or key that was named is not there."""

    code = "not-found"
