"""What the printable page of a decision says of each distinct verdict: where it holds, on what, and what is missing.

The law and the custodian's own policy are kept apart, their default denials too: by basis alone a default would not
tell whose it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.model.decision import Basis, Because, Cell, Conflict, Decision, Verdict
from modicum.model.forms import Form
from modicum.paper.blocks import Block, alike, blocks, short_names
from modicum.paper.picture import Table
from modicum.paper.words import attribute_words, class_words, value_words

_BOXES_UP_TO: Final = 240
_GROUPS_NAMED: Final = 6
_COLUMNS_NAMED: Final = 24
_VALUES_NAMED: Final = 8
_KINDS: Final = {
    Basis.LAW: "law",
    Basis.ORDER: "court order",
    Basis.CUSTODIAN_POLICY: "the custodian's own policy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactWords:
    """A missing fact: its id, what it says, who may attest it, how long it waits."""

    id: str
    title: str
    who: str
    waits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWords:
    """One distinct verdict in the form of the page, in words.

    cells: how many it holds for, of how many. columns, people: where. law, own: what it rests on, each with its days.
    missing: any one of these sets of facts would turn it.
    """

    number: int
    verdict: Verdict
    cells: int
    columns: str
    people: tuple[str, ...]
    law: tuple["Ground", ...]
    own: tuple["Ground", ...]
    missing: tuple[tuple[FactWords, ...], ...]
    obligations: tuple[tuple[str, str], ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A rule as a reason: the provision, what it says, what kind of rule, how its text was checked, its days."""

    id: str
    cite: str
    title: str
    kind: str
    verified: str
    days: str
    source: str


class Grounds:
    """The rules of a pack by id, as reasons; knows which are the custodian's own policy."""

    def __init__(self, pack: Pack) -> None:
        """Look through the bodies of a pack once."""
        self._policies: dict[str, Policy] = {p.id: p for body in pack.bodies for p in body.policies}
        self._basis: dict[str, Basis] = {p.id: p.basis for p in self._policies.values()}
        self._basis |= {body.default.id: body.basis for body in pack.bodies if body.default is not None}

    def own(self, because: Because) -> bool:
        """Whether a reason is the custodian's own policy, and no law."""
        return self._basis.get(because.id, because.basis) is Basis.CUSTODIAN_POLICY

    def of(self, because: Because) -> Ground:
        """A reason with what the pack knows of it."""
        policy = self._policies.get(because.id)
        kind = _KINDS.get(self._basis.get(because.id, because.basis), "Modicum, fail closed")
        if because.basis is Basis.DEFAULT and because.id in self._basis:
            kind += ": nothing in it permits"
        days = "always"
        if policy is not None:
            days = f"from {policy.since}" + ("" if policy.until is None else f" to {policy.until}")
        source = "" if policy is None else policy.source
        return Ground(
            id=because.id, cite=because.cite, title=because.title, kind=kind, verified=because.verified, days=days,
            source=source,
        )  # fmt: skip


def class_words_of(decision: Decision, form: Form, pack: Pack) -> list[ClassWords]:
    """The distinct verdicts of a decision in one form, those of the most cells first."""
    grounds = Grounds(pack)
    places = _places(decision, form)
    ranked = sorted(places.items(), key=lambda item: (-_count(item[1]), item[0]))
    return [
        _words(decision, form, decision.classes[index], where, number=number, pack=pack, grounds=grounds)
        for number, (index, where) in enumerate(ranked, start=1)
    ]


_Places = Mapping[tuple[int, ...], list[int]]
"""Per set of columns the strata in which just these columns have one verdict."""


def _places(decision: Decision, form: Form) -> dict[int, _Places]:
    wide, deep, offset = len(decision.columns), len(decision.forms), decision.forms.index(form)
    found: dict[int, dict[tuple[int, ...], list[int]]] = {}
    for stratum in range(len(decision.strata)):
        start = stratum * wide * deep + offset
        row = [int(each) for each in decision.cells[start : start + wide * deep : deep]]
        columns: dict[int, list[int]] = {}
        for column, index in enumerate(row):
            columns.setdefault(index, []).append(column)
        for index, held in columns.items():
            found.setdefault(index, {}).setdefault(tuple(held), []).append(stratum)
    return dict(found)


