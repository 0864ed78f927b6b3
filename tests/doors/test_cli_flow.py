"""Whole roads through the house, by commands alone, each looked at from outside at its end."""

import base64
import hashlib
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cli_world import ASKER, CASE, JUNE, RECORDS, RESEARCH, SECOND, STATISTICS, World, make_world

from modicum.cli.exits import Exit
from modicum_verify.entry import read_entry
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import read_log
from modicum_verify.proof import parse_proof, verify_proof
from modicum_verify.trust import parse_trust


def opened(world: World, package: Path, organisation: str) -> Path:
    out = world.folder / f"opened-{package.stem}"
    identity = world.identity(organisation)
    world.ok("open", package, "--identity", identity, "--trust", world.trust, "--out", out)
    return out


def manifest(package: Path) -> dict[str, Any]:
    with zipfile.ZipFile(package) as file:
        envelope = json.loads(file.read("manifest.dsse.json"))
    found: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    return found


def someone(world: World, state: str) -> str:
    """The key of somebody of a state who has claims."""
    rows = pq.read_table(world.folder / "population" / "claims.parquet", columns=["MSIS_IDENT_NUM", "SUBMTG_STATE_CD"])
    return next(str(row["MSIS_IDENT_NUM"]) for row in rows.to_pylist() if row["SUBMTG_STATE_CD"] == state)


def test_totals_for_an_inspector(world: World) -> None:
    assert world.run("decide", world.request(STATISTICS)).exit == Exit.DONE
    assert "statistics" in world.ok("propose", world.request(STATISTICS)).out
    case = world.file(STATISTICS)
    world.agree(case, "cms/privacy-officer", "ca-dhcs/data-officer")
    package = world.folder / "answer.modicum"
    said = world.json("release", case, "--out", package)
    assert (said["form"], said["rows"], said["witnesses"], said["again"]) == ("statistics", 4, "unwitnessed", False)
    answer = json.loads((opened(world, package, "hhs-oig") / "answer.json").read_text())
    lines = {next(iter(row["group"].values())): row["persons"] for row in answer["rows"]}
    counted: dict[str, set[str]] = {}
    for row in pq.read_table(world.folder / "population" / "eligibility.parquet").to_pylist():
        counted.setdefault(row["SUBMTG_STATE_CD"], set()).add(row["MSIS_IDENT_NUM"])
    assert lines == {state: len(people) for state, people in counted.items()}
    assert manifest(package)["witnesses"] == "unwitnessed"


def test_lines_of_claims_for_an_inspector_once_every_missing_fact_is_attested(world: World) -> None:
    path = world.request(RECORDS)
    decided = world.run("decide", path)
    assert decided.exit == Exit.OUTSTANDING
    assert "missing: " in decided.err
    case = world.file(RECORDS)
    attested = world.attest_missing(case)
    assert set(attested) == {
        "disclosure-prescribed-by-regulation",
        "minimum-necessary-reviewed",
        "oversight-authorised-by-law",
        "routine-use-published",
    }
    world.agree(case)
    package = world.folder / "lines.modicum"
    world.ok("release", case, "--out", package)
    rows = pq.read_table(opened(world, package, "hhs-oig") / "claims.parquet")
    assert set(rows.column("MSIS_IDENT_NUM").to_pylist()) <= {
        row["MSIS_IDENT_NUM"]
        for row in pq.read_table(world.folder / "population" / "claims.parquet").to_pylist()
        if row["SUBMTG_STATE_CD"] == "53"
    }
    assert rows.num_rows == world.json("release", case, "--out", world.folder / "again.modicum")["rows"] > 0
    told = world.json("account", someone(world, "53"))
    assert [line["form"] for line in told["releases"]] == ["identified"]
    assert world.json("account", someone(world, "06"))["releases"] == []


