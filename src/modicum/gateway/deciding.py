"""Ask the law about one request: gather what a decision may know, and nothing else.

A decision is a pure function of pack, request, catalogue, facts and date. Kinds of organisation come from enrolment,
never from the request; facts hold only where a case holds their attestation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from modicum.answer.ladder import Ladder, ladder
from modicum.answer.sight import Sight
from modicum.gateway.catalogued import logged_dataset
from modicum.gateway.grounds import check_pack
from modicum.gateway.home import Home
from modicum.gateway.named import Named, line_rules
from modicum.law.decide import Kinds, decide
from modicum.law.lines import barred
from modicum.law.packs import Pack
from modicum.model.dataset import Dataset, Stratum
from modicum.model.decision import Basis, Cell, Decision, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form
from modicum.model.request import Request
from modicum_verify.canonical import digest
from modicum_verify.fold import Docket

UNENROLLED = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision with what it was made from, for the steps that follow; its ladder counts nobody (see `proposing`).

    `named`: the list behind a request for named persons; None where it names nobody, or where no list was shown.
    """

    request: Request
    dataset: Dataset
    pack: Pack
    decision: Decision
    ladder: Ladder
    named: Named | None = None

    @property
    def form(self) -> Form:
        """The form to be agreed on: the one asked for, else the lowest that answers and may leave, else that needed."""
        if self.request.form is not None:
            return self.request.form
        return self.request.question.asks.needs if self.ladder.lowest is Form.REFUSAL else self.ladder.lowest

    @property
    def unbacked(self) -> bool:
        """Whether the request names persons and no list stands behind it."""
        return self.named is None and self.request.population.named_persons_sha256 is not None

    @property
    def verdict(self) -> Verdict:
        """What the decision comes to in that form: permitted where at least something may leave."""
        return self._sight.verdict

    def overall(self) -> Cell:
        """The whole decision in that form as one cell: all that it rests on, all that is missing, all obligations."""
        deciding = self._sight.distinct(self.verdict)
        return Cell(
            verdict=self.verdict,
            because=tuple(sorted({each for cell in deciding for each in cell.because})),
            missing=tuple(sorted({each for cell in deciding for each in cell.missing}, key=lambda f: (len(f), f))),
            obligations=tuple(sorted({each for cell in deciding for each in cell.obligations})),
            conflicts=tuple(sorted({each for cell in deciding for each in cell.conflicts})),
        )

    def releasable(self) -> tuple[list[Stratum], list[str]]:
        """The strata and the columns of which something may leave in that form."""
        decision, verdicts = self.decision, self.decision.verdicts(self.form)
        strata = [decision.strata[index] for index in self._sight.open_strata]
        columns = [
            column.qualified
            for index, column in enumerate(decision.columns)
            if any(row[index] is Verdict.PERMITTED for row in verdicts)
        ]
        return strata, columns

    def counts(self) -> dict[Form, tuple[int, int, int]]:
        """Cells permitted, conditional and forbidden, by form."""
        found = {}
        for form in self.decision.forms:
            flat = [verdict for row in self.decision.verdicts(form) for verdict in row]
            found[form] = (
                flat.count(Verdict.PERMITTED),
                flat.count(Verdict.CONDITIONAL),
                flat.count(Verdict.FORBIDDEN),
            )
        return found

    @property
    def _sight(self) -> Sight:
        return Sight.of(self.request, self.decision, self.form)


def decide_request(
    home: Home,
    request: Request,
    *,
    docket: Docket,
    facts: frozenset[str] = frozenset(),
    as_of: date | None = None,
    named: Named | None = None,
) -> Decided:
    """Decide a request as of a day (today by the home's clock; any other day is hypothetical).

    named: the judged list of a request for named persons. Without it such a request is decided as if every line were
    sufficient, and the decision is hypothetical; with it, everything is forbidden where no line is sufficient.
    """
    today = home.journal.now().date()
    if request.custodian != home.custodian:
        raise InvalidInputError(
            cause=f"the request is addressed to {request.custodian}, this is the home of {home.custodian}",
            cure="set `custodian` to the custodian of the home that you ask",
        )
    names_persons = request.population.named_persons_sha256 is not None
    pack = home.pack()
    check_pack(pack, docket)
    dataset = logged_dataset(home, docket, request.population.dataset)
    decision = matrix(
        request,
        pack=pack,
        dataset=dataset,
        kinds=kinds_of(request, docket),
        facts=facts,
        as_of=as_of or today,
        hypothetical=(as_of is not None and as_of != today) or (names_persons and named is None),
        named=named,
    )
    rungs = ladder(request, decision, own_policy=own_policy_ids(pack))
    return Decided(request=request, dataset=dataset, pack=pack, decision=decision, ladder=rungs, named=named)


def matrix(
    request: Request,
    *,
    pack: Pack,
    dataset: Dataset,
    kinds: Kinds,
    facts: frozenset[str],
    as_of: date,
    hypothetical: bool,
    named: Named | None,
) -> Decision:
    """What the law says, with all that it may know in hand; everything is forbidden where no line is sufficient."""
    decision = decide(
        request, pack=pack, dataset=dataset, kinds=kinds, facts=facts, as_of=as_of, hypothetical=hypothetical
    )
    if named is not None and not named.lines:
        return barred(decision, named.report.clauses or (line_rules(pack).otherwise,))
    return decision


def own_policy_ids(pack: Pack) -> frozenset[str]:
    """The ids of rules and default denials that are the custodian's own policy, and no law."""
    own = [body for body in pack.bodies if body.basis is Basis.CUSTODIAN_POLICY]
    defaults = {body.default.id for body in own if body.default is not None}
    return frozenset({policy.id for body in own for policy in body.policies} | defaults)


def kinds_of(request: Request, docket: Docket) -> Kinds:
    """The enrolled kinds of custodian, requester and recipients; `unknown` for whoever is not enrolled."""
    organisations = docket.roster.organisations

    def kind(name: str) -> str:
        return organisations[name].kind if name in organisations else UNENROLLED

    return Kinds(
        custodian=kind(request.custodian),
        requester=kind(request.requester.organisation),
        recipients=tuple(kind(each.organisation) for each in request.recipients),
    )


def matrix_sha256(document: Mapping[str, Any]) -> str:
    """Digest of what a decision says (as published JSON), without the day on which it was said.

    Approvals are given to a decision of one day; a release decides again on its own day and goes ahead only where
    this digest is the same.
    """
    return digest({name: value for name, value in document.items() if name not in {"as_of", "hypothetical"}})
