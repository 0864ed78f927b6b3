"""Invented input for the tests of paper: the June request's shape, without a person and without a real rule text."""

from datetime import UTC, date, datetime

from modicum.model.dataset import Column, Stratum
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Recipient, Request
from modicum.paper import (
    AccountLine,
    Approval,
    ClockEvent,
    Command,
    Day,
    LadderStep,
    PackageFile,
    Statement,
    Story,
    Table,
)

COLUMNS = (
    ("name", "ELGBL-LAST-NAME"),
    ("name", "ELGBL-FIRST-NAME"),
    ("address", "ELGBL-ADDR-LN1"),
    ("dob", "DATE-OF-BIRTH"),
    ("ssn", "SSN"),
    ("medicaid_id", "MSIS-IDENTIFICATION-NUM"),
    ("immigration_status", "IMMIGRATION-STATUS"),
    ("claims", "CLAIM-TYPE"),
    ("diagnosis", "DIAGNOSIS-CODE-1"),
)
SIX = {"address", "dob", "medicaid_id", "immigration_status"}
STATES = ("CA", "DC", "IL", "WA")
STATUSES = ("us_citizen", "lpr", "not_lawfully_present", "unknown")


def because(name: str, cite: str, basis: Basis = Basis.LAW) -> Because:
    return Because(id=name, cite=cite, basis=basis, verified="secondary", title=f"Invented title of {name}")


SSA = because("ssa-1902a7", "42 U.S.C. 1396a(a)(7)")
PRIVACY = because("privacy-act-b", "5 U.S.C. 552a(b)")
ORDER1 = because("cvh-order-1", "N.D. Cal. 3:25-cv-05536, Dkt. 98", Basis.ORDER)
ORDER2 = because("cvh-order-2", "N.D. Cal. 3:25-cv-05536, order of 29 December 2025", Basis.ORDER)


def strata(states: tuple[str, ...] = STATES, statuses: tuple[str, ...] = STATUSES) -> tuple[Stratum, ...]:
    return tuple((("immigration", status), ("origin_state", state)) for state in states for status in statuses)


def columns() -> tuple[Column, ...]:
    return tuple(
        Column(table="eligibility" if i < 7 else "claims", name=name, element=name, data_class=data_class)
        for i, (data_class, name) in enumerate(COLUMNS)
    )


def decision(as_of: date) -> Decision:
    def cell(stratum: Stratum, column: Column) -> Cell:
        here = dict(stratum)
        rules = [SSA, PRIVACY]
        plaintiff = here["origin_state"] != "DC"
        if plaintiff and date(2025, 8, 12) <= as_of < date(2026, 1, 6):
            rules = [ORDER1, *rules]
        if plaintiff and as_of >= date(2026, 1, 6):
            outside = here["immigration"] == "not_lawfully_present" and column.data_class in SIX
            if outside:
                return Cell(verdict=Verdict.CONDITIONAL, because=(SSA,), missing=(("counsel-confirms:ssa-1902a7",),))
            rules = [ORDER2, *rules]
        return Cell(verdict=Verdict.FORBIDDEN, because=tuple(rules))

    found: dict[Cell, int] = {}
    cells: list[int] = []
    for stratum in strata():
        for column in columns():
            for form in DISCLOSING:
                made = cell(stratum, column)
                if form is Form.STATISTICS:
                    made = Cell(verdict=Verdict.PERMITTED, because=(SSA,))
                cells.append(found.setdefault(made, len(found)))
    return Decision(
        request_sha256="a" * 64,
        pack=PackRef(name="us_medicaid", version="0.1.0", sha256="b" * 64),
        catalogue_sha256="c" * 64,
        facts_sha256="d" * 64,
        dataset_version="e" * 64,
        as_of=as_of,
        hypothetical=True,
        columns=columns(),
        strata=strata(),
        forms=DISCLOSING,
        classes=tuple(found),
        cells=cells,
        lowest_form=Form.STATISTICS,
    )


RUNGS = (
    LadderStep(
        Form.REFUSAL, None, "nobody", 0, "It would not answer the question; the law does not ask for silence here."
    ),
    LadderStep(
        Form.STATISTICS,
        Verdict.PERMITTED,
        "all, in groups of 11 or more",
        0,
        "It answers the question: how many people, and how many federal dollars, in each state.",
        True,
    ),
    LadderStep(
        Form.MATCH,
        Verdict.CONDITIONAL,
        "all, in groups of 11 or more",
        1,
        "Not needed. It could be given once a matching agreement is in force and its notice has been published.",
    ),
    LadderStep(
        Form.VERIFICATION, Verdict.CONDITIONAL, "one at a time", 1, "Not needed: no single person is asked about."
    ),
    LadderStep(
        Form.PSEUDONYMISED,
        Verdict.FORBIDDEN,
        "more than 10,000",
        7,
        "Not needed, and forbidden: 42 U.S.C. 1396a(a)(7) limits use to the administration of the plan.",
    ),
    LadderStep(
        Form.IDENTIFIED,
        Verdict.FORBIDDEN,
        "more than 10,000",
        9,
        "Not needed, and forbidden: 42 U.S.C. 1396a(a)(7) limits use to the administration of the plan, and 5 U.S.C. 552a(b) lists no exception that fits.",
    ),
)
EVENTS = (
    ClockEvent("Filed by DHS", 0, "10 June 2025, 13:00", "filed"),
    ClockEvent("Decided: forbidden in every cell", 0.02, "10 June 2025, 13:00", "decided"),
    ClockEvent("Objection by CMS counsel", 9, "10 June 2025, 13:09", "objected"),
    ClockEvent("Directive: release within 54 minutes", 12, "10 June 2025, 13:12", "directed"),
    ClockEvent("Narrow question filed by the inspector general", 46, "10 June 2025, 13:46", "filed"),
    ClockEvent("Approved by the CMS privacy officer", 55, "10 June 2025, 13:55", "approved"),
    ClockEvent("Approved by California", 1600, "11 June 2025, 15:40", "approved"),
    ClockEvent("Logged", 1600.3, "11 June 2025, 15:40", "released"),
    ClockEvent("Delivered", 1600.5, "11 June 2025, 15:40", "delivered"),
    ClockEvent("The states read of it in the newspapers", None, "13 June 2025", "reported"),
)


