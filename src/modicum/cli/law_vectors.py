"""`modicum law vectors`: a pack before its vectors."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.law import PackOption
from modicum.cli.options import JsonOption
from modicum.cli.output import emit, show
from modicum.gateway import vector_runs
from modicum.gateway.vector_runs import FileRun, MutationsRun, VectorsRun
from modicum.law.decisions import DecisionResult
from modicum.law.vectors import VectorResult


def register(group: typer.Typer) -> None:
    """Add the command to `modicum law`."""
    group.command("vectors")(vectors)


def vectors(
    file: Annotated[Path | None, typer.Argument(help="A vectors file; all of the pack's own when left out.")] = None,
    pack: PackOption = "us_medicaid",
    mutations: Annotated[
        bool, typer.Option("--mutations", help="Leave out, invert and re-date every rule: the vectors must notice.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run a pack on its vectors: decisions, compared exactly, and what the orders of a case must bar.

    Exit 5 where a vector differs or, with --mutations, where a pack that is wrong in one rule passes them all.

    Example:  modicum law vectors --mutations
    """
    if mutations and file is not None:
        raise typer.BadParameter("--mutations runs on all vectors of the pack", param_hint="FILE")
    run = vector_runs.mutate(pack) if mutations else vector_runs.run(pack, file)
    if as_json:
        emit(run.as_document())
    elif isinstance(run, MutationsRun):
        _show_mutations(run)
    else:
        _show(run)
    if not run.good:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))


def _show(run: VectorsRun) -> None:
    for each in run.files:
        _show_file(each)
    if run.coverage is not None:
        for what, rules in (("shows", run.coverage.never_shown), ("nearly shows", run.coverage.never_nearly)):
            if rules:
                show(f"no vector in which it {what}: {', '.join(rules)}")
        show(f"{run.coverage.covered} of {len(run.coverage.rules)} rules have a vector of both kinds")


def _show_file(file: FileRun) -> None:
    for result in file.results:
        if not result.agrees:
            _show_barred(result) if isinstance(result, VectorResult) else _show_decided(result)
    unseen = sum(1 for each in file.decisions if each.shown is None)
    note = f", {unseen} for rules that stand outside policies (`shows` not checked)" if unseen else ""
    show(f"{file.name}: {len(file.results)} vectors, {file.differing} differ{note}")


def _show_barred(result: VectorResult) -> None:
    rules = ", ".join(result.rules) or "no rule"
    show(f"{result.id}: expected {result.expected}, the pack says {result.got} ({rules})")


def _show_decided(result: DecisionResult) -> None:
    expected = {**result.vector.expected.as_document(), "shows": result.vector.shows}
    got = {**result.got.as_document(), "shows": result.shown}
    for field in result.differing:
        show(f"{result.vector.id}: {field}: expected {expected[field]}, the pack says {got[field]}")


def _show_mutations(run: MutationsRun) -> None:
    report = run.report
    for each in report.survivors:
        show(f"{each.rule}: {each.kind}: no vector notices")
    killed = len(report.fates) - len(report.survivors)
    share = 100 * killed // len(report.fates)
    if report.equal:
        show(f"{len(report.equal)} moves by a day are the right pack, since nothing could show them on that day")
    show(f"{len(report.fates)} mutants of {report.rules} rules: {killed} killed ({share} %)")
