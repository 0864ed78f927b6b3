"""Changes of the rules on real homes: files follow the log, old evidence still verifies, and nobody is taken by surprise."""

import hashlib
import json
import re
import shutil
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from cli_world import STATISTICS, World, command
from witnessed_world import Witnessed, faults, lying_clock, make_witnessed, serving

from modicum.cli.exits import Exit
from modicum.gateway import amending, witness
from modicum.gateway import home as homes
from modicum.gateway.witness import serve_witness
from modicum.law.packs import SHIPPED

WAIT = timedelta(hours=1, seconds=2)
LATE = """@id("LATE-1")
@title("No figures to the inspector")
@cite("made-up order")
@source("made up")
@verified("text-read")
@from("2020-01-01")
forbid (principal, action == Action::"disclose", resource)
when { context.form == "statistics" && context.recipient == "hhs_oig" };
"""
PROPOSER, VOTERS = "cms/privacy-officer", ("cms/counsel", "ca-dhcs/data-officer")


def pack_like(folder: Path, *, wait: str | None = None, word: str = "another", order: bool = False) -> Path:
    """The shipped pack with a word more; with one order more; with every wait as long as `wait`."""
    shutil.copytree(SHIPPED / "us_medicaid", folder)
    reviews = folder / "reviews.toml"
    text = reviews.read_text()
    if wait is not None:
        text = re.sub(r'(?m)^((?:discretionary_)?wait) = "[^"]*"', rf'\1 = "{wait}"', text)
        text = re.sub(r'(?m)^court_wait = "[^"]*"', 'court_wait = "PT1S"', text)
    reviews.write_text(f"{text}\n# {word}\n")
    if order:
        (folder / "orders" / "late.cedar").write_text(LATE)
        body = '\n[[bodies]]\nid = "late"\nfile = "orders/late.cedar"\ntitle = "A late order"\nbasis = "order"\n'
        with (folder / "pack.toml").open("a") as file:
            file.write(body)
    return folder


def agreed_change(world: World, *arguments: str | Path) -> str:
    said = world.json(*arguments, "--text", "a change", "--as", PROPOSER)
    assert not faults(said)
    for person in VOTERS:
        world.ok("docket", "approve", said["case"], "--as", person)
    return str(said["case"])


def exit_of(world: World, *arguments: str | Path) -> int:
    return world.run(*arguments).exit


@pytest.fixture
def home(template: World, tmp_path: Path) -> World:
    return template.copy_to(tmp_path)


def test_a_pack_that_is_installed_decides_from_then_on_and_old_decisions_stay(home: World) -> None:
    case, out = home.agreed(STATISTICS), home.folder / "answer.modicum"
    assert "the pack us_medicaid" in home.run("law", "install", "us_medicaid", "--text", "t", "--as", PROPOSER).err
    pack = pack_like(home.folder / "pack-2")
    change = agreed_change(home, "law", "install", pack)
    shown = home.json("docket", "show", change)
    assert not faults(shown)
    assert "in force now: us_medicaid" in home.ok("docket", "show", change).out
    for command_ in (("docket", "decide"), ("decide",), ("release", "--out", home.folder / "x")):
        refused = home.run(*command_, change)
        assert refused.exit == Exit.CONFLICT, refused
        assert "about the rules" in refused.err
    assert exit_of(home, "fact", "attest", change, "dua-in-force", "--as", PROPOSER) == Exit.CONFLICT
    assert exit_of(home, "docket", "approve", change, "--as", PROPOSER) == Exit.NOT_PERMITTED
    shutil.rmtree(pack)
    home.ok("docket", "enact", change)
    assert exit_of(home, "docket", "enact", change) == Exit.CONFLICT
    assert exit_of(home, "docket", "enact", case) == Exit.CONFLICT
    fallen = home.run("release", case, "--out", out)
    assert (fallen.exit, out.exists()) == (Exit.OUTSTANDING, False)
    assert "every vote has fallen" in fallen.err
    home.agree(case)
    home.ok("release", case, "--out", out)
    assert "2 replayed, 2 equal" in home.ok("doctor").out
    verified = home.ok("verify", home.home, "--trust", home.trust).out
    assert f"change of pack and reviews in force (case {change})" in verified


