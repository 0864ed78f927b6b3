"""A home under the second pack, from founding to a verified package: nothing in the gateway knows Medicaid."""

import io
import json
import shutil
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ehds_world import ANSWER, EXAMPLES, PERMIT, asked

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.case_document import case_document
from modicum.gateway.founding import create_home
from modicum.gateway.home import OWN_PACK, Home
from modicum.gateway.keys import person_key
from modicum.gateway.lookback import account_of
from modicum.gateway.opening import open_release
from modicum.gateway.release import Refused, Released, release_case
from modicum.gateway.request_file import parse_request
from modicum.law.packs import SHIPPED
from modicum.model.errors import EvidenceError, InvalidInputError
from modicum.seal.age import new_recipient
from modicum.storage import Folder
from modicum_verify.verdict import Brought, verify_anything

PEOPLE = 60
WHO = {  # who attests what, by the roles that the pack names
    "access-body/director": {"data-permit-issued", "health-data-request-approved"},
    "access-body/privacy-officer": {
        "anonymised-data-do-not-suffice", "columns-necessary", "persons-named-in-permit", "safeguards-article-89",
        "secure-environment",
    },
    "access-body/counsel": {"ethics-respected"},
}  # fmt: skip


class Clock:
    """A clock that a test sets; each look at it takes a second."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class World:
    """A home of the access body with the registry in it."""

    def __init__(self, folder: Path, *, start: datetime, pack: str = "eu_ehds") -> None:
        self.folder, self.clock = folder, Clock(start)
        self.home = create_home(folder / "home", roster="ehds", pack_name=pack, clock=self.clock)
        registry, dictionary = EXAMPLES / "registry.csv", EXAMPLES / "dictionary.toml"
        datasets.add(self.home, "registry", [registry], dictionary=dictionary)
        datasets.confirm(self.home, "registry")
        self.age_key = new_recipient(Folder(folder / "keys"), "scientist")

    def key(self, who: str) -> Any:
        return person_key(self.home.folder, who)

    def file(self, **changes: Any) -> str:
        return cases.file_case(
            self.home, parse_request(asked(self.age_key, **changes)), key=self.key("university/scientist")
        )

    def attest(self, case: str, facts: frozenset[str]) -> None:
        for who, may in WHO.items():
            for fact in sorted(facts & may):
                cases.attest(self.home, case, key=self.key(who), fact=fact, text="seen")

    def agree(self, case: str, *people: str) -> None:
        for who in people:
            cases.approve(self.home, case, key=self.key(who))

    def release(self, case: str) -> Released | Refused:
        return release_case(self.home, case, out=self.folder / f"{case}.modicum")

    def opened(self, released: Released) -> Path:
        out = self.folder / "opened"
        identity = self.folder / "keys" / "scientist.key"
        open_release(released.out, identity=identity, out=out, trust_file=self.home.root / "trust.json")
        return out


def world(folder: Path, *, day: datetime = datetime(2029, 4, 2, 9, tzinfo=UTC), pack: str = "eu_ehds") -> World:
    return World(folder, start=day, pack=pack)


def test_pseudonymised_records_leave_under_a_permit_without_those_who_opted_out(tmp_path: Path) -> None:
    made = world(tmp_path)
    case = made.file()
    before = case_document(made.home, case)
    assert (before["verdict"], before["state"]) == ("conditional", "decided")
    assert sorted(PERMIT) in before["missing"]
    made.attest(case, PERMIT)
    made.agree(case, "access-body/privacy-officer", "access-body/counsel", "university-hospital/data-officer")
    released = made.release(case)
    assert isinstance(released, Released)
    verify_anything(released.out, brought=Brought(trust_file=made.home.root / "trust.json"))
    out = made.opened(released)
    rows = pq.read_table(io.BytesIO((out / "registry.parquet").read_bytes()))
    # Every fourth has opted out; names are dropped, the number is a pseudonym, genes wait until 2031.
    assert rows.num_rows == PEOPLE * 3 // 4
    assert set(rows.column_names) == {"person_pseudonym", "patient", "born", "region", "diagnosis"}
    text = str(rows.to_pydict())
    assert "Surname" not in text
    assert "NL0" not in text
    assert all(len(str(year)) == 4 for year in rows.column("born").to_pylist())
    assert len(account_of(made.home, "NL000000").document["releases"]) == 1
    assert account_of(made.home, "NL000003").document["releases"] == []


def test_statistics_leave_in_answer_to_a_request(tmp_path: Path) -> None:
    made = world(tmp_path)
    question = {"text": "How many, by region?", "asks": {"kind": "statistics", "by": ["registry.region"]}}
    case = made.file(question=question, columns=["registry.region"], form="statistics")
    made.attest(case, ANSWER)
    made.agree(case, "access-body/privacy-officer", "university-hospital/data-officer")
    released = made.release(case)
    assert isinstance(released, Released)
    answer = json.loads((made.opened(released) / "answer.json").read_bytes())
    # 30 a region, without the 15 of one region who opted out.
    counted = {row["group"]["registry.region"]: row["persons"] for row in answer["rows"]}
    assert counted == {"region-0": 30, "region-1": 15}
    assert answer["excluded_strata"] == [{"member_state": "NL", "opt_out": "yes"}]
    assert {rule["id"] for rule in answer["rules"]} == {"EHDS-053-1E", "EHDS-069"}


def test_a_year_too_early_nothing_leaves_whoever_agrees(tmp_path: Path) -> None:
    made = world(tmp_path, day=datetime(2028, 4, 2, 9, tzinfo=UTC))
    case = made.file()
    made.attest(case, PERMIT)
    assert case_document(made.home, case)["verdict"] == "forbidden"
    refused = made.release(case)
    assert isinstance(refused, Refused)
    assert "EHDS-105-SECONDARY-USE" in {each.id for each in refused.because}


def test_nobody_is_chosen_by_a_number_of_this_pack(tmp_path: Path) -> None:
    made = world(tmp_path)
    where = [{"column": "registry.patient", "op": "=", "values": ["NL000001"]}]
    with pytest.raises(InvalidInputError, match="chooses people one by one") as told:
        made.file(population={"dataset": "registry", "where": where})
    assert "NL000001" not in str(told.value)


def test_only_the_role_that_the_pack_names_attests(tmp_path: Path) -> None:
    made = world(tmp_path)
    case = made.file()
    with pytest.raises(Exception, match="data-permit-issued"):
        cases.attest(made.home, case, key=made.key("access-body/steward"), fact="data-permit-issued", text="mine")
    assert case_document(made.home, case)["facts"] == {}


def test_an_objection_is_about_people_of_this_pack(tmp_path: Path) -> None:
    made = world(tmp_path)
    case = made.file()
    holder = made.key("university-hospital/data-officer")
    with pytest.raises(InvalidInputError, match="origin_state"):
        cases.object_to(made.home, case, key=holder, grounds="g", text="t", strata={"origin_state": "CA"})
    with pytest.raises(InvalidInputError, match="XX"):
        cases.object_to(made.home, case, key=holder, grounds="g", text="t", strata={"member_state": "XX"})
    cases.object_to(made.home, case, key=holder, grounds="Art. 71", text="t", strata={"opt_out": "yes"})
    assert len(case_document(made.home, case)["objections"]) == 1


def test_a_folder_with_a_pack_is_copied_into_the_home(tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(SHIPPED / "eu_ehds", own)
    (own / "pack.toml").write_text((own / "pack.toml").read_text().replace('"eu_ehds"', '"our_own"'))
    made = world(tmp_path / "a", pack=str(own))
    assert made.home.pack_name == OWN_PACK
    shutil.rmtree(own)  # the home needs nothing but itself
    moved = (tmp_path / "a" / "home").rename(tmp_path / "moved")
    home = Home.open(moved, clock=made.clock)
    assert home.pack().ref.name == "our_own"
    # And what somebody changes in the copy is found by its digest.
    house = moved / "pack" / "custodian" / "house-rules.cedar"
    house.write_text(house.read_text() + "// a word\n")
    with pytest.raises(EvidenceError, match="is not here"):
        cases.file_case(home, parse_request(asked(made.age_key)), key=person_key(home.folder, "university/scientist"))


@pytest.mark.parametrize(("roster", "pack"), [("cms", "eu_ehds"), ("ehds", "us_medicaid")])
def test_a_roster_of_another_pack_founds_no_home(tmp_path: Path, roster: str, pack: str) -> None:
    with pytest.raises(InvalidInputError, match="knows no kind of organisation"):
        create_home(tmp_path / "home", roster=roster, pack_name=pack, clock=Clock(datetime(2029, 4, 2, tzinfo=UTC)))
    assert not (tmp_path / "home").exists()


def test_nobody_of_an_unknown_kind_is_enrolled(tmp_path: Path) -> None:
    made = world(tmp_path)
    document = {
        "organisation": {"id": "agency", "kind": "dhs", "name": "An agency"},
        "person": {"organisation": "agency", "person": "a", "roles": ["requester"]},
    }
    sponsors = [made.key(each) for each in ("access-body/privacy-officer", "university-hospital/data-officer")]
    with pytest.raises(InvalidInputError, match="knows no kind of organisation dhs"):
        cases.enrol(made.home, document, signers=sponsors, member_key=sponsors[0])


def test_a_row_attribute_is_proposed_from_a_column_of_its_name_alone(tmp_path: Path) -> None:
    made = world(tmp_path)
    file = tmp_path / "people.csv"
    file.write_text("PATIENT,Opt-Out,COUNTRY,MEMBER_STATE\n1,yes,NL,Holland\n2,no,NL,Holland\n", encoding="utf-8")
    proposed = tomllib.loads(datasets.propose_dictionary(made.home, str(file)))
    # The column of the country has another name, and that of the right name holds no word of the domain.
    assert set(proposed["strata"]) == {"opt_out"}
    assert proposed["strata"]["opt_out"]["column"] == "Opt-Out"
    assert proposed["strata"]["opt_out"]["values"] == {"no": "no", "yes": "yes", "after_the_permit": "after_the_permit"}
    assert proposed["strata"]["opt_out"]["otherwise"] == "unknown"
    assert proposed["dataset"]["confirmed"] is False
