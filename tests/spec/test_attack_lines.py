"""Somebody holds all files of a home, its keys included, and wants other people, or more, behind a request's list."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import attack_world as world
import docket_world as docket
import pytest
from lines_samples import PACK, good

from modicum.docket import gateway_events
from modicum.docket.commands import attest
from modicum.gateway import case as cases
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.lines_file import salt_lines
from modicum.gateway.named import LINES_KEY, check_lists, open_lines
from modicum.gateway.release import Refused, recover, release_case
from modicum.gateway.request_file import parse_request
from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, NotPermittedError, OutstandingError
from modicum.model.lines import Lines
from modicum.model.request import Population
from modicum.seal.age import encrypt_stream, own_identity
from modicum_verify.canonical import canonical
from modicum_verify.entry import Entry
from modicum_verify.fold import Docket, fold
from modicum_verify.holds import AGREED, REVIEWED

Row = dict[str, str]
ANALYST = "hhs-oig/analyst"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.make_home(tmp_path_factory.mktemp("attacked"))


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "home")
    return tmp_path / "home"


def a_list(folder: Path, *rows: Row) -> Lines:
    assert PACK.lines is not None
    path = folder / "list.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return salt_lines(path, columns=PACK.lines.columns)


def rows(count: int, *, start: int = 0) -> list[Row]:
    return [good("court_order", medicaid_id=f"M-{start + n}", instrument_number=str(start + n)) for n in range(count)]


def asked(folder: Path, lines: Lines, **changes: Any) -> Any:
    given = {
        "purpose": "law_enforcement.process",
        "columns": ["eligibility.ELGBL_1ST_NAME", "eligibility.ELGBL_LAST_NAME", "eligibility.MSIS_IDENT_NUM"],
        "authorities": [{"kind": "court_order", "citation": "D. Md. 1:26-mc-00017"}],
        "population": {"dataset": "medicaid", "named_persons_sha256": lines.sha256},
    }
    return parse_request(world.request(folder, "oversight-records", **{**given, **changes}))


def file(home: Home, folder: Path, lines: Lines, **changes: Any) -> str:
    request = asked(folder, lines, **changes)
    return cases.file_case(home, request, key=person_key(home.folder, ANALYST), lines=lines)


def sealed(root: Path, case: str) -> Path:
    return root / "lines" / f"{case}.age"


def reseal(home: Home, case: str, lines: Lines) -> None:
    """Seal another list in its place, to the home's own key."""
    made = io.BytesIO()
    recipient = own_identity(home.folder.read(LINES_KEY)).recipient
    encrypt_stream(io.BytesIO(canonical(lines.as_document())), made, recipient=recipient)
    sealed(home.root, case).write_bytes(made.getvalue())


def everywhere_refused(root: Path, case: str, tmp_path: Path) -> None:
    """No step that uses the list goes on."""
    home = Home.open(root)
    with pytest.raises(EvidenceError):
        cases.attest(
            home, case, key=person_key(home.folder, "cms/counsel"), fact="instrument-names-the-person", text=""
        )
    with pytest.raises(EvidenceError):
        release_case(home, case, out=tmp_path / "out.modicum")
    with pytest.raises(EvidenceError):
        check_lists(home, home.journal.docket())
    assert not (tmp_path / "out.modicum").exists()


