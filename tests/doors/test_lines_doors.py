"""Named persons at the doors: line by line, exit by exit; what is held, who lifts it; no name anywhere."""

import json

import pytest
from cli_world import ASKER, CASE, RECORDS, World
from lines_world import ASKED, ORDER, asking, file_list, line, plain, salted, secrets_of, write_csv

LIFT = ("bulk-hold-reviewed", "bulk-hold-agreed")


def test_each_line_is_told_by_number_field_and_clause(world: World) -> None:
    people = plain(world, 3)
    rows = [line(people[0]), line(people[1], 2, instrument_number=""), line(people[2], 3, instrument_names="John Doe")]
    out, digest = salted(world, rows)
    request = asking(world, digest)
    report = world.json("request", "check", request, "--lines", out)["lines"]
    assert (report["total"], report["sufficient"], report["refused"], report["holds"]) == (3, 1, 2, [])
    told = {each["line"]: [(f["field"], f["because"]["id"]) for f in each["faults"]] for each in report["lines"]}
    assert told == {
        1: [],
        2: [("instrument_number", "LINE-ORDER-NUMBER")],
        3: [("instrument_names", "LINE-ORDER-NAMES")],
    }
    plainly = world.ok("request", "check", request, "--lines", out).out
    assert "lines: 3, sufficient 1, refused 2" in plainly
    assert "45 CFR 164.512(e)(1)(i)" in plainly


def test_the_sufficient_lines_go_on_and_the_log_holds_counts_alone(world: World) -> None:
    people = plain(world, 3)
    ran = file_list(world, [line(people[0]), line(people[1], 2), line(people[2], 3, issued_by="")])
    assert ran.exit == 0, ran
    lines = ran.document["lines"]
    assert (lines["total"], lines["sufficient"], lines["refused"], lines["held"]) == (3, 2, 1, False)
    assert world.kinds() == ["filed", "lines", "decided", "notified"]
    assert world.json("docket", "show", CASE)["verdict"] == "conditional"
    entry = world.json("log", "prove", "4")
    assert entry["schema"]
    world.holds()
    assert "1 sealed" in world.ok("doctor").out


def test_without_one_sufficient_line_the_case_is_refused_by_the_clauses(world: World) -> None:
    people = plain(world, 2)
    rows = [line(people[0], issued_by=""), line(people[1], 2, instrument_number="")]
    ran = file_list(world, rows)
    assert ran.exit == 3
    document = ran.document
    assert (document["state"], document["verdict"]) == ("refused", "forbidden")
    assert {each["id"] for each in document["because"]} == {"LINE-ORDER-COURT", "LINE-ORDER-NUMBER"}
    assert world.kinds() == ["filed", "lines", "decided", "notified", "refused"]
    released = world.run("release", CASE, "--out", world.folder / "answer.modicum", "--json")
    assert released.exit == 3
    assert {each["id"] for each in released.document["because"]} == {"LINE-ORDER-COURT", "LINE-ORDER-NUMBER"}
    world.holds()
    assert "1 replayed, 1 equal to the byte" in world.ok("doctor").out


def test_a_list_without_a_sufficient_line_is_not_decided_as_one_about_everybody(world: World) -> None:
    """The oversight purpose is open for populations; a list that names nobody must not fall back on that."""
    (person,) = plain(world, 1)
    out, digest = salted(world, [line(person, instrument_names="")])
    request = asking(world, digest, purpose="health_oversight")
    assert world.run("decide", request, "--lines", out).exit == 3
    document = world.run("decide", request, "--lines", out, "--json").document
    assert [each["verdict"] for each in document["classes"]] == ["forbidden"]
    assert document["lowest_form"] == "refusal"


