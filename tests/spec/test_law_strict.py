"""Whatever is wrong in a pack is told by file and first line of the statement, and nothing is decided with it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from modicum.law import packs
from modicum.law.guarantees import Guarantees
from modicum.law.lexicon import Lexicon, ill_typed, lexicon_of, strangers
from modicum.law.packs import load_pack
from modicum.law.policy import look
from modicum.law.statements import parse_statements
from modicum.law.toml_lines import line_of
from modicum.model.errors import InvalidInputError

SMALL = Path(__file__).parents[1] / "data" / "small_pack"
ACT, HOUSE = "statutes/library-act.cedar", "custodian/house-rules.cedar"
RESEARCH, CHILD, PARENT, DELETE = 12, 22, 32, 41  # first lines of LIB-002, LIB-003, LIB-005 and LIB-006


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return act


def test_the_lines_that_are_expected_below_are_those_of_the_file() -> None:
    lines = (SMALL / ACT).read_text().splitlines()
    for line, name in ((RESEARCH, "LIB-002"), (CHILD, "LIB-003"), (PARENT, "LIB-005"), (DELETE, "LIB-006")):
        assert lines[line - 1] == f'@id("{name}")'


IN_CEDAR = {
    "not Cedar": (change(ACT, 'when { context.age == "child" }', "when { context.age == }"), CHILD, "unexpected token"),
    "a string without an end": (change(ACT, '"No records of children"', '"No records'), CHILD, ""),
    "a statement without an end": (
        change(ACT, '&& context.purpose == "care" };\n\n@id("LIB-006")', '&& context.purpose == "care" }\n\n@id("LIB-006")'),
        PARENT,
        "unexpected",
    ),
    "an empty statement": (change(ACT, '@id("LIB-005")', ';\n@id("LIB-005")'), PARENT, "unexpected"),
    "a template": (change(ACT, 'permit (principal, action == Action::"disclose", resource)\nwhen { context.rec',
        'permit (principal == ?principal, action == Action::"disclose", resource)\nwhen { context.rec'), PARENT, "templates"),
    "an annotation twice": (change(ACT, '@cite("Library Act, s. 5")', '@id("X")'), PARENT, "duplicate annotation"),
    "no citation": (change(ACT, '@cite("Library Act, s. 5")\n', ""), PARENT, "@cite is missing"),
    "an empty citation": (change(ACT, '@cite("Library Act, s. 5")', '@cite(" ")'), PARENT, "@cite is missing"),
    "no id": (change(ACT, '@id("LIB-005")\n', ""), PARENT, "@id is missing"),
    "an unknown annotation": (change(ACT, '@cite("Library Act, s. 5")', '@cite("s. 5") @law("x")'), PARENT, "@law"),
    "an id of another file": (change(HOUSE, '"HOUSE-1"', '"LIB-005"'), (HOUSE, 1), f"{ACT}:{PARENT}"),
    "an id of the same file": (change(ACT, '"LIB-005"', '"LIB-002"'), PARENT, f"{ACT}:{RESEARCH}"),
    "a wrong type": (change(ACT, "context.age ==", "context.named_persons =="), CHILD, "Bool and String"),
    "an attribute that is not there": (change(ACT, "context.age ==", "context.agee =="), CHILD, "agee"),
    "a value out of its domain": (change(ACT, '"child"', '"chidl"'), CHILD, "`chidl` as age"),
    "a value of another domain": (change(ACT, '"child"', '"loans"'), CHILD, "`loans` as age"),
    "a prefix of nothing": (change(ACT, 'like "research*"', 'like "reserch*"'), RESEARCH, "`reserch` as purpose"),
    "a pattern of nothing": (change(ACT, 'like "research*"', 'like "*reserch"'), RESEARCH, "empty set"),
    "a fact that nobody knows": (change(ACT, '"board-agreed"', '"bored-agreed"'), RESEARCH, "`bored-agreed`"),
    "values of two domains compared": (
        change(ACT, 'context.recipient == "parent" && context.purpose == "care" };\n\n@id("LIB-006")',
               'context.recipient == context.purpose };\n\n@id("LIB-006")'),
        PARENT, "`recipient` and `purpose` have different domains",
    ),
    "a literal where no check by name looks": (
        change(ACT, 'when { context.age == "child" }', 'when { ["chidl"].containsAll([context.age]) }'), CHILD,
        "Set<String> and Set<Domain_age>",
    ),
    "a literal in a branch": (
        change(ACT, 'context.age == "child"', 'context.age == (if context.named_persons then "chidl" else "adult")'),
        CHILD, "String and Domain_age",
    ),
    "an entity of one's own": (
        change(ACT, 'context.age == "child"', 'principal == Asker::"me" && context.age == "child"'), CHILD, "context",
    ),
    "a scope for somebody": (change(ACT, "forbid (principal", 'forbid (principal == Asker::"me"'), CHILD, "scope"),
    "an action that is none": (change(ACT, 'Action::"oblige"', 'Action::"obliges"'), DELETE, "scope"),
    "an obligation that is none": (change(ACT, '"delete-after-use"', '"delete"'), DELETE, "@obligation"),
    "a forbid that applies": (
        change(ACT, 'permit (principal, action == Action::"oblige"', 'forbid (principal, action == Action::"oblige"'),
        DELETE, "`permit` alone",
    ),
    "a permit of the house": (change(HOUSE, "forbid (", "permit ("), (HOUSE, 1), "permits nothing"),
    "a house that contests": (
        change(HOUSE, 'forbid (principal, action == Action::"disclose"', 'permit (principal, action == Action::"contests"'),
        (HOUSE, 1), "only a body of law",
    ),
    "no day": (change(ACT, '"2020-06-30"', '"2020-06-31"'), RESEARCH, "@until is no date"),
    "an end before the beginning": (change(ACT, '"2020-06-30"', '"2010-02-28"'), RESEARCH, "@until lies before"),
    "versions that overlap": (
        change(ACT, '@from("2000-01-01")\npermit (principal, action == Action::"disclose"',
               '@from("2020-06-30") @version_of("LIB-002")\npermit (principal, action == Action::"disclose"'),
        PARENT, f"2020-06-30, LIB-002 at {ACT}:{RESEARCH}",
    ),
    "a rule that stands nowhere": (change("pack.toml", 'inside = ["LIB-003"]', 'inside = ["LIB-005"]'),
        ("pack.toml", None), "placed LIB-004: no policy LIB-005"),
    "an attribute too many": (change("schema.cedarschema", "age: String", "age: String,\n    aged: String"),
        ("schema.cedarschema", None), "`aged: String` is in no vocabulary"),
    "an attribute too few": (change("schema.cedarschema", "    age: String,\n", ""),
        ("schema.cedarschema", None), "`age: String` is missing"),
    "an attribute that may be missing": (change("schema.cedarschema", "age: String", "age?: String"),
        ("schema.cedarschema", None), "`age?: String`"),
    "another type": (change("schema.cedarschema", "named_persons: Bool", "named_persons: Long"),
        ("schema.cedarschema", None), "`named_persons: Long`"),
    "an action too few": (change("schema.cedarschema", ', "contests"', ""), ("schema.cedarschema", None), "contests"),
    "no schema": (change("schema.cedarschema", "entity Asker;", "entity Asker"), ("schema.cedarschema", None), "unexp"),
    "an attribute of people that every request has": (
        change("strata.toml", "[attributes.age]", "[attributes.recipient]"), ("strata.toml", None), "recipient"),
    "an attribute that Cedar cannot name": (
        change("strata.toml", "[attributes.age]", '[attributes."the age"]'), ("strata.toml", None), "the age"),
    "a value twice": (change("strata.toml", '"child", ', '"child", "child", '), ("strata.toml", None), "child"),
    "an unknown key": (change("pack.toml", 'title = "Library Act"', 'titel = "Library Act"'), ("pack.toml", 12), "titel"),
    "an unknown key of a fact": (change("vocabulary.toml", "attested_by", "attested_bye"),
        ("vocabulary.toml", 27), "attested_bye"),
    "a field too few": (change("pack.toml", 'title = "Rules of the house"\n', ""), ("pack.toml", 20), "title"),
    "a field of another type": (change("pack.toml", 'inside = ["LIB-003"]', "inside = 3"), ("pack.toml", 62), "inside"),
}  # fmt: skip


WHEN = 'when { context.age == "child" }'


def when(condition: str) -> Callable[[Path], None]:
    return change(ACT, WHEN, f"when {{ {condition} }}")


IN_CEDAR |= {
    "arithmetic": (when('context.age == "child" && 1 + 1 == 2'), CHILD, "looks at no attribute"),
    "arithmetic that overflows": (when("9223372036854775807 + 1 > 0"), CHILD, "`>`"),
    "an address": (when('context.age == "child" && ip("1.2.3.4").isLoopback()'), CHILD, "`isLoopback`"),
    "an entity in another": (when('Asker::"x" in Asker::"x"'), CHILD, "`in`"),
    "words that nothing is compared with": (when('context.age == "child" && "chidl" != "a"'), CHILD, "no attribute"),
    "brackets that would end the process": (when("(" * 3000 + "true" + ")" * 3000), CHILD, "brackets"),
    "negations that would end the process": (when("!(" * 900 + "true" + ")" * 900), CHILD, "brackets"),
    "a condition without end": (when("if true then " * 400 + "true" + " else true" * 400), CHILD, "too deeply"),
    "a long chain": (when(" && ".join(["true"] * 2000)), CHILD, "too deeply"),
    "a statement without measure": (when(" && ".join(["true"] * 30_000)), CHILD, "characters"),
    "an id of letters that look like others": (change(ACT, '"LIB-005"', '"LIB-00\u0405"'), PARENT, "@id is made of"),
    "an id of two lines": (change(ACT, '"LIB-005"', '"LIB\\n005"'), PARENT, "@id is made of"),
    "the id of a default": (change(ACT, '"LIB-005"', '"UNKNOWN"'), PARENT, "default of pack.toml"),
    "a title that hides something": (change(ACT, "No records of", "No \\u{202e}records of"), CHILD, "cannot be seen"),
    "text that runs backwards": (change(ACT, "No records of", "No \u202erecords of"), CHILD + 1, "U+202E"),
    "a byte order mark": (change(ACT, "// ", "\ufeff// "), 1, "U+FEFF"),
    "a day written otherwise": (change(ACT, '"2020-06-30"', '"20200630"'), RESEARCH, "@until is no date"),
    "a day of a week": (change(ACT, '"2020-06-30"', '"2020-W26-2"'), RESEARCH, "@until is no date"),
    "no truth value": (change("pack.toml", 'basis = "law"\n', 'basis = "law"\nground = "no"\n'), ("pack.toml", 14), "bool"),
    "a number as text": (
        change("reviews.toml", "organisations = 2", 'organisations = "2"'), ("reviews.toml", None), "integer"),
    "lists without end": (change("pack.toml", "name =", "x = " + "[" * 5000 + "]" * 5000 + "\nname ="),
        ("pack.toml", None), "nested"),
    "too much": (change(ACT, "// ", "// " + "x" * 3_000_000), (ACT, None), "too large"),
}  # fmt: skip


@pytest.mark.parametrize("fault", IN_CEDAR)
def test_a_fault_is_told_by_file_and_first_line_and_nothing_is_decided(fault: str, tmp_path: Path) -> None:
    spoil, where, told = IN_CEDAR[fault]
    root = copytree(SMALL, tmp_path / "pack")
    load_pack(root)
    spoil(root)
    file, line = (ACT, where) if isinstance(where, int) else where
    with pytest.raises(InvalidInputError) as refusal:
        load_pack(root)
    assert re.match(rf"pack file {re.escape(file)}[: ]", refusal.value.cause)
    if line is not None:
        assert re.match(rf"pack file {re.escape(file)}:{line}[:,]", refusal.value.cause)
    assert told in refusal.value.cause


@pytest.mark.parametrize("name", ["statutes", ACT, "vocabulary.toml"])
def test_a_link_is_no_part_of_a_pack(name: str, tmp_path: Path) -> None:
    """Its digest would not cover what a link to a folder leads to: the law could change under a seal that holds."""
    root = copytree(SMALL, tmp_path / "pack")
    (root / name).rename(tmp_path / "elsewhere")
    (root / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match=f"pack file {name} is a link"):
        load_pack(root)


def test_a_pack_is_read_again_when_a_byte_of_it_changed(tmp_path: Path) -> None:
    """A pack that was loaded is remembered by its digest, in this process, and by nothing else."""
    root = copytree(SMALL, tmp_path / "pack")
    before = load_pack(root)
    assert load_pack(root) is before
    change(ACT, '@source("invented")', '@source("invented!")')(root)
    changed = load_pack(root)
    assert changed.ref.sha256 != before.ref.sha256
    assert "invented!" in {rule.source for rule in changed.rules()}
    (root / "notes.toml").write_text("")
    with pytest.raises(InvalidInputError, match=r"pack file notes\.toml"):
        load_pack(root)
    (root / "notes.toml").unlink()
    (root / ACT).rename(tmp_path / "elsewhere")
    (root / ACT).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match="is a link"):
        load_pack(root)


def test_a_pack_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read would else pass under the digest of what lies there now."""
    root = copytree(SMALL, tmp_path / "pack")
    reading = packs.read_guarantees

    def changed(root: Path, lexicon: Lexicon) -> Guarantees:
        change(ACT, '@source("invented")', '@source("invented!")')(root)
        return reading(root, lexicon)

    with monkeypatch.context() as patch:
        patch.setattr(packs, "read_guarantees", changed)
        with pytest.raises(InvalidInputError, match="changed while it was read"):
            load_pack(root)
    assert "invented!" in {rule.source for rule in load_pack(root).rules()}


