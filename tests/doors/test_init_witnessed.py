"""Making a home with witnesses: what must be said, whose keys are brought, and that the home keeps none of them."""

import re
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ran, World, command
from witnessed_world import FOUNDERS, Witnessed, faults, make_witnessed

from modicum.cli.exits import Exit
from modicum.gateway.home import Home
from modicum.gateway.person_keys import key_file
from modicum_verify.trust import parse_trust


@pytest.fixture(scope="module")
def made(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    return make_witnessed(tmp_path_factory.mktemp("made"), population=template.folder / "population")


def init(made: Witnessed, home: Path, **changes: Any) -> Ran:
    """`modicum init` with everything that it needs, and changes; None leaves an option out."""
    keys = [made.key(founder) for founder in FOUNDERS]
    given = {"roster": made.folder / "roster.toml", "witnesses": made.folder / "witnesses.toml", "founder_key": keys}
    words: list[str | Path] = ["init", "--json"]
    for name, value in {**given, **changes}.items():
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                words.append(f"--{name}")
            elif each is not None:
                words += [f"--{name.replace('_', '-')}", each]
    return command(*words, home=home)


def changed(made: Witnessed, name: str, folder: Path, pattern: str, by: str) -> Path:
    text, count = re.subn(pattern, by, (made.folder / name).read_text(), count=1)
    assert count == 1
    path = folder / name
    path.write_text(text)
    return path


def test_genesis_and_trust_root_name_the_witnesses(made: Witnessed, tmp_path: Path) -> None:
    ran = init(made, tmp_path / "gate")
    assert ran.exit == 0, ran
    assert faults(ran.document, "init") == []
    trust = parse_trust((tmp_path / "gate" / "trust.json").read_bytes())
    assert trust.witnesses is not None
    assert trust.witnesses.organisations == 2
    assert [each.organisation for each in trust.witnesses.witnesses] == ["inspector", "court"]
    home = Home.open(tmp_path / "gate")
    genesis = home.journal.entries()[0]
    assert faults(dict(genesis.content or {}), "genesis") == []
    assert home.journal.docket().roster.witnesses == trust.witnesses
    assert not home.evaluation


def test_the_home_keeps_nobody_s_key(made: Witnessed, tmp_path: Path) -> None:
    assert init(made, tmp_path / "gate").exit == 0
    kept = [path.read_bytes() for path in (tmp_path / "gate").rglob("*") if path.is_file()]
    for founder in FOUNDERS:
        private = key_file(made.key(founder)).private.private_bytes_raw()
        assert not any(made.key(founder).read_bytes() in each or private in each for each in kept)
    assert {path.name for path in (tmp_path / "gate" / "keys").iterdir()} == {
        "log.key",
        "manifest.key",
        "pseudonym.key",
    }


@pytest.mark.parametrize(
    ("changes", "cause", "status"),
    [
        ({"witnesses": None, "founder_key": None}, "neither was said", Exit.USAGE),
        ({"evaluation": True}, "both were said", Exit.USAGE),
        ({"evaluation": True, "witnesses": None}, "makes the keys of its founders itself", Exit.USAGE),
        ({"founder_key": None}, "was not given", Exit.USAGE),
        ({"roster": "cms"}, "no public_key of", Exit.USAGE),
        ({"witnesses": Path("nowhere.toml")}, "there is no", Exit.NOT_FOUND),
        ({"founder_key": Path("nowhere.key")}, "no key file", Exit.NOT_FOUND),
    ],
)
def test_what_must_be_said(made: Witnessed, tmp_path: Path, changes: dict[str, Any], cause: str, status: int) -> None:
    ran = init(made, tmp_path / "gate", **changes)
    assert ran.exit == status, ran
    assert cause in ran.document["cause"]
    assert not (tmp_path / "gate").exists()


def test_the_keys_of_all_founders_and_of_nobody_else(made: Witnessed, tmp_path: Path) -> None:
    keys = [made.key(founder) for founder in FOUNDERS]
    for wrong, cause in (
        (keys[:2], "founder ca-dhcs/data-officer was not given"),
        ([*keys, made.key("dhs/adviser")], "no founder's"),
        ([*keys[:2], made.key("dhs/adviser")], "was not given"),
    ):
        ran = init(made, tmp_path / "gate", founder_key=wrong)
        assert (ran.exit, cause in ran.document["cause"]) == (Exit.USAGE, True), ran


def test_witnesses_that_are_none(made: Witnessed, tmp_path: Path) -> None:
    for pattern, by, cause in (
        ('organisation = "court"', 'organisation = "cms"', "custodian runs itself"),
        ('organisation = "court"', 'organisation = "The Court"', "1 to 32 witnesses"),
        ('organisation = "court"', 'organisation = "inspector"', "witnesses of fewer"),
    ):
        ran = init(made, tmp_path / "gate", witnesses=changed(made, "witnesses.toml", tmp_path, pattern, by))
        assert (ran.exit, cause in ran.document["cause"]) == (Exit.USAGE, True), ran
