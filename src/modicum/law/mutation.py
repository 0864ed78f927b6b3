"""Packs that are wrong in one rule, each of which the pack's vectors must tell from the right one.

The mutants of a policy (nothing is skipped but what is the same pack on every day, as said beside each):

drop              the policy is left out
condition         it holds exactly where it did not
effect            a permit to disclose forbids; a forbid permits, where its body may permit at all
exceptions        its `unless` are left out, where it has one beside another condition
begins-later      its first day is a day later (if that leaves it a day: else it is `drop`)
begins-earlier    its first day is a day earlier
ends-at-once      it ends on its first day (a policy without an end)
ends-earlier      its last day is a day earlier (if that leaves it a day: else it is `drop`)
ends-later        its last day is a day later

Nobody can see a day that is gained or lost, and the mutant is the right pack, where on that day nothing is in force
through which the policy is seen and with which it can hold of one cell (`overlap`): by which its body applies, if that
has a default; what a policy that contests speaks against; for a policy that obliges, a permit of a ground, and of its
own body, if that has a default. Moving further than a day adds nothing: whoever notices the first day that is gained or
lost notices it then, too. A default has no condition and no days, so it has one mutant:

drop              whatever its body reaches is permitted, unless a forbid of the body holds

What the gateway says where no policy decides (`[defaults]`) is the engine's and no rule of law: it has none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final

from modicum.law import editing
from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, CONTESTS, DISCLOSE, OBLIGE
from modicum.law.decisions import DecisionVector, Outcome, belongs, judged
from modicum.law.overlap import overlap
from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.law.vectors import CaseVector, bars
from modicum.model.decision import Basis

EVERYTHING: Final = "everything"
"""The id of the permit that stands in for a default that is left out; no reason that a vector may count."""

_DAY: Final = timedelta(days=1)
_Edit = Callable[[], Pack]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A pack that is wrong in one rule. `differs(day)`: whether it can differ from the right pack on a day."""

    rule: str
    kind: str
    pack: Pack
    differs: Callable[[date], bool]
    order: bool  # of a body that the vectors of a case look at


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """A mutant and the vector that told it from the right pack; None: it survived."""

    rule: str
    kind: str
    killer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationReport:
    """The fate of every mutant, in the order of the pack's rules; `equal` are those that are the right pack."""

    fates: tuple[Fate, ...]
    equal: tuple[tuple[str, str], ...]

    @property
    def survivors(self) -> tuple[Fate, ...]:
        """Mutants that no vector noticed."""
        return tuple(each for each in self.fates if each.killer is None)

    @property
    def rules(self) -> int:
        """How many rules were mutated."""
        return len({each.rule for each in self.fates})


def run_mutations(pack: Pack, decisions: Sequence[DecisionVector], case: Sequence[CaseVector]) -> MutationReport:
    """Put each mutant of a pack before the vectors that the pack itself reproduces, until one differs.

    A vector is skipped only where the mutant has the same policies in force on its day: verdicts follow from those
    alone. Those of the mutant's own rule come first.
    """
    fates = [Fate(rule=m.rule, kind=m.kind, killer=_killer(m, decisions, case)) for m in mutants(pack)]
    return MutationReport(fates=tuple(fates), equal=tuple(left_out(pack)))


def mutants(pack: Pack) -> Iterator[Mutant]:
    """Every mutant of a pack, policies in the order of their files, each body's default after its policies."""
    for body in pack.bodies:
        for policy in body.policies:
            for kind, edit, differs in (*_edits(pack, body, policy), *_dates(pack, body, policy)):
                yield Mutant(rule=policy.id, kind=kind, pack=edit(), differs=differs, order=body.basis is Basis.ORDER)
        if body.default is not None:
            yield Mutant(
                rule=body.default.id,
                kind="drop",
                pack=editing.without_default(pack, body.id, permit_id=EVERYTHING),
                differs=lambda _: True,
                order=body.basis is Basis.ORDER,
            )


def left_out(pack: Pack) -> Iterator[tuple[str, str]]:
    """Rule and kind of the moves by a day that nothing could show: no mutants, since they are the right pack."""
    for body in pack.bodies:
        for policy in body.policies:
            for kind, _, _, day in _moves(policy):
                if day is not None and not _visible(pack, body, policy, day):
                    yield policy.id, kind


