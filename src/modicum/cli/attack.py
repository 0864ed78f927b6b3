"""`modicum attack`: what somebody finds out who asks, keeps asking and pools answers, with and without protection."""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from modicum.answer.attacks.findings import Attack, Scene
from modicum.cli.exits import Exit
from modicum.cli.options import JsonOption
from modicum.cli.output import emit, progress, say, show
from modicum.gateway.attacking import attacked, setting_of
from modicum.gateway.home import Home

group = typer.Typer(no_args_is_help=True, help="Attacks on statistics, each with its control; on a throw-away home.")

AttackedHome = Annotated[
    Path | None,
    typer.Option(
        "--home", envvar="MODICUM_HOME", help="The home whose budget's size is attacked; nothing in it is touched."
    ),
]
Targets = Annotated[int, typer.Option("--targets", min=20, max=1000, help="How many people are attacked.")]
Questions = Annotated[int, typer.Option("--questions", min=20, max=10_000, help="How many questions are asked.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed plants the same people; noise is never seeded.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="attack")


@group.command("averaging")
def averaging(
    home: AttackedHome = None,
    targets: Targets = 200,
    questions: Questions = 1000,
    seed: Seed = 1,
    as_json: JsonOption = False,
) -> None:
    """Ask the same again: two askers, other words, 400 days; exit 5 where more is recovered than the budget allows.

    What all answers say about each person is weighed by the likelihood ratio of the noise, which no test beats.

    Example:  modicum attack averaging --questions 1000
    """
    _run("averaging", home, targets=targets, questions=questions, seed=seed, as_json=as_json)


@group.command("differencing")
def differencing(
    home: AttackedHome = None, targets: Targets = 200, seed: Seed = 1, as_json: JsonOption = False
) -> None:
    """Ask two questions that differ by one person, or of two versions of the data; exit 5 where that tells too much.

    Example:  modicum attack differencing --targets 100
    """
    _run("differencing", home, targets=targets, questions=1000, seed=seed, as_json=as_json)


@group.command("tracker")
def tracker(home: AttackedHome = None, targets: Targets = 200, seed: Seed = 1, as_json: JsonOption = False) -> None:
    """Pad what would be refused until it is answered, and take the padding off; exit 5 where that works.

    Example:  modicum attack tracker
    """
    _run("tracker", home, targets=targets, questions=1000, seed=seed, as_json=as_json)


@group.command("reconstruction")
def reconstruction(
    home: AttackedHome = None, targets: Targets = 200, seed: Seed = 1, as_json: JsonOption = False
) -> None:
    """Ask for many overlapping sets, and solve for everybody at once; exit 5 where that gives people back.

    Example:  modicum attack reconstruction --json
    """
    _run("reconstruction", home, targets=targets, questions=1000, seed=seed, as_json=as_json)


def _run(name: str, home: Path | None, *, targets: int, questions: int, seed: int, as_json: bool) -> None:
    start = perf_counter()
    opened = None if home is None else Home.open(home)
    setting = setting_of(opened, targets=targets, questions=questions, seed=seed)
    with progress(quiet=as_json) as report:
        found = attacked(name, setting, report=report)
    if as_json:
        emit(found.as_document())
    else:
        _show(found)
    say(f"{perf_counter() - start:.1f} seconds")
    if not found.held:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))


def _show(found: Attack) -> None:
    show(f"attack {found.name}, seed {found.seed}")
    for each in found.scenes:
        _show_scene(each)
    show("held" if found.held else "NOT HELD")


def _show_scene(scene: Scene) -> None:
    told = ", ".join(f"{count:,} {what}" for what, count in scene.told.items())
    show(f"{scene.name}: {scene.what}")
    show(f"  asked         {told}")
    show(f"  unprotected   {_share(scene.unprotected.right, scene.unprotected.of)} recovered")
    show(f"  protected     {_share(scene.protected.right, scene.protected.of)} recovered")
    show(f"  allowed       {scene.allowed:.1%} for rho {scene.rho:.3g} and delta {scene.delta:.1g} charged")
    if not scene.control_works:
        show("  NO CONTROL    too little is recovered without protection for this to prove anything")
    show(f"  {'held' if scene.held else 'NOT HELD':<12}  p = {scene.p:.2g} (below 0.001 is more than chance allows)")


def _share(right: int, of: int) -> str:
    return f"{right:,} of {of:,} ({right / of:.1%})"