def test_a_home_without_the_pack_that_the_log_names_says_so(home: World) -> None:
    change = agreed_change(home, "law", "install", pack_like(home.folder / "pack-2"))
    kept = {path.name: path for path in (home.home / "packs").iterdir()}
    new = kept[home.json("docket", "show", change)["change"]["pack"]["sha256"]]
    aside = home.folder / "aside"
    shutil.move(new, aside)
    assert exit_of(home, "docket", "enact", change) == Exit.VERIFICATION_FAILED
    shutil.copytree(aside, new)
    home.ok("docket", "enact", change)
    (new / "pack.toml").write_text((new / "pack.toml").read_text() + "# touched\n")
    for each in (("doctor",), ("docket", "file", home.request(STATISTICS), "--as", "hhs-oig/analyst")):
        refused = home.run(*each)
        assert refused.exit == Exit.VERIFICATION_FAILED, refused
        assert "not here, though the log names it" in refused.said
    shutil.rmtree(new)
    shutil.copytree(aside, new)
    home.ok("doctor")


def test_a_proposal_that_cannot_be_is_refused_and_leaves_nothing(home: World) -> None:
    before = home.json("log", "checkpoint")["size"]
    refused = home.run("law", "install", "eu_ehds", "--text", "t", "--as", PROPOSER)
    assert refused.exit == Exit.USAGE
    assert "knows no kind of organisation" in refused.err
    pack = pack_like(home.folder / "pack-2")
    assert exit_of(home, "law", "install", pack, "--text", "t", "--as", "hhs-oig/analyst") == Exit.NOT_PERMITTED
    assert exit_of(home, "log", "appoint", home.folder / "none.toml", "--text", "t", "--as", PROPOSER) != 0
    assert home.json("log", "checkpoint")["size"] == before
    assert not (home.home / "packs").exists()


def test_an_order_recalls_what_it_would_not_let_leave(home: World) -> None:
    case, out = home.agreed(STATISTICS), home.folder / "notices"
    home.ok("release", case, "--out", home.folder / "answer.modicum")
    order = pack_like(home.folder / "order", order=True)
    asked = ("recall", "--order", order, "--text", "order of the court", "--out", out)
    assert exit_of(home, *asked, "--as", "ca-dhcs/data-officer") == Exit.NOT_PERMITTED
    assert not out.exists()
    assert exit_of(home, *asked[:3], "--text", " ", "--as", "cms/counsel") == Exit.USAGE
    assert exit_of(home, "recall", case, *asked[1:], "--as", "cms/counsel") == Exit.USAGE
    said = home.json(*asked, "--as", "cms/counsel")
    assert not faults(said)
    (one,) = said["recalled"]
    notice = out / "recall-hhs-oig-analyst.json"
    assert one["notice_sha256"] == hashlib.sha256(notice.read_bytes()).hexdigest()
    written = json.loads(notice.read_bytes())
    assert not faults(written)
    assert (written["recorded"], written["releases"][0]["case"]) == (True, case)
    letter = notice.with_suffix(".txt").read_text()
    assert "DRAFT" not in letter
    assert "entered in our log, signed" in " ".join(letter.split())
    shown = home.json("docket", "show", case)
    assert (shown["state"], shown["recall"]["entry"]) == ("recalled", one["entry"])
    again = home.json("recall", "--order", order, "--text", "again", "--as", "cms/counsel")
    assert (again["recalled"], again["recalled_before"]) == ([], [f"{case}-1"])
    assert exit_of(home, "recall", case, "--text", "again", "--as", "cms/counsel") == Exit.CONFLICT
    home.ok("verify", home.home, "--trust", home.trust)
    home.ok("doctor")


def test_one_case_is_recalled_with_the_digest_of_its_notice(home: World) -> None:
    case = home.agreed(STATISTICS)
    letter = home.folder / "letter.txt"
    letter.write_text("Give it back.\n")
    asked = ("recall", case, "--text", "sent by mistake", "--notice", letter, "--as", "cms/privacy-officer")
    assert exit_of(home, *asked) == Exit.CONFLICT
    home.ok("release", case, "--out", home.folder / "answer.modicum")
    said = home.json(*asked)
    assert said["recalled"][0]["notice_sha256"] == hashlib.sha256(b"Give it back.\n").hexdigest()
    assert "sent by mistake" in json.dumps(home.json("docket", "show", case)["recall"])


