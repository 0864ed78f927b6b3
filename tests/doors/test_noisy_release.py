"""Questions with noise through the command line: paid for once, answered alike, refused when nothing is left."""

import contextlib
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from modicum.cli import run
from modicum.gateway import noisy
from modicum.gateway.home import Home
from modicum.storage.folder import Folder

EXAMPLES = Path(__file__).parents[2] / "examples"


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def play(self, *words: str, home: bool = True) -> tuple[int, dict[str, Any]]:
        out = io.StringIO()
        given = [*words, *(["--home", str(self.folder / "home")] if home else []), "--json"]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            code = run(given)
        return int(code), json.loads(out.getvalue())

    def asked(self, name: str, **statistics: Any) -> str:
        """A request on the example's pattern, agreed; gives its case."""
        request = tomllib.loads((EXAMPLES / "noisy-question.toml").read_text("utf-8"))
        request |= {"title": name, "statistics": {**request["statistics"], **statistics}}
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(request), "utf-8")
        code, case = self.play("docket", "file", str(path), "--as", "hhs-oig/analyst")
        assert code == 0, case
        for person in ("cms/privacy-officer", "ca-dhcs/data-officer"):
            assert self.play("docket", "approve", case["case"], "--as", person)[0] == 0
        return str(case["case"])

    def released(self, case: str) -> dict[str, Any]:
        code, said = self.play("release", case, "--out", str(self.folder / f"{case}.modicum"))
        assert code == 0, said
        opening = ["--identity", str(EXAMPLES / "recipient.key"), "--out", str(self.folder / case)]
        self.play("open", str(self.folder / f"{case}.modicum"), *opening, home=False)
        return json.loads((self.folder / case / "answer.json").read_text("utf-8"))

    def budget(self) -> dict[str, Any]:
        return self.play("budget", "show", "--population", "persons")[1]["populations"][0]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("noisy"))
    assert (
        made.play("data", "generate", "--people", "300", "--out", str(made.folder / "population"), home=False)[0] == 0
    )
    assert made.play("init", "--evaluation", "--roster", "cms")[0] == 0
    assert made.play("data", "add", "medicaid", str(made.folder / "population"))[0] == 0
    assert made.play("data", "classify", "medicaid", "--confirm")[0] == 0
    return made


def test_the_same_question_of_the_same_data_has_one_answer_and_one_price(world: World) -> None:
    first = world.released(world.asked("first"))
    spent = world.budget()
    assert [each["entry"] for each in spent["questions"]] == [first["charged"]["entry"]]
    again = world.released(world.asked("again", epsilon=1.0, delta="0.000000001"))
    assert again["rows"] == first["rows"]
    assert (first["charged"]["again"], again["charged"]["again"]) == (False, True)
    assert world.budget()["spent"] == spent["spent"]
    other = world.released(world.asked("other", epsilon=0.5))
    assert other["rows"] != first["rows"]
    assert len(world.budget()["questions"]) == 2
    assert world.budget()["not_covered"] == []


def test_a_release_that_fails_after_it_was_paid_for_is_not_paid_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.asked("staged", epsilon=0.2)
    stage = Folder.stage

    def full(self: Folder, path: str, **more: Any) -> Any:
        if path.startswith("state/staged"):
            raise OSError(28, "no space left on device")
        return stage(self, path, **more)

    monkeypatch.setattr(Folder, "stage", full)
    assert world.play("release", case, "--out", str(world.folder / "no.modicum"))[0] != 0
    paid = len(world.budget()["questions"])
    monkeypatch.undo()
    assert world.released(case)["charged"]["again"] is True
    assert len(world.budget()["questions"]) == paid


def test_a_charge_that_a_crash_lost_stays_lost_and_the_question_is_paid_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.asked("lost", epsilon=0.3)
    before = len(world.budget()["questions"])

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(noisy, "noisy_answer", dies)
    assert world.play("release", case, "--out", str(world.folder / "none.modicum"))[0] == 130
    assert len(world.budget()["questions"]) == before + 1
    monkeypatch.undo()
    assert world.released(case)["charged"]["again"] is False
    assert len(world.budget()["questions"]) == before + 2


def test_an_answer_that_nobody_paid_for_is_not_given(world: World) -> None:
    home = Home.open(world.folder / "home")
    kept = {"format": 1, "question_sha256": "c" * 64, "rows": [], "charged": {"entry": 2}}
    noisy.keep(home, kept)
    from modicum.model.errors import EvidenceError

    with pytest.raises(EvidenceError, match="paid for"):
        noisy.find_kept(home, "c" * 64)


def test_when_too_little_is_left_nothing_leaves_and_the_exit_is_3(world: World) -> None:
    case = world.asked("dear", epsilon=9)
    before = world.budget()
    code, said = world.play("release", case, "--out", str(world.folder / "dear.modicum"))
    assert (code, said["code"]) == (3, "budget-spent")
    assert "left" in said["cause"]
    assert world.budget() == before
    _, checked = world.play("request", "check", str(world.folder / "dear.json"))
    assert any("too little" in each for each in checked["remarks"])


def test_advice_comes_before_anything_is_spent(world: World) -> None:
    world.asked("advice", epsilon=0.1, delta=0)
    _, checked = world.play("request", "check", str(world.folder / "advice.json"))
    assert "with epsilon 0.1 the count of people will be within +-61 in 95 %" in checked["remarks"]


def test_exact_tables_stand_beside_the_budget(world: World) -> None:
    request = tomllib.loads((EXAMPLES / "narrow-question.toml").read_text("utf-8"))
    path = world.folder / "exact.json"
    path.write_text(json.dumps(request), "utf-8")
    _, case = world.play("docket", "file", str(path), "--as", "hhs-oig/analyst")
    for person in ("cms/privacy-officer", "ca-dhcs/data-officer"):
        world.play("docket", "approve", case["case"], "--as", person)
    world.released(case["case"])
    assert [each["case"] for each in world.budget()["not_covered"]] == [case["case"]]
