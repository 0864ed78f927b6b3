"""The verdict of one cell: bodies of law joined by AND, what decided, what is missing, what it obliges to.

Rules kept here. Permitted only if every body that applies permits, at least one body that can be a ground applies for
certain, and nothing forbids. Everybody who asks or receives is looked at as a recipient of their own, and the law must
permit each of them, on a ground that reaches this one: so an audience is permitted exactly where each of its members
alone would be. A forbid counts where its body applies; a body without a default (orders, house rules) always
applies, and never permits. An error in Cedar forbids. A cell that facts could turn is conditional, with every minimal
set of them. Where the custodian's own policy denies and a statute contests such policies, the conflict is recorded for
counsel and the denial stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, CONTESTS, DISCLOSE, OBLIGE, Truth
from modicum.law.packs import Pack
from modicum.law.tables import ANY, Row, Table, tables
from modicum.model.dataset import UNKNOWN, Stratum
from modicum.model.decision import Basis, Because, Cell, Conflict, Verdict
from modicum.model.forms import DISCLOSING, Form

Facts: TypeAlias = frozenset[str]

_ORDER: Final = {Basis.ORDER: 0, Basis.LAW: 1, Basis.CUSTODIAN_POLICY: 2, Basis.DEFAULT: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for every cell of a request. `audience`: the kinds of all who ask or receive."""

    action: str
    discloser: str
    audience: tuple[str, ...]
    purpose: str
    named_persons: bool
    as_of: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Front:
    """One body of law facing one recipient."""

    body: Body
    recipient: str
    applies: tuple[Table, ...]
    permits: tuple[Table, ...]
    forbids: tuple[Table, ...]
    obliges: tuple[Table, ...]
    contests: tuple[Table, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        return (*self.applies, *self.permits, *self.forbids, *self.obliges, *self.contests)

    def live(self, form: Form) -> "_Front":
        """The same without the policies that nothing in a form can satisfy: exact, and most of the work saved."""
        groups = (self.applies, self.permits, self.forbids, self.obliges, self.contests)
        return _Front(
            self.body, self.recipient, *(tuple(t for t in group if t.live("form", str(form))) for group in groups)
        )


@dataclass(frozen=True, slots=True)
class _Stance:
    """A body that applies to a cell, with the rows of its policies there."""

    body: Body
    recipient: str
    permits: tuple[tuple[Table, Row], ...]
    forbids: tuple[tuple[Table, Row], ...]
    looked: tuple[Table, ...]
    lawful: bool  # a body of law that applies for certain: without one, nothing is permitted
    contests: tuple[Table, ...]  # statutes that speak here against policies of the custodian

    def permitting(self, facts: Facts) -> list[Table]:
        return [table for table, row in self.permits if _permits(table, row, facts)]

    def forbidding(self, facts: Facts) -> list[Table]:
        return [table for table, row in self.forbids if table.truth(row, facts) is Truth.HOLDS]


class Judge:
    """Judges the cells of one request under one pack."""

    def __init__(self, pack: Pack, circumstances: Circumstances) -> None:
        """Build the truth tables of every policy in force on the day, for each member of the audience."""
        self.pack = pack
        self.circumstances = circumstances
        self._fronts = [
            _front(body, circumstances, recipient)
            for body in pack.bodies
            for recipient in sorted(set(circumstances.audience))
        ]
        self._by_form = {form: [front.live(form) for front in self._fronts] for form in DISCLOSING}
        parties = (circumstances.discloser, *circumstances.audience)
        self._strangers = any(kind == UNKNOWN or kind not in pack.vocabulary.kinds for kind in parties)

    def cell(self, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
        """The verdict of a data class (None: unclassified) of a stratum in a form."""
        given = {"form": str(form), "data_class": self._class(data_class), **self._evidence(stratum)}
        stances: list[_Stance] = []
        obligations: set[str] = set()
        for front in self._by_form[form]:
            rows = {id(table): table.row(_parts(table, given)) for table in front.tables}
            if any(Truth.ERROR in row for row in rows.values()):
                return self._errs(front, rows)
            held = [table for table in front.applies if rows[id(table)][0] is Truth.HOLDS]
            if front.body.default is not None and not held:
                continue
            stances.append(
                _Stance(
                    front.body,
                    front.recipient,
                    tuple((table, rows[id(table)]) for table in front.permits),
                    tuple((table, rows[id(table)]) for table in front.forbids),
                    (*front.applies, *front.permits, *front.forbids),
                    lawful=front.body.ground and any(table.surely(_parts(table, given)) for table in held),
                    contests=tuple(table for table in front.contests if rows[id(table)][0] is Truth.HOLDS),
                )
            )
            obligations.update(
                str(table.policy.obligation) for table in front.obliges if rows[id(table)][0] is Truth.HOLDS
            )
        return self._judge(stances, given, tuple(sorted(obligations)), unclassified=given["data_class"] is None)

    def classes(self, form: Form, values: Sequence[str | None]) -> list[int]:
        """Numbers that are equal for data classes which no policy that matters in a form can tell apart."""
        live = self._live(form)
        return _numbered(
            tuple([table.part("data_class", v) for table in live if _looks(table, "data_class")] + [int(v is None)])
            for v in values
        )

    def strata(self, form: Form, values: Sequence[Stratum]) -> list[int]:
        """Numbers that are equal for strata which no policy that matters in a form can tell apart."""
        live = self._live(form)
        return _numbered(
            tuple(
                table.part(name, found.get(name))
                for table in live
                for name in table.attributes
                if name not in {"form", "data_class"}
            )
            for found in map(self._evidence, values)
        )

    def _class(self, data_class: str | None) -> str | None:
        return data_class if data_class in self.pack.vocabulary.classes else None

    def _evidence(self, stratum: Stratum) -> dict[str, str]:
        """The attributes of the pack; what is missing, or outside its domain, is unknown and no value of its own."""
        found = dict(stratum)
        return {
            name: value if (value := found.get(name, UNKNOWN)) in domain else UNKNOWN
            for name, domain in self.pack.attributes.items()
        }

    def _live(self, form: Form) -> list[Table]:
        return [table for front in self._by_form[form] for table in front.tables]

    def _errs(self, front: _Front, rows: Mapping[int, Row]) -> Cell:
        default = self.pack.defaults.error
        because = tuple(
            Because(
                id=f"{default.id}:{table.policy.id}", cite=default.cite, basis=Basis.DEFAULT,
                verified=default.verified, title=default.title,
            )
            for table in front.tables
            if Truth.ERROR in rows[id(table)]
        )  # fmt: skip
        return Cell(verdict=Verdict.FORBIDDEN, because=because)

    def _judge(
        self, stances: Sequence[_Stance], given: Mapping[str, str | None], obligations: tuple[str, ...], *,
        unclassified: bool,
    ) -> Cell:  # fmt: skip
        facts = self.circumstances.facts
        grounded = {each.recipient for each in stances if each.lawful}
        refusals = [
            *([self.pack.defaults.unclassified] if unclassified else []),
            *([self.pack.defaults.party] if self._strangers else []),
            *([] if grounded == set(self.circumstances.audience) else [self.pack.defaults.nobody]),
        ]
        obstacles = list(_obstacles(stances, facts))
        if not obstacles and not refusals:
            because = [table.policy.because() for each in stances for table in each.permitting(facts)]
            return Cell(verdict=Verdict.PERMITTED, because=_ordered(because), obligations=obligations)
        missing = [] if refusals else _minimal(list(_ways(stances, facts, seen=set())), facts)
        because = [*(each for stance, _ in obstacles for each in _denials(stance, facts)), *refusals]
        because.extend(self._unknowns([stance for stance, _ in obstacles], given))
        conflicts = tuple(sorted(set(_conflicts(stances, [stance for stance, _ in obstacles], facts))))
        if not missing:
            return Cell(verdict=Verdict.FORBIDDEN, because=_ordered(because), conflicts=conflicts)
        whole = facts.union(*missing)
        because.extend(table.policy.because() for each in stances for table in each.permitting(whole))
        return Cell(
            verdict=Verdict.CONDITIONAL,
            because=_ordered(because),
            missing=tuple(tuple(sorted(each)) for each in missing),
            obligations=obligations,
            conflicts=conflicts,
        )

    def _unknowns(self, denying: Sequence[_Stance], given: Mapping[str, str | None]) -> Iterator[Because]:
        default = self.pack.defaults.unknown
        names = {
            name
            for stance in denying
            for table in stance.looked
            for name in table.attributes
            if name not in {"form", "data_class"} and table.part(name, given.get(name)) == ANY
        }
        for name in sorted(names):
            yield Because(
                id=f"{default.id}:{name}", cite=default.cite, basis=Basis.DEFAULT, verified=default.verified,
                title=default.title,
            )  # fmt: skip


def _front(body: Body, circumstances: Circumstances, recipient: str) -> _Front:
    constants: dict[str, str | bool] = {
        "action": circumstances.action,
        "discloser": circumstances.discloser,
        "recipient": recipient,
        "purpose": circumstances.purpose,
        "named_persons": circumstances.named_persons,
    }

    def those(action: str, effect: str) -> tuple[Table, ...]:
        return tuple(tables(body.of(action, effect=effect, day=circumstances.as_of), constants))

    return _Front(
        body, recipient, those(APPLIES, "permit"), those(DISCLOSE, "permit"), those(DISCLOSE, "forbid"),
        those(OBLIGE, "permit"), those(CONTESTS, "permit"),
    )  # fmt: skip


def _parts(table: Table, given: Mapping[str, str | None]) -> tuple[int, ...]:
    return tuple(table.part(name, given.get(name)) for name in table.attributes)


def _looks(table: Table, attribute: str) -> bool:
    return attribute in table.attributes


def _numbered(keys: Iterator[tuple[int, ...]]) -> list[int]:
    numbers: dict[tuple[int, ...], int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _permits(table: Table, row: Row, facts: Facts) -> bool:
    confirmed = table.policy.confirmation is None or table.policy.confirmation in facts
    return confirmed and table.truth(row, facts) is Truth.HOLDS


def _obstacles(stances: Sequence[_Stance], facts: Facts) -> Iterator[tuple[_Stance, list[tuple[Table, Row]]]]:
    """What stands in the way under a set of facts: forbids one by one, then a body whose permits all fail."""
    for stance in stances:
        for table, row in stance.forbids:
            if table.truth(row, facts) is Truth.HOLDS:
                yield stance, [(table, row)]
        if stance.body.default is not None and not stance.permitting(facts):
            yield stance, list(stance.permits)


def _conflicts(stances: Sequence[_Stance], denying: Sequence[_Stance], facts: Facts) -> Iterator[Conflict]:
    """Each policy of the custodian that denies, with each statute that contests such policies for that recipient."""
    for stance in denying:
        if stance.body.basis is not Basis.CUSTODIAN_POLICY:
            continue
        statutes = [table for each in stances if each.recipient == stance.recipient for table in each.contests]
        for policy in _denials(stance, facts):
            for table in statutes:
                yield Conflict(statute=table.policy.because(), policy=policy)


def _denials(stance: _Stance, facts: Facts) -> list[Because]:
    found = [table.policy.because() for table in stance.forbidding(facts)]
    if stance.body.default is not None and not stance.permitting(facts):
        found.append(stance.body.default)
    return found


def _ways(stances: Sequence[_Stance], facts: Facts, *, seen: set[Facts]) -> Iterator[Facts]:
    """Sets of facts, beyond those given, under which nothing stands in the way; every minimal one is among them."""
    if facts in seen:
        return
    seen.add(facts)
    ways: list[list[Facts]] = []
    for _, policies in _obstacles(stances, facts):
        ways.append(list(_removals(policies, facts)))
        if not ways[-1]:
            return
    if not ways:
        yield facts
        return
    for added in min(ways, key=len):
        yield from _ways(stances, facts | added, seen=seen)


def _removals(of: Sequence[tuple[Table, Row]], facts: Facts) -> Iterator[Facts]:
    """Minimal sets of further facts under which one of the policies takes the value that is wanted of it."""
    for table, row in of:
        policy = table.policy
        named = [*policy.facts, *([policy.confirmation] if policy.confirmation else [])]
        free = [fact for fact in named if fact not in facts]
        found: list[Facts] = []
        for subset in sorted(range(1 << len(free)), key=lambda bits: bits.bit_count()):
            added = frozenset(fact for place, fact in enumerate(free) if subset >> place & 1)
            if any(smaller <= added for smaller in found):
                continue
            wanted = (
                _permits(table, row, facts | added)
                if policy.permits
                else table.truth(row, facts | added) is Truth.FAILS
            )
            if wanted:
                found.append(added)
        yield from found


def _minimal(found: Sequence[Facts], given: Facts) -> list[Facts]:
    missing = sorted({each - given for each in found}, key=lambda each: (len(each), sorted(each)))
    return [each for each in missing if not any(other < each for other in missing)]


def _ordered(because: Sequence[Because]) -> tuple[Because, ...]:
    """Each once, orders before law before the custodian's policy before defaults, otherwise in the pack's order."""
    return tuple(sorted(dict.fromkeys(because), key=lambda each: _ORDER[each.basis]))
