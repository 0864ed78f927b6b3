"""The command line: parse, call one function of the hall, render. No logic of its own.

`run` is the only place where errors become exit codes, and the only one that catches everything: whatever was not
foreseen ends as exit 1 with the place in our code and without the message, since a library's may quote a record.
"""

import traceback
from collections.abc import Sequence

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
from modicum.cli.output import say
from modicum.storage.faults import disk_fault
from modicum_verify.ctrl_c import Pressable, hush
from modicum_verify.errors import ModicumError
from modicum_verify.process import say_error, say_interrupted

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


def run(arguments: Sequence[str]) -> Exit:
    """Run one command; the exit code that says how it went."""
    machine = "--json" in arguments
    with Pressable():
        try:
            try:
                code = app(args=arguments, standalone_mode=False, prog_name="modicum")
            finally:
                hush()
        except typer.Exit as stop:
            code = stop.exit_code
        except (typer.Abort, KeyboardInterrupt):
            hush()
            code = Exit.INTERRUPTED
        except typer.TyperException as error:
            return _usage(machine, error)
        except ModicumError as error:
            return _say(machine, error.code, error.cause, error.cure, exit_of(error))
        except Exception as error:  # noqa: BLE001 - the very top
            return _unforeseen(machine, error)
        if code == Exit.INTERRUPTED:  # Typer makes this of a KeyboardInterrupt, and says nothing.
            return Exit(say_interrupted(machine=machine))
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
    return Exit(say_error(machine=machine, code=code, cause=cause, cure=cure, status=status))


__all__ = ["MEANING", "app", "run"]