def test_a_person_reads_every_release_that_they_were_in_with_its_proof(agreed: World) -> None:
    for case in (CASE, SECOND):
        agreed.ok("release", case, "--out", agreed.folder / f"{case}.modicum")
    person = someone(agreed, "53")
    told = agreed.json("account", person, "--dataset", "medicaid")
    assert [line["form"] for line in told["releases"]] == ["statistics", "identified"]
    trust = parse_trust(agreed.trust.read_bytes())
    leaves = read_log(agreed.home / "log", trust.log_vkey).leaves
    for line in told["releases"]:
        leaf = leaves[line["entry"]]
        assert read_entry(line["entry"], leaf, None).kind == "released"
        verify_proof(line["proof"].encode(), leaf, trust.log_vkey, strict=False)
    text = agreed.ok("account", person).out
    assert "hhs-oig" in text
    assert person not in text
    assert not any(person.encode() in path.read_bytes() for path in agreed.home.glob("bodies/*"))


def test_records_for_research_name_nobody(world: World) -> None:
    case = world.agreed(RESEARCH)
    package = world.folder / "research.modicum"
    world.ok("release", case, "--out", package)
    out = opened(world, package, "state-university")
    columns = {column for path in out.glob("*.parquet") for column in pq.read_schema(path).names}
    assert "MSIS_IDENT_NUM" in columns
    people = {
        row["MSIS_IDENT_NUM"] for row in pq.read_table(world.folder / "population" / "eligibility.parquet").to_pylist()
    }
    given = set(pq.read_table(out / "eligibility.parquet").column("MSIS_IDENT_NUM").to_pylist())
    assert given
    assert not given & people
    claimed = set(pq.read_table(out / "claims.parquet").column("MSIS_IDENT_NUM").to_pylist())
    assert claimed & given  # one person, one pseudonym in both tables


def test_a_state_as_custodian(tmp_path: Path) -> None:
    world = make_world(tmp_path, roster="state")
    request = world.request("state-contractor")
    assert world.run("decide", request).exit in {Exit.DONE, Exit.OUTSTANDING}
    case = world.json("docket", "file", request, "--as", "plan-contractor/analyst")["case"]
    missing = world.json("docket", "show", case)["missing"]
    for fact in missing[0] if missing else []:
        ends = [
            world.run("fact", "attest", case, fact, "--as", f"ca-dhcs/{who}", "--text", "seen").exit
            for who in ("privacy-officer", "counsel", "official")
        ]
        assert Exit.DONE in ends, (fact, ends)
    world.agree(case, "ca-dhcs/privacy-officer", "ca-dhcs/counsel", "ca-dhcs/data-officer", "cms/privacy-officer")
    package = world.folder / "letters.modicum"
    assert world.json("release", case, "--out", package)["form"] == "identified"
    out = opened(world, package, "plan-contractor")
    assert pq.read_table(out / "eligibility.parquet").num_rows > 0
    assert manifest(package)["case"] == case
    world.holds()


def test_an_objection_blocks_until_it_is_answered_and_stays_in_the_manifest(agreed: World) -> None:
    out = agreed.folder / "answer.modicum"
    text = "California's people are more than half of it."
    said = agreed.json(
        *("docket", "object", CASE, "--grounds", "42 U.S.C. 1396a(a)(7)", "--text", text),
        *("--state", "CA", "--as", "ca-dhcs/data-officer"),
    )
    entry = said["objections"][0]["entry"]
    assert said["objections"][0]["blocking"]
    assert agreed.run("release", CASE, "--out", out).exit == Exit.OUTSTANDING
    agreed.ok("docket", "approve", CASE, "--as", "il-hfs/data-officer")
    assert agreed.run("release", CASE, "--out", out).exit == Exit.OUTSTANDING
    agreed.ok("docket", "answer", CASE, "--objection", str(entry), "--text", "Totals only.", "--as", "cms/counsel")
    assert agreed.run("release", CASE, "--out", out).exit == Exit.OUTSTANDING  # votes from before count no more
    agreed.agree(CASE)
    agreed.ok("release", CASE, "--out", out)
    (carried,) = manifest(out)["objections"]
    assert (carried["person"], carried["text"], carried["entry"]) == ("ca-dhcs/data-officer", text, entry)
    assert carried["answered"]
    agreed.holds()