def test_a_misspelt_file_does_not_leave_out_what_stands_in_it(tmp_path: Path) -> None:
    root = copytree(SMALL, tmp_path / "pack")
    (root / "guarantees.toml").rename(root / "guarantes.toml")
    with pytest.raises(InvalidInputError, match=r"pack file guarantes\.toml"):
        load_pack(root)


def test_versions_of_a_rule_may_follow_each_other(tmp_path: Path) -> None:
    root = copytree(SMALL, tmp_path / "pack")
    change(ACT, '@from("2000-01-01")\npermit (principal, action == Action::"disclose"',
           '@from("2020-07-01") @version_of("LIB-002")\npermit (principal, action == Action::"disclose"')(root)  # fmt: skip
    pack = load_pack(root)
    assert {p.id for body in pack.bodies for p in body.policies if p.version_of == "LIB-002"} == {"LIB-005"}


def test_two_versions_of_a_third_overlap_too(tmp_path: Path) -> None:
    root = copytree(SMALL, tmp_path / "pack")
    change(ACT, '@source("invented")', '@source("invented") @version_of("LIB")')(root)
    with pytest.raises(InvalidInputError, match=r"library-act\.cedar:3, policy LIB-000: no other policy is LIB"):
        load_pack(root)
    change(HOUSE, '@source("invented")', '@source("invented") @version_of("LIB")')(root)
    with pytest.raises(InvalidInputError, match="in force with another version of its rule from 2005-07-01"):
        load_pack(root)


