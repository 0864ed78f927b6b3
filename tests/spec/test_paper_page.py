"""The printable page: one file, no script, nothing fetched, its style named by digest."""

import itertools
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import paper_samples as samples

from modicum.paper import matrix, story_page

PAGE = story_page(samples.story())
HOSTILE = '</title><script>alert(1)</script><img src=x onerror="alert(1)">\x00\u202e{{ 7*7 }}'


class _Reader(HTMLParser):
    """Tags in order, their attributes, and whether each is closed where it should be."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.stray: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.stray.append(tag)


def read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def test_the_style_is_the_one_that_the_policy_names() -> None:
    style = PAGE.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in PAGE
    assert "unsafe" not in PAGE


def test_nothing_runs_and_nothing_is_fetched() -> None:
    reader = read(PAGE)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(reader.tags)
    assert not [key for key, _ in reader.attributes if key in {"src", "style"} or key.startswith("on")]
    assert all((value or "").startswith("#") for key, value in reader.attributes if key == "href")
    assert set(re.findall(r"https?://[^\s\"'<]+", PAGE)) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in PAGE.partition("<style>")[2].partition("</style>")[0]
    assert "@import" not in PAGE


def test_tags_are_closed_in_order() -> None:
    reader = read(PAGE)
    assert reader.stray == []
    assert reader.open == []


def test_headings_come_in_order_and_the_language_is_named() -> None:
    levels = [int(tag[1]) for tag in read(PAGE).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert '<html lang="en">' in PAGE


def test_ids_are_unique_and_every_reference_finds_one() -> None:
    attributes = read(PAGE).attributes
    ids = [value for key, value in attributes if key == "id"]
    assert len(ids) == len(set(ids))
    wanted = {part for key, value in attributes if key == "aria-labelledby" for part in (value or "").split()}
    wanted |= {(value or "")[1:] for key, value in attributes if key == "href"}
    assert wanted <= set(ids)


def test_hostile_words_stay_words() -> None:
    story = samples.story()
    bad = replace(
        story,
        dataset=HOSTILE,
        objection=replace(story.objection, text=HOSTILE, by=HOSTILE),
        rungs=(replace(story.rungs[0], why=HOSTILE, people=HOSTILE),),
        events=(replace(story.events[0], label=HOSTILE, at=HOSTILE),),
        commands=(replace(story.commands[0], line=HOSTILE, words=HOSTILE),),
        asked=replace(story.asked, columns=(HOSTILE,)),
        digests=((HOSTILE, HOSTILE),),
    )
    page = story_page(bad)
    reader = read(page)
    assert not {"script", "img"} & set(reader.tags)
    assert reader.stray == []
    assert not [key for key, _ in reader.attributes if key.startswith("on")]
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in page


def test_the_same_story_gives_the_same_bytes() -> None:
    assert story_page(samples.story()) == PAGE


def test_a_story_with_nothing_in_it_still_prints() -> None:
    bare = replace(
        samples.story(), days=(), rungs=(), approvals=(), events=(), package=(), digests=(), commands=(), account=()
    )
    page = story_page(bare)
    assert read(page).stray == []
    assert "No release held this person’s record." in page
    assert "No day was decided." in page


def test_every_rule_of_every_group_stands_in_the_appendix_alone() -> None:
    story = samples.story()
    appendix = PAGE.partition('id="every-rule"')[2]
    for day in story.days:
        detail = matrix(day.decision, story.form, story.group_strata_by).detail
        assert detail is not None
        assert PAGE.count(detail.caption) == 2  # the name of the scrolling region, and the caption
        assert appendix.count(detail.caption) == 2
    assert appendix.count("N.D. Cal. 3:25-cv-05536, Dkt. 98") == 1


def test_people_and_purposes_are_named_as_people_name_them() -> None:
    assert "r.reyes, dhs" in PAGE
    assert "immigration enforcement: civil" in PAGE
    assert '<b dir="auto">p.lindqvist, cms</b>' in PAGE


def test_an_evaluation_home_is_stamped_unwitnessed() -> None:
    assert '<p class="stamp">unwitnessed</p>' in PAGE
    assert 'class="stamp">' not in story_page(replace(samples.story(), unwitnessed=False))


def test_the_standing_words_can_be_read_after_eight_years_of_school() -> None:
    prose = re.sub(r"<(svg|style|table|details)\b.*?</\1>", " ", PAGE, flags=re.DOTALL)
    sentences = [
        text
        for block in re.findall(r"<p(?: class=\"(?:lede|note)\")?>(.*?)</p>", prose, flags=re.DOTALL)
        for text in re.split(r"(?<=[.?!:])\s+", re.sub(r"<[^>]+>", "", block))
        if text.strip()
    ]
    words = [word for sentence in sentences for word in re.findall(r"[A-Za-z’']+", sentence)]
    syllables = sum(_syllables(word) for word in words)
    # Flesch and Kincaid 1975.
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    assert grade <= 8, grade


def _syllables(word: str) -> int:
    trimmed = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^td])ed$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", trimmed)))