def test_a_rejection_takes_the_agreement_away_until_its_author_votes_anew(agreed: World) -> None:
    out = agreed.folder / "answer.modicum"
    agreed.ok("docket", "reject", CASE, "--text", "asks for too much", "--as", "cms/counsel")
    assert agreed.run("release", CASE, "--out", out).exit == Exit.OUTSTANDING
    agreed.ok("docket", "approve", CASE, "--as", "cms/counsel")
    agreed.ok("release", CASE, "--out", out)


def test_a_directive_is_recorded_and_lifts_nothing(world: World) -> None:
    case = world.file(JUNE)
    world.ok("docket", "direct", case, "--text", "send it", "--deadline", "54 minutes", "--as", "cms/official")
    out = world.folder / "june.modicum"
    assert world.run("release", case, "--out", out).exit == Exit.REFUSED
    assert not out.exists()
    document = world.json("docket", "show", case)
    assert (document["state"], len(document["directives"])) == ("refused", 1)
    other = world.file(STATISTICS)
    world.ok("docket", "direct", other, "--text", "send it", "--as", "cms/official")
    assert world.run("release", other, "--out", out).exit == Exit.OUTSTANDING
    assert world.run("docket", "direct", other, "--text", "send it", "--as", "cms/counsel").exit == Exit.NOT_PERMITTED


def test_the_same_package_is_handed_out_again(released: World) -> None:
    size = released.json("log", "checkpoint")["size"]
    said = released.json("release", CASE, "--out", released.folder / "again.modicum")
    assert said["again"]
    assert (released.folder / "again.modicum").read_bytes() == (released.folder / "answer.modicum").read_bytes()
    assert released.json("log", "checkpoint")["size"] == size


def test_a_proof_verifies_without_the_home(released: World) -> None:
    trust = parse_trust(released.trust.read_bytes())
    leaves = read_log(released.home / "log", trust.log_vkey).leaves
    entry = len(leaves) // 2
    kept = released.folder / "kept.tlog-proof"
    released.ok("log", "prove", str(entry), "--out", kept)
    assert kept.read_text() == released.json("log", "prove", str(entry))["proof"]
    assert verify_proof(kept.read_bytes(), leaves[entry], trust.log_vkey, strict=False).size == len(leaves)
    plain = replace(parse_proof(kept.read_bytes()), extra=None).format()  # without the entry that it carries
    assert verify_proof(plain, leaves[entry], trust.log_vkey).size == len(leaves)
    with pytest.raises(EvidenceError):
        verify_proof(plain, leaves[entry - 1], trust.log_vkey)
    assert released.run("log", "prove", str(entry), "--out", kept).exit == Exit.CONFLICT


@pytest.mark.parametrize("bodies", [True, False])
def test_an_exported_log_verifies_anywhere(released: World, *, bodies: bool) -> None:
    copy = released.folder / "copy"
    released.ok("log", "export", "--out", copy, "--bodies" if bodies else "--no-bodies")
    assert (copy / "bodies").exists() == bodies
    assert not (copy / "keys").exists()
    held = released.json("verify", copy, "--trust", released.trust)
    assert held["trusted"]
    assert held["cases"] == (2 if bodies else None)
    assert released.run("log", "export", "--out", copy).exit == Exit.CONFLICT


def test_a_kept_checkpoint_tells_what_is_complete_what_is_older_and_what_was_cut(agreed: World) -> None:
    before = agreed.copy_to(agreed.folder / "before")
    kept = agreed.folder / "kept.checkpoint"
    kept.write_text(agreed.ok("log", "checkpoint").out)
    check = ["verify", agreed.home, "--trust", agreed.trust, "--seen", kept]
    assert "complete" in agreed.json(*check)["extent"]
    agreed.ok("docket", "direct", CASE, "--text", "soon", "--as", "cms/official")
    assert "complete" not in agreed.json(*check)["extent"]
    newer = agreed.folder / "newer.checkpoint"
    newer.write_text(agreed.ok("log", "checkpoint").out)
    cut = ["verify", before.home, "--trust", agreed.trust, "--seen", newer]
    assert agreed.run(*cut).exit == Exit.VERIFICATION_FAILED
    before.ok("docket", "direct", CASE, "--text", "another history", "--as", "cms/official")
    assert agreed.run(*cut).exit == Exit.VERIFICATION_FAILED
    assert "another history" in agreed.run(*cut).err


