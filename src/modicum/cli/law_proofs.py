"""`modicum law check`, `law attack`, `law diff`: packs put to the proof."""

from time import perf_counter
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.law import PackOption
from modicum.cli.options import JsonOption
from modicum.cli.output import emit, say, show
from modicum.gateway import lawproofs
from modicum.law.findings import Proof
from modicum.law.flips import Difference

PackArgument = Annotated[str | None, typer.Argument(help="A shipped policy pack, or a folder with one.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to `modicum law`."""
    group.command("check")(check)
    group.command("attack")(attack)
    group.command("diff")(diff)


def check(given: PackArgument = None, pack: PackOption = "us_medicaid", as_json: JsonOption = False) -> None:
    """Prove every guarantee of a pack over the whole space that it decides about; exit 5 where one is broken.

    A broken guarantee is shown by a situation that the engine permits. Nothing is sampled; the method is in
    docs/explanation/guarantees.md.

    Example:  modicum law check
    """
    start = perf_counter()
    proof = lawproofs.checked(given or pack)
    if as_json:
        emit(proof.as_document())
    else:
        _show_proof(proof)
    say(f"{perf_counter() - start:.1f} seconds")
    if not proof.proved:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))


def attack(
    trials: Annotated[int, typer.Option("--trials", min=1, help="How many random additions to try.")] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same trials.")] = 1,
    pack: PackOption = "us_medicaid",
    as_json: JsonOption = False,
) -> None:
    """Try random additions that may open nothing; exit 5 where one does, or where a broken engine goes unnoticed.

    Extra permits in old and new bodies, other orders of the same law, facts that nobody knows, other words of who asks.
    The control is the same run with forbids that do not beat permits.

    Example:  modicum law attack --trials 2000 --seed 7
    """
    start = perf_counter()
    found = lawproofs.attacked(pack, trials=trials, seed=seed)
    if as_json:
        emit(found.as_document())
    else:
        show(f"pack {found.pack.name} {found.pack.version} ({found.pack.sha256[:12]}), seed {found.seed}")
        show(f"trials     {found.trials:,} ({', '.join(f'{n:,} {kind}' for kind, n in found.kinds.items())})")
        show(f"tried on   {found.cells:,} classes of closed cells; {found.judged:,} permits through the engine, too")
        show(f"permitted  {len(found.opened)}")
        for each in found.opened[:10]:
            show(f"  {each}")
        show(f"control    a forbid beats no permit: caught in {found.control_caught:,} of {found.control_trials:,}")
    say(f"{perf_counter() - start:.1f} seconds")
    if not found.withstood:
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))


def diff(
    old: Annotated[str, typer.Argument(help="The pack before: a shipped name, or a folder.")],
    new: Annotated[str, typer.Argument(help="The pack after.")],
    as_json: JsonOption = False,
) -> None:
    """Show which cells flip from one pack to another, why and when, counted over the space of both; exit 0 either way.

    Verdicts are those with no fact attested.

    Example:  modicum law diff us_medicaid my-pack/
    """
    found = lawproofs.compared(old, new)
    if as_json:
        emit(found.as_document())
        return
    _show_difference(found)


def _show_proof(proof: Proof) -> None:
    show(f"pack {proof.pack.name} {proof.pack.version} ({proof.pack.sha256[:12]})")
    show(f"full product  {proof.situations:,} situations, {proof.intervals} intervals between dates of rules")
    show(f"evaluated     {proof.classes:,} classes of cells in {proof.groups:,} groups of requests")
    show(f"asked Cedar   {proof.asked:,} times")
    for each in proof.findings:
        show(f"{'proved' if each.proved else 'BROKEN'}  {each.guarantee.id:<20} {each.guarantee.title}")
        if each.broken is not None:
            show(f"        {each.broken.words}")
            show(f"        rests on {', '.join(each.broken.policies) or 'no policy'}")
    broken = sum(not each.proved for each in proof.findings)
    show(f"{len(proof.findings)} guarantees, {f'{broken} broken' if broken else 'all proved'}")


def _show_difference(found: Difference) -> None:
    for mark, pack in (("old", found.old), ("new", found.new)):
        show(f"{mark}  {pack.name} {pack.version} ({pack.sha256[:12]})")
    for kind, names in found.rules.items():
        if names:
            show(f"rules {kind}: {', '.join(names)}")
    for kind, names in found.words.items():
        show(f"words, {kind}: {', '.join(names)}")
    show(f"{found.flipped:,} of {found.situations:,} situations flip")
    for each in found.flips:
        show(f"{each.situations:,}  {each.before} -> {each.after}, because of {', '.join(each.rules)}")
        show(f"  from {'; '.join(interval.words() for interval in each.intervals)}")
        show(f"  such as {each.example.words()}")
        show(f"  before: {', '.join(each.because_before)}")
        show(f"  after:  {', '.join(each.because_after)}")
