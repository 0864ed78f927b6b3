"""Wrong input: each kind gives the documented exit code, a line of cause, a line of cure, and harms nothing."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import ASKER, CASE, JUNE, RECORDS, RESEARCH, STATISTICS, World, clock_at, command, tree
from wrong_input import EXPECTED

from modicum.cli.exits import MEANING, Exit
from modicum.storage import Folder

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "exit-codes.md"

# What Python makes of an argument with a byte that is no UTF-8.
NO_TEXT = b"a\x80b".decode("utf-8", "surrogateescape")

Arrange = Callable[[World], list[str | Path]]


def wrong(world: World, name: str, *arguments: str | Path, holds: bool = True, changes: bool = False) -> str:
    """Run what is wrong, for people and for machines; give the line of cause."""
    status, code = EXPECTED[name]
    before = tree(world.folder)
    for_people = world.run(*arguments)
    assert for_people.exit == status, for_people
    if code is not None:
        assert for_people.out == "", for_people
        lines = [line for line in for_people.err.splitlines() if not line.startswith("unreadable: ")]
        assert [line.split(": ")[0] for line in lines] == ["error", "hint"], for_people
        assert all(len(line.split(": ", 1)[1].strip()) > 3 for line in lines), for_people
    for_machines = world.run(*arguments, "--json")
    document = for_machines.document
    assert for_machines.exit == status, for_machines
    if code is not None:
        assert set(document) == {"schema", "code", "cause", "cure", "exit"}, document
        assert (document["schema"], document["code"], document["exit"]) == ("modicum.error/1", code, int(status))
    for ran in (for_people, for_machines):
        assert "Traceback" not in ran.said, ran
        assert not re.search(r"\bERR|Error\b", ran.said), ran
    if not changes:
        assert tree(world.folder) == before
    if holds:
        world.holds()
    return for_people.err


# Requests that are wrong in themselves: refused alike by `request check`, `decide`, `propose` and `docket file`.
WRONG_REQUESTS: dict[str, dict[str, object]] = {
    "unknown field in the request": {"urgency": "54 minutes"},
    "unknown column": {"columns": ["eligibility.SHOE_SIZE"]},
    "unknown purpose": {"purpose": "because"},
    "no recipient": {"recipients": []},
    "recipient without age_key": {"recipients": [{"organisation": "hhs-oig", "person": "analyst"}]},
    "age_key of another shape": {"recipients": [{"organisation": "hhs-oig", "person": "analyst", "age_key": "none"}]},
    "column named twice": {"columns": ["claims.FED_PD_AMT", "claims.FED_PD_AMT"]},
    "request to another custodian": {"custodian": "ca-dhcs"},
    "unknown data set": {"population": {"dataset": "nowhere"}},
}


@pytest.mark.parametrize("name", WRONG_REQUESTS)
def test_a_wrong_request_is_told_and_never_filed(world: World, name: str) -> None:
    path = world.request(STATISTICS, **WRONG_REQUESTS[name])
    for way in (["request", "check"], ["decide"], ["propose"]):
        assert world.run(*way, path).exit == EXPECTED[name][0]
    wrong(world, name, "docket", "file", path, "--as", ASKER[STATISTICS])
    assert world.json("docket", "list")["cases"] == []


def test_a_recipients_key_with_a_wrong_checksum_is_told_before_filing(world: World) -> None:
    key = world.recipient("hhs-oig")
    spoiled = key[:-1] + ("q" if key[-1] != "q" else "p")
    path = world.request(STATISTICS, recipients=[{"organisation": "hhs-oig", "person": "analyst", "age_key": spoiled}])
    assert world.run("request", "check", path).exit == Exit.USAGE
    said = wrong(world, "age_key with a wrong checksum", "docket", "file", path, "--as", ASKER[STATISTICS])
    assert spoiled not in said


def _file(name: str, content: bytes) -> Callable[[World], Path]:
    def made(world: World) -> Path:
        path = world.folder / name
        path.write_bytes(content)
        return path

    return made


# Everything that one command on a home with data, but no case, can get wrong.
PLAIN: dict[str, Arrange] = {
    "unknown option": lambda _: ["docket", "list", "--sort", "newest"],
    "unknown command": lambda _: ["dockets"],
    "missing argument": lambda _: ["docket", "show"],
    "init without --evaluation": lambda w: ["init", "--home", w.folder / "new"],
    "roster that is no roster": lambda w: [
        *("init", "--evaluation", "--home", w.folder / "new", "--roster", _file("roster.toml", b"x = 1")(w))
    ],
    "request file missing": lambda w: ["decide", w.folder / "none.toml"],
    "request that is neither TOML nor JSON": lambda w: ["decide", _file("request.toml", b"\xff{")(w)],
    "request that is a folder": lambda w: ["decide", w.folder],
    "--as-of that is no date": lambda w: ["decide", w.request(STATISTICS), "--as-of", "10 June 2025"],
    "who acts is not named": lambda w: ["docket", "file", w.request(STATISTICS)],
    "key file that is no key": lambda w: ["docket", "file", w.request(STATISTICS), "--key", _file("k", b"no")(w)],
    "data file missing": lambda w: ["data", "add", "other", w.folder / "none.csv"],
    "not a Parquet": lambda w: ["data", "add", "other", _file("junk.parquet", b"PAR1 but not really" * 9)(w)],
    "CSV without a person key": lambda w: ["data", "add", "other", _file("rain.csv", b"day,mm\n1,3\n2,4\n")(w)],
    "data set name that leaves the folder": lambda w: ["data", "add", "../other", w.folder / "population"],
    "dictionary with an unknown class": lambda w: [
        *("data", "add", "other", w.folder / "population"),
        *("--dictionary", _file("d.toml", _dictionary(w).replace(b'"ssn"', b'"shoe_size"'))(w)),
    ],
    "duplicate data set": lambda w: ["data", "add", "medicaid", w.folder / "population"],
    "unknown data set": lambda _: ["data", "describe", "nowhere"],
    "population over a population": lambda w: [
        "data",
        "generate",
        "--people",
        "1000",
        "--out",
        w.folder / "population",
    ],
    "forbidden": lambda w: ["decide", w.request(JUNE)],
    "expired authority": lambda w: ["propose", w.request(STATISTICS, authorities=[EXPIRED])],
    "conditions outstanding": lambda w: ["decide", w.request(RECORDS)],
    "unknown case": lambda _: ["docket", "show", "2026-0099"],
    "a person whom nobody enrolled": lambda w: ["docket", "file", w.request(STATISTICS), "--as", "hhs-oig/nobody"],
    "unknown person": lambda _: ["account", "000-00-0000"],
    "account in an unknown data set": lambda _: ["account", "000-00-0000", "--dataset", "nowhere"],
    "package missing": lambda w: ["verify", w.folder / "none.modicum"],
    "verify a folder without a log": lambda w: ["verify", w.folder / "population"],
    "no home": lambda w: ["docket", "list", "--home", w.folder / "population"],
    "init over a folder with files": lambda w: ["init", "--evaluation", "--home", w.folder / "population"],
    "log entry beyond the end": lambda _: ["log", "prove", "1000"],
}
EXPIRED = {"kind": "statute", "citation": "5 U.S.C. 401", "from": "2019-01-01", "until": "2020-12-31"}


def _dictionary(world: World) -> bytes:
    return (world.folder / "population" / "dictionary.toml").read_bytes()


@pytest.mark.parametrize("name", PLAIN)
def test_one_wrong_command(world: World, name: str) -> None:
    wrong(world, name, *PLAIN[name](world))


# What a home with two agreed cases can be asked wrongly.
AGREED: dict[str, Arrange] = {
    "unknown case": lambda w: ["release", "2026-0099", "--out", w.folder / "x.modicum"],
    "a person without the role approves": lambda _: ["docket", "approve", CASE, "--as", "dhs/adviser"],
    "the asker approves": lambda _: ["docket", "approve", CASE, "--as", "hhs-oig/analyst"],
    "a fact that the pack does not know": lambda _: [
        *("fact", "attest", CASE, "the-sky-is-green", "--as", "cms/counsel")
    ],
    "a fact attested by the wrong role": lambda _: [
        *("fact", "attest", CASE, "dua-in-force", "--as", "ca-dhcs/data-officer")
    ],
    "reject without words": lambda _: ["docket", "reject", CASE, "--as", "cms/counsel"],
    "withdraw without words": lambda _: ["docket", "withdraw", CASE, "--as", ASKER[STATISTICS]],
    "revoke without words": lambda _: ["member", "revoke", "cms/counsel", "--as", "cms/official"],
    "person whose key is not UTF-8": lambda _: ["account", NO_TEXT],
    "--out exists": lambda w: ["release", CASE, "--out", _file("x.modicum", b"mine")(w)],
    "--out in a missing folder": lambda w: ["release", CASE, "--out", w.folder / "none" / "x.modicum"],
    "--out in something that is no folder": lambda w: ["release", CASE, "--out", _file("f", b"")(w) / "x.modicum"],
}


WITH_TEXT: dict[str, list[str]] = {
    "approve": ["docket", "approve", CASE, "--as", "ca-dhcs/data-officer", "--text", NO_TEXT],
    "reject": ["docket", "reject", CASE, "--as", "ca-dhcs/data-officer", "--text", NO_TEXT],
    "object": ["docket", "object", CASE, "--as", "cms/counsel", "--text", NO_TEXT],
    "grounds": ["docket", "object", CASE, "--as", "cms/counsel", "--text", "x", "--grounds", NO_TEXT],
    "direct": ["docket", "direct", CASE, "--as", "cms/official", "--text", NO_TEXT],
    "deadline": ["docket", "direct", CASE, "--as", "cms/official", "--text", "x", "--deadline", NO_TEXT],
    "withdraw": ["docket", "withdraw", CASE, "--as", ASKER[STATISTICS], "--text", NO_TEXT],
    "notify": ["docket", "notify", CASE, "--state", "CA", "--as", "cms/privacy-officer", "--text", NO_TEXT],
    "attest": ["fact", "attest", CASE, "dua-in-force", "--as", "cms/privacy-officer", "--text", NO_TEXT],
    "revoke": [
        *("member", "revoke", "cms/steward", "--as", "cms/counsel", "--as", "ca-dhcs/data-officer"),
        *("--text", NO_TEXT),
    ],
}


@pytest.mark.parametrize("name", WITH_TEXT)
def test_a_text_that_is_not_utf8_is_told_and_never_entered(agreed: World, name: str) -> None:
    said = wrong(agreed, "text that is not UTF-8", *WITH_TEXT[name], holds=False)
    assert "is not text in UTF-8" in said


@pytest.mark.parametrize(
    "changes", [{"handling": {"retention_days": 9, "safeguards": ["\ud800"]}}, {"title": "\ud800"}]
)
def test_a_request_with_half_a_character_is_told_and_never_filed(world: World, changes: dict[str, object]) -> None:
    path = world.request(STATISTICS, **changes)
    said = wrong(world, "text that is not UTF-8", "docket", "file", path, "--as", ASKER[STATISTICS], holds=False)
    assert "is not text in UTF-8" in said


def test_data_whose_path_is_not_utf8_is_told(world: World) -> None:
    folder = world.folder / NO_TEXT
    folder.mkdir()
    (folder / "a.csv").write_text("MSIS_ID,AGE\n1,2\n")
    for way in (["data", "classify"], ["data", "add", "other"]):
        wrong(world, "path of data that is not UTF-8", *way, folder, holds=False, changes=True)


@pytest.mark.parametrize("name", AGREED)
def test_one_wrong_command_about_an_agreed_case(agreed: World, name: str) -> None:
    wrong(agreed, name, *AGREED[name](agreed))
    assert agreed.state() == "agreed"


def test_a_key_that_nobody_enrolled_signs_nothing(agreed: World) -> None:
    from modicum.gateway.keys import make_person_key

    make_person_key(Folder(agreed.folder), organisation="cms", person="counsel")
    key = agreed.folder / "keys" / "people" / "cms.counsel"
    wrong(agreed, "a key that nobody enrolled", "docket", "approve", CASE, "--key", key)


def test_the_same_request_is_filed_once(agreed: World) -> None:
    filed = agreed.folder / "requests" / f"{STATISTICS}-0.json"
    wrong(agreed, "duplicate case", "docket", "file", filed, "--as", ASKER[STATISTICS])


def test_what_is_not_agreed_is_not_released(world: World) -> None:
    case = world.file(STATISTICS)
    out = world.folder / "x.modicum"
    wrong(world, "not agreed", "release", case, "--out", out)
    world.agree(case, "cms/privacy-officer")
    wrong(world, "not agreed", "release", case, "--out", out)
    world.agree(case, "ca-dhcs/data-officer")
    world.ok("docket", "reject", case, "--text", "not yet", "--as", "cms/counsel")
    wrong(world, "not agreed", "release", case, "--out", out)
    assert not out.exists()
    assert not list(world.home.glob("outbox/*"))


def test_conditions_outstanding_keep_a_release_back(world: World) -> None:
    case = world.file(RESEARCH)
    wrong(world, "not agreed", "release", case, "--out", world.folder / "x.modicum")


def test_what_the_law_forbids_is_refused_and_the_refusal_logged(world: World) -> None:
    case, out = world.file(JUNE), world.folder / "x.modicum"
    wrong(world, "release of what the law forbids", "release", case, "--out", out, changes=True)
    assert world.kinds(case).count("refused") == 1
    assert world.state(case) == "refused"
    told = world.run("release", case, "--out", out, "--json")
    assert told.document["schema"] == "modicum.refusal/1"
    assert told.document["because"]
    assert not out.exists()


def test_an_expired_authority_is_refused_and_the_refusal_logged(world: World) -> None:
    case = world.file(STATISTICS, authorities=[EXPIRED])
    out = world.folder / "x.modicum"
    wrong(world, "release under an expired authority", "release", case, "--out", out, changes=True)
    assert world.state(case) == "refused"
    assert not out.exists()


def test_a_proposed_dictionary_releases_nothing(template: World, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.ok("init", "--evaluation")
    world.ok("data", "add", "medicaid", template.folder / "population")
    case = world.agreed(STATISTICS)
    wrong(world, "unconfirmed dictionary", "release", case, "--out", world.folder / "x.modicum")
    world.ok("data", "classify", "medicaid", "--confirm")
    assert world.run("release", case, "--out", world.folder / "x.modicum").exit in {Exit.DONE, Exit.OUTSTANDING}


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))


def test_a_package_that_was_touched_is_neither_verified_nor_opened(released: World) -> None:
    package, identity = released.folder / "answer.modicum", released.identity("hhs-oig")
    _flip(package, package.stat().st_size // 2)
    name = "package with a flipped byte"
    wrong(released, f"{name}, verified", "verify", package, "--trust", released.trust)
    opening = ["open", package, "--identity", identity, "--trust", released.trust, "--out", released.folder / "opened"]
    wrong(released, f"{name}, opened", *opening)
    assert not (released.folder / "opened").exists()


def test_only_a_recipient_opens_a_package(released: World) -> None:
    released.recipient("dhs")
    package, out = released.folder / "answer.modicum", released.folder / "opened"
    wrong(released, "identity of somebody else", "open", package, "--identity", released.identity("dhs"), "--out", out)
    noise = _file("noise", b"no identity")(released)
    wrong(released, "identity file that is none", "open", package, "--identity", noise, "--out", out)
    assert not out.exists()


def test_a_trust_root_of_another_home_vouches_for_nothing(released: World) -> None:
    other = World(released.folder / "other")
    other.ok("init", "--evaluation")
    package = released.folder / "answer.modicum"
    name = "trust root of another home"
    wrong(released, name, "verify", package, "--trust", other.trust)
    wrong(released, name, "verify", released.home, "--trust", other.trust)
    opening = ["open", package, "--identity", released.identity("hhs-oig"), "--out", released.folder / "opened"]
    wrong(released, name, *opening, "--trust", other.trust)
    noise = _file("noise", b"{}")(released)
    wrong(released, "trust root that is none", "verify", package, "--trust", noise)
    wrong(released, "trust root that is none", *opening, "--trust", noise)
    wrong(released, "checkpoint seen that is none", "verify", released.home, "--seen", noise)


def test_a_receipt_goes_where_nothing_is_and_no_home(agreed: World) -> None:
    second = agreed.json("docket", "list")["cases"][1]["case"]
    objecting = ["docket", "object", second, "--text", "no", "--as", "cms/counsel", "--receipt"]
    wrong(agreed, "receipt into the home", *objecting, agreed.home / "log" / "r")
    wrong(agreed, "receipt exists", *objecting, _file("there", b"")(agreed))
    wrong(agreed, "receipt in a missing folder", *objecting, agreed.folder / "nowhere" / "r")
    receipt = agreed.folder / "r"
    agreed.ok(*objecting, receipt)
    agreed.ok("verify", receipt, "--trust", agreed.trust)
    _flip(receipt, receipt.stat().st_size // 2)
    wrong(agreed, "proof with a flipped byte", "verify", receipt, "--trust", agreed.trust)


def test_settings_that_were_cut_open_no_home(world: World) -> None:
    settings = world.home / "modicum.toml"
    settings.write_text("\n".join(settings.read_text().splitlines()[:3]))
    wrong(world, "settings that were cut", "docket", "list", holds=False)


EVERY_COMMAND: list[Arrange] = [
    lambda _: ["docket", "list"],
    lambda _: ["docket", "show", CASE],
    lambda _: ["docket", "approve", CASE, "--as", "cms/counsel"],
    lambda w: ["docket", "file", w.request(RESEARCH), "--as", ASKER[RESEARCH]],
    lambda w: ["release", CASE, "--out", w.folder / "x.modicum"],
    lambda _: ["log", "fsck"],
    lambda _: ["account", "anybody"],
]


@pytest.mark.parametrize("file", ["log/checkpoint", "log/log.vkey", "log/tile/entries/000.p/*", "log/tile/0/000.p/*"])
def test_a_log_that_was_touched_serves_nobody(agreed: World, file: str) -> None:
    newest = max(agreed.home.glob(file), key=lambda path: (len(path.name), path.name))
    _flip(newest, newest.stat().st_size // 2)
    for arrange in EVERY_COMMAND:
        wrong(agreed, "log with a flipped byte", *arrange(agreed), holds=False, changes=True)
    assert agreed.run("verify", agreed.home, "--trust", agreed.trust).exit == Exit.VERIFICATION_FAILED
    assert agreed.run("doctor").exit == Exit.VERIFICATION_FAILED


def test_a_log_that_was_cut_serves_nobody(agreed: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = agreed.copy_to(tmp_path_factory.mktemp("before"))
    agreed.ok("docket", "direct", CASE, "--text", "today", "--as", "cms/official")
    for file in ("log/checkpoint",):
        (agreed.home / file).write_bytes((before.home / file).read_bytes())
    for arrange in EVERY_COMMAND:
        wrong(agreed, "log cut behind its copy", *arrange(agreed), holds=False, changes=True)


def test_a_body_that_was_touched_serves_nobody(agreed: World) -> None:
    entry = agreed.json("docket", "show", CASE)["timeline"][0]["entry"]
    for body in agreed.home.glob("bodies/*.json"):
        if b'"modicum.request/1"' in body.read_bytes():
            _flip(body, body.stat().st_size // 2)
    for arrange in EVERY_COMMAND:
        said = wrong(agreed, "body of an entry changed", *arrange(agreed), holds=False, changes=True)
        assert f"entry {entry}" in said or "bodies/" in said


def test_a_data_set_described_otherwise_than_the_log_says_serves_nobody(agreed: World) -> None:
    described = agreed.home / "data" / "medicaid" / "dataset.json"
    text = described.read_text()
    described.write_text(text.replace('"data_class":"ssn"', '"data_class":"sex"'))
    assert described.read_text() != text
    out = agreed.folder / "x.modicum"
    name = "description of a data set changed"
    wrong(agreed, name, "release", CASE, "--out", out)
    wrong(agreed, name, "decide", agreed.request(RESEARCH))
    wrong(agreed, name, "data", "describe", "medicaid")
    assert agreed.run("doctor").exit == Exit.VERIFICATION_FAILED
    assert not out.exists()


def test_a_decision_that_was_touched_after_it_was_agreed_releases_nothing(agreed: World) -> None:
    sha256 = agreed.json("docket", "show", CASE)["decision_sha256"]
    decision = agreed.home / "decisions" / f"{sha256}.json"
    whole = decision.read_bytes()
    decision.write_bytes(whole.replace(b'"permitted"', b'"forbidden"', 1))
    out = agreed.folder / "x.modicum"
    wrong(agreed, "decision that was agreed changed", "release", CASE, "--out", out)
    decision.unlink()
    wrong(agreed, "decision that was agreed changed", "release", CASE, "--out", out)
    decision.write_bytes(whole)
    agreed.ok("release", CASE, "--out", out)


def test_a_clock_that_was_set_back_stops_all_writing(agreed: World) -> None:
    out = agreed.folder / "x.modicum"
    filed = agreed.request(RESEARCH)
    with clock_at(datetime.now(UTC) - timedelta(hours=2)):
        for arguments in (
            ["release", CASE, "--out", out],
            ["docket", "direct", CASE, "--text", "today", "--as", "cms/official"],
            ["docket", "file", filed, "--as", ASKER[RESEARCH]],
        ):
            wrong(agreed, "clock set back", *arguments, changes=arguments[0] == "release")
        assert agreed.run("doctor").exit == Exit.LOG_UNAVAILABLE
        agreed.ok("docket", "list")
    assert not out.exists()
    assert agreed.state() == "agreed"
    agreed.ok("release", CASE, "--out", out)


def test_a_home_that_another_process_holds_is_left_alone(agreed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Folder.lock
    monkeypatch.setattr(Folder, "lock", lambda self, name, timeout_s=0.0: real(self, name, timeout_s * 0))
    with real(Folder(agreed.home), "home"):
        name = "home held by another process"
        wrong(agreed, name, "docket", "approve", CASE, "--as", "cms/counsel")
        wrong(agreed, name, "release", CASE, "--out", agreed.folder / "x.modicum")
    agreed.ok("release", CASE, "--out", agreed.folder / "x.modicum")


def test_words_of_people_cannot_write_on_the_terminal(world: World) -> None:
    """A title, a text, the name of a field: none moves the cursor, colours a line or forges one."""
    evil = "\x1b[2Jfine\r[bold]now[/bold]\u202e"
    forged = world.request(STATISTICS, title="harmless\nstate agreed; permitted")
    assert world.run("docket", "file", forged, "--as", ASKER[STATISTICS]).exit == Exit.USAGE
    assert (
        world.run("docket", "file", world.request(STATISTICS, title=evil), "--as", ASKER[STATISTICS]).exit == Exit.USAGE
    )
    path = world.request(STATISTICS, **{f"{evil}\nhint: all is well": 1})
    for_people = world.run("docket", "file", path, "--as", ASKER[STATISTICS])
    assert [line.split(":")[0] for line in for_people.err.splitlines()] == ["error", "hint"]
    case = world.file(STATISTICS, title="[red]totals[/red] by state")
    said = world.run("docket", "reject", case, "--text", evil, "--as", "cms/counsel")
    listed, shown = world.ok("docket", "list"), world.ok("propose", world.request(STATISTICS, title="[red]a[/red]"))
    assert "[red]totals[/red] by state" in listed.out
    assert "[red]a[/red]" in shown.out
    for ran in (for_people, said, listed, shown, world.ok("docket", "show", case)):
        assert not {"\x1b", "\r", "\u202e"} & set(ran.said), ran


def test_every_command_says_what_it_is_for_and_gives_an_example() -> None:
    for arguments in (["--help"], ["release", "--help"], ["docket", "approve", "--help"]):
        ran = command(*arguments)
        assert ran.exit == Exit.DONE
        assert "modicum" in ran.out


def test_every_exit_code_is_documented_and_met_here() -> None:
    assert set(MEANING) == set(Exit)
    met = {status for status, _ in EXPECTED.values()}
    assert met == set(Exit) - {Exit.DONE, Exit.OUR_FAULT}


def test_the_reference_page_tells_each_exit_code_as_it_is() -> None:
    rows = re.findall(r"^\|\s*(\d+)\s*\|\s*`(\w+)`\s*\|\s*(.+?)\s*\|$", REFERENCE.read_text(), flags=re.MULTILINE)
    assert {(int(number), name, meaning) for number, name, meaning in rows} == {
        (int(each), each.name, MEANING[each]) for each in Exit
    }
