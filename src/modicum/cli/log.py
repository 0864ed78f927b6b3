"""`modicum log ...`: the ledger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from modicum.cli import rotation, witness
from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, progress, say, show
from modicum.gateway import logbook, witnessing
from modicum.gateway.home import Home
from modicum_verify.witness_set import SignedBy

group = typer.Typer(
    no_args_is_help=True, help="The transparency log: checkpoint, proofs, full check, export, freeze, rotate."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    witness.register(group)
    rotation.register(group)
    app.add_typer(group, name="log")


@group.command("checkpoint")
def checkpoint(
    witnesses: Annotated[
        Path | None, typer.Option("--witnesses", help="A witnesses.toml: ask them all to cosign it first.")
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(
            "--request", help="Write the request for a witness without a network to a new file.", callback=outside
        ),
    ] = None,
    since: Annotated[
        int, typer.Option("--since", help="With --request: the size that this witness saw last.", min=0)
    ] = 0,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Print the latest signed checkpoint; keep it, and nobody can cut the log behind you.

    With --witnesses it is printed with their cosignatures; exit 6 where too few organisations gave one.

    Example:  modicum log checkpoint > kept.checkpoint
    Example:  modicum log checkpoint --witnesses witnesses.toml > kept.checkpoint
    """
    here = Home.open(home)
    if request is not None:
        witnessing.write_request(here, out=request, since=since)
        say(f"wrote {request}; take it to the witness: modicum log witness sign {request.name} --out cosignature")
    if witnesses is not None:
        _cosigned(here, witnesses, as_json=as_json)
        return
    latest = logbook.latest(here)
    _say_by(latest.cosigned_by)
    if as_json:
        emit(latest.as_document())
    else:
        show(latest.note.rstrip("\n"))
    if latest.cosigned_size is not None and not latest.cosigned_by:
        say(f"unwitnessed: the newest cosigned checkpoint covers {latest.cosigned_size} of {latest.size} entries")


def _say_by(by: Sequence[SignedBy]) -> None:
    for each in by:
        say(f"cosigned by {each.organisation} ({each.name}) at {each.at}")


def _cosigned(home: Home, witnesses: Path, *, as_json: bool) -> None:
    outcome = witnessing.ask_witnesses(home, witnessing.read_witnesses(witnesses))
    if as_json:
        emit(outcome.as_document())
    else:
        show(outcome.note.decode().rstrip("\n"))
    for each in outcome.asked:
        say(f"{each.name}: {each.why}")
    if not outcome.met:
        say(f"cosigned by fewer than {outcome.organisations} organisation(s)")
        raise typer.Exit(int(Exit.LOG_UNAVAILABLE))


@group.command("prove")
def prove(
    entry: Annotated[int, typer.Argument(help="The index of a log entry.", min=0)],
    out: Annotated[Path | None, typer.Option("--out", help="Write the proof to a new file.", callback=outside)] = None,
    body: Annotated[bool, typer.Option("--body", help="Carry the entry's body too, which tells what it says.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Prove that an entry is in the log (C2SP tlog-proof), under a cosigned checkpoint where one covers it.

    The proof carries the entry, and `modicum verify` checks it with the trust.json alone.

    Example:  modicum log prove 12 --out entry-12.tlog-proof
    """
    proved = logbook.prove(Home.open(home), entry, out=out, body=body)
    _say_by(proved.cosigned_by)
    if as_json:
        emit(proved.as_document())
    elif out is None:
        show(proved.proof.rstrip("\n"))
    else:
        say(f"wrote {out}")


@group.command("fsck")
def fsck(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Recompute the whole log from its entries, check every body, signature and move.

    Example:  modicum log fsck
    """
    with progress(quiet=as_json) as report:
        checked = logbook.fsck(home, report=report)
    if as_json:
        emit(checked.as_document())
    else:
        show(f"the log holds: {checked.entries} entries, {checked.cases} cases, {checked.releases} releases")
        show(f"root {checked.root}")


@group.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="A new folder for log, bodies and trust.json.", callback=outside)],
    bodies: Annotated[bool, typer.Option("--bodies/--no-bodies", help="With the bodies, or the leaves alone.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Copy the log, as it can be served or handed to an auditor.

    Example:  modicum log export --out for-the-auditor --bodies
    """
    written = logbook.export(Home.open(home), out=out, bodies=bodies)
    if as_json:
        emit({"schema": "modicum.export/1", "out": str(out), "files": written})
    else:
        what = out if bodies else out / "log"
        show(f"wrote {written} files to {out}; check them with: modicum verify {what} --trust trust.json")
