"""The command line: parse, call one function of the hall, render. No logic of its own.

`main` is the only place where errors become exit codes, and the only one that catches everything: whatever was not
foreseen ends as exit 1 with the place in our code and without the message, since a library's may quote a record.
"""

import sys
import traceback

import typer

from modicum.cli import (
    account,
    amend,
    attack,
    budget,
    data,
    docket,
    draw,
    house,
    law,
    law_impact,
    law_print,
    law_proofs,
    law_vectors,
    lint,
    log,
    member,
    rebuild,
    recall,
    release,
    request,
)
from modicum.cli.exits import MEANING, Exit, exit_of
from modicum.cli.output import emit, say
from modicum.storage.faults import disk_fault
from modicum_verify.errors import ModicumError

app = typer.Typer(
    name="modicum",
    help="Modicum, the least that will do: answer the question, keep the records.\n\nStart with `modicum demo`.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
house.register(app)
data.register(app)
request.register(app)
docket.register(app)
member.register(app)
release.register(app)
recall.register(app)
log.register(app)
account.register(app)
lint.register(app)
draw.register(app)
attack.register(app)
budget.register(app)
rebuild.register(app)
law.register(app)
law_proofs.register(law.group)
law_vectors.register(law.group)
law_impact.register(law.group)
law_print.register(law.group)
amend.register(law=law.group, log=log.group, docket=docket.group)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(int(run(given)))


def run(arguments: list[str]) -> Exit:
    """Run one command; the exit code that says how it went."""
    machine = "--json" in arguments
    try:
        code = app(args=arguments, standalone_mode=False, prog_name="modicum")
    except typer.Exit as stop:
        code = stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except typer.TyperException as error:
        return _usage(machine, error)
    except ModicumError as error:
        return _say(machine, error.code, error.cause, error.cure, exit_of(error))
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the very top
        return _unforeseen(machine, error)
    if code == Exit.INTERRUPTED:  # Typer makes this of a KeyboardInterrupt, and says nothing.
        return _say(machine, "interrupted", "interrupted", "run it again; nothing is left half done", Exit.INTERRUPTED)
    return Exit(code) if isinstance(code, int) else Exit.DONE


def _unforeseen(machine: bool, error: Exception) -> Exit:  # noqa: FBT001 - private
    if isinstance(error, OSError) and (fault := disk_fault(error)) is not None:  # A library met it, not our storage.
        return _say(machine, fault.code, fault.cause, fault.cure, exit_of(fault))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    ours = [each for each in traceback.extract_tb(error.__traceback__) if "modicum" in each.filename]
    place = ours[-1] if ours else frame
    cause = f"an unforeseen {type(error).__name__} at {place.name}, line {place.lineno}"
    return _say(machine, "internal", cause, "run `modicum doctor`, then report this line", Exit.OUR_FAULT)


def _usage(machine: bool, error: typer.TyperException) -> Exit:  # noqa: FBT001 - private
    context = getattr(error, "ctx", None)
    hint = f"see `{context.command_path if context else 'modicum'} --help`"
    cause = error.format_message().rstrip(".")
    if cause.startswith("Usage: "):  # Nothing was given: then the message is the whole help.
        if not machine:
            say(cause)
        cause = "no command was given"
    return _say(machine, "usage", cause, hint, Exit.USAGE)


def _say(machine: bool, code: str, cause: str, cure: str, status: Exit) -> Exit:  # noqa: FBT001 - private
    if machine:
        emit({"schema": "modicum.error/1", "code": code, "cause": cause, "cure": cure, "exit": int(status)})
    for word, text in (("error", cause), ("hint", cure)):
        say(f"{word}: {' '.join(text.splitlines())}")  # A line each, whatever a name in it holds.
    return status


__all__ = ["MEANING", "app", "main", "run"]
