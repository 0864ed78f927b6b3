"""All guarantees of a pack, proved over its whole finite space or broken by a situation that the engine confirms.

The steps: (1) the space, reduced to what policies and regions can tell apart; (2) every policy as arrays, asked of
Cedar; (3) requests grouped by what the policies say of them, in each interval between dates of rules; (4) the groups in
which nothing can be permitted, whatever is attested, are done; (5) each guarantee over the others.
"""

from collections.abc import Callable, Mapping
from typing import Final

from modicum.law.findings import Finding, Proof
from modicum.law.groups import LAW, Combining, reading
from modicum.law.guarantees import Guarantee, Kind
from modicum.law.packs import Pack
from modicum.law.promises import prove_asker, prove_counts, prove_unknown, prove_unverified
from modicum.law.regions import Plan, prove_region
from modicum.law.satisfying import Puzzle
from modicum.law.space import space_of
from modicum.model.errors import InvalidInputError

_PROVERS: Final[Mapping[Kind, Callable[[Plan, Guarantee], Finding]]] = {
    Kind.UNKNOWN: prove_unknown,
    Kind.UNVERIFIED: prove_unverified,
    Kind.ASKER: prove_asker,
    Kind.COUNTS: prove_counts,
}


def prove(pack: Pack, *, combining: Combining = LAW) -> Proof:
    """Prove or break each guarantee of a pack.

    combining: anything but the default is an engine broken on purpose. Raises InvalidInputError: the pack promises
    nothing, or more facts hang together than can be tried. InternalError: proof and engine disagree.
    """
    stated = pack.guarantees.stated
    if not stated:
        raise InvalidInputError(
            cause=f"the pack {pack.ref.name} states no guarantee",
            cure="write its guarantees.toml; see docs/how-to/prove-a-pack.md",
        )
    regions = [each.region for each in stated if each.region is not None]
    space = space_of([pack], regions)  # 1
    read = reading(pack, space, combining)  # 2
    groups = read.groups()  # 3
    classes = sum(read.permitted(group.facets, read.at_best).size for group in groups)
    plan = Plan(read, [group for group in groups if Puzzle(read, group.facets).possible()])  # 4
    findings = tuple(_prove(plan, each) for each in stated)  # 5
    return Proof(
        pack=pack.ref,
        situations=space.size,
        intervals=len(space.intervals),
        asked=sum(cube.asked for cube in read.cubes),
        groups=len(groups),
        classes=classes,
        findings=findings,
    )


def _prove(plan: Plan, guarantee: Guarantee) -> Finding:
    if guarantee.region is not None:
        return prove_region(plan, guarantee, guarantee.region)
    return _PROVERS[guarantee.kind](plan, guarantee)
