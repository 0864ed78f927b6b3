"""The verdict of one cell: bodies of law joined by AND, what decided, what is missing, what it obliges to.

Rules kept here. Permitted only if every body that applies permits, at least one body that can be a ground applies for
certain, and nothing forbids. Everybody who asks or receives is looked at as a recipient of their own, and the law must
permit each of them, on a ground that reaches this one: so an audience is permitted exactly where each of its members
alone would be, and nobody is permitted nothing. A forbid counts where its body applies; a body without a default
(orders, house rules) always applies, and never permits. An error in Cedar forbids. A cell that facts could turn is
conditional, with every minimal set of them. Where the custodian's own policy denies and a statute contests such
policies, the conflict is recorded for counsel and the denial stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, CONTESTS, DISCLOSE, OBLIGE
from modicum.law.packs import Pack
from modicum.law.stance import Facts, Front, Given, Stance
from modicum.law.tables import Table, tables
from modicum.model.dataset import UNKNOWN, Stratum
from modicum.model.decision import Basis, Because, Cell, Conflict, Verdict
from modicum.model.forms import DISCLOSING, Form

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


class Judge:
    """Judges the cells of one request under one pack."""

    def __init__(self, pack: Pack, circumstances: Circumstances) -> None:
        """Build the truth tables of every policy in force on the day, for each member of the audience."""
        self.pack = pack
        self.circumstances = circumstances
        fronts = [
            _front(body, circumstances, recipient)
            for body in pack.bodies
            for recipient in sorted(set(circumstances.audience))
        ]
        self._by_form = {form: tuple(front.live(form) for front in fronts) for form in DISCLOSING}
        parties = (circumstances.discloser, *circumstances.audience)
        self._strangers = any(kind == UNKNOWN or kind not in pack.vocabulary.kinds for kind in parties)
        self._joined: dict[tuple[bool, tuple[Stance, ...]], Cell] = {}

    def cell(self, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
        """The verdict of a data class (None: unclassified) of a stratum in a form."""
        given = self.given(form, data_class, stratum)
        return self.join([self.stance(front, given) for front in self.fronts(form)], given["data_class"])

    def fronts(self, form: Form) -> tuple[Front, ...]:
        """The bodies of law as they face each recipient, with the policies that matter in a form."""
        return self._by_form[form]

    def given(self, form: Form, data_class: str | None, stratum: Stratum) -> dict[str, str | None]:
        """The attributes of a cell; what is missing, or outside its domain, is unknown and no value of its own."""
        found = dict(stratum)
        return {
            "form": str(form),
            "data_class": data_class if data_class in self.pack.vocabulary.classes else None,
            **{
                name: value if (value := found.get(name, UNKNOWN)) in domain else UNKNOWN
                for name, domain in self.pack.attributes.items()
            },
        }

    def stance(self, front: Front, given: Given) -> Stance | None:
        """What a front says of a cell under the facts of the request."""
        return front.stance(given, self.circumstances.facts)

    def join(self, found: Sequence[Stance | None], data_class: str | None) -> Cell:
        """Join the stances of all fronts to a verdict (remembered: many cells come to the same stances)."""
        stances = tuple(each for each in found if each is not None)
        key = (data_class is None, stances)
        if key not in self._joined:
            erring = next((each for each in stances if each.erred), None)
            cell = self._join(stances, unclassified=data_class is None) if erring is None else self._errs(erring)
            self._joined[key] = cell
        return self._joined[key]

    def _errs(self, stance: Stance) -> Cell:
        default = self.pack.defaults.error
        return Cell(verdict=Verdict.FORBIDDEN, because=tuple(_of(default, policy) for policy in stance.erred))

    def _join(self, stances: Sequence[Stance], *, unclassified: bool) -> Cell:
        facts = self.circumstances.facts
        grounded = {each.recipient for each in stances if each.lawful}
        refusals = [
            *([self.pack.defaults.unclassified] if unclassified else []),
            *([self.pack.defaults.party] if self._strangers else []),
            *([] if grounded and grounded == set(self.circumstances.audience) else [self.pack.defaults.nobody]),
        ]
        denying = [each for each in stances if each.denials]
        obligations = tuple(sorted({name for each in stances for name in each.obligations}))
        if not denying and not refusals:
            because = [rule for each in stances for rule in each.permitting(facts)]
            return Cell(verdict=Verdict.PERMITTED, because=_ordered(because), obligations=obligations)
        because = [*(rule for each in denying for rule in each.denials), *refusals, *self._unknowns(denying)]
        conflicts = tuple(sorted(set(_conflicts(stances, denying))))
        missing = [] if refusals else _missing(denying, stances, facts)
        if not missing:
            return Cell(verdict=Verdict.FORBIDDEN, because=_ordered(because), conflicts=conflicts)
        whole = facts.union(*missing)
        because.extend(rule for each in stances for rule in each.permitting(whole))
        return Cell(
            verdict=Verdict.CONDITIONAL,
            because=_ordered(because),
            missing=tuple(tuple(sorted(each)) for each in missing),
            obligations=obligations,
            conflicts=conflicts,
        )

    def _unknowns(self, denying: Sequence[Stance]) -> Iterator[Because]:
        for name in sorted({name for stance in denying for name in stance.unknown}):
            yield _of(self.pack.defaults.unknown, name)


@lru_cache(maxsize=64)
def judge(pack: Pack, circumstances: Circumstances) -> Judge:
    """The judge of a request; a pure function of its arguments, so remembered while the process lives."""
    return Judge(pack, circumstances)


def _front(body: Body, circumstances: Circumstances, recipient: str) -> Front:
    constants: dict[str, str | bool] = {
        "action": circumstances.action,
        "discloser": circumstances.discloser,
        "recipient": recipient,
        "purpose": circumstances.purpose,
        "named_persons": circumstances.named_persons,
    }

    def those(action: str, effect: str) -> tuple[Table, ...]:
        return tuple(tables(body.of(action, effect=effect, day=circumstances.as_of), constants))

    return Front(
        body, recipient, those(APPLIES, "permit"), those(DISCLOSE, "permit"), those(DISCLOSE, "forbid"),
        those(OBLIGE, "permit"), those(CONTESTS, "permit"),
    )  # fmt: skip


def _conflicts(stances: Sequence[Stance], denying: Sequence[Stance]) -> Iterator[Conflict]:
    """Each policy of the custodian that denies, with each statute that contests such policies for that recipient."""
    for stance in denying:
        if stance.body.basis is not Basis.CUSTODIAN_POLICY:
            continue
        statutes = [rule for each in stances if each.recipient == stance.recipient for rule in each.contests]
        for policy in stance.denials:
            for statute in statutes:
                yield Conflict(statute=statute, policy=policy)


def _missing(denying: Sequence[Stance], stances: Sequence[Stance], facts: Facts) -> list[Facts]:
    """Every minimal set of further facts under which nothing stands in the way; none where no facts would help."""
    if any(each.hopeless for each in denying):
        return []
    found = {each - facts for each in _ways(stances, facts, seen=set())}
    ordered = sorted(found, key=lambda each: (len(each), sorted(each)))
    return [each for each in ordered if not any(other < each for other in ordered)]


def _ways(stances: Sequence[Stance], facts: Facts, *, seen: set[Facts]) -> Iterator[Facts]:
    """Sets of facts, those given included, under which nothing stands in the way; every minimal one is among them.

    Whatever set suffices contains, for each obstacle, a minimal removal of it: so to add removals, one obstacle at a
    time, reaches a subset of every set that suffices.
    """
    if facts in seen:
        return
    seen.add(facts)
    ways: list[list[Facts]] = []
    for policies in (each for stance in stances for each in stance.obstacles(facts)):
        ways.append([removal for ruled in policies for removal in ruled.removals(facts)])
        if not ways[-1]:
            return
    if not ways:
        yield facts
        return
    for added in min(ways, key=len):
        yield from _ways(stances, facts | added, seen=seen)


def _of(default: Because, what: str) -> Because:
    return Because(
        id=f"{default.id}:{what}", cite=default.cite, basis=Basis.DEFAULT, verified=default.verified,
        title=default.title,
    )  # fmt: skip


def _ordered(because: Sequence[Because]) -> tuple[Because, ...]:
    """Each once, orders before law before the custodian's policy before defaults, otherwise in the pack's order."""
    return tuple(sorted(dict.fromkeys(because), key=lambda each: _ORDER[each.basis]))