def test_a_newcomer_is_enrolled_and_asks(world: World) -> None:
    member = world.folder / "uni.toml"
    member.write_text(
        '[organisation]\nid = "uni"\nkind = "researcher"\nname = "Another university"\n'
        '[person]\norganisation = "uni"\nperson = "scholar"\nroles = ["requester"]\n'
    )
    key = world.folder / "scholar"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    both = ["--as", "cms/privacy-officer", "--as", "ca-dhcs/data-officer", "--member-key", key]
    assert world.run("member", "enrol", member, *both[:2], *both[4:]).exit != Exit.DONE  # one organisation alone
    world.ok("member", "enrol", member, *both)
    assert world.run("member", "enrol", member, *both).exit == Exit.CONFLICT
    request = world.request(
        RESEARCH,
        requester={"organisation": "uni", "person": "scholar"},
        recipients=[{"organisation": "uni", "person": "scholar", "age_key": world.recipient("uni")}],
    )
    assert world.run("docket", "file", request, "--as", ASKER[RESEARCH]).exit == Exit.NOT_PERMITTED
    world.ok("docket", "file", request, "--key", key)
    world.holds()


@pytest.mark.skipif(shutil.which("age") is None, reason="the age program is not installed")
def test_the_stock_age_program_opens_a_package(released: World) -> None:
    unpacked = released.folder / "unpacked"
    with zipfile.ZipFile(released.folder / "answer.modicum") as package:
        package.extractall(unpacked)
    one_time = released.folder / "one-time.key"
    identity = released.identity("hhs-oig")
    subprocess.run(["age", "-d", "-i", str(identity), "-o", str(one_time), str(unpacked / "key.age")], check=True)
    sealed = sorted(path for path in unpacked.rglob("*.age") if path.name != "key.age")
    out = opened(released, released.folder / "answer.modicum", "hhs-oig")
    for path in sealed:
        plain = subprocess.run(["age", "-d", "-i", str(one_time), str(path)], check=True, capture_output=True).stdout
        assert plain == (out / path.stem).read_bytes()
    assert len(sealed) == len(list(out.iterdir())) == 2


def test_a_case_file_goes_to_stdout_or_to_a_new_file_and_names_nobody_in_the_records(released: World) -> None:
    printed = released.ok("docket", "show", CASE, "--html")
    page = printed.out
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>")
    for each in (
        f"the file of case {CASE}",
        hashlib.sha256((released.folder / "answer.modicum").read_bytes()).hexdigest(),
    ):
        assert each in page
    out = released.folder / "case.html"
    document = released.json("docket", "show", CASE, "--html", "--out", out)
    assert out.read_text("utf-8") == page
    assert document["decision_sha256"] in page
    assert released.run("docket", "show", CASE, "--html", "--out", out).exit == Exit.CONFLICT
    assert out.read_text("utf-8") == page
    assert released.run("docket", "show", CASE, "--out", released.folder / "other.html").exit == Exit.USAGE
    assert released.run("docket", "show", CASE, "--html", "--json").exit == Exit.USAGE
    assert released.run("docket", "show", "2026-0099", "--html").exit == Exit.NOT_FOUND
    table = pq.read_table(released.folder / "population" / "eligibility.parquet")
    for name in ("MSIS_IDENT_NUM", "SSN_NUM", "ELGBL_LAST_NAME"):
        values = {str(value) for value in table[name].to_pylist() if value is not None and len(str(value)) > 5}
        assert values
        assert not [value for value in values if value in page]
    stored = next((released.home / "decisions").glob(f"{document['decision_sha256']}.json"))
    stored.write_bytes(stored.read_bytes().replace(b"permitted", b"forbidden", 1))
    assert released.run("docket", "show", CASE, "--html").exit == Exit.VERIFICATION_FAILED
