"""Lines against a naive reading of the pack's file, and laws that hold for all lists."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.law.lines import Filed, judge_lines
from modicum.law.packs import load_pack
from modicum.model.lines import Line
from modicum.model.request import Authority

PACK: Final = load_pack("us_medicaid")
RAW: Final[Mapping[str, Any]] = tomllib.loads((PACK.root / "lines.toml").read_text("utf-8"))
KINDS: Final = [*RAW["authorities"], "statute"]
DAY: Final = date(2026, 11, 23)
FIELDS: Final = [*RAW["fields"], "authority"]

NAMES: Final = st.sampled_from(["Ana", "ANA", "ána", "Bo", "de la Cruz", "O'Hara", "Torres", "TÓRRES", " ", ""])
DAYS: Final = st.sampled_from(["2026-11-22", "2026-11-23", "2026-11-24", "20261123", "2026-11-31", "", "x"])
WORDS: Final = st.sampled_from(["yes", "no", "suspect", "missing_person", "noncriminal", "Yes", ""])
TEXTS: Final = st.sampled_from(["", " ", "1", "26-mc-1", "A. Detective", "a detective", "B", "=1+1", "\u00e9"])
AUTHORITY: Final = st.sampled_from([*KINDS, "", "", ""])


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str]:
    """A line that is nearly good: most fields are drawn from what could be right."""
    made: dict[str, str] = {}
    for name in FIELDS:
        if draw(st.integers(0, 9)) == 0:
            continue
        source = TEXTS
        if name in {"first_name", "last_name"}:
            source = NAMES
        elif name in {"instrument_date", "instrument_expires", "signed", "date_of_birth"}:
            source = DAYS
        elif name in {"relevant_and_material", "specific_and_limited", "deidentified_would_do", "sought_as", "revoked"}:
            source = WORDS
        elif name == "authority":
            source = AUTHORITY
        made[name] = draw(source)
    if draw(st.booleans()):
        made["instrument_names"] = f"{made.get('first_name', '')} {made.get('last_name', '')}"
    return made


def plainly(text: str) -> str:
    """The comparison of names, written another way."""
    once = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", once)).strip()


def is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return False
    year, month, day = map(int, text.split("-"))
    lengths = (31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1 <= month <= 12 and 1 <= day <= lengths[month - 1]


def naive(row: Mapping[str, str], kinds: list[str]) -> set[str]:
    """The ids of the clauses that refuse a line, read from the file as it stands."""
    get = {name: row.get(name, "").strip() for name in FIELDS}
    found = set()
    if not any(all(get[name] for name in some) for some in RAW["person"]["identifiers"]):
        found.add(RAW["person"]["clause"]["id"])
    claimed = list(dict.fromkeys(kinds))
    kind = get["authority"] or (claimed[0] if len(claimed) == 1 else None)
    if kind not in claimed or kind not in RAW["authorities"]:
        return found | {RAW["otherwise"]["id"]}
    for element in RAW["authorities"][kind]["elements"]:
        text = get[element["field"]]
        good = {
            "present": text != "",
            "not_after_as_of": is_day(text) and text <= "2026-11-23",
            "not_before_as_of": is_day(text) and text >= "2026-11-23",
            "one_of": text in element.get("words", []),
            "names_person": bool(get["first_name"] and get["last_name"])
            and plainly(text) == plainly(get["first_name"] + " " + get["last_name"]),
        }[element["test"]]
        if not good:
            found.add(element["id"])
    return found


@settings(max_examples=600, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=4), st.lists(st.sampled_from(KINDS), min_size=1, max_size=2))
def test_every_line_is_judged_as_the_file_reads(given_rows: list[dict[str, str]], kinds: list[str]) -> None:
    lines = [Line(number=place, values=row) for place, row in enumerate(given_rows, start=1)]
    authorities = [Authority(kind=kind, citation="c") for kind in kinds]
    assert PACK.lines is not None
    report = judge_lines(lines, rules=PACK.lines, authorities=authorities, as_of=DAY)
    for line, judged in zip(lines, report.lines, strict=True):
        assert {fault.because.id for fault in judged.faults} == naive(line.values, kinds)
    assert report.sufficient == tuple(line.number for line in lines if not naive(line.values, kinds))


@settings(max_examples=200, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=5), st.sampled_from(KINDS), st.randoms())
def test_a_line_is_judged_alone(given_rows: list[dict[str, str]], kind: str, random: Any) -> None:
    assert PACK.lines is not None
    authorities = [Authority(kind=kind, citation="c")]
    lines = [Line(number=place, values=row) for place, row in enumerate(given_rows, start=1)]
    together = judge_lines(lines, rules=PACK.lines, authorities=authorities, as_of=DAY)
    mixed = random.sample(lines, len(lines))
    other = judge_lines(mixed, rules=PACK.lines, authorities=authorities, as_of=DAY)
    assert sorted(together.lines, key=lambda each: each.number) == sorted(other.lines, key=lambda each: each.number)
    assert {each.because.id for each in together.holds} == {each.because.id for each in other.holds}
    for line in lines:
        (alone,) = judge_lines([line], rules=PACK.lines, authorities=authorities, as_of=DAY).lines
        assert alone in together.lines


NUMBERS: Final = st.integers(0, 40)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["A", "a.", "B", ""]), NUMBERS, NUMBERS), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.sampled_from(["A", "B"]), NUMBERS), max_size=8),
)
def test_holds_count_what_a_naive_count_counts(
    asked: list[tuple[str, int, int]], before: list[tuple[int, bool, str, int]]
) -> None:
    def line(official: str, matter: int, person: int) -> dict[str, str]:
        return {"official": official, "instrument_number": f"m{matter}", "medicaid_id": f"p{person}"}

    assert PACK.lines is not None
    lines = [Line(number=place, values=line(*each)) for place, each in enumerate(asked, start=1)]
    earlier = [
        Filed(
            on=DAY - timedelta(days=days),
            same_requester=same,
            lines=tuple(
                Line(number=n, values=line(official, 100 + upto + n, 100 + upto + n)) for n in range(1, upto + 1)
            ),
        )
        for days, same, official, upto in before
    ]
    report = judge_lines(lines, rules=PACK.lines, authorities=(), as_of=DAY, earlier=earlier)
    wanted = set()
    for hold in RAW["holds"]:
        reach = hold.get("within_days", 0)
        seen = [(each.values, True) for each in lines]
        for filed in earlier:
            if reach and (DAY - filed.on).days <= reach:
                seen += [(each.values, filed.same_requester) for each in filed.lines]
        field = {"matters": "instrument_number", "persons": "medicaid_id"}[hold["counts"]]
        groups: dict[str, set[str]] = {}
        for values, same in seen:
            if hold["under"] == "official":
                if values["official"]:
                    groups.setdefault(values["official"].strip(".").lower(), set()).add(values[field])
            elif same:
                groups.setdefault("", set()).add(values[field])
        if any(len(group) > hold["more_than"] for group in groups.values()):
            wanted.add(hold["id"])
    assert {each.because.id for each in report.holds} == wanted
