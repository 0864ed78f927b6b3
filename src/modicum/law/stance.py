"""What one body of law says, facing one recipient, about one kind of cell.

A *front* is a body of law in force on a day, as it faces one recipient of a request; a *stance* is what it comes to for
a cell: whether a ground applies for certain, what denies, what further facts would change. Cells that no policy of the
front can tell apart share one stance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from modicum.law.bodies import Body
from modicum.law.cedar import Truth
from modicum.law.tables import ANY, Row, Table
from modicum.model.decision import Because
from modicum.model.forms import Form

Facts: TypeAlias = frozenset[str]
Given: TypeAlias = Mapping[str, str | None]
"""The attributes of a cell by name: form, data class (None: unclassified), and the evidence on its stratum."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """One policy with its row for a cell: its truth under each set of the facts that it mentions."""

    table: Table
    row: Row

    def permits(self, facts: Facts) -> bool:
        """Whether it permits under a set of facts; one whose text nobody has read waits for counsel."""
        confirmation = self.table.policy.confirmation
        return (confirmation is None or confirmation in facts) and self.holds(facts)

    def holds(self, facts: Facts) -> bool:
        """Whether its condition is satisfied under a set of facts."""
        return self.table.truth(self.row, facts) is Truth.HOLDS

    def removals(self, facts: Facts) -> Iterator[Facts]:
        """Minimal sets of further facts under which it no longer stands in the way: a permit holds, a forbid fails."""
        policy = self.table.policy
        named = [*policy.facts, *([policy.confirmation] if policy.confirmation else [])]
        free = [fact for fact in named if fact not in facts]
        found: list[Facts] = []
        for subset in sorted(range(1 << len(free)), key=lambda bits: bits.bit_count()):
            added = frozenset(fact for place, fact in enumerate(free) if subset >> place & 1)
            if any(smaller <= added for smaller in found):
                continue
            if self.permits(facts | added) if policy.permits else not self.holds(facts | added):
                found.append(added)
        yield from found


@dataclass(frozen=True, eq=False)  # no slots: the cached properties need a dictionary
class Stance:
    """A body that applies to a cell, facing one recipient, under the facts that the request has.

    lawful: a body of law that applies for certain; without one nothing is permitted. contests: the statutes that speak
    here against policies of the custodian. unknown: attributes that it looks at and that are unknown in this cell.
    erred: policies that Cedar could not evaluate; where there are any, the rest is empty.
    """

    body: Body
    recipient: str
    facts: Facts
    permits: tuple[Ruled, ...] = ()
    forbids: tuple[Ruled, ...] = ()
    lawful: bool = False
    obligations: tuple[str, ...] = ()
    contests: tuple[Because, ...] = ()
    unknown: tuple[str, ...] = ()
    erred: tuple[str, ...] = ()

    def permitting(self, facts: Facts) -> list[Because]:
        """The permits that hold under a set of facts."""
        return [each.table.policy.because() for each in self.permits if each.permits(facts)]

    def obstacles(self, facts: Facts) -> Iterator[Sequence[Ruled]]:
        """What stands in the way under a set of facts: forbids one by one, then a body whose permits all fail."""
        for each in self.forbids:
            if each.holds(facts):
                yield [each]
        if self.body.default is not None and not any(each.permits(facts) for each in self.permits):
            yield self.permits

    @cached_property
    def denials(self) -> tuple[Because, ...]:
        """What denies under the facts given: its forbids that hold, and its default where it permits nothing."""
        found = [each.table.policy.because() for each in self.forbids if each.holds(self.facts)]
        if self.body.default is not None and not any(each.permits(self.facts) for each in self.permits):
            found.append(self.body.default)
        return tuple(found)

    @cached_property
    def hopeless(self) -> bool:
        """Whether something stands in the way that no further facts would remove."""
        return any(
            not any(True for ruled in policies for _ in ruled.removals(self.facts))
            for policies in self.obstacles(self.facts)
        )


@dataclass(frozen=True, slots=True)
class Front:
    """One body of law facing one recipient: the truth tables of its policies, by what they do."""

    body: Body
    recipient: str
    applies: tuple[Table, ...]
    permits: tuple[Table, ...]
    forbids: tuple[Table, ...]
    obliges: tuple[Table, ...]
    contests: tuple[Table, ...]
    _stances: dict[tuple[int, ...], Stance | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def tables(self) -> tuple[Table, ...]:
        """All of them."""
        return (*self.applies, *self.permits, *self.forbids, *self.obliges, *self.contests)

    def live(self, form: Form) -> "Front":
        """The same without the policies that nothing in a form can satisfy: exact, and most of the work saved."""

        def alive(tables: tuple[Table, ...]) -> tuple[Table, ...]:
            return tuple(table for table in tables if table.live("form", str(form)))

        return Front(
            self.body, self.recipient, alive(self.applies), alive(self.permits), alive(self.forbids),
            alive(self.obliges), alive(self.contests),
        )  # fmt: skip

    def stance(self, given: Given, facts: Facts) -> Stance | None:
        """Its stance on a cell; None where the body does not apply. The same facts in every call."""
        parts = {id(table): _parts(table, given) for table in self.tables}
        key = tuple(part for each in parts.values() for part in each)
        if key not in self._stances:
            self._stances[key] = self._take(parts, facts)
        return self._stances[key]

    def _take(self, parts: Mapping[int, tuple[int, ...]], facts: Facts) -> Stance | None:
        rows = {id(table): table.row(parts[id(table)]) for table in self.tables}

        def held(tables: Sequence[Table]) -> list[Table]:
            return [table for table in tables if rows[id(table)][0] is Truth.HOLDS]

        erred = tuple(table.policy.id for table in self.tables if Truth.ERROR in rows[id(table)])
        applying = held(self.applies)
        if erred:
            return Stance(self.body, self.recipient, facts, erred=erred)
        if self.body.default is not None and not applying:
            return None
        looked = (*self.applies, *self.permits, *self.forbids)
        unknown = {
            name
            for table in looked
            for name, part in zip(table.attributes, parts[id(table)], strict=True)
            if part == ANY and name not in {"form", "data_class"}
        }
        return Stance(
            body=self.body,
            recipient=self.recipient,
            facts=facts,
            permits=tuple(Ruled(table, rows[id(table)]) for table in self.permits),
            forbids=tuple(Ruled(table, rows[id(table)]) for table in self.forbids),
            lawful=self.body.ground and any(table.surely(parts[id(table)]) for table in applying),
            obligations=tuple(sorted({str(table.policy.obligation) for table in held(self.obliges)})),
            contests=tuple(table.policy.because() for table in held(self.contests)),
            unknown=tuple(sorted(unknown)),
        )


def _parts(table: Table, given: Given) -> tuple[int, ...]:
    return tuple(table.part(name, given.get(name)) for name in table.attributes)
