"""The same inputs give the same bytes: in this process, in others, under other locales, time zones and folders."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from attack_world import EXAMPLES, file
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from impact_world import BEFORE, World, attest, played

from modicum.docket.signing import LoadedKey
from modicum.gateway import case as cases
from modicum.gateway import datasets
from modicum.gateway import stored as stored_decisions
from modicum.gateway.doctor import examine
from modicum.gateway.keys import person_key
from modicum.gateway.stored import decision_of, read_decision, replay_decisions
from modicum.law.editing import replaced
from modicum.model.errors import EvidenceError
from modicum_verify.canonical import canonical

EXAMPLE_NAMES = ("narrow-question", "oversight-records", "research")
ENVIRONMENTS = {
    "as it is": {},
    "another hash seed": {"PYTHONHASHSEED": "1"},
    "a third hash seed": {"PYTHONHASHSEED": "4294967295"},
    "plain C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "German": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
    "Kiritimati": {"TZ": "Pacific/Kiritimati"},
    "Los Angeles": {"TZ": "America/Los_Angeles", "PYTHONOPTIMIZE": "2"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The home of the impact tests, with more cases in it: over a hundred decisions, on fifteen days."""
    mine = played().copy(tmp_path_factory.mktemp("replay"))
    home = mine.home()
    filed = [file(home, mine.folder, name, title=f"{name} {n}") for n in range(2) for name in EXAMPLE_NAMES]
    stranger = [{"organisation": "other-lab", "person": "reader", "age_key": ""}]
    filed.append(file(home, mine.folder, "narrow-question", recipients=stranger, title="to somebody not yet enrolled"))
    for case in filed:
        while missing := home.journal.docket().cases[case].decision.missing:
            attest(home, case, missing[0][0])
    for number in range(12):
        mine.clock.on(date(2025, 8, 15) + timedelta(days=11 * number))
        home = mine.home()
        for case in filed:
            cases.decide_case(home, case)
        if number == 5:  # what the law knows of organisations, and the catalogue, change on the way
            enrol_another(mine)
            edit_the_dictionary(mine)
    return mine


def edit_the_dictionary(mine: World) -> None:
    path = mine.root / "data" / "medicaid" / "dictionary.toml"
    text = path.read_text()
    assert 'data_class = "language"' in text
    path.write_text(text.replace('data_class = "language"', 'data_class = "race_ethnicity"', 1))
    datasets.confirm(mine.home(), "medicaid")


def enrol_another(mine: World) -> None:
    """From here on the law knows what kind of organisation a recipient is, whom it took for a stranger before."""
    home = mine.home()
    member = {
        "organisation": {"id": "other-lab", "kind": "hhs_oig", "name": "A laboratory"},
        "person": {"organisation": "other-lab", "person": "reader", "roles": ["requester"]},
    }
    signers = [person_key(home.folder, each) for each in ("cms/privacy-officer", "ca-dhcs/data-officer")]
    cases.enrol(home, member, signers=signers, member_key=LoadedKey(Ed25519PrivateKey.generate()))


def named(mine: World) -> list[str]:
    return [str(e.content["decision_sha256"]) for e in mine.home().journal.entries() if e.kind == "decided"]


def test_a_hundred_stored_decisions_come_out_the_same_to_the_byte(world: World) -> None:
    replayed = replay_decisions(world.home())
    assert replayed.decisions == len(named(world)) >= 100
    assert replayed.differing == ()
    assert len(set(named(world))) >= 75


def test_the_catalogue_and_the_roster_did_change_between_decisions(world: World) -> None:
    """The control: a replay that took them as they are now would not do."""
    home = world.home()
    documents = [read_decision(home, each) for each in named(world)]
    assert len({each["catalogue_sha256"] for each in documents}) == 2
    asked = [case.request_sha256 for case in home.journal.docket().cases.values() if "not yet" in case.request["title"]]
    refused = [
        any(rule["id"] == "NOT-ENROLLED" for cell in each["classes"] for rule in cell["because"])
        for each in documents
        if each["request_sha256"] in asked
    ]
    assert refused[0]
    assert not refused[-1]