def _edits(pack: Pack, body: Body, policy: Policy) -> Iterator[tuple[str, _Edit, Callable[[date], bool]]]:
    yield "drop", partial(editing.replaced, pack, policy.id, None), policy.in_force
    yield "condition", partial(editing.inverted, pack, policy.id, how="condition"), policy.in_force
    forbids_where_it_could_permit = (
        policy.effect == "forbid" and body.default is not None and body.basis is not Basis.ORDER
    )
    if policy.permits or forbids_where_it_could_permit:
        yield "effect", partial(editing.inverted, pack, policy.id, how="effect"), policy.in_force
    if policy.exceptions:
        yield "exceptions", partial(editing.without_exceptions, pack, policy.id), policy.in_force


def _dates(pack: Pack, body: Body, policy: Policy) -> Iterator[tuple[str, _Edit, Callable[[date], bool]]]:
    for kind, since, until, day in _moves(policy):
        if day is None or _visible(pack, body, policy, day):
            moved = replace(policy, since=since, until=until)
            edit = partial(editing.redated, pack, policy.id, since=since, until=until)
            yield kind, edit, partial(_changes, policy, moved)


def _changes(policy: Policy, moved: Policy, day: date) -> bool:
    return policy.in_force(day) != moved.in_force(day)


def _moves(policy: Policy) -> Iterator[tuple[str, date, date | None, date | None]]:
    """Kinds of moves with the days that result, and the one day that is gained or lost, if it is one."""
    since, until = policy.since, policy.until
    if until != since:
        yield "begins-later", since + _DAY, until, since
    if since > date.min:
        yield "begins-earlier", since - _DAY, until, since - _DAY
    if until is None:
        yield "ends-at-once", since, since, None
        return
    if until != since:
        yield "ends-earlier", since, until - _DAY, until
    if until < date.max:
        yield "ends-later", since, until + _DAY, until + _DAY


def _visible(pack: Pack, body: Body, policy: Policy, day: date) -> bool:
    """Whether a policy could be seen at all on a day, through those without which it says nothing."""
    if policy.action != APPLIES and body.default is not None and not _meets(pack, policy, _applying(body, day)):
        return False
    if policy.action == CONTESTS:
        return _meets(pack, policy, (p for each in pack.bodies for p in _denying(each, day)))
    if policy.action == OBLIGE:
        # What its own body, having a default, permits in no cell obliges nobody, whoever else permits it.
        if body.default is not None and not _meets(pack, policy, body.of(DISCLOSE, effect="permit", day=day)):
            return False
        return _meets(pack, policy, (p for each in pack.bodies for p in _permitting(each, day)))
    return True


def _meets(pack: Pack, policy: Policy, others: Iterable[Policy]) -> bool:
    return any(overlap(policy, each, pack.lexicon.domains) for each in others)


def _applying(body: Body, day: date) -> tuple[Policy, ...]:
    return body.of(APPLIES, effect="permit", day=day)


def _denying(body: Body, day: date) -> tuple[Policy, ...]:
    if body.basis is not Basis.CUSTODIAN_POLICY:
        return ()
    return (*body.of(DISCLOSE, effect="forbid", day=day), *_applying(body, day))


def _permitting(body: Body, day: date) -> tuple[Policy, ...]:
    return body.of(DISCLOSE, effect="permit", day=day) if body.ground and _applying(body, day) else ()


def _killer(mutant: Mutant, decisions: Sequence[DecisionVector], case: Sequence[CaseVector]) -> str | None:
    for barred in case if mutant.order else ():
        if mutant.differs(barred.day) and bool(bars(mutant.pack, barred.words, day=barred.day)) != barred.barred:
            return barred.id
    able = [each for each in decisions if mutant.differs(each.circumstances.as_of)]
    for each in sorted(able, key=lambda vector: _distance(mutant.rule, vector)):
        if _seen(judged(mutant.pack, each)) != each.expected:
            return each.id
    return None


def _distance(rule: str, vector: DecisionVector) -> int:
    if belongs(vector.rule, rule) or belongs(rule, vector.rule):
        return 0
    return 1 if rule in vector.expected.because else 2


def _seen(outcome: Outcome) -> Outcome:
    # The permit in the place of a default must show by what it changes, not by standing among the reasons.
    return replace(outcome, because=outcome.because - {EVERYTHING})
