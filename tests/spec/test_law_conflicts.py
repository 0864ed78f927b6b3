"""A statute against policies of the custodian: the conflict is shown to counsel, and the denial stands."""

import shutil
from datetime import date
from pathlib import Path

import law_world as world
import pytest

from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import load_pack
from modicum.model.decision import Basis, Cell, Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form

CONTEST = """
@id("TEST-CONTEST")
@title("No policy restricts the exchange of status")
@cite("made up")
@source("made up")
@verified("text-read")
@from("2000-01-01")
permit (principal, action == Action::"contests", resource)
when { context.recipient == "ice" && ["ssn", "claims"].contains(context.data_class) };
"""


def pack_with(tmp_path: Path, file: str, text: str) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(world.PACK.root, folder)
    with (folder / file).open("a") as handle:
        handle.write(text)
    return folder


def judged(
    folder: Path, *, audience: tuple[str, ...], data_class: str, purpose: str = "immigration_enforcement.civil"
) -> Cell:
    given = Circumstances(
        action="disclose", discloser="cms", audience=audience, purpose=purpose, named_persons=False,
        as_of=date(2025, 6, 10), facts=frozenset({"agreement-in-force"}),
    )  # fmt: skip
    return Judge(load_pack(folder), given).cell(Form.IDENTIFIED, data_class, world.stratum())


def test_a_conflict_is_shown_and_changes_no_verdict(tmp_path: Path) -> None:
    folder = pack_with(tmp_path, "statutes/hipaa.cedar", CONTEST)
    cell = judged(folder, audience=("ice",), data_class="ssn")
    assert cell.verdict is Verdict.FORBIDDEN
    assert {(each.statute.id, each.policy.id) for each in cell.conflicts} == {("TEST-CONTEST", "HOUSE-003")}
    assert all(each.policy.basis is Basis.CUSTODIAN_POLICY for each in cell.conflicts)
    assert cell.as_document()["conflicts"][0]["statute"]["cite"] == "made up"


@pytest.mark.parametrize(("audience", "data_class"), [(("ice",), "name"), (("dhs",), "ssn")])
def test_a_statute_contests_only_where_it_speaks(tmp_path: Path, audience: tuple[str, ...], data_class: str) -> None:
    folder = pack_with(tmp_path, "statutes/hipaa.cedar", CONTEST)
    cell = judged(folder, audience=audience, data_class=data_class)
    assert "HOUSE-003" in {each.id for each in cell.because}
    assert cell.conflicts == ()


def test_only_law_can_contest_a_policy(tmp_path: Path) -> None:
    folder = pack_with(tmp_path, "custodian/house-rules.cedar", CONTEST)
    with pytest.raises(InvalidInputError, match="only a body of law can contest"):
        load_pack(folder)


GROUNDLESS = """
@id("TEST-GROUND")
@title("Binds only where the recipient is a court")
@cite("made up")
@source("made up")
@verified("text-read")
@from("2000-01-01")
permit (principal, action == Action::"applies", resource)
when { context.recipient == "court" };

@id("TEST-PERMIT")
@title("Permits")
@cite("made up")
@source("made up")
@verified("text-read")
@from("2000-01-01")
permit (principal, action == Action::"disclose", resource);
"""


def test_nobody_rides_on_the_ground_of_another_recipient(tmp_path: Path) -> None:
    """A researcher whom no body of law reaches stays refused, also beside a court that one reaches."""
    folder = tmp_path / "pack"
    shutil.copytree(world.PACK.root, folder)
    head = (folder / "pack.toml").read_text()
    marks = ("[[bodies]]", "# ---- what is cited", "# ---- rules that stand elsewhere")
    start, end, last = (head.index(mark) for mark in marks)
    body = (
        '[[bodies]]\nid = "made-up"\nfile = "statutes/made-up.cedar"\ntitle = "Made up"\nbasis = "law"\n'
        '[bodies.default]\nid = "MADE-UP-DEFAULT"\ncite = "made up"\ntitle = "No"\nverified = "text-read"\n\n'
    )
    (folder / "pack.toml").write_text(head[:start] + body + head[end:last])
    for path in folder.rglob("*.cedar"):
        path.unlink()
    (folder / "statutes" / "made-up.cedar").write_text(GROUNDLESS)
    alone = judged(folder, audience=("court",), data_class="claims", purpose="research")
    other = judged(folder, audience=("researcher",), data_class="claims", purpose="research")
    both = judged(folder, audience=("court", "researcher"), data_class="claims", purpose="research")
    assert [alone.verdict, other.verdict, both.verdict] == [Verdict.PERMITTED, Verdict.FORBIDDEN, Verdict.FORBIDDEN]
    assert [each.id for each in both.because] == ["NO-BODY"]
