"""A small world for docket tests: a custodian, an origin, an asker, an inspector; their keys; a log that can be added to."""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

from modicum.docket import gateway_events
from modicum.docket.commands import Event, KeySigner, approve, file_request, found
from modicum.docket.signing import LoadedKey
from modicum.model.dataset import Column
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import (
    Asks,
    Authority,
    Handling,
    Person,
    Population,
    Question,
    Recipient,
    Request,
)
from modicum_verify.case_state import CaseState, Quorum
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket, fold

PACK = PackRef(name="us_medicaid", version="1", sha256="ab" * 32)
CUSTODIAN = "cms"
ORGANISATIONS = {
    "cms": ("cms", None),
    "ca-dhcs": ("state_medicaid_agency", "CA"),
    "il-hfs": ("state_medicaid_agency", "IL"),
    "hhs-oig": ("hhs_oig", None),
}
PEOPLE = {
    "cms/privacy": ["privacy_officer"],
    "cms/counsel": ["counsel"],
    "cms/steward": ["steward"],
    "cms/official": ["accountable_official"],
    "ca-dhcs/origin": ["origin", "requester"],
    "ca-dhcs/counsel": ["counsel"],
    "il-hfs/origin": ["origin"],
    "hhs-oig/analyst": ["requester"],
    "hhs-oig/counsel": ["counsel"],
    "hhs-oig/inspector": ["auditor"],
}
FOUNDERS = ("cms/privacy", "ca-dhcs/origin")
QUORUM = Quorum(roles=("privacy_officer",), organisations=2, approvals=2)
FACT_ROLES = {"agreement-in-force": ("privacy_officer", "counsel"), "notice-published": ("privacy_officer",)}
BECAUSE = Because(id="MCD-001", cite="42 U.S.C. 1396a(a)(7)", basis=Basis.LAW, verified="text-read", title="Safeguards")
CASE = "2026-0001"


def key(person: str) -> LoadedKey:
    return LoadedKey(Ed25519PrivateKey.from_private_bytes(sha256(f"test key of {person}".encode()).digest()))


KEYS = {person: key(person) for person in PEOPLE}


def by(person: str) -> KeySigner:
    return KeySigner(person, KEYS.get(person) or key(person))


def person_row(handle: str, roles: list[str]) -> dict[str, Any]:
    organisation, person = handle.split("/")
    return {
        "organisation": organisation,
        "person": person,
        "roles": roles,
        "public_key": key(handle).public_key,
        "name": f"{person} of {organisation}",
    }


def genesis(**changes: Any) -> Event:
    given: dict[str, Any] = {
        "origin": "cms.modicum.example/test",
        "custodian": CUSTODIAN,
        "organisations": [
            {"id": each, "kind": kind, "name": each.upper(), "state": state}
            for each, (kind, state) in ORGANISATIONS.items()
        ],
        "people": [person_row(handle, roles) for handle, roles in PEOPLE.items()],
        "pack": PACK,
        "manifest_key": "cd" * 32,
        "founders": {person: KEYS[person] for person in FOUNDERS},
    }
    return found(**{**given, **changes})


def request(title: str = "Dollars by state", requester: str = "hhs-oig/analyst") -> Request:
    organisation, person = requester.split("/")
    return Request(
        title=title,
        custodian=CUSTODIAN,
        action="disclose",
        requester=Person(organisation=organisation, person=person),
        question=Question(text="How many dollars, by state?", asks=Asks.STATISTICS, by=("state",)),
        purpose="programme_integrity",
        authorities=(Authority(kind="statute", citation="5 U.S.C. 406", claims={"named": True}),),
        population=Population(dataset="enrolment"),
        columns=("enrolment.state",),
        form=None,
        recipients=(Recipient(organisation=organisation, person=person, age_key="age1test"),),
        handling=Handling(retention_days=30),
    )