def test_a_digest_without_its_list_is_decided_as_if_and_marked_but_never_filed(world: World) -> None:
    out, digest = salted(world, [line(each, n) for n, each in enumerate(plain(world, 2))])
    request = asking(world, digest)
    bare, backed = world.run("decide", request, "--json"), world.run("decide", request, "--lines", out, "--json")
    assert (bare.exit, backed.exit) == (4, 4)
    assert (bare.document["hypothetical"], backed.document["hypothetical"]) == (True, False)
    assert bare.document["cells"] == backed.document["cells"]
    assert "hypothetical" in world.run("propose", request).err
    for command in (("request", "check", request), ("docket", "file", request, "--as", ASKER[RECORDS])):
        assert world.run(*command).exit == 2
    assert world.json("docket", "list")["cases"] == []


def test_another_list_and_a_list_for_nobody_are_refused(world: World) -> None:
    people = plain(world, 2)
    _, digest = salted(world, [line(people[0])])
    other, _ = salted(world, [line(people[1])], name="others")
    request = asking(world, digest)
    for command in ("check", "decide", "propose", "file"):
        words = {"check": ["request", "check"], "file": ["docket", "file"]}.get(command, [command])
        who = ["--as", ASKER[RECORDS]] if command == "file" else []
        ran = world.run(*words, request, "--lines", other, *who)
        assert ran.exit == 2, command
        assert "is not the one whose digest" in ran.err
    plain_request = world.request(RECORDS)
    assert world.run("docket", "file", plain_request, "--lines", other, "--as", ASKER[RECORDS]).exit == 2
    assert world.json("docket", "list")["cases"] == []


@pytest.mark.parametrize("form", ["statistics", "match", "verification", "pseudonymised"])
def test_forms_that_do_not_name_people_stay_closed_for_lists(world: World, form: str) -> None:
    out, digest = salted(world, [line(each, n) for n, each in enumerate(plain(world, 1))])
    ran = world.run("docket", "file", asking(world, digest, form=form), "--lines", out, "--as", ASKER[RECORDS])
    assert ran.exit == 2
    assert form in ran.err


@pytest.fixture
def held(world: World) -> World:
    people = plain(world, 11)
    ran = file_list(world, [line(each, number) for number, each in enumerate(people)])
    assert ran.exit == 4, ran
    assert ran.document["lines"]["held"] is True
    return world


def attest(world: World, fact: str, who: str) -> int:
    return world.run("fact", "attest", CASE, fact, "--as", who, "--text", "looked into").exit


def test_a_hold_stops_votes_and_release_until_two_organisations_lift_it(held: World) -> None:
    document = held.json("docket", "show", CASE)
    assert [each["because"]["id"] for each in document["lines"]["holds"]] == ["HOLD-MATTERS"]
    shown = held.ok("docket", "show", CASE).out
    assert "hold HOLD-MATTERS stands: 11 matters under one official's name in this request" in shown
    assert any("A hold is not lifted" in each for each in document["why_not_agreed"])
    held.attest_missing(CASE)
    assert held.run("docket", "approve", CASE, "--as", "cms/privacy-officer").exit == 4
    assert held.run("release", CASE, "--out", held.folder / "answer.modicum").exit == 4
    assert attest(held, LIFT[0], "cms/counsel") == 0
    assert held.run("docket", "approve", CASE, "--as", "cms/privacy-officer").exit == 4  # one alone lifts nothing
    assert held.json("docket", "show", CASE)["lines"]["held"] is True
    assert attest(held, LIFT[1], "wa-hca/data-officer") == 0
    assert "hold HOLD-MATTERS lifted" in held.ok("docket", "show", CASE).out
    assert held.json("docket", "show", CASE)["lines"]["held"] is False
    held.agree(CASE)
    assert held.state() == "agreed"
    held.holds()


@pytest.mark.parametrize(
    ("fact", "who"),
    [
        (LIFT[0], "cms/privacy-officer"),
        (LIFT[0], "cms/official"),
        (LIFT[0], "wa-hca/data-officer"),
        (LIFT[0], "hhs-oig/analyst"),
        (LIFT[1], "cms/privacy-officer"),
        (LIFT[1], "cms/counsel"),
        (LIFT[1], "hhs-oig/analyst"),
        (LIFT[1], "hhs-oig/inspector"),
        (LIFT[1], "dhs/adviser"),
    ],
)
def test_nobody_else_lifts_a_hold(held: World, fact: str, who: str) -> None:
    assert attest(held, fact, who) == 7
    assert held.json("docket", "show", CASE)["facts"] == {}


