"""The case file on paper: what it must say, that nothing runs or is fetched, that every picture has its table."""

import itertools
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape

import case_samples as samples
import pytest
from docket_world import World
from test_paper_page import HOSTILE, read

from modicum.gateway.case_file import CaseFile
from modicum.paper import case_page, figure
from modicum.paper.case_strips import clock_of, lock_of, quorum_of, witnesses_of
from modicum.paper.lock_clock import Deadline, LockBar, Moment, lock_clock
from modicum.paper.quorum_strip import Needed, Party, Said, Voter, quorum_strip
from modicum.paper.witness_strip import Checkpoint, Witness, Witnessing, witness_strip
from modicum.paper.words import time_words
from modicum_verify.lock import text_of as text_of_time

FILES = {
    "short": samples.short,
    "long": samples.long,
    "cosigned": samples.cosigned,
    "locked": samples.locked,
    "blind": samples.blind,
    "change": samples.change,
    "undecided": samples.undecided,
}
PAGES = {name: case_page(made(), version="0.1") for name, made in FILES.items()}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_nothing_is_fetched_and_tags_close(name: str) -> None:
    page = PAGES[name]
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in page
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert not [key for key, _ in reader.attributes if key in {"src", "style"} or key.startswith("on")]
    assert all((value or "").startswith("#") for key, value in reader.attributes if key == "href")
    assert "url(" not in style
    assert (reader.stray, reader.open) == ([], [])
    levels = [int(tag[1]) for tag in reader.tags if re.fullmatch(r"h[1-6]", tag)]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    ids = [value for key, value in reader.attributes if key == "id"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_its_table_beside_it(name: str) -> None:
    figures = re.findall(r"<figure>(.*?)</figure>", PAGES[name], re.DOTALL)
    assert len(figures) == (3 if name in {"undecided", "change"} else 4)
    for each in figures:
        assert each.index("<figcaption>") < each.index("<svg") < each.index("<table")
        assert "<details" not in each


def test_the_page_holds_request_law_votes_objections_orders_and_release() -> None:
    file, said = samples.short(), text_of(PAGES["short"])
    case = file.case
    assert case.decision is not None
    for each in case.timeline:
        assert each.actor in said
        assert each.summary in said
    for objection in case.objections:
        assert objection.text in said
        assert objection.grounds in said
        assert objection.answer is not None
        assert objection.answer.text in said
    for directive in case.directives:
        assert directive.text in said
        assert str(directive.deadline) in said
    for rule in case.decision.because:
        assert rule["id"] in said
        assert rule["cite"] in said
    for digest in ("11" * 32, "33" * 32, "44" * 32, case.request_sha256, case.decision.decision_sha256, "5f" * 32):
        assert digest in said
    for member in file.roster.people.values():
        if member.roles & case.reviewers:
            assert member.name in said
    assert "5 U.S.C. 406" in said
    assert "programme integrity" in said
    assert "30 days" in said
    assert "age1test" in said
    assert "The quorum is met: 2 of 2 approvals, from 2 of 2 organisations." in said
    assert "asks: never counts" in said


def test_an_evaluation_home_says_unwitnessed_and_another_does_not() -> None:
    assert '<p class="stamp">unwitnessed</p>' in PAGES["short"]
    assert "Unwitnessed: this is an evaluation home" in text_of(PAGES["short"])


def test_hostile_words_stay_words() -> None:
    file = samples.renamed(samples.long(), HOSTILE)
    page = case_page(replace(file, origin=HOSTILE, log_root=HOSTILE), version=HOSTILE)
    reader = read(page)
    assert not {"script", "img"} & set(reader.tags)
    assert (reader.stray, reader.open) == ([], [])
    assert not [key for key, _ in reader.attributes if key.startswith("on")]
    assert "\x00" not in page
    assert "\x07" not in page
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(svg)


def test_the_same_case_gives_the_same_bytes_and_a_long_one_stays_small() -> None:
    for name, made in FILES.items():
        assert case_page(made(), version="0.1") == PAGES[name]
        assert len(PAGES[name]) < 300_000


def _voters(file: CaseFile) -> dict[str, tuple[str, str]]:
    return {str(row[1]).split(" ")[0]: (str(row[3]), str(row[5])) for row in quorum_of(file).table.rows}


def test_the_quorum_counts_whom_the_docket_counts_and_shows_who_is_missing() -> None:
    world = World()
    world.file()
    world.decide()
    world.approve("cms/counsel")
    file = samples.file_of(world)
    picture = quorum_of(file)
    assert "1 of 2 approvals, from 1 of 2 organisations; still missing: privacy officer" in picture.finding
    said = _voters(file)
    assert said["cms/counsel"] == ("approves", "yes")
    assert said["cms/privacy"] == ("nothing yet", "no")
    assert said["hhs-oig/counsel"] == ("nothing yet", "never: it asks")
    assert "cms/steward" not in said  # may not vote
    world.decide()  # a new round: every vote falls
    fallen = _voters(samples.file_of(world))
    assert fallen["cms/counsel"] == (str(Said.FALLEN), "no")
    assert {person for person, (_, counts) in fallen.items() if counts == "yes"} == set()


def test_a_blind_first_review_says_who_and_not_how() -> None:
    voters = (
        Voter(person="cms/privacy", name="P", roles="privacy officer", said=Said.REVIEWED, entry=9),
        Voter(person="cms/counsel", name="C", roles="counsel", said=Said.NOTHING),
    )
    needed = Needed(
        approvals=0, of_approvals=2, organisations=0, of_organisations=2, roles=("counsel",), missing=("counsel",), blind=True
    )  # fmt: skip
    picture = quorum_strip([Party(id="cms", name="CMS", role="custodian", asks=False, people=voters)], needed)
    for told in (picture.svg, picture.narrow, str(picture.table), picture.finding, picture.alt):
        assert "approves" not in told
        assert "rejects" not in told
    assert "has reviewed" in str(picture.table)
    assert "blind" in picture.finding


def test_of_a_sealed_review_the_page_says_who_and_never_how() -> None:
    file = samples.blind()
    assert file.case.blind
    assert not file.case.first_reviews[0].approves
    assert _voters(file)["cms/privacy"] == (str(Said.REVIEWED), "no")
    said = text_of(PAGES["blind"])
    assert "First reviews are blind" in said
    for told in ("Not this way.", "rejects", "Rejects", "rejection"):
        assert told not in PAGES["blind"].partition("<main>")[2].replace("an objection, a rejection or an order", "")
    # The control: once the second review is in, both are told.
    assert "approves" in str(quorum_of(samples.waiting()).table)


def test_a_case_that_waits_shows_its_lock_and_when_it_ends_at_the_earliest() -> None:
    file = samples.locked()
    started = file.case.lock.started_s if file.case.lock else 0
    lock = lock_of(file.case)
    assert lock is not None
    assert lock.holds
    assert lock.waits == ("12 hours prescribed by law", "2 days of the custodian’s choice")
    assert round(lock.ends - lock.starts) == 48 * 60
    assert round(lock.statutory_until - lock.starts) == 12 * 60
    said = text_of(PAGES["locked"])
    assert f"Nothing can leave before {time_words(text_of_time(started + 48 * 3600))}" in said
    assert "both run from the time at which the witnesses have seen the agreement" in said
    assert "By registered letter." in said
    assert "California, Illinois" in said
    assert [row[0] for row in witnesses_of(file).table.rows][:1] == ["ig.example/w"]
    assert "start of the lock" in str(witnesses_of(file).table.headers)


@pytest.mark.parametrize(("hours", "ends"), [(20, 20), (3, 12), (90, 48)])
def test_an_order_ends_the_custodian_s_own_wait_and_never_the_law_s(hours: int, ends: int) -> None:
    started = samples.locked().case.lock.started_s  # type: ignore[union-attr]
    file = samples.locked(text_of_time(started + hours * 3600))
    lock = lock_of(file.case)
    assert lock is not None
    assert round(lock.ends - lock.starts) == ends * 60
    sooner = [words for words in lock.waits if words.startswith("ended sooner by the directive of entry ")]
    assert bool(sooner) == (ends < 48)
    assert any(row[0] == "due" for row in clock_of(file).table.rows)


def test_in_an_evaluation_home_the_lock_is_shown_and_holds_nothing() -> None:
    file = samples.waiting()
    lock = lock_of(file.case)
    assert lock is not None
    assert not lock.holds
    assert lock.starts == 4  # minutes: agreed with the second review
    said = text_of(case_page(file))
    assert "in this evaluation home it holds nothing" in said
    assert "it waits for nothing" in said
    assert lock_of(samples.short().case) is None  # a log whose genesis fixes no rules


def test_a_change_of_the_rules_has_a_file_too() -> None:
    said = text_of(PAGES["change"])
    assert "This case is about the rules themselves." in said
    assert '"statutory_s": 0' in said
    assert "Proposed by counsel of cms" in said
    assert "7 days prescribed by law" in said  # as long as the old rules wait at most
    assert "Recipients" not in said


LOCK = LockBar(
    starts=1600,
    ends=1600 + 5 * 1440,
    statutory_until=1600 + 3 * 1440,
    starts_at="24 November 2026, 04:40 UTC",
    ends_at="29 November 2026, 04:40 UTC",
    waits=("72 hours by law", "48 hours by the custodian"),
    holds=True,
)
MOMENTS = [Moment(entry=1, minutes=0, at="then", kind="filed", by="a/b", what="filed")]


def test_a_lock_is_a_bar_with_what_the_law_prescribes_hatched() -> None:
    picture = lock_clock(MOMENTS, lock=LOCK)
    assert picture.finding.startswith("Nothing can leave before 29 November 2026, 04:40 UTC")
    assert ("lock", "29 November 2026, 04:40 UTC", "6 days 2 hours", "lock ends, at the earliest", "", "; ".join(LOCK.waits)) in picture.table.rows  # fmt: skip
    for drawing in (picture.svg, picture.narrow):
        assert "wait that the law prescribes" in drawing
        assert "wait of the custodian’s choice" in drawing
        assert "stroke-dasharray" not in drawing
    free = lock_clock(MOMENTS, lock=replace(LOCK, holds=False))
    assert "holds nothing" in free.finding
    assert "stroke-dasharray" in free.svg
    law = lock_clock(MOMENTS, lock=replace(LOCK, statutory_until=LOCK.ends))
    assert "custodian’s choice" not in law.svg
    assert "lock" not in str(lock_clock(MOMENTS).table.rows)


def test_a_deadline_is_a_flag_at_its_time_or_at_its_order() -> None:
    flags = [Deadline(entry=1, minutes=None, words="in 54 minutes"), Deadline(entry=None, minutes=90, words="at noon")]
    picture = lock_clock(MOMENTS, deadlines=flags)
    assert picture.svg.count("l11 4l-11 4") == 2
    assert ("due", "-", "on no clock", "deadline", "the directive of entry 1", "in 54 minutes") in picture.table.rows
    assert picture.table.rows[-1][:3] == ("due", "at noon", "1 hour 30 minutes")
    dated = samples.long()
    rows = [row for row in clock_of(dated).table.rows if row[0] == "due"]
    assert rows[0][1] == "24 December 2026, 18:00 UTC"


def test_minutes_before_the_filing_are_refused() -> None:
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="negative or not a number"):
            lock_clock([replace(MOMENTS[0], minutes=wrong)])