WORDS = lexicon_of(
    facts=("f-1", "f-2"), obligations=(),
    domains={"age": ("child", "adult", 'a "b"\\'), "discloser": ("x", "y"), "recipient": ("x", "y"), "age_2": ("child",)},
)  # fmt: skip
TYPED = {
    'context.age == "child"': True,
    'context.age == "a \\"b\\"\\\\"': True,
    '"adult" != context.age': True,
    'context.age == "old"': False,
    '"old" == context.age': False,
    'context.age != "old"': False,
    '["child", "adult"].contains(context.age)': True,
    '["child", "old"].contains(context.age)': False,
    'context.facts.contains("f-1")': True,
    'context.facts.contains("f-3")': False,
    'context.facts.containsAny(["f-1", "f-2"])': True,
    'context.facts.containsAll(["f-1", "f-3"])': False,
    'context.age like "c*"': True,
    'context.age like "*l*"': True,
    'context.age like "x*"': False,
    "context.discloser == context.recipient": True,
    "context.discloser == context.age": False,
    "context.age == context.age_2": False,
    "context.named_persons": True,
    "context.named_persons == true": True,
    '!(context.age == "old") || context.named_persons': False,
    'if context.named_persons then context.age == "child" else context.age == "old"': False,
    '[context.age].contains("child")': False,
}