def test_control_an_untouched_list_opens(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    lines = a_list(tmp_path, *rows(2))
    case = file(home, tmp_path, lines)
    world.rewrite(root, lambda _event: None)
    home = Home.open(root)
    assert open_lines(home, home.journal.docket().cases[case], pack=home.pack()) == lines
    assert check_lists(home, home.journal.docket()) == 1
    with pytest.raises(OutstandingError):
        release_case(home, case, out=tmp_path / "out.modicum")


@pytest.mark.parametrize("spoil", ["flip", "cut", "empty", "gone", "key gone", "key exchanged"])
def test_a_sealed_list_that_was_touched_is_seen(root: Path, tmp_path: Path, spoil: str) -> None:
    case = file(Home.open(root), tmp_path, a_list(tmp_path, *rows(2)))
    path = sealed(root, case)
    data = path.read_bytes()
    match spoil:
        case "flip":
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "cut":
            path.write_bytes(data[:-20])
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "key gone":
            (root / LINES_KEY).unlink()
        case _:
            (root / LINES_KEY).unlink()
            world.new_recipient(world.Folder(root / "keys"), "lines")
    everywhere_refused(root, case, tmp_path)


def test_another_list_under_the_home_s_own_key_is_seen(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    case = file(home, tmp_path, a_list(tmp_path, *rows(2)))
    reseal(home, case, a_list(tmp_path, *rows(2, start=50)))
    everywhere_refused(root, case, tmp_path)


def test_one_name_more_under_the_same_salt_in_a_log_written_anew_is_seen(root: Path, tmp_path: Path) -> None:
    """The holder of all keys mends every digest that the gateway wrote; the one in the request is the asker's."""
    home = Home.open(root)
    lines = a_list(tmp_path, *rows(2))
    case = file(home, tmp_path, lines)
    more = Lines(salt=lines.salt, lines=(*lines.lines, *a_list(tmp_path, *rows(1, start=70)).lines))
    reseal(home, case, more)
    digest = world.hashlib_of(sealed(root, case))

    def mended(event: world.Event) -> None:
        if event["kind"] == "lines":
            event["content"] |= {"sealed_sha256": digest, "total": 3, "sufficient": 3}

    world.rewrite(root, mended)
    everywhere_refused(root, case, tmp_path)


def test_another_digest_in_the_request_breaks_the_asker_s_signature(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    case = file(home, tmp_path, a_list(tmp_path, *rows(2)))
    other = a_list(tmp_path, *rows(2, start=50))
    reseal(home, case, other)
    digest = world.hashlib_of(sealed(root, case))

    def swapped(event: world.Event) -> None:
        if event["kind"] == "filed":
            event["content"]["request"]["population"]["named_persons_sha256"] = other.sha256
            event["content"]["request_sha256"] = parse_request(event["content"]["request"]).sha256
        if event["kind"] == "lines":
            event["content"] |= {"lines_sha256": other.sha256, "sealed_sha256": digest}

    world.rewrite(root, swapped)
    with pytest.raises(EvidenceError, match="signature"):
        Home.open(root).journal.docket()


def test_the_list_of_another_case_is_seen(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    first = file(home, tmp_path, a_list(tmp_path, *rows(2)))
    second = file(home, tmp_path, a_list(tmp_path, *rows(1, start=9)), title="Another")
    shutil.copy(sealed(root, first), sealed(root, second))
    everywhere_refused(root, second, tmp_path)


def test_a_list_that_was_filed_is_not_filed_again(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    lines = a_list(tmp_path, *rows(2))
    file(home, tmp_path, lines)
    before = home.ledger.size
    with pytest.raises(ConflictError, match="this very list"):
        file(home, tmp_path, lines, title="The same people, for something else")
    assert home.ledger.size == before


def test_somebody_else_s_digest_without_the_list_opens_nothing(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    lines = a_list(tmp_path, *rows(2))
    other = a_list(tmp_path, *rows(2))
    request = asked(tmp_path, lines)
    for given in (None, other):
        with pytest.raises(InvalidInputError):
            cases.file_case(home, request, key=person_key(home.folder, ANALYST), lines=given)
    assert not (root / "lines").exists() or not list((root / "lines").iterdir())


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(holds=[]),
        lambda content: content.update(total=3),
        lambda content: content.update(sufficient=5),
        lambda content: content["holds"][0].update(reason="2 matters under one official's name; nothing to see"),
    ],
)
def test_a_hold_left_out_of_a_log_written_anew_is_counted_again(
    root: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    case = file(Home.open(root), tmp_path, a_list(tmp_path, *rows(12)))
    assert Home.open(root).journal.docket().cases[case].held

    def changed(event: world.Event) -> None:
        if event["kind"] == "lines":
            change(event["content"])

    world.rewrite(root, changed)
    with pytest.raises(EvidenceError):
        release_case(Home.open(root), case, out=tmp_path / "out.modicum")


def test_a_hold_that_earlier_lists_raised_is_counted_again(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    for part in range(3):
        case = file(home, tmp_path, a_list(tmp_path, *rows(9, start=9 * part)), title=f"Part {part}")
    assert [each["because"]["id"] for each in home.journal.docket().cases[case].lines.holds] == ["HOLD-MATTERS-30"]  # type: ignore[union-attr]

    def freed(event: world.Event) -> None:
        if event["kind"] == "lines":
            event["content"]["holds"] = []

    world.rewrite(root, freed)
    with pytest.raises(EvidenceError, match="something else of the list"):
        release_case(Home.open(root), case, out=tmp_path / "out.modicum")


def test_while_an_earlier_list_is_gone_nobody_can_count_and_none_is_filed(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    case = file(home, tmp_path, a_list(tmp_path, *rows(2)))
    sealed(root, case).unlink()
    with pytest.raises(EvidenceError):
        file(home, tmp_path, a_list(tmp_path, *rows(2, start=5)), title="Next")


def test_a_filing_that_was_cut_off_before_its_list_was_recorded_goes_on(root: Path, tmp_path: Path) -> None:
    home = Home.open(root)
    lines = a_list(tmp_path, *rows(2))
    request = asked(tmp_path, lines)
    before = cases.decide_case

    def killed(_home: Home, _case: str) -> Any:
        raise KeyboardInterrupt

    cases.decide_case = killed  # type: ignore[assignment]
    try:
        with pytest.raises(KeyboardInterrupt):
            cases.file_case(home, request, key=person_key(home.folder, ANALYST), lines=lines)
    finally:
        cases.decide_case = before
    home = Home.open(root)
    (case,) = home.journal.docket().cases
    assert home.journal.docket().cases[case].lines is None
    assert len(recover(home)) == 1
    assert [each.kind for each in home.journal.docket().cases[case].timeline] == [
        "filed",
        "lines",
        "decided",
        "notified",
    ]
    assert recover(home) == []
    with pytest.raises(OutstandingError):
        release_case(home, case, out=tmp_path / "out.modicum")


def test_a_warrant_that_runs_out_leaves_the_answer_and_the_last_one_ends_the_case(root: Path, tmp_path: Path) -> None:
    """Judged again on the day; and nobody comes in whose line was not sufficient when the case was agreed."""
    home = Home.open(root)
    today = home.journal.now().date().isoformat()
    row = good("judicial_warrant", instrument_date="2026-01-01", instrument_expires=today)
    authorities = [{"kind": "judicial_warrant", "citation": "D. Md."}]
    lines = a_list(tmp_path, row)
    case = file(home, tmp_path, lines, authorities=authorities)
    later = Home.open(root, clock=lambda: home.journal.now() + timedelta(days=366))
    outcome = release_case(later, case, out=tmp_path / "out.modicum")
    assert isinstance(outcome, Refused)
    assert [each.id for each in outcome.because] == ["LINE-WARRANT-EXPIRES"]


# ---- the fold, without a home ----


SHA = "ab" * 32


def named_world(*recipients: str) -> docket.World:
    made = docket.World()
    request = replace(docket.request(), population=Population(dataset="enrolment", named_persons_sha256=SHA))
    for each in recipients:
        organisation, person = each.split("/")
        more = replace(request.recipients[0], organisation=organisation, person=person)
        request = replace(request, recipients=(*request.recipients, more))
    made.do(docket.file_request(made.docket, request, by=docket.by(ANALYST), year=2026))
    return made


def record(made: docket.World, **changes: Any) -> int:
    hold = (docket.BECAUSE, "12 matters under one official's name; more than 10 raise a hold")
    given: dict[str, Any] = {
        "lines_sha256": SHA, "sealed_sha256": "cd" * 32, "as_of": made.today, "total": 12, "sufficient": 12,
        "holds": [hold],
    }  # fmt: skip
    return made.do(gateway_events.lines(made.docket, docket.CASE, **{**given, **changes}))


def test_nothing_is_decided_about_named_persons_without_their_list() -> None:
    made = named_world()
    with pytest.raises(EvidenceError, match="without their list"):
        made.decide()
    record(made)
    made.decide()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lines_sha256": "ef" * 32}, "another list"),
        ({"sufficient": 13}, "more sufficient"),
        ({"as_of": date(2026, 11, 22)}, "another day"),
        ({"as_of": date(2026, 11, 24)}, "another day"),
    ],
)
def test_the_fold_refuses_a_record_that_cannot_be(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        record(named_world(), **changes)


def test_a_second_list_and_a_list_for_nobody_are_refused() -> None:
    made = named_world()
    record(made)
    with pytest.raises(EvidenceError, match="second list"):
        record(made)
    plain = docket.World()
    plain.file()
    with pytest.raises(EvidenceError, match="another list"):
        record(plain)


def lift(made: docket.World, fact: str, who: str) -> None:
    roles = PACK.vocabulary.facts
    made.do(attest(made.docket, docket.CASE, by=docket.by(who), fact=fact, roles=roles))


def test_the_fold_agrees_on_nothing_while_a_hold_stands() -> None:
    made = named_world()
    record(made)
    lift(made, REVIEWED, "cms/counsel")
    assert made.case().held
    made.decide()
    for person in ("cms/privacy", "ca-dhcs/origin"):  # as somebody with the database could enter it
        vote = {"decision_sha256": made.case().decision_sha256, "round": 1, "text": ""}
        made.do(docket_vote(made, vote, person))
    assert not made.case().agreed
    assert "bulk-hold-agreed" in " ".join(made.case().why_not_agreed)
    with pytest.raises(OutstandingError):
        gateway_events.require_agreed(made.case())
    lift(made, AGREED, "il-hfs/origin")
    assert not made.case().held


def test_a_hold_is_not_lifted_before_it_stands() -> None:
    from modicum.docket.signing import in_case

    made = named_world()
    with pytest.raises(ConflictError, match="not held"):
        lift(made, REVIEWED, "cms/counsel")
    content = {"fact": REVIEWED, "value": True, "text": ""}
    early = in_case("fact", content, case=made.case(), log_size=made.docket.size, by=docket.by("cms/counsel"))
    with pytest.raises(EvidenceError, match="does not stand"):
        made.do(early)


def docket_vote(made: docket.World, vote: dict[str, Any], person: str) -> Any:
    from modicum.docket.signing import in_case

    return in_case("approved", vote, case=made.case(), log_size=made.docket.size, by=docket.by(person))


@pytest.mark.parametrize(
    ("fact", "who"),
    [
        (REVIEWED, "ca-dhcs/counsel"),
        (REVIEWED, "cms/privacy"),
        (REVIEWED, "hhs-oig/counsel"),
        (AGREED, "cms/privacy"),
        (AGREED, "hhs-oig/counsel"),
        (AGREED, "hhs-oig/inspector"),
    ],
)
def test_neither_command_nor_fold_lets_the_wrong_person_lift_a_hold(fact: str, who: str) -> None:
    from modicum.docket.signing import in_case

    made = named_world()
    record(made)
    with pytest.raises(NotPermittedError):
        lift(made, fact, who)
    content = {"fact": fact, "value": True, "text": ""}
    forged = in_case("fact", content, case=made.case(), log_size=made.docket.size, by=docket.by(who))
    with pytest.raises(EvidenceError, match="lifts a hold"):
        made.do(forged)


def test_a_recipient_lifts_no_hold() -> None:
    made = named_world("il-hfs/origin")
    record(made)
    with pytest.raises(NotPermittedError, match="would receive"):
        lift(made, AGREED, "il-hfs/origin")
    lift(made, AGREED, "ca-dhcs/origin")


def test_folding_in_parts_gives_the_same() -> None:
    made = named_world()
    record(made)
    made.decide()
    whole: Docket = fold(made.entries)
    first: list[Entry] = made.entries[:3]
    assert fold(made.entries[3:], fold(first)) == whole