def witnessing() -> Witnessing:
    return Witnessing(
        organisations=2,
        witnesses=(
            Witness(organisation="auditor", name="a.example/w"),
            Witness(organisation="court", name="c.example/w"),
            Witness(organisation="press", name="p.example/w"),
        ),
        checkpoints=(Checkpoint(size=31, purpose="the release", at={"a.example/w": "at 1", "c.example/w": "at 2"}),),
        latest={"a.example/w": (31, "at 1"), "c.example/w": (31, "at 2")},
        log_size=34,
    )


def test_the_witness_strip_says_who_cosigned_when_and_how_far_behind() -> None:
    picture = witness_strip(witnessing())
    assert (
        "Cosigned by 2 organisations at 31 entries (the release); 2 of 3 organisations must cosign" in picture.finding
    )
    rows = {row[0]: row[1:] for row in picture.table.rows}
    assert rows["a.example/w"] == ("auditor", "31 entries, at 1", "3 entries", "at 1")
    assert rows["p.example/w"] == ("press", "never", "all 34 entries", "no")
    for drawing in (picture.svg, picture.narrow):
        assert drawing.count('r="10"') == 2  # a full dot each
        assert drawing.count("stroke-dasharray") == 1
    none = witness_strip(None)
    assert "unwitnessed" in none.svg
    assert none.table.rows[0][0] == "unwitnessed"