def _count(places: _Places) -> int:
    return sum(len(columns) * len(strata) for columns, strata in places.items())


def _words(
    decision: Decision, form: Form, cell: Cell, places: _Places, *, number: int, pack: Pack, grounds: Grounds
) -> ClassWords:
    columns = sorted({column for held in places for column in held})
    strata = sorted({stratum for held in places.values() for stratum in held})
    return ClassWords(
        number=number,
        verdict=cell.verdict,
        cells=_count(places),
        columns=_column_words(decision, columns),
        people=_people_words(decision, form, strata, several=len(places) > 1),
        law=tuple(grounds.of(each) for each in cell.because if not grounds.own(each)),
        own=tuple(grounds.of(each) for each in cell.because if grounds.own(each)),
        missing=tuple(tuple(fact_words(pack, fact) for fact in facts) for facts in cell.missing),
        obligations=tuple((each, pack.vocabulary.obligations.get(each, "")) for each in cell.obligations),
        conflicts=cell.conflicts,
    )


def fact_words(pack: Pack, fact: str) -> FactWords:
    """A fact of the pack's vocabulary in words."""
    words = pack.vocabulary
    days = words.waits_days.get(fact, 0)
    return FactWords(
        id=fact,
        title=words.fact_titles.get(fact, ""),
        who=" or ".join(each.replace("_", " ") for each in sorted(words.facts.get(fact, ()))),
        waits=f"counts {days} days after" if days else "",
    )


def _column_words(decision: Decision, columns: Sequence[int]) -> str:
    if len(columns) == len(decision.columns):
        return f"all {len(columns)} columns" if len(columns) > 1 else decision.columns[0].qualified
    if len(columns) <= _COLUMNS_NAMED:
        names = short_names(decision.columns)
        return ", ".join(names[each] for each in columns)
    classes = dict.fromkeys(class_words(decision.columns[each].data_class) for each in columns)
    return f"{len(columns)} columns: {', '.join(classes)}"


def _people_words(decision: Decision, form: Form, strata: Sequence[int], *, several: bool) -> tuple[str, ...]:
    total = len(decision.strata)
    if len(strata) == total and not several:
        return (f"everybody, all {total:,} groups of people" if total > 1 else "everybody",)
    lead = f"{len(strata):,} of {total:,} groups of people"
    if several:
        lead += ", not every column in each"
    if total > _BOXES_UP_TO:
        parts = alike(decision, form, within=strata, exact=True)
    else:
        parts = blocks(decision, form, within=strata, exact=True)
    named = [_block_words(block) for block in parts]
    shown = [each for each in dict.fromkeys(named) if each][:_GROUPS_NAMED]
    more = len(set(named)) - len(shown)
    return (lead, *shown, *([f"and {more} more, in the JSON of this decision"] if more > 0 else []))


def _block_words(block: Block) -> str:
    if not block.box:
        return ""
    said = []
    for name, values in block.values.items():
        if values is not None and block.but[name]:
            words = [value_words(name, value) for value in values[:_VALUES_NAMED]]
            more = f" and {len(values) - _VALUES_NAMED} more" if len(values) > _VALUES_NAMED else ""
            said.append(f"{attribute_words(name)}: {', '.join(words)}{more}")
    return "; ".join(said)


def sources_table(decision: Decision, form: Form, pack: Pack) -> Table:
    """Every rule that a cell of the form cites, each once, with its kind, days and source."""
    grounds = Grounds(pack)
    wide, deep, offset = len(decision.columns), len(decision.forms), decision.forms.index(form)
    used = {int(each) for each in decision.cells[offset : len(decision.strata) * wide * deep : deep]}
    cited = {each for index in used for each in decision.classes[index].because}
    cited |= {each for index in used for c in decision.classes[index].conflicts for each in (c.statute, c.policy)}
    rows = [grounds.of(each) for each in sorted(cited)]
    return Table(
        "Every rule that decided",
        ("Rule", "Provision", "What it says", "What it is", "How its text was checked", "In force", "Source"),
        tuple((each.id, each.cite, each.title, each.kind, each.verified, each.days, each.source) for each in rows),
    )
