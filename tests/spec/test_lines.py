"""Lines judged one by one: every element of every authority, the name that an instrument names, holds, pack files."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from lines_samples import DAY, PACK, claims, good, lines, rules, under

from modicum.law.line_rules import Check
from modicum.law.lines import Filed, LinesReport, judge_lines
from modicum.law.packs import load_pack
from modicum.model.errors import InvalidInputError
from modicum.model.names import counting_key, name_key

KINDS = sorted(rules().authorities)
ELEMENTS = [(kind, place) for kind in KINDS for place in range(len(rules().authorities[kind]))]
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "lines.md"


def judge(
    *rows: dict[str, str], kinds: tuple[str, ...], day: date = DAY, earlier: tuple[Filed, ...] = ()
) -> LinesReport:
    return judge_lines(lines(*rows), rules=rules(), authorities=claims(*kinds), as_of=day, earlier=earlier)


def faults(report: LinesReport, number: int = 1) -> set[tuple[str, str]]:
    return {(fault.because.id, fault.field) for fault in report.lines[number - 1].faults}


def test_the_kinds_are_those_that_the_statutes_know() -> None:
    wanted = {
        "court_order", "judicial_warrant", "judicial_subpoena", "grand_jury_subpoena", "administrative_request",
        "locate_request", "authorization", "consent", "head_of_agency_request", "part2_order",
    }  # fmt: skip
    assert set(KINDS) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_with_all_elements_is_sufficient_under_its_own_kind(kind: str) -> None:
    assert judge(good(kind), kinds=(kind,)).sufficient == (1,)


@pytest.mark.parametrize(("kind", "place"), ELEMENTS)
def test_a_line_without_one_element_is_refused_by_its_clause_and_by_no_other(kind: str, place: int) -> None:
    element = rules().authorities[kind][place]
    for instead in ("", "   ", "-") if element.test is not Check.PRESENT else ("", "   "):
        report = judge(good(kind, **{element.field: instead}), kinds=(kind,))
        assert faults(report) == {(element.because.id, element.field)}
        assert report.sufficient == ()
        assert element.because in report.clauses


@pytest.mark.parametrize(("kind", "place"), ELEMENTS)
def test_days_count_as_of_the_day_of_the_decision(kind: str, place: int) -> None:
    element = rules().authorities[kind][place]
    before, after = (DAY - timedelta(days=1)).isoformat(), (DAY + timedelta(days=1)).isoformat()
    wanted = {Check.NOT_AFTER: (before, after), Check.NOT_BEFORE: (after, before)}.get(element.test)
    if wanted is None:
        return
    good_day, bad_day = wanted
    for text, sufficient in ((good_day, (1,)), (DAY.isoformat(), (1,)), (bad_day, ()), ("20261123", ()), ("soon", ())):
        assert judge(good(kind, **{element.field: text}), kinds=(kind,)).sufficient == sufficient, text


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("ANA TORRES", True),
        ("  ana   torres ", True),
        ("Aña Tórrès", True),
        ("Torres Ana", False),
        ("Torres, Ana", False),
        ("Ana M. Torres", False),
        ("A. Torres", False),
        ("Ana Torres Jr.", False),
        ("Ana", False),
        ("Ana and Bo Torres", False),
        ("Ana Torres; Bo Lind", False),
        ("Ana\u200b Torres", False),
        ("Аna Torres", False),
        ("John Doe", False),
        ("*", False),
    ],
)
def test_the_instrument_must_name_the_very_person(said: str, same: bool) -> None:  # noqa: FBT001 - a column of a table
    assert judge(good("court_order", instrument_names=said), kinds=("court_order",)).sufficient == (
        (1,) if same else ()
    )


def test_a_line_without_a_name_is_not_named_by_an_empty_instrument() -> None:
    row = good("court_order", first_name="", last_name="", instrument_names="")
    assert ("LINE-ORDER-NAMES", "instrument_names") in faults(judge(row, kinds=("court_order",)))
    row = good("court_order", first_name="\u0301", last_name="\u0301", instrument_names="\u0301 \u0301")
    assert judge(row, kinds=("court_order",)).sufficient == ()


def test_names_are_compared_as_the_page_says() -> None:
    assert name_key("José  Núñez") == name_key("JOSE NUNEZ") == "jose nunez"
    assert name_key("Strauß") == name_key("STRAUSS")
    assert name_key("İpek") == name_key("ipek")
    assert name_key("Sørensen") != name_key("Sorensen")
    assert counting_key(" J. O'Hara-Ortíz ") == counting_key("johara ortiz")


def test_a_line_must_identify_one_person() -> None:
    bare = good("court_order", medicaid_id="")
    assert faults(judge(bare, kinds=("court_order",))) == {("LINE-PERSON", "medicaid_id")}
    for more in ({"ssn": "123456789"}, {"date_of_birth": "1980-01-01"}, {"medicaid_id": "M-1"}):
        assert judge({**bare, **more}, kinds=("court_order",)).sufficient == (1,)


def test_a_line_stands_under_an_authority_that_is_claimed_in_force_and_can_name() -> None:
    row = good("court_order")
    missing = {("LINE-AUTHORITY", "authority")}
    assert faults(judge(row, kinds=("statute",))) == missing
    assert faults(judge(under("consent", row), kinds=("court_order",))) == missing
    assert faults(judge(row, kinds=("court_order", "consent"))) == missing  # which of them?
    assert judge(under("court_order", row), kinds=("court_order", "consent")).sufficient == (1,)
    ended = claims("court_order", until=DAY - timedelta(days=1))
    report = judge_lines(lines(row), rules=rules(), authorities=ended, as_of=DAY)
    assert faults(report) == missing
    assert judge_lines(lines(row), rules=rules(), authorities=(), as_of=DAY).sufficient == ()


def test_the_insufficient_are_refused_and_the_rest_go_on() -> None:
    rows = [good("court_order", instrument_number=str(number) if number % 2 else "") for number in range(1, 8)]
    report = judge(*rows, kinds=("court_order",))
    assert report.sufficient == (1, 3, 5, 7)
    document = report.as_document()
    assert (document["total"], document["sufficient"], document["refused"]) == (7, 4, 3)
    assert [each["line"] for each in document["lines"] if each["faults"]] == [2, 4, 6]


def test_no_value_of_a_line_stands_in_a_report_or_a_repr() -> None:
    row = good("court_order", instrument_names="Zyxw Vutsrq", first_name="Qwertz", ssn="987654321")
    made = lines(row)
    report = judge_lines(made, rules=rules(), authorities=claims("court_order"), as_of=DAY)
    told = repr(report) + repr(report.as_document()) + repr(made)
    assert not any(value in told for value in ("Qwertz", "Torres", "Zyxw", "987654321", "M-1"))


def matters(count: int, *, official: str = "A. Detective", start: int = 0, **changes: str) -> list[dict[str, str]]:
    return [
        good("court_order", official=official, instrument_number=f"26-mc-{start + number}", **changes)
        for number in range(count)
    ]


def held(report: LinesReport) -> set[str]:
    return {each.because.id for each in report.holds}


def test_ten_matters_under_one_name_are_plausible_and_eleven_are_not() -> None:
    assert held(judge(*matters(10), kinds=("court_order",))) == set()
    report = judge(*matters(11), kinds=("court_order",))
    assert held(report) == {"HOLD-MATTERS"}
    assert report.holds[0].reason == "11 matters under one official's name in this request; more than 10 raise a hold"
    assert "Detective" not in report.holds[0].reason


def test_another_spelling_of_a_name_or_a_number_is_no_other_one() -> None:
    names = ["A. Detective", "a detective", "A.  DÉTECTIVE", "A\u200b. Detective"]
    rows = [dict(row, official=names[place % 4]) for place, row in enumerate(matters(11))]
    assert held(judge(*rows, kinds=("court_order",))) == {"HOLD-MATTERS"}
    same = [good("court_order", instrument_number="26-MC-1", medicaid_id=f"M-{each}") for each in range(11)]
    for place, number in enumerate(("26-mc-1", "26 mc 1", "26mc1")):
        same[place]["instrument_number"] = number
    assert held(judge(*same, kinds=("court_order",))) == set()


def test_two_officials_are_counted_apart_and_the_requester_for_both() -> None:
    rows = matters(10) + matters(10, official="B. Deputy", start=50)
    assert held(judge(*rows, kinds=("court_order",))) == set()
    many = [
        good(
            "court_order", official=f"Official {each // 10}", medicaid_id=f"M-{each}", instrument_number=str(each // 5)
        )
        for each in range(101)
    ]
    assert held(judge(*many, kinds=("court_order",))) == {"HOLD-REQUESTER-30"}


def test_refused_lines_count_too() -> None:
    assert held(judge(*matters(11, issued_by=""), kinds=("court_order",))) == {"HOLD-MATTERS"}


def test_a_month_is_counted_over_all_requests_of_a_name() -> None:
    def filed(days: int, *, same_requester: bool = False) -> Filed:
        on = DAY - timedelta(days=days)
        return Filed(on=on, same_requester=same_requester, lines=lines(*matters(9, start=100 + 20 * days)))

    rows = matters(9)
    assert held(judge(*rows, kinds=("court_order",), earlier=(filed(1),))) == set()
    assert held(judge(*rows, kinds=("court_order",), earlier=(filed(1), filed(30)))) == {"HOLD-MATTERS-30"}
    assert held(judge(*rows, kinds=("court_order",), earlier=(filed(1), filed(31)))) == set()
    crowd = lines(*[good("court_order", official=f"O{each}", medicaid_id=f"M-{each}") for each in range(100)])
    for same, wanted in ((True, {"HOLD-REQUESTER-30"}), (False, set())):
        earlier = (Filed(on=DAY, same_requester=same, lines=crowd),)
        assert held(judge(good("court_order", medicaid_id="M-new"), kinds=("court_order",), earlier=earlier)) == wanted


# ---- the pack's file ----


def pack_with(folder: Path, old: str, new: str) -> Path:
    target = folder / "us_medicaid"
    shutil.copytree(PACK.root, target)
    path = target / "lines.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return target


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('test = "names_person"', 'test = "guesses"', "authorities.court_order.elements.0.test"),
        ('test = "names_person"', 'test = "present"', "does not demand that the instrument names the person"),
        ('field = "issued_by"', 'field = "issuer"', "there is no field `issuer`"),
        ('id = "LINE-ORDER-COURT"', 'id = "LINE-ORDER-NAMES"', "two clauses have the id LINE-ORDER-NAMES"),
        ('id = "LINE-ORDER-COURT"', 'id = "LINE-ORDER-COURT"\ncolour = "red"', "colour"),
        ('id = "LINE-ORDER-COURT"', 'id = "LINE-ORDER-COURT"\nwords = ["x"]', "`words` belong to the test one_of"),
        ('words = ["yes"]', "", "`words` belong to the test one_of"),
        ('cite = "5 U.S.C. 552a(b)(11)"\n', "", "cite"),
        ('basis = "law"', 'basis = "order"', "basis"),
        ('verified = "unverified"', 'verified = "surely"', "verified"),
        ('data_class = "ssn"', 'data_class = "number"', "no class number"),
        ('data_class = "ssn"\n', "", "identifies a person and needs a data_class"),
        ("more_than = 10", "more_than = 0", "holds.0.more_than"),
        ("within_days = 30", "within_days = -1", "within_days"),
        ('under = "official"', 'under = "nobody"', "holds.0.under"),
        ("[fields.agency]", '[fields.authority]\ntitle = "x"\n\n[fields.agency]', "`authority` is there in every list"),
        ("matter = ", "matters = ", "matters"),
        ("identifiers = [[", "identifiers = [[], [", "at least one way to identify"),
    ],
)
def test_a_lines_file_that_is_not_well_formed_refuses_the_pack(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=r"lines\.toml") as caught:
        load_pack(pack_with(tmp_path, old, new))
    assert said in caught.value.cause


def test_holds_need_the_facts_that_lift_them(tmp_path: Path) -> None:
    target = pack_with(tmp_path, "matter = ", "matter = ")
    words = target / "vocabulary.toml"
    words.write_text(words.read_text("utf-8").replace("[facts.bulk-hold-agreed]", "[facts.bulk-hold-nodded]"), "utf-8")
    with pytest.raises(InvalidInputError, match="bulk-hold-agreed"):
        load_pack(target)


def test_a_pack_without_the_file_knows_no_lines(tmp_path: Path) -> None:
    target = pack_with(tmp_path, "matter = ", "matter = ")
    (target / "lines.toml").unlink()
    assert load_pack(target).lines is None


def test_the_page_names_every_element_and_hold_as_the_pack_has_them() -> None:
    page = REFERENCE.read_text("utf-8")
    for kind, elements in rules().authorities.items():
        assert f"### `{kind}`" in page
        for each in elements:
            words = f" ({', '.join(each.words)})" if each.words else ""
            because = each.because
            row = f"| `{because.id}` | `{each.field}` | `{each.test}`{words} | {because.title} | {because.cite} | {because.verified} |"
            assert row in page
    for hold in rules().holds:
        within = f"{hold.within_days} days" if hold.within_days else "one request"
        assert f"| `{hold.because.id}` | {hold.counts} | {hold.under} | {hold.more_than} | {within} |" in page
