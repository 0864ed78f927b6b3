"""What no file of a pack shows alone: an id twice, versions of a rule on one day, rules that stand nowhere."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from modicum.law import packfiles as files
from modicum.law.bodies import Body, place_of
from modicum.law.packfiles import CURE
from modicum.law.policy import Policy
from modicum.model.errors import InvalidInputError


def refuse_doubles(bodies: Sequence[Body]) -> None:
    """Refuse an @id that stands twice in a pack. Raises InvalidInputError: names both places."""
    seen: dict[str, str] = {}
    for body, policy in _policies(bodies):
        place = f"{body.file}:{policy.parsed.line}"
        if policy.id in seen:
            raise InvalidInputError(
                cause=f"pack file {place}: two policies have the @id {policy.id}, the other is at {seen[policy.id]}",
                cure=CURE,
            )
        seen[policy.id] = place


def refuse_overlaps(bodies: Sequence[Body]) -> None:
    """Refuse versions of one rule that are in force on the same day.

    Versions are the policies with the same `@version_of`, and the policy whose @id it names. Raises InvalidInputError:
    names both places.
    """
    for body, policy in _policies(bodies):
        rule = policy.version_of
        if rule is not None and not any(
            _same_rule(policy, each) for _, each in _policies(bodies) if each is not policy
        ):
            raise InvalidInputError(
                cause=f"{place_of(body, policy)}: no other policy is {rule} or a version of it", cure="name the rule"
            )
    for (body, one), (there, other) in combinations(_policies(bodies), 2):
        if (
            _same_rule(one, other)
            and one.in_force(max(one.since, other.since))
            and other.in_force(max(one.since, other.since))
        ):
            raise InvalidInputError(
                cause=f"{place_of(there, other)}: in force with another version of its rule from"
                f" {max(one.since, other.since)}, {one.id} at {body.file}:{one.parsed.line}",
                cure="end the earlier version (@until) on the day before the later one begins (@from)",
            )


def refuse_nowhere(head: files.PackFile, bodies: Sequence[Body]) -> None:
    """Refuse a placed rule inside a policy that is not there, or excepts nothing. Raises InvalidInputError."""
    excepting = {policy.id for _, policy in _policies(bodies) if policy.exceptions}
    for placed in head.placed:
        for name in sorted(set(placed.inside) - excepting):
            raise InvalidInputError(
                cause=f"pack file pack.toml: placed {placed.id}: no policy {name} has an `unless`", cure=CURE
            )


def refuse_borrowed(head: files.PackFile, bodies: Sequence[Body]) -> None:
    """Refuse a policy under the id of a default: nobody could tell which of the two decided.

    Raises InvalidInputError: names the policy.
    """
    gateway = {entry.id for _, entry in head.defaults}
    taken = gateway | {body.default.id for body in bodies if body.default is not None}
    for body, policy in _policies(bodies):
        if policy.id in taken:
            raise InvalidInputError(cause=f"{place_of(body, policy)}: a default of pack.toml has this id", cure=CURE)


def _same_rule(one: Policy, other: Policy) -> bool:
    rule = one.version_of or other.version_of
    return rule is not None and {one.version_of or one.id, other.version_of or other.id} == {rule}


def _policies(bodies: Sequence[Body]) -> Iterator[tuple[Body, Policy]]:
    for body in bodies:
        for policy in body.policies:
            yield body, policy