@pytest.mark.parametrize("condition", TYPED)
def test_cedar_itself_refuses_values_out_of_their_domain(condition: str) -> None:
    text = f'permit (principal, action == Action::"disclose", resource) when {{ {condition} }};'
    (parsed,) = parse_statements(text)
    assert (ill_typed(parsed, WORDS) == []) is TYPED[condition]


def test_a_pack_without_facts_has_none_to_mention() -> None:
    words = lexicon_of(facts=(), obligations=(), domains={"age": ("child", "adult")})
    (parsed,) = parse_statements(
        'permit (principal, action == Action::"disclose", resource) when { context.facts.contains("f-1") };'
    )
    assert strangers(*look(parsed), words) == ["the fact `f-1`"]
    assert ill_typed(replace(parsed), words)


TOML = """title = "x"
a.b = 1
[one]
k = "[two]"
[[two]]
k = 1
"odd key" = 2
[two.'in.side']
k = 1
[[two]]
[[two.more]]
k = [
  1,
]
[[two.more]]
z = 0
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 1), (("a", "b"), 2), (("one",), 3), (("one", "k"), 4), (("one", "missing"), 3),
        (("two", 0), 5), (("two", 0, "k"), 6), (("two", 0, "odd key"), 7), (("two", 0, "in.side"), 8),
        (("two", 0, "in.side", "k", "deeper"), 9), (("two", 1), 10), (("two", 1, "more", 0), 11),
        (("two", 1, "more", 0, "k", 0), 12), (("two", 1, "more", 1, "z"), 16), (("two", 1, "k"), 10), (("none",), None),
        ((), None),
    ],
)  # fmt: skip
def test_the_line_of_a_field(place: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TOML, place) == line
