"""Exit codes: one documented table, and one mapping from an error's code to it.

docs/reference/exit-codes.md is compared with this table by a test.
"""

from enum import IntEnum
from typing import Final

from modicum_verify.errors import ModicumError


class Exit(IntEnum):
    """What a command's exit status says."""

    DONE = 0
    OUR_FAULT = 1
    USAGE = 2
    REFUSED = 3
    OUTSTANDING = 4
    VERIFICATION_FAILED = 5
    LOG_UNAVAILABLE = 6
    NOT_PERMITTED = 7
    NOT_FOUND = 8
    CONFLICT = 9
    INTERRUPTED = 130


MEANING: Final = {
    Exit.DONE: "done, allowed, verified",
    Exit.OUR_FAULT: "our fault: what should not happen did; or all was done, and its answer could not be written",
    Exit.USAGE: "usage: an argument, a file or a field is not what it should be",
    Exit.REFUSED: "refused: the law or the custodian's policy forbids it; the answer names the basis",
    Exit.OUTSTANDING: "conditions outstanding: facts, approvals or a confirmation are missing",
    Exit.VERIFICATION_FAILED: "verification failed: evidence was altered or does not belong together",
    Exit.LOG_UNAVAILABLE: "the log cannot take an entry, a disk cannot be written, or the clock runs backwards",
    Exit.NOT_PERMITTED: "not permitted: this person may not do this",
    Exit.NOT_FOUND: "not found",
    Exit.CONFLICT: "conflict: exists already, done already, or somebody else is doing it",
    Exit.INTERRUPTED: "interrupted (Ctrl-C); nothing is left half done",
}

BY_CODE: Final = {
    "internal": Exit.OUR_FAULT,
    "requester": Exit.USAGE,
    "invalid-input": Exit.USAGE,
    "budget-spent": Exit.REFUSED,
    "disclosure-control": Exit.REFUSED,
    "outstanding": Exit.OUTSTANDING,
    "evidence-broken": Exit.VERIFICATION_FAILED,
    "ledger-rolled-back": Exit.VERIFICATION_FAILED,
    "operator": Exit.LOG_UNAVAILABLE,
    "log-unavailable": Exit.LOG_UNAVAILABLE,
    "not-permitted": Exit.NOT_PERMITTED,
    "not-found": Exit.NOT_FOUND,
    "conflict": Exit.CONFLICT,
}


def exit_of(error: ModicumError) -> Exit:
    """The exit status of one of our errors; a code without a line in the table is our fault."""
    return BY_CODE.get(error.code, Exit.OUR_FAULT)
