"""What another law, or another day, would say of all that has left: release by release, cell by cell.

Each release is decided again in the form in which it left: the request as filed, the facts attested by then, columns,
classes and strata as its own decision recorded them. The asker's authority counts as it stood on the day of the
release; that it has run out since says nothing about what left under it. Changes nothing, and records nothing.

A release that can no longer be decided (a word that the pack does not know) counts as affected whole, never as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias

from modicum.accounting.record import check as persons_in
from modicum.accounting.record import included_among
from modicum.answer.plan import leaving
from modicum.custody.people import ordinals_in
from modicum.docket.permissions import find_case
from modicum.gateway.attested import attested_on
from modicum.gateway.catalogued import check_tables, logged_dataset
from modicum.gateway.deciding import kinds_of
from modicum.gateway.grounds import check_facts, check_keys, check_pack
from modicum.gateway.home import Home
from modicum.gateway.logbook import fsck
from modicum.gateway.lookback import release_name
from modicum.gateway.progress import Report, silent
from modicum.gateway.request_file import parse_request
from modicum.gateway.stored import dataset_of, decision_of, read_decision
from modicum.law.decide import Kinds, decide
from modicum.law.facts import holding
from modicum.law.packs import Pack
from modicum.model.dataset import Stratum
from modicum.model.decision import Cell, Decision, PackRef, Verdict
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.forms import Form
from modicum.model.request import Recipient, Request
from modicum_verify.case_state import CaseState, Release
from modicum_verify.fold import Docket

CONFIRMS: Final = "counsel-confirms:"
Told: TypeAlias = Mapping[str, frozenset[int]]
"""The strata, by index, in which a release told something of a column, by `table.column`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Columns that left for some strata, and what now stands in the way; `strata` in the decision's order."""

    columns: tuple[str, ...]
    strata: tuple[int, ...]
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarser:
    """A column that left finer than it now may: what was done to it, and what would be."""

    column: str
    released: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What would now be decided otherwise, for one audience."""

    flips: tuple[Flip, ...] = ()
    coarser: tuple[Coarser, ...] = ()
    now_permitted: int = 0  # cells in the form of the release that did not leave, and now could

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are affected, sorted."""
        return tuple(sorted({c for each in self.flips for c in each.columns} | {each.column for each in self.coarser}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """One release. `undecided`: why it cannot be decided again; then it counts as affected whole.

    people: all who are in it. people_affected: those with rows in the strata that flip; where who is in which stratum
    cannot be told any more (`people_exact` false) all of them. by_recipient: in the order of the recipients.
    """

    name: str
    case: str
    entry: int
    at: str
    form: Form
    dataset: str
    dataset_version: str
    released_as_of: date
    strata: tuple[Stratum, ...]
    columns: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    undecided: str | None
    found: Found
    by_recipient: tuple[Found, ...]
    people: int
    people_affected: int
    people_exact: bool

    @property
    def affected(self) -> bool:
        """Whether anything that left would now not leave, or not so."""
        return self.undecided is not None or bool(self.found.columns)

    def columns_of(self, recipient: int) -> tuple[str, ...]:
        """The columns that one recipient, by index, should not have now."""
        return self.columns if self.undecided is not None else self.by_recipient[recipient].columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """All past releases of a home under a pack, as of a day. Hypothetical unless it is today and the pack in force."""

    custodian: str
    origin: str
    pack: PackRef
    in_force: PackRef
    as_of: date
    today: date
    releases: tuple[Affected, ...]

    @property
    def hypothetical(self) -> bool:
        """Whether another pack, or another day, than the home's own was asked."""
        return self.as_of != self.today or self.pack != self.in_force

    @property
    def affected(self) -> tuple[Affected, ...]:
        """The releases for which something is to be recalled, in log order."""
        return tuple(each for each in self.releases if each.affected)


def impact_of(home: Home, *, pack: Pack, as_of: date | None = None, report: Report = silent) -> Impact:
    """Decide everything that ever left anew, under a pack, as of a day (today by the home's clock).

    Raises EvidenceError: log, accounting, pack, data or a stored decision of the home do not verify.
    """
    report("checking the home", None)
    fsck(home.root)
    docket, own = home.journal.docket(), home.pack()
    check_keys(home, docket)
    check_pack(own, docket)
    today = home.journal.now().date()
    left = sorted(
        (release.index, case.id, attempt, release)
        for case in docket.cases.values()
        for attempt, release in enumerate(case.releases, start=1)
        if release.aborted is None
    )
    scene = _Scene(
        home=home, docket=docket, own=own, pack=pack, day=as_of or today, whole=_whole_datasets(home, docket)
    )
    found = []
    for done, (_, case, attempt, release) in enumerate(left):
        report(f"case {case}", done / len(left))
        found.append(scene.look_at(find_case(docket, case), attempt, release))
    return Impact(
        custodian=home.custodian,
        origin=home.origin,
        pack=pack.ref,
        in_force=own.ref,
        as_of=as_of or today,
        today=today,
        releases=tuple(found),
    )


def _whole_datasets(home: Home, docket: Docket) -> dict[str, str]:
    """The version of each data set whose tables are there and are those that were registered.

    One that is gone is left out; one that was altered is broken evidence.
    """
    found = {}
    for name in sorted(docket.datasets):
        try:
            dataset = logged_dataset(home, docket, name)
        except NotFoundError:
            continue
        check_tables(home, dataset)
        found[name] = dataset.version
    return found


@dataclass(frozen=True, slots=True)
class _People:
    all: int
    affected: int
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    home: Home
    docket: Docket
    own: Pack
    pack: Pack
    day: date
    whole: Mapping[str, str]

    def pack_of_decision(self, decision: Decision) -> Pack:
        """The pack that a decision was made by."""
        if decision.pack.sha256 == self.own.ref.sha256:
            return self.own
        named = (each.pack for each in self.docket.roster.former_packs if each.pack.sha256 == decision.pack.sha256)
        return self.home.pack_of(next(named, None))

    def look_at(self, case: CaseState, attempt: int, release: Release) -> Affected:
        check_facts(self.home, case)
        request = parse_request(dict(case.request))
        sha256 = str(release.content["decision_sha256"])
        decision = decision_of(read_decision(self.home, sha256), place=f"decisions/{sha256}.json")
        form = Form(release.content["form"])
        then = self.pack_of_decision(decision)
        told = leaving(request, decision, form, then.transformations)
        before = {name: day for name, day in attested_on(case).items() if case.facts[name].index < release.index}
        facts = holding(before, self.pack.vocabulary.waits_days, on=date.fromisoformat(release.at[:10]))
        undecided, found, single = None, Found(), tuple(Found() for _ in request.recipients)
        try:
            found, single = self._compare(request, decision, form, told, facts, then)
        except InvalidInputError as error:
            undecided = error.cause
        hit = None if undecided is not None else _rows_hit(found, told)
        people = self._people(case, attempt, release, decision, hit)
        return Affected(
            name=release_name(case.id, attempt),
            case=case.id,
            entry=release.index,
            at=release.at,
            form=form,
            dataset=request.population.dataset,
            dataset_version=decision.dataset_version,
            released_as_of=decision.as_of,
            strata=decision.strata,
            columns=tuple(sorted(told)),
            recipients=request.recipients,
            undecided=undecided,
            found=found,
            by_recipient=single,
            people=people.all,
            people_affected=people.affected,
            people_exact=people.exact,
        )

    def _people(
        self, case: CaseState, attempt: int, release: Release, decision: Decision, hit: Mapping[str, set[int]] | None
    ) -> "_People":
        """Count the persons of a release, and those with rows in the strata that flip (hit None: everybody)."""
        dataset, name = str(case.request["population"]["dataset"]), release_name(case.id, attempt)
        digest = str(release.content["accounting_sha256"])
        everybody = persons_in(self.home.folder, dataset_name=dataset, release=name, digest=digest)
        if hit == {}:
            return _People(everybody, 0, exact=True)
        told = self.whole.get(dataset) == decision.dataset_version
        if hit is None or not told:
            return _People(everybody, everybody, exact=hit is None)
        ordinals = ordinals_in(self.home.folder, dataset, decision.dataset_version, hit)
        affected = included_among(
            self.home.folder, dataset_name=dataset, release=name, digest=digest, ordinals=ordinals
        )
        return _People(everybody, affected, exact=True)

    def _compare(
        self,
        request: Request,
        decision: Decision,
        form: Form,
        told: Told,
        facts: frozenset[str],
        then: Pack,
    ) -> tuple[Found, tuple[Found, ...]]:
        """What is found for everybody together, and for each recipient with the asker alone."""
        kinds = kinds_of(request, self.docket)
        coarser = tuple(self._coarser(decision, form, told, then))

        def under(recipients: tuple[str, ...]) -> Found:
            again = self._decide(request, decision, replace(kinds, recipients=recipients), facts)
            flips = tuple(_flips(decision, again, form, told))
            return Found(flips=flips, coarser=coarser, now_permitted=_now_permitted(again, form, told))

        each = {kind: under((kind,)) for kind in sorted(set(kinds.recipients))}
        return under(kinds.recipients), tuple(each[kind] for kind in kinds.recipients)

    def _decide(self, request: Request, decision: Decision, kinds: Kinds, facts: frozenset[str]) -> Decision:
        standing = tuple(
            replace(each, since=None, until=None) for each in request.authorities if each.in_force(decision.as_of)
        )
        # That counsel has confirmed a rule which this pack does not have, or has read, decides nothing under it.
        confirmed = {each for each in facts if each.startswith(CONFIRMS) and each not in self.pack.vocabulary.facts}
        return decide(
            replace(request, authorities=standing),
            pack=self.pack,
            dataset=dataset_of(decision, request.population.dataset),
            kinds=kinds,
            facts=facts - confirmed,
            as_of=self.day,
            hypothetical=True,
        )

    def _coarser(self, decision: Decision, form: Form, told: Iterable[str], then: Pack) -> Iterable[Coarser]:
        classes = {column.qualified: column.data_class for column in decision.columns}
        for name in sorted(told):
            key = (form, classes[name] or "")
            before, now = then.transformations.get(key, "drop"), self.pack.transformations.get(key, "drop")
            if now not in {before, "keep"}:
                yield Coarser(column=name, released=before, now=now)


def _flips(decision: Decision, again: Decision, form: Form, told: Told) -> Iterable[Flip]:
    """What left and now may not, columns together that flip alike."""
    places = {column.qualified: index for index, column in enumerate(again.columns)}
    alike: dict[tuple[tuple[int, tuple[int, ...]], ...], list[str]] = {}
    for name in (each.qualified for each in decision.columns if each.qualified in told):
        denied: dict[int, list[int]] = {}  # by the number of the class: a cell is long to hash
        for stratum in sorted(told[name]):
            number = again.class_of(stratum, places[name], form)
            if again.classes[number].verdict is not Verdict.PERMITTED:
                denied.setdefault(number, []).append(stratum)
        key = tuple((number, tuple(strata)) for number, strata in denied.items())
        alike.setdefault(key, []).append(name)
    for key, names in alike.items():
        for number, strata in key:
            yield Flip(columns=tuple(names), strata=strata, cell=again.classes[number])


def _now_permitted(again: Decision, form: Form, told: Told) -> int:
    return sum(
        again.cell(stratum, place, form).verdict is Verdict.PERMITTED
        for place, column in enumerate(again.columns)
        for stratum in range(len(again.strata))
        if stratum not in told.get(column.qualified, ())
    )


def _rows_hit(found: Found, told: Told) -> dict[str, set[int]]:
    """The strata, by table, whose rows are affected; a column that left too fine affects every stratum it left for."""
    hit: dict[str, set[int]] = {}
    pairs: list[tuple[str, Sequence[int]]] = [(name, flip.strata) for flip in found.flips for name in flip.columns]
    pairs += [(each.column, sorted(told[each.column])) for each in found.coarser]
    for name, strata in pairs:
        hit.setdefault(name.partition(".")[0], set()).update(strata)
    return hit