def test_a_released_case_of_a_witnessed_log_shows_its_cosignatures() -> None:
    file = samples.cosigned()
    said = text_of(case_page(file))
    assert "unwitnessed" not in said
    assert f"Package, sha256 {'55' * 32}" in said
    assert f"modicum-verify {file.case.id}.modicum" in said
    rows = {row[0]: row[1:] for row in witnesses_of(file).table.rows}
    assert rows["ig.example/w"][0] == "inspector"
    assert rows["ig.example/w"][2] == "2 entries"
    assert rows["ig.example/w2"] == ("inspector", "never", "all 8 entries", "no")
    waiting = replace(file, seen=(), case=replace(file.case, releases=()))
    assert witnesses_of(waiting).finding.startswith("No checkpoint of this case was cosigned yet; 2 of 2 organisations")


def test_grey_paper_loses_no_mark() -> None:
    """Each kind of mark has a shape of its own: their outlines differ, whatever they are filled with."""
    shapes = set()
    for said in Said:
        voter = Voter(person="a/b", name="", roles="", said=said)
        drawn = quorum_strip([Party(id="a", name="", role="", asks=False, people=(voter,))], None).svg
        marks = re.findall(r"<(?:circle|path)[^>]*>", drawn)
        shapes.add(re.sub(r'(fill|stroke)="[^"]*"|M[\d. ]+', "", "".join(marks)))
    assert len(shapes) == len(Said)


def test_figures_of_the_strips_unfold_as_all_do() -> None:
    for picture in (lock_clock(MOMENTS, lock=LOCK), witness_strip(witnessing()), quorum_of(samples.short())):
        assert figure(picture).index("<svg") < figure(picture).index("<table")