def test_a_check_says_beforehand_that_a_hold_would_stand(world: World) -> None:
    out, digest = salted(world, [line(each, number) for number, each in enumerate(plain(world, 11))])
    ran = world.run("request", "check", asking(world, digest), "--lines", out)
    assert ran.exit == 4
    assert "hold HOLD-MATTERS: 11 matters" in ran.out


def test_a_month_of_requests_adds_up(world: World) -> None:
    people = plain(world, 30)
    rows = [line(each, number) for number, each in enumerate(people)]
    for place in range(3):
        ran = file_list(world, rows[10 * place : 10 * place + 10], name=f"list{place}", title=f"Part {place}")
        assert ran.exit == (4 if place == 2 else 0), ran
    assert [each["because"]["id"] for each in ran.document["lines"]["holds"]] == ["HOLD-MATTERS-30"]
    assert world.ok("doctor").out.count("3 sealed") == 1


def test_two_officials_are_counted_apart(world: World) -> None:
    people = plain(world, 16)
    rows = [line(each, n, official=("A. Detective", "B. Deputy")[n % 2]) for n, each in enumerate(people)]
    assert file_list(world, rows).exit == 0


def test_no_name_and_no_number_of_a_list_stands_anywhere_but_in_the_asker_s_file(world: World) -> None:
    people = plain(world, 12)
    rows = [line(each, number) for number, each in enumerate(people)]
    rows[0] |= {"ssn": people[0].one("SSN_NUM"), "date_of_birth": people[0].one("BIRTH_DT")}
    rows[1]["issued_by"] = ""
    secrets = secrets_of(people) | {b"A. Detective", b"26-mc-0000"}
    wide = [*ASKED, "eligibility.SSN_NUM", "eligibility.BIRTH_DT"]
    out, digest = salted(world, rows)
    request = asking(world, digest, columns=wide)
    for command in (["request", "check"], ["decide"], ["propose"]):
        world.run(*command, request, "--lines", out)
        world.run(*command, request, "--lines", out, "--json")
    assert world.run("docket", "file", request, "--lines", out, "--as", ASKER[RECORDS]).exit == 4
    world.run("docket", "file", request, "--lines", out, "--as", ASKER[RECORDS])
    for words in (["docket", "show", CASE], ["docket", "show", CASE, "--json"], ["docket", "list"], ["log", "fsck"]):
        world.run(*words)
    world.run("release", CASE, "--out", world.folder / "answer.modicum")
    assert any(each in out.read_bytes() for each in secrets)  # the positive control
    for path in world.home.rglob("*"):
        if path.is_file() and not path.is_relative_to(world.home / "data"):
            data = path.read_bytes()
            assert not any(each in data for each in secrets), path
    for ran in world.heard:
        assert not any(each.decode() in ran.said for each in secrets), ran.arguments[:2]
    assert out.stat().st_mode & 0o077 == 0


