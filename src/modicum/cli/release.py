"""`modicum release`, `open`, `verify`: the package."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, progress, say, show, table
from modicum.gateway.home import Home
from modicum.gateway.opening import open_release
from modicum.gateway.release import Refused, release_case
from modicum_verify.events import UNWITNESSED
from modicum_verify.verdict import Brought, verify_anything


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("release")(release)
    app.command("open")(open_)
    app.command("verify")(verify)


def release(
    case: Annotated[str, typer.Argument(help="The number of an agreed case.", metavar="CASE")],
    out: Annotated[
        Path, typer.Option("--out", help="Where the package goes; nothing is overwritten.", callback=outside)
    ],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Compute, seal, log and hand over the answer of an agreed case.

    Example:  modicum release 2026-0002 --out answer.modicum
    """
    here = Home.open(home)
    with progress(quiet=as_json) as report:
        outcome = release_case(here, case, out=out, report=report)
    if isinstance(outcome, Refused):
        if as_json:
            emit(outcome.as_document())
        else:
            show(f"refused: nothing leaves for case {case}")
            rows = [[each.id, str(each.basis), each.verified, each.cite, each.title] for each in outcome.because]
            table("because", ["rule", "basis", "verified", "provision", "title"], rows)
        raise typer.Exit(int(Exit.REFUSED))
    if as_json:
        emit(outcome.as_document())
        return
    done = "already released, the same package again" if outcome.again else "released"
    show(f"{done}: {out}, form {outcome.form}, {outcome.rows:,} rows, log entry {outcome.entry}")
    home_is = "unwitnessed evaluation home" if outcome.witnesses == UNWITNESSED else "cosigned by the home's witnesses"
    say(f"{home_is}; package sha256 {outcome.package_sha256}")


def open_(
    file: Annotated[Path, typer.Argument(help="A package.", metavar="FILE")],
    identity: Annotated[Path, typer.Option("--identity", help="Your age identity file, or OpenSSH Ed25519 key.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder for the opened files.", callback=outside)] = Path(
        "opened"
    ),
    trust: Annotated[Path | None, typer.Option("--trust", help="The custodian's trust.json.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a package and open it with the recipient's key.

    Example:  modicum open answer.modicum --identity me.key --trust trust.json --out answer
    """
    with progress(quiet=as_json) as report:
        opened = open_release(file, identity=identity, out=out, trust_file=trust, report=report)
    if as_json:
        emit(opened.as_document())
        return
    for name in opened.files:
        show(str(out / name))
    if not opened.report.trusted:
        say("note: no --trust was given, so the seal was checked but not whose it is")


def verify(
    path: Annotated[Path, typer.Argument(help="A package, account, proof, log folder or home.", metavar="FILE|DIR")],
    trust: Annotated[Path | None, typer.Option("--trust", help="The custodian's trust.json, from outside.")] = None,
    seen: Annotated[Path | None, typer.Option("--seen", help="A checkpoint that you kept from earlier.")] = None,
    witnesses: Annotated[
        Path | None, typer.Option("--witnesses", help="Your witnesses.toml: who must have cosigned that checkpoint.")
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option("--before", help="The folder of the log that this one continues; again for the one before."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a package, an account, a proof or a log, offline, against a trust root that you bring.

    `modicum-verify`, a package of its own, does the same for those who have no gateway.

    Examples:  modicum verify answer.modicum --trust trust.json  |  modicum verify log/ --trust trust.json --seen old
    """
    with progress(quiet=as_json) as report:
        brought = Brought(trust_file=trust, seen_file=seen, witnesses_file=witnesses, before=tuple(before or ()))
        verdict = verify_anything(path, brought=brought, report=report)
    if as_json:
        emit(verdict.as_document())
        return
    for line in verdict.lines:
        show(line)
    for note in verdict.notes:
        say(f"note: {note}")