def cell(verdict: Verdict = Verdict.PERMITTED) -> Cell:
    missing = (("agreement-in-force",),) if verdict is Verdict.CONDITIONAL else ()
    return Cell(verdict=verdict, because=(BECAUSE,), missing=missing)


def decision(request_sha256: str, *, day: date, verdict: Verdict = Verdict.PERMITTED, facts: str = "") -> Decision:
    return Decision(
        request_sha256=request_sha256,
        pack=PACK,
        catalogue_sha256="00" * 32,
        facts_sha256=sha256(facts.encode()).hexdigest(),
        dataset_version="1",
        as_of=day,
        hypothetical=False,
        columns=(Column(table="enrolment", name="state", element=None, data_class="state"),),
        strata=((("origin_state", "CA"),),),
        forms=DISCLOSING,
        classes=(cell(verdict),),
        cells=[0] * len(DISCLOSING),
        lowest_form=Form.STATISTICS if verdict is Verdict.PERMITTED else Form.REFUSAL,
    )


class World:
    """A log in memory: `do` records an event as the journal would and folds on."""

    def __init__(self, *, founded: bool = True) -> None:
        self.entries: list[Entry] = []
        self.docket = Docket()
        self.minute = 0
        if founded:
            self.do(genesis())

    @property
    def now(self) -> str:
        return f"2026-11-{23 + self.minute // 1440:02}T{self.minute // 60 % 24:02}:{self.minute % 60:02}:00Z"

    @property
    def today(self) -> date:
        return date.fromisoformat(self.now[:10])

    def entry(self, event: Event, **changes: Any) -> Entry:
        entry = Entry(
            index=len(self.entries),
            kind=event.kind,
            at=self.now,
            case=event.case,
            actor=event.actor,
            body="ee" * 32,
            content=event.content,
        )
        return replace(entry, **changes)

    def enter(self, entry: Entry) -> None:
        """Fold one entry on, as somebody with the database could write it."""
        self.docket = fold([entry], self.docket)
        self.entries.append(entry)

    def do(self, event: Event) -> int:
        self.minute += 1
        self.enter(self.entry(event))
        return len(self.entries) - 1

    def case(self, case_id: str = CASE) -> CaseState:
        return self.docket.cases[case_id]

    def file(self, title: str = "Dollars by state", requester: str = "hhs-oig/analyst") -> str:
        event = file_request(self.docket, request(title, requester), by=by(requester), year=2026)
        self.do(event)
        assert event.case is not None
        return event.case

    def decide(
        self,
        case_id: str = CASE,
        verdict: Verdict = Verdict.PERMITTED,
        *,
        day: date | None = None,
        quorum: Quorum = QUORUM,
    ) -> int:
        case = self.case(case_id)
        made = decision(case.request_sha256, day=day or self.today, verdict=verdict, facts=",".join(sorted(case.facts)))
        return self.do(
            gateway_events.decided(
                self.docket,
                case_id,
                decision=made,
                form=None if verdict is Verdict.FORBIDDEN else Form.STATISTICS,
                overall=cell(verdict),
                strata=made.strata,
                columns=["enrolment.state"],
                quorum=quorum,
            )
        )

    def approve(self, person: str, case_id: str = CASE) -> int:
        return self.do(approve(self.docket, case_id, by=by(person), text="as asked"))

    def release(self, case_id: str = CASE) -> int:
        return self.do(released(self.docket, case_id))

    def agreed(self, case_id: str = CASE) -> None:
        """Carry a filed case to agreement."""
        self.decide(case_id)
        self.approve("cms/privacy", case_id)
        self.approve("il-hfs/origin", case_id)


def released(docket: Docket, case_id: str = CASE) -> Event:
    return gateway_events.released(
        docket,
        case_id,
        manifest_sha256="11" * 32,
        data=[{"name": "data/answer.parquet.age", "sha256": "22" * 32, "size_bytes": 1000}],
        key_age_sha256="33" * 32,
        accounting_sha256="44" * 32,
        rows=4,
        table={"population": "persons", "sha256": "66" * 32},
    )
