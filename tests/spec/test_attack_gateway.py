"""Somebody holds all files of a home, its own keys included, but nobody's personal key: nothing leaves by that."""

import shutil
from pathlib import Path

import attack_world as world
import pyarrow.parquet as pq
import pytest

from modicum.docket import commands
from modicum.gateway import case as cases
from modicum.gateway.doctor import examine
from modicum.gateway.home import Home
from modicum.gateway.keys import openssh_bytes, person_key
from modicum.gateway.lookback import account_of
from modicum.gateway.release import Released, release_case
from modicum.gateway.request_file import read_request
from modicum.model.errors import EvidenceError, InvalidInputError, ModicumError, OutstandingError
from modicum_verify.ed25519 import Ed25519PrivateKey


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.make_home(tmp_path_factory.mktemp("attacked"))


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "home")
    return tmp_path / "home"


def test_a_quorum_lowered_in_a_log_written_anew_is_seen(root: Path, tmp_path: Path) -> None:
    """People sign the decision, not the event around it, which also says how many must agree."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "narrow-question")
    world.approve(home, case, "cms/counsel", "wa-hca/data-officer")
    with pytest.raises(OutstandingError):
        release_case(home, case, out=tmp_path / "out.modicum")

    def lowered(event: world.Event) -> None:
        if event["kind"] == "decided":
            event["content"]["quorum"] = {"roles": ["counsel"], "organisations": 2, "approvals": 2}

    world.rewrite(root, lowered)
    home = Home.open(root)
    with pytest.raises(EvidenceError, match="quorum"):
        release_case(home, case, out=tmp_path / "out.modicum")
    assert not (tmp_path / "out.modicum").exists()


def test_an_untouched_case_is_released(root: Path, tmp_path: Path) -> None:
    """The control: such a case, its log written anew without a change, agreed by those whom the pack names."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "narrow-question")
    world.approve(home, case, "cms/privacy-officer", "wa-hca/data-officer")
    world.rewrite(root, lambda _event: None)
    assert isinstance(release_case(Home.open(root), case, out=tmp_path / "out.modicum"), Released)


def test_a_fact_attested_by_a_role_that_the_pack_does_not_name_is_seen(root: Path, tmp_path: Path) -> None:
    """The asker's own key signs well; only the pack says that the asker may not attest."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "research")
    missing = home.journal.docket().cases[case].decision.missing[0]  # type: ignore[union-attr]
    everybody = {fact: {"requester"} for fact in missing}
    with home.journal.locked():
        for fact in missing:
            docket = home.journal.docket()
            asker = cases.signer(docket, person_key(home.folder, "state-university/scientist"))
            cases.enter(home, commands.attest(docket, case, by=asker, fact=fact, roles=everybody, text="so I say"))
        with pytest.raises(EvidenceError, match="role"):
            cases.decide_case(home, case)


@pytest.mark.parametrize("name", ["keys/manifest.key", "trust.json"])
def test_a_key_that_nobody_trusts_signs_no_manifest(root: Path, tmp_path: Path, name: str) -> None:
    """A package that its recipient's trust root refuses must not leave as delivered."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "narrow-question")
    world.approve(home, case, "cms/privacy-officer", "wa-hca/data-officer")
    path = root / name
    if name == "trust.json":
        genuine = home.trust.manifest_key
        path.write_bytes(path.read_bytes().replace(genuine.encode(), b"0" * 64))
    else:
        path.write_bytes(openssh_bytes(Ed25519PrivateKey.generate()))
    with pytest.raises(ModicumError) as caught:
        release_case(Home.open(root), case, out=tmp_path / "out.modicum")
    assert isinstance(caught.value, EvidenceError)
    assert "released" not in {each.kind for each in Home.open(root).journal.docket().cases[case].timeline}