class Yesterday:
    """Stands in for `datetime` where a home, and for the clock where a witness, asks for the time; moved on by hand."""

    def __init__(self) -> None:
        self.by = timedelta(days=-1)

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self.by

    def seconds(self) -> int:
        return int(self.now(UTC).timestamp())

    def at_work(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(homes, "datetime", self)
        patch.setattr(witness, "Witness", lying_clock(self.seconds))


@pytest.fixture(scope="session")
def witnessed_yesterday(template: World, tmp_path_factory: pytest.TempPathFactory) -> Witnessed:
    """A home with witnesses, of yesterday, in which every wait is of an hour."""
    folder = tmp_path_factory.mktemp("yesterday")
    pack = pack_like(folder / "pack", wait="PT1H")
    with pytest.MonkeyPatch.context() as patch:
        Yesterday().at_work(patch)
        return make_witnessed(folder, population=template.folder / "population", pack=pack)


def crash(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_change_of_witnesses_waits_for_the_old_ones_and_survives_a_crash(
    witnessed_yesterday: Witnessed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, clock = witnessed_yesterday.copy_to(tmp_path), Yesterday()
    clock.at_work(monkeypatch)
    old_package, new_package, old_trust = (tmp_path / name for name in ("old.modicum", "new.modicum", "old-trust.json"))
    shutil.copy(home.trust, old_trust)
    made = command("log", "witness", "init", "--name", "auditor.example/w", "--state", home.state("auditor"))
    watching = ("log", "witness", "watch", home.home / "log" / "log.vkey", "--state", home.state("auditor"))
    assert command(*watching).exit == 0
    court = re.search(r'"court"\nurl = "[^"]*"\nvkey = "([^"]*)"', (home.home / "witnesses.toml").read_text())
    assert court is not None
    with home.honest(), serving(serve_witness(home.state("auditor"), listen="127.0.0.1:0")) as auditor:
        home.ok("release", home.json("docket", "list")["cases"][0]["case"], "--out", old_package)
        later = home.agreed(STATISTICS, title="The same question, later")
        listed = "organisations = 1\n"
        url = re.findall(r'url = "([^"]*)"', (home.home / "witnesses.toml").read_text())[1]
        for organisation, at, vkey in (("court", url, court[1]), ("auditor", auditor, made.out.strip())):
            listed += f'[[witness]]\norganisation = "{organisation}"\nurl = "{at}"\nvkey = "{vkey}"\n'
        (tmp_path / "new.toml").write_text(listed)
        change = agreed_change(home, "log", "appoint", tmp_path / "new.toml")
        hasty = agreed_change(home, "law", "install", pack_like(tmp_path / "hasty", wait="PT0S"))
        assert exit_of(home, "docket", "enact", hasty) == Exit.OUTSTANDING  # by the old lock, not by its own
        assert home.json("docket", "show", change)["state"] == "locked"
        early = home.run("docket", "enact", change)
        assert (early.exit, "locked until" in early.err) == (Exit.OUTSTANDING, True), early
        clock.by += WAIT
        with monkeypatch.context() as patch:
            patch.setattr(amending, "follow", crash)
            assert exit_of(home, "docket", "enact", change) == Exit.INTERRUPTED
        assert home.json("docket", "show", change)["state"] == "enacted"
        assert old_trust.read_bytes() == home.trust.read_bytes()
        home.ok("doctor")
        trust = json.loads(home.trust.read_text())
        assert not faults(trust)
        assert [len(each["witnesses"]["witnesses"]) for each in trust["former_witnesses"]] == [2]
        assert (home.home / "witnesses.toml").read_bytes() == (tmp_path / "new.toml").read_bytes()
        assert exit_of(home, "docket", "enact", change) == Exit.CONFLICT
        home.ok("release", later, "--out", new_package)
        home.ok("docket", "enact", hasty)
        slow = agreed_change(home, "law", "install", pack_like(tmp_path / "slow", wait="P7D"))
        home.ok("docket", "enact", slow)  # under the rules that wait for nothing
    for package, root, status in (
        (old_package, home.trust, 0),
        (old_package, old_trust, 0),
        (new_package, home.trust, 0),
        (new_package, old_trust, Exit.VERIFICATION_FAILED),
        (home.home, home.trust, 0),
        (home.home, old_trust, 0),
    ):
        assert exit_of(home, "verify", package, "--trust", root) == status, (package, root)
    assert "ask for the new one" in home.ok("verify", home.home, "--trust", old_trust).err
    forged = json.loads(home.trust.read_text())
    del forged["former_witnesses"]
    home.trust.write_text(json.dumps(forged))
    assert home.run("doctor").exit == Exit.VERIFICATION_FAILED
    assert exit_of(home, "verify", home.home, "--trust", home.trust) == Exit.VERIFICATION_FAILED
