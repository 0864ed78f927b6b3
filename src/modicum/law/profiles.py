"""Which bodies of law can bear on a custodian: found exactly, so that a profile of a pack is a proved claim.

A body bears on a custodian if there is a request to it, on some day, in which one of the body's policies counts: it
applies, or, in a body that always applies, it forbids, obliges or contests. Everything else about the request is free,
every set of facts included.
"""

from collections.abc import Iterator
from itertools import product

from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, Situation, Truth, Value, holds
from modicum.law.packs import Pack
from modicum.law.policy import FACTS, Policy


def bearing(pack: Pack, custodian: str) -> tuple[str, ...]:
    """Ids of the bodies that can bear on a custodian of a kind, in the pack's order.

    A policy that Cedar cannot evaluate counts as bearing: it would deny the cell.
    """
    return tuple(body.id for body in pack.bodies if any(_can_hold(each, custodian) for each in _deciders(body)))


def _deciders(body: Body) -> tuple[Policy, ...]:
    if body.default is None:
        return body.policies
    return tuple(policy for policy in body.policies if policy.action == APPLIES)


def _can_hold(policy: Policy, custodian: str) -> bool:
    return any(truth is not Truth.FAILS for truth in holds(policy.parsed, list(_situations(policy, custodian))))


def _situations(policy: Policy, custodian: str) -> Iterator[Situation]:
    """One situation for each combination that the policy can tell apart, the custodian given."""
    choices: dict[str, tuple[Value, ...]] = {
        name: tuple(values.values()) for name, values in policy.representatives.items()
    }
    choices["discloser"] = (custodian,)
    choices["named_persons"] = (False, True)
    facts = policy.facts
    choices[FACTS] = tuple(
        tuple(fact for place, fact in enumerate(facts) if subset >> place & 1) for subset in range(1 << len(facts))
    )
    for each in product(*choices.values()):
        yield dict(zip(choices, each, strict=True))