@pytest.mark.parametrize("column", ["eligibility.SSN_NUM", "SSN_NUM", "claims.MSIS_IDENT_NUM", "ELGBL_LAST_NAME"])
@pytest.mark.parametrize("name", ["research", "oversight-records", "narrow-question"])
def test_nobody_is_chosen_by_name(root: Path, tmp_path: Path, column: str, name: str) -> None:
    """It would tell whose row a pseudonym stands for, and the log would hold the number that was asked about."""
    secret = "555-12-0001"
    home = Home.open(root)
    chosen = {"dataset": "medicaid", "where": [{"column": column, "op": "=", "values": [secret]}]}
    with pytest.raises(InvalidInputError, match="one by one") as caught:
        world.file(home, tmp_path, name, population=chosen)
    assert secret not in str(caught.value)
    assert not home.journal.docket().cases
    shared = {"dataset": "medicaid", "where": [{"column": "eligibility.SUBMTG_STATE_CD", "op": "=", "values": ["06"]}]}
    assert world.file(home, tmp_path, name, population=shared)  # the control


@pytest.mark.parametrize(
    ("column", "value"), [("eligibility.BIRTH_DT", "1980-02-03"), ("eligibility.ELGBL_ZIP_CD", "90001")]
)
@pytest.mark.parametrize("name", ["research", "narrow-question"])
def test_nobody_is_chosen_by_more_than_may_leave(
    root: Path, tmp_path: Path, column: str, value: str, name: str
) -> None:
    """A condition compares what is stored: on an exact day it would tell the day, where only the year leaves."""
    home = Home.open(root)
    chosen = {"dataset": "medicaid", "where": [{"column": column, "op": "=", "values": [value]}]}
    with pytest.raises(InvalidInputError, match="tells more than") as caught:
        world.file(home, tmp_path, name, population=chosen)
    assert value not in str(caught.value)


def test_a_field_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Python would keep the last: the purpose that people read first is not the one that is decided."""
    path = tmp_path / "twice.json"
    path.write_text('{"purpose": "immigration_enforcement.civil", "purpose": "health_oversight"}')
    with pytest.raises(InvalidInputError, match="each field once"):
        read_request(path)


def test_a_person_cannot_be_taken_out_of_the_records_behind_an_account(root: Path, tmp_path: Path) -> None:
    """Two rows of the table of persons change places: one is told of another's releases, and neither of their own."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "narrow-question")
    world.approve(home, case, "cms/privacy-officer", "wa-hca/data-officer")
    (path,) = root.glob("data/medicaid/*/persons.parquet")
    persons = pq.read_table(path)
    person = persons["person_key"][0].as_py()
    assert account_of(home, person).document["releases"] == []  # the control
    assert all(each.good for each in examine(root))
    order = [1, 0, *range(2, len(persons))]
    pq.write_table(persons.set_column(0, "person_key", persons["person_key"].take(order)), path)
    with pytest.raises(EvidenceError, match=r"persons\.parquet"):
        account_of(home, person)
    with pytest.raises(EvidenceError, match=r"persons\.parquet"):
        release_case(home, case, out=tmp_path / "out.modicum")
    assert [each.check for each in examine(root) if not each.good] == ["data sets"]


def test_the_doctor_looks_into_the_tables(root: Path) -> None:
    (path,) = root.glob("data/medicaid/*/claims.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert [each.check for each in examine(root) if not each.good] == ["data sets"]


@pytest.mark.parametrize("out", ["log/x.modicum", "outbox/2026-0001-1.modicum", "bodies/x.modicum"])
def test_a_copy_is_not_put_among_the_evidence(root: Path, tmp_path: Path, out: str) -> None:
    """A stray file in the log's folder would break it; the outbox's own name would meet itself."""
    home = Home.open(root)
    case = world.file(home, tmp_path, "narrow-question")
    world.approve(home, case, "cms/privacy-officer", "wa-hca/data-officer")
    with pytest.raises(InvalidInputError, match="lies in the home"):
        release_case(home, case, out=root / out)
    assert all(each.good for each in examine(root))