def test_a_stored_decision_is_the_value_that_it_was(world: World) -> None:
    for sha256 in set(named(world)):
        document = read_decision(world.home(), sha256)
        assert canonical(decision_of(document).as_document()) == canonical(document)
        assert decision_of(document).sha256 == sha256


def test_the_doctor_says_how_many_were_replayed(world: World) -> None:
    finding = next(each for each in examine(world.root) if each.check == "stored decisions")
    assert finding.good, finding
    assert finding.detail == f"{len(named(world))} replayed, {len(named(world))} equal to the byte"


def test_a_law_that_says_something_else_now_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same digest of the pack, another rule in it."""
    honest = world.home().pack()
    changed = replace(replaced(honest, "HIP-006", None), ref=honest.ref)
    monkeypatch.setattr(stored_decisions.Home, "pack", lambda _: changed)
    monkeypatch.setattr(stored_decisions.Home, "pack_of", lambda *_: changed)
    replayed = replay_decisions(world.home())
    assert replayed.differing
    assert len(replayed.differing) < replayed.decisions
    finding = next(each for each in examine(world.root) if each.check == "stored decisions")
    assert not finding.good
    assert finding.exit == "VERIFICATION_FAILED"


def gone(path: Path) -> None:
    path.unlink()


def of_another_day(path: Path) -> None:
    document = json.loads(path.read_bytes())
    path.write_bytes(canonical(document | {"as_of": BEFORE.isoformat()}))


@pytest.mark.parametrize("spoil", [gone, of_another_day])
def test_a_stored_decision_that_is_gone_or_altered_is_broken_evidence(
    spoil: Callable[[Path], None], world: World, tmp_path: Path
) -> None:
    mine = world.copy(tmp_path)
    spoil(mine.root / "decisions" / f"{named(mine)[-1]}.json")
    with pytest.raises(EvidenceError, match=named(mine)[-1]):
        replay_decisions(mine.home())


def said_in(environment: dict[str, str], folder: Path, *words: str | Path) -> bytes:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON", "TZ"))}
    program = "import sys\nfrom modicum.__main__ import main\nmain(sys.argv[1:])\n"
    ran = subprocess.run(
        [sys.executable, "-c", program, *[str(word) for word in words]],
        env=kept | environment,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert ran.returncode in {0, 3, 4}, ran.stderr
    return ran.stdout


def test_the_decision_is_the_same_bytes_wherever_the_command_runs(world: World, tmp_path: Path) -> None:
    """Hash seeds, locales (also Turkish, where I and i differ), time zones fourteen hours ahead, other folders."""
    words = ("decide", EXAMPLES / "research.toml", "--as-of", "2026-01-07", "--home", world.root, "--json")
    found = {}
    for name, environment in ENVIRONMENTS.items():
        folder = tmp_path / name
        folder.mkdir()
        found[name] = said_in(environment, folder, *words)
    assert len(set(found.values())) == 1, {name: hash(each) for name, each in found.items()}
    document = json.loads(found["as it is"])
    assert document["schema"] == "modicum.decision/1"
    assert document["request_sha256"]


def test_the_replay_is_whole_in_another_process_and_another_zone(world: World, tmp_path: Path) -> None:
    """The doctor of another process, on a copy elsewhere, reproduces what this one stored."""
    mine = world.copy(tmp_path / "copy")
    shutil.rmtree(mine.root / "state" / "spill", ignore_errors=True)
    out = said_in(
        ENVIRONMENTS["Kiritimati"] | ENVIRONMENTS["Turkish"], tmp_path, "doctor", "--home", mine.root, "--json"
    )
    findings = {each["check"]: each for each in json.loads(out)["findings"]}
    assert findings["stored decisions"]["good"], findings
    assert findings["stored decisions"]["detail"].startswith(f"{len(named(world))} replayed")