def request(*, narrow: bool = False) -> Request:
    asked = Question(
        text="Are benefits paid for people who are not entitled to them?"
        if not narrow
        else "How many people, and how many federal dollars, in each state?",
        asks=Asks.STATISTICS if narrow else Asks.IDENTITIES,
    )
    return Request(
        title="June",
        custodian="cms",
        action="share",
        requester=Person(organisation="hhs-oig" if narrow else "dhs", person="r.reyes"),
        question=asked,
        purpose="health_oversight" if narrow else "immigration_enforcement.civil",
        authorities=(
            Authority(kind="statute", citation="5 U.S.C. app. 3, section 6" if narrow else "8 U.S.C. 1360(b)"),
        ),
        population=Population(dataset="enrolment"),
        columns=() if narrow else tuple(column.qualified for column in columns()),
        form=Form.STATISTICS if narrow else Form.IDENTIFIED,
        recipients=(Recipient(organisation="hhs-oig" if narrow else "dhs", person="r.reyes", age_key="age1x"),),
        handling=Handling(retention_days=365),
        deadline=None if narrow else datetime(2025, 6, 10, 17, 54, tzinfo=UTC),
    )


PACKAGE = (
    PackageFile(
        name="manifest.dsse.json",
        size_bytes=4_120,
        sha256="1f" * 32,
        words="What it holds, why, until when. Signed.",
    ),
    PackageFile(
        name="data/answer.json.age",
        size_bytes=1_288,
        sha256="2e" * 32,
        words="The answer, sealed to its recipients.",
    ),
)


ANSWER = Table(
    "People and federal dollars by state",
    ("State", "People", "Federal dollars"),
    (
        ("California", 8_412, "$31,204,118"),
        ("District of Columbia", "fewer than 11", "hidden"),
        ("Illinois", 2_206, "$7,911,020"),
        ("Washington", "hidden", "hidden"),
    ),
)
ANSWER_NOTES = (
    "“fewer than 11”: so few people that a number could point at one of them.",
    "“hidden”: kept back so that nobody can work out the small number from the total.",
)


APPROVALS = (
    Approval(by="cms/p.lindqvist", role="privacy officer", at="10 June 2025, 13:55", entry=19),
    Approval(by="ca-dhcs/m.ortega", role="origin", at="11 June 2025, 15:40", entry=20),
)


def story() -> Story:
    return Story(
        made_at="23 November 2026, 23:30 UTC",
        version="0.1.0",
        dataset="enrolment",
        people=20_000,
        asked=request(),
        days=(
            Day(decision=decision(date(2025, 6, 10)), words="No court order exists yet. The statutes decide alone."),
            Day(
                decision=decision(date(2025, 8, 13)),
                words="The first order is one day old. It covers the states that sued.",
            ),
            Day(decision=decision(date(2026, 1, 7)), words="The second order has been in force for a day."),
        ),
        form=Form.IDENTIFIED,
        objection=Statement(
            by="cms/c.osei",
            at="10 June 2025, 13:09",
            text="Section 1902(a)(7) of the Social Security Act lets us use these records to run the plan. This is not that.",
            entry=11,
            outcome="It stays with the case, and every later paper names it.",
        ),
        directive=Statement(
            by="hhs/a.official",
            at="10 June 2025, 13:12",
            text="Release the data set to DHS by 13:54.",
            entry=12,
            outcome="It is on the log under the name of the person who gave it. It lifts no rule: every cell stays as it was.",
        ),
        rungs=RUNGS,
        narrow=request(narrow=True),
        answer=ANSWER,
        answer_notes=ANSWER_NOTES,
        columns_released=0,
        approvals=APPROVALS,
        events=EVENTS,
        package=PACKAGE,
        digests=(("Root of the log", "3d" * 32), ("The package", "4c" * 32)),
        log_size=23,
        commands=(
            Command(
                line="modicum verify demo-out/case-2.modicum --trust demo-out/trust.json",
                words="Check the package, offline.",
            ),
            Command(line="modicum log fsck --home demo-out", words="Compute the log again from its entries."),
        ),
        account=(
            AccountLine(
                at="11 June 2025",
                recipient="HHS Office of Inspector General",
                purpose="oversight of the programme",
                form=Form.STATISTICS,
                columns=(),
                authority="5 U.S.C. app. 3, section 6",
                entry=21,
            ),
        ),
        account_words="This is the account of one invented person.",
    )
