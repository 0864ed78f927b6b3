"""The event of June 2025, replayed on invented people: a whole road through the house, with every result computed.

The demo plays all parts on one machine, its two witnesses as processes of their own. The clock of all is the replay's:
the steps are spread over the two days that end now, as people would take them, and the log of the demo's home and its
cosignatures carry those times. No real person is in the data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from modicum.custody.catalogue import load_dataset
from modicum.custody.engine import Engine
from modicum.gateway import case as cases
from modicum.gateway import datasets, logbook
from modicum.gateway.case_document import case_document
from modicum.gateway.deciding import Decided, decide_request
from modicum.gateway.home import Home
from modicum.gateway.lookback import Statement, account_of
from modicum.gateway.opening import Opened, open_release
from modicum.gateway.outside import check_new_home
from modicum.gateway.progress import Report, silent
from modicum.gateway.proposing import Reader, proposed
from modicum.gateway.release import Refused, Released, release_case
from modicum.gateway.replay_requests import DATASET, june, narrow, whole
from modicum.gateway.replay_stage import Stage, staged
from modicum.gateway.request_file import parse_request
from modicum.model.errors import InternalError
from modicum.model.request import Request
from modicum.seal.age import new_recipient
from modicum.storage import Folder
from modicum_verify.verdict import Brought, Verification, verify_anything

DAYS: Final = (date(2025, 6, 10), date(2025, 8, 13), date(2026, 1, 7))
SEED: Final = 20250610

# Minutes after the filing at which the replay lets each step happen.
FILED, OBJECTED, DIRECTED, TRIED, ASKED, APPROVED, AGREED, RELEASED = 0, 9, 12, 54, 75, 130, 1600, 1605


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All that the replay computed; `minutes` of each step count from the filing of the June request."""

    home: Home
    folder: Path
    people: int
    june: Request
    days: tuple[Decided, ...]
    june_case: Mapping[str, Any]
    refused: Refused
    ladder: Decided
    narrow: Request
    narrow_case: Mapping[str, Any]
    released: Released
    opened: Opened
    answer: Mapping[str, Any]
    verified: Verification
    log: logbook.Checked
    person: str
    account: Statement

    @property
    def cosigned_by(self) -> list[Mapping[str, str]]:
        """The witnesses that cosigned the release, as its package shows them to a verifier."""
        return list(self.verified.as_document()["cosigned_by"])


def replay(folder: Path, *, people: int, now: datetime, report: Report = silent) -> Replay:
    """Play the event in a new folder; the witnesses end with it, whatever happens.

    Takes some ten seconds for 20,000 people on two cores.
    Raises ConflictError: the folder is there and not empty. LogUnavailableError: no witness could be started.
    """
    check_new_home(folder)
    report("making a home, and two witnesses", 0.02)
    with staged(folder, now=now) as stage:
        return _play(stage, people=people, report=report)


def _play(stage: Stage, *, people: int, report: Report) -> Replay:
    folder, home = stage.folder, stage.home
    _register(home, folder, people=people, report=report)
    agency, inspector = (new_recipient(Folder(folder / "keys"), name) for name in ("dhs", "hhs-oig"))
    asked, question = parse_request(june(agency)), parse_request(narrow(inspector))
    for name, request in (("june-2025", asked), ("narrow-question", question)):
        text = json.dumps(request.as_document(), indent=2, ensure_ascii=False)
        Folder(folder / "requests").write_new(f"{name}.json", text.encode())

    report("asking the law on three dates", 0.45)
    docket = home.journal.docket()
    days = tuple(decide_request(home, asked, docket=docket, as_of=day) for day in DAYS)
    june_case, refused = _june(stage, asked)
    report("the narrow question", 0.65)
    stage.at(ASKED)
    offered = decide_request(home, parse_request(whole(inspector)), docket=home.journal.docket())
    ladder = replace(offered, ladder=proposed(home, offered, Reader.REVIEWER))
    narrow_case, released = _narrow(stage, question)
    report("opening, verifying, accounting", 0.85)
    trust = home.root / "trust.json"
    identity = folder / "keys" / "hhs-oig.key"
    opened = open_release(released.out, identity=identity, out=folder / "opened", trust_file=trust)
    person = _somebody(home)
    return Replay(
        home=home,
        folder=folder,
        people=people,
        june=asked,
        days=days,
        june_case=case_document(home, june_case),
        refused=refused,
        ladder=ladder,
        narrow=question,
        narrow_case=case_document(home, narrow_case),
        released=released,
        opened=opened,
        answer=json.loads((folder / "opened" / "answer.json").read_bytes()),
        verified=verify_anything(released.out, brought=Brought(trust_file=trust)),
        log=logbook.fsck(home.root),
        person=person,
        account=account_of(home, person),
    )


def _register(home: Home, folder: Path, *, people: int, report: Report) -> None:
    report(f"inventing {people:,} people", 0.1)
    datasets.make_population(folder / "population", people=people, seed=SEED)
    report("registering their records", 0.25)
    datasets.add(home, DATASET, [folder / "population"], dictionary=folder / "population" / "dictionary.toml")


def _june(stage: Stage, request: Request) -> tuple[str, Refused]:
    home = stage.home
    stage.at(FILED)
    case = cases.file_case(home, request, key=stage.key("dhs/adviser"))
    stage.at(OBJECTED)
    cases.object_to(
        home,
        case,
        key=stage.key("cms/privacy-officer"),
        grounds="42 U.S.C. 1396a(a)(7); 5 U.S.C. 552a(b)",
        text="These records were given to run the health programme. This use is another one, and it names everybody.",
    )
    stage.at(DIRECTED)
    cases.direct(
        home,
        case,
        key=stage.key("cms/official"),
        text="Send the data set to DHS today.",
        deadline="54 minutes after the request",
    )
    stage.at(TRIED)
    outcome = release_case(home, case, out=stage.folder / "june-2025.modicum")
    if not isinstance(outcome, Refused):
        raise InternalError(cause="the replay released what the law forbids", cure="report this at once")
    return case, outcome


def _narrow(stage: Stage, request: Request) -> tuple[str, Released]:
    home = stage.home
    case = cases.file_case(home, request, key=stage.key("hhs-oig/analyst"))
    stage.at(APPROVED)
    cases.approve(home, case, key=stage.key("cms/privacy-officer"), text="Totals only; it is enough.")
    stage.at(AGREED)
    cases.approve(home, case, key=stage.key("ca-dhcs/data-officer"), text="No person can be seen in it.")
    stage.at(RELEASED)
    outcome = release_case(home, case, out=stage.folder / "narrow-question.modicum")
    if isinstance(outcome, Refused):
        raise InternalError(
            cause="the replay's narrow question was refused", cure="report this with the pack's version"
        )
    return case, outcome


def _somebody(home: Home) -> str:
    """The key of one invented person."""
    dataset = load_dataset(home.folder, DATASET)
    with Engine.open(home.folder, dataset) as engine:
        persons = engine.persons()
        return str(engine.arrow(persons.filter(persons.ordinal == 0).select("person_key")).column(0)[0].as_py())
