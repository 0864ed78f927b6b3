"""Random conditions over the words of a pack: as Cedar text, and as the cells of one request where they hold.

Both from one description, so that a permit can be tried over whole arrays and, now and then, through Cedar itself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from modicum.law.cubes import Truths
from modicum.law.packs import Pack
from modicum.law.space import REQUEST, Axis, Space, Word
from modicum.model.dataset import UNKNOWN


@dataclass(frozen=True, slots=True)
class Clause:
    """One test: an attribute is, or is not, among some values; `facts`: one fact is attested."""

    attribute: str
    values: tuple[str, ...]
    negated: bool

    def text(self) -> str:
        """As Cedar."""
        if self.attribute == "facts":
            return f"context.facts.contains({json.dumps(self.values[0])})"
        if self.attribute == "named_persons":
            return f"{'!' * self.negated}context.named_persons"
        listed = ", ".join(json.dumps(value) for value in self.values)
        return f"{'!' * self.negated}[{listed}].contains(context.{self.attribute})"

    def holds(self, value: Word, domain: Sequence[str]) -> bool:
        """Whether it holds of a value; of what is unknown, whether it holds of every value: a permit needs all."""
        if self.attribute == "named_persons":
            return bool(value) != self.negated
        if value == UNKNOWN and self.attribute not in REQUEST:
            return all((each in self.values) != self.negated for each in domain)
        return value is not None and (value in self.values) != self.negated


@dataclass(frozen=True, slots=True)
class Condition:
    """Clauses that must all hold; none: always."""

    clauses: tuple[Clause, ...]

    def text(self) -> str:
        """As Cedar, `when` included."""
        return f"when {{ {' && '.join(each.text() for each in self.clauses)} }}" if self.clauses else ""

    @property
    def facts(self) -> frozenset[str]:
        """The facts that it needs."""
        return frozenset(each.values[0] for each in self.clauses if each.attribute == "facts")

    def cells(self, pack: Pack, space: Space, request: Mapping[str, Word]) -> Truths:
        """The cells of a request where it holds, its facts attested."""
        found: Truths = np.ones([1] * len(space.cell), dtype=np.bool_)
        for clause in self.clauses:
            if clause.attribute in REQUEST:
                found = found & clause.holds(request[clause.attribute], ())
            elif clause.attribute != "facts":
                found = found & _along(clause, pack, space.cell)
        return found


def random_condition(random: Random, pack: Pack) -> Condition:
    """Up to three clauses over any attributes of the pack, and now and then a fact."""
    names = [*pack.lexicon.domains, "named_persons"]
    clauses = [_clause(random, pack, name) for name in random.sample(names, random.choice([0, 0, 1, 1, 2, 3]))]
    if random.random() < 1 / 4:
        clauses.append(Clause("facts", (random.choice(sorted(pack.lexicon.facts)),), negated=False))
    return Condition(tuple(clauses))


def _clause(random: Random, pack: Pack, name: str) -> Clause:
    domain = pack.lexicon.domains.get(name, ())
    values = tuple(random.sample(domain, random.randint(1, max(1, len(domain) // 2)))) if domain else ()
    return Clause(name, values, negated=random.random() < 1 / 2)


def _along(clause: Clause, pack: Pack, axes: Sequence[Axis]) -> Truths:
    place = next(at for at, axis in enumerate(axes) if axis.name == clause.attribute)
    domain = pack.lexicon.domains[clause.attribute]
    held = [clause.holds(value, domain) for value in axes[place].values]
    return np.array(held, dtype=np.bool_).reshape([-1 if at == place else 1 for at in range(len(axes))])