BAD = {
    "no such column": ("name,colour\nA,B\n", "does not know"),
    "a list without a header": ("Ana,Torres,123-45-6789\n", "does not know"),
    "a column twice": ("first_name,first_name\nA,B\n", "twice"),
    "a line that repeats": ("first_name,last_name\nA,B\nC,D\nA, B \n", "line 3 of the list repeats line 1"),
    "too few fields": ("first_name,last_name\nA\n", "line 1 of the list has 1 fields, the header 2"),
    "an empty line": ("first_name,last_name\nA,B\n\nC,D\n", "line 2 of the list"),
    "nothing in a line": ("first_name,last_name\n , \n", "line 1 of the list is empty"),
    "nobody": ("first_name,last_name\n", "names nobody"),
    "nothing": ("", "header"),
    "a broken quote": ('first_name,last_name\n"A,B\n', "line 1 of the list is not well-formed CSV"),
    "a line break in a value": ('first_name,last_name\n"A\nB",C\n', "line 1 of the list first_name holds a control"),
    "an escape": ("first_name,last_name\n\x1b[31mA,C\n", "control character"),
    "a long value": (f"first_name\n{'A' * 301}\n", "longer than 300"),
    "a huge cell": (f"first_name\n{'A' * 200_000}\n", "not well-formed CSV"),
    "NDJSON: another type": ('{"first_name": 7}\n', "line 1 of the list first_name is not a text"),
    "NDJSON: no object": ('{"first_name": "A"}\n["A"]\n', "line 2 of the list is not an object"),
    "NDJSON: twice": ('{"first_name": "A", "first_name": "B"}\n', "line 1 of the list is not a JSON object"),
    "NDJSON: unknown": ('{"colour": "A"}\n', "line 1 of the list has a field"),
    "NDJSON: deep": ('{"first_name": ' + "[" * 100_000 + "}\n", "line 1 of the list is not a JSON object"),
    "NDJSON: a lone surrogate": ('{"first_name": "\\ud800"}\n', "control character"),
    "NDJSON: blank line": ('{"first_name": "A"}\n\n{"first_name": "B"}\n', "line 2 of the list is not a JSON"),
    "too many": ("medicaid_id\n" + "".join(f"M{each}\n" for each in range(10_001)), "more than 10,000 lines"),
    "too large": ("medicaid_id\n" + "A" * (16 * 1024 * 1024), "larger than 16 MiB"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_list_that_is_not_well_formed_is_refused_without_a_value(world: World, what: str) -> None:
    text, said = BAD[what]
    source = world.folder / "bad.csv"
    source.write_bytes(text.encode())
    ran = world.run("request", "lines", source, "--out", world.folder / "bad.lines")
    assert ran.exit == 2, ran
    assert said in ran.err
    assert "123-45-6789" not in ran.said
    assert not (world.folder / "bad.lines").exists()


def test_csv_and_ndjson_say_the_same_and_formulas_are_texts(world: World) -> None:
    row = {"first_name": '=HYPERLINK("http://x","y")', "last_name": "@SUM(1)", "medicaid_id": "+1-1"}
    write_csv(world.folder / "a.csv", [row])
    (world.folder / "b.ndjson").write_text(json.dumps(row) + "\n")
    (world.folder / "c.csv").write_bytes(b"\xef\xbb\xbf" + (world.folder / "a.csv").read_bytes())
    found = []
    for name in ("a.csv", "b.ndjson", "c.csv"):
        out = world.folder / f"{name}.lines"
        ran = world.ok("request", "lines", world.folder / name, "--out", out)
        assert "HYPERLINK" not in ran.said
        found.append(json.loads(out.read_bytes()))
    assert found[0]["lines"] == found[1]["lines"] == found[2]["lines"] == [row]
    assert len({each["salt"] for each in found}) == 3
    assert world.run("request", "lines", world.folder / "a.csv", "--out", world.folder / "a.csv.lines").exit == 9
    assert world.run("request", "lines", world.folder / "a.csv", "--out", world.home / "a.lines").exit == 2
    assert world.run("request", "lines", world.folder / "none.csv", "--out", world.folder / "n.lines").exit == 8
    assert world.run("request", "lines", world.folder / "a.csv", "--out", world.folder / "no" / "n.lines").exit == 8


def test_the_digest_is_what_sha256sum_says(world: World) -> None:
    import hashlib

    out, digest = salted(world, [line(*plain(world, 1))])
    assert hashlib.sha256(out.read_bytes()).hexdigest() == digest


def test_several_authorities_need_a_column_that_says_which(world: World) -> None:
    people = plain(world, 2)
    consent = {"kind": "consent", "citation": "5 U.S.C. 552a(b)"}
    rows = [line(people[0], authority="court_order"), line(people[1], 2)]
    out, digest = salted(world, rows)
    request = asking(world, digest, authorities=[ORDER, consent])
    report = world.json("request", "check", request, "--lines", out)["lines"]
    assert [each["sufficient"] for each in report["lines"]] == [True, False]
