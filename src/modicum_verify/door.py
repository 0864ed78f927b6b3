"""The door of `modicum-verify`: the verdict, for those who have no gateway and trust none."""

import argparse
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Never

from modicum_verify.ctrl_c import Pressable, hush
from modicum_verify.errors import ModicumError
from modicum_verify.harmless import harmless
from modicum_verify.process import DONE, say_error, say_interrupted
from modicum_verify.verdict import Brought, verify_anything

OUR_FAULT, USAGE, FAILED, NOT_FOUND = 1, 2, 5, 8
EXIT: Final[Mapping[str, int]] = {"evidence-broken": FAILED, "invalid-input": USAGE, "not-found": NOT_FOUND}
"""Exit codes by the code of the error; the same as those of `modicum verify`."""

_EXAMPLES: Final = """\
examples:
  modicum-verify answer.modicum --trust trust.json
  modicum-verify copy --trust trust.json
  modicum-verify copy/log --trust trust.json --seen kept.checkpoint --witnesses witnesses.toml
  modicum-verify account.json --trust trust.json
  modicum-verify receipt.tlog-proof --trust trust.json

exit codes: 0 verified, 1 our fault, 2 usage, 5 verification failed, 8 not found
"""


class _UsageError(Exception):
    """A command line that is none."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        raise _UsageError(message)


def run(arguments: Sequence[str]) -> int:
    """Verify what the arguments name, say so; the exit code. Errors become exit codes here and nowhere else."""
    machine = "--json" in arguments
    with Pressable():
        try:
            try:
                _verify(_parser().parse_args(arguments))
            finally:
                hush()
        except _UsageError as error:
            cure = "see `modicum-verify --help`"
            return say_error(machine=machine, code="usage", cause=str(error), cure=cure, status=USAGE)
        except ModicumError as error:
            status = EXIT.get(error.code, OUR_FAULT)
            return say_error(machine=machine, code=error.code, cause=error.cause, cure=error.cure, status=status)
        except KeyboardInterrupt:
            hush()
            return say_interrupted(machine=machine)
        except Exception as error:  # noqa: BLE001 - the very top
            # Without the message: a library's words may quote what it read.
            last = traceback.extract_tb(error.__traceback__)[-1]
            cause = f"an unforeseen {type(error).__name__} at {last.name}, line {last.lineno}"
            return say_error(machine=machine, code="internal", cause=cause, cure="report this line", status=OUR_FAULT)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="modicum-verify",
        description="Verify a package, an account, a proof, a log, or a copy of a home, offline, against a trust root"
        " that you bring. Nothing that comes with the evidence is believed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        help="a package, an account as JSON, a proof, a log folder, or a home's copy",
    )
    parser.add_argument("--trust", metavar="FILE", type=Path, help="the custodian's trust.json, from outside")
    parser.add_argument("--seen", metavar="CHECKPOINT", type=Path, help="a checkpoint that you kept from earlier")
    parser.add_argument(
        "--witnesses", metavar="FILE", type=Path, help="your witnesses.toml: who must have cosigned that checkpoint"
    )
    parser.add_argument(
        "--before",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="the folder of the log that PATH continues; again for the one before that",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document with a schema field")
    return parser


def _verify(given: argparse.Namespace) -> None:
    brought = Brought(
        trust_file=given.trust, seen_file=given.seen, witnesses_file=given.witnesses, before=tuple(given.before)
    )
    verdict = verify_anything(given.path, brought=brought)
    if given.json:
        sys.stdout.write(json.dumps(verdict.as_document(), ensure_ascii=False, indent=2) + "\n")
        return
    for line in verdict.lines:
        sys.stdout.write(harmless(line) + "\n")
    for note in verdict.notes:
        sys.stderr.write(harmless(f"note: {note}") + "\n")
