"""Facts that take effect some days after their attestation: the pack says how many, the log's dates decide, in UTC."""

import re
import shutil
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import attack_world as world
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway.again import decide_again
from modicum.gateway.case_document import case_document
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.law.facts import counts_from, holding, waiting
from modicum.law.packs import SHIPPED, load_pack
from modicum.model.errors import ConflictError, InvalidInputError, OutstandingError

FACT = "minimum-necessary-reviewed"
PRESENT = ["cms/privacy-officer", "cms/counsel", "cms/official"]


def pack_that_waits(folder: Path, days: str) -> Path:
    """The shipped pack, with a wait for one fact."""
    pack = folder / "pack"
    shutil.copytree(SHIPPED / "us_medicaid", pack)
    words = pack / "vocabulary.toml"
    text = words.read_text("utf-8")
    changed = re.sub(rf'(\[facts\."?{FACT}"?\]\n)', rf"\1waits_days = {days}\n", text)
    assert changed != text
    words.write_text(changed, "utf-8")
    return pack


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


dates = st.dates(date(1990, 1, 1), date(2200, 1, 1))


@given(
    st.dictionaries(st.sampled_from("abcd"), dates),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 900)),
    dates,
)
def test_a_fact_counts_from_its_day_plus_its_wait_and_no_day_sooner(attested, waits, day) -> None:
    for fact, said in attested.items():
        days_since = (day - said).days
        assert (fact in holding(attested, waits, on=day)) == (days_since >= waits.get(fact, 0))
    assert holding(attested, waits, on=day).isdisjoint(waiting(attested, waits, on=day))
    assert holding(attested, waits, on=day) | set(waiting(attested, waits, on=day)) == set(attested)


def test_a_wait_beyond_the_calendar_never_ends() -> None:
    assert counts_from("a", date(9000, 1, 1), {"a": 4_000_000}) == date.max


@pytest.mark.parametrize("wrong", ["-1", "1.5", '"30"', "true", "100000"])
def test_a_wait_that_is_no_number_of_days_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"vocabulary\.toml(:\d+)?: facts\.{FACT}\.waits_days"):
        load_pack(pack_that_waits(tmp_path, wrong))


def test_a_pack_says_how_long_a_fact_waits(tmp_path: Path) -> None:
    assert load_pack(pack_that_waits(tmp_path, "30")).vocabulary.waits_days == {FACT: 30}
    assert load_pack("us_medicaid").vocabulary.waits_days.get(FACT, 0) == 0


def test_an_attested_fact_turns_the_case_on_the_day_that_the_wait_ends(tmp_path: Path) -> None:
    """Attested late in the evening west of Greenwich, which is the next day in UTC: that day counts."""
    clock = Clock(datetime(2026, 11, 2, 12, tzinfo=UTC))
    pack = pack_that_waits(tmp_path, "30")
    home = create_home(tmp_path / "home", roster="cms", pack_name=str(pack), clock=clock)
    datasets.make_population(tmp_path / "population", people=60, seed=7)
    datasets.add(home, "medicaid", [tmp_path / "population"], dictionary=tmp_path / "population" / "dictionary.toml")
    datasets.confirm(home, "medicaid")
    case = world.file(home, tmp_path, "oversight-records")
    clock.now = datetime(2026, 11, 2, 21, tzinfo=timezone(timedelta(hours=-5)))  # 3 November, 02:00 UTC
    attest_all(home, case)

    document = case_document(home, case)
    said = document["facts"][FACT]
    assert (said["counts_from"], said["waits"]) == ("2026-12-03", True)
    assert document["verdict"] == "conditional"
    assert all(FACT in facts for facts in document["missing"])  # it is all that is missing, and only time is
    assert not any(each["waits"] for name, each in document["facts"].items() if name != FACT)

    clock.now = datetime(2026, 12, 2, 23, 59, 59, tzinfo=UTC)
    home = Home.open(home.root, clock=clock)
    assert decide_again(home, case) is False or case_document(home, case)["verdict"] == "conditional"
    with pytest.raises(OutstandingError):
        cases.approve(home, case, key=person_key(home.folder, "cms/counsel"))

    clock.now = datetime(2026, 12, 3, 0, 0, 0, tzinfo=UTC)
    assert decide_again(home, case) is True
    document = case_document(home, case)
    assert document["verdict"] == "permitted"
    assert document["facts"][FACT]["waits"] is False
    cases.approve(home, case, key=person_key(home.folder, "cms/counsel"))
    votes = case_document(home, case)["approvals"]
    assert decide_again(home, case) is False  # asked again on a day that changes nothing, no vote falls
    assert case_document(home, case)["approvals"] == votes


def attest_all(home: Home, case: str) -> None:
    """Attest what is missing, one set of facts, each by whoever may."""
    wanted = min(case_document(home, case)["missing"], key=len)
    assert FACT in wanted
    roles = home.pack().vocabulary.facts
    for fact in wanted:
        for person in PRESENT:
            member = home.journal.docket().roster.people[person]
            if member.roles & roles[fact]:
                cases.attest(home, case, key=person_key(home.folder, person), fact=fact, text="seen")
                break
        else:
            raise AssertionError(f"nobody here may attest {fact}")
    with pytest.raises(ConflictError):
        cases.attest(home, case, key=person_key(home.folder, PRESENT[0]), fact=FACT, text="again")
