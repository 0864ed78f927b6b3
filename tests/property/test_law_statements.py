"""Cedar text splits into its statements: put together it is the same text, and lines are those an editor shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modicum.law.cedar import parse
from modicum.law.packs import load_pack
from modicum.law.statements import StatementError, parse_statements, split

# What a comment and a string may hold that could mislead a reader of statements.
NASTY = st.text(st.sampled_from(list("ab;\"/\\@(){}\n \t*'é\u2028")), max_size=12)
GAP = st.lists(
    st.one_of(
        st.sampled_from([" ", "\n", "\t", "\n\n", "\r\n"]), NASTY.map(lambda t: "//" + t.replace("\n", ";") + "\n")
    ),
    max_size=4,
).map("".join)


def literal(text: str) -> str:
    """A Cedar string with this value."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'  # a line break may stand in a Cedar string as it is


STATEMENT = st.builds(
    lambda name, note, effect, value, gap: (
        f"@id({literal(name)}){gap}@note({literal(note)})\n{effect} (principal, action, resource){gap}"
        f"when {{ context.x == {literal(value)} }}{gap};"
    ),
    NASTY, NASTY, st.sampled_from(["permit", "forbid"]), NASTY, GAP,
)  # fmt: skip


@given(st.lists(st.tuples(GAP, STATEMENT), max_size=5), GAP)
def test_each_statement_is_found_with_its_line_and_what_cedar_reads_in_it(
    written: list[tuple[str, str]], tail: str
) -> None:
    text = "".join(gap + statement for gap, statement in written) + tail
    found = split(text)
    assert "".join(each.text for each in found) == (text if written else "")
    before, lines = "", []
    for gap, statement in written:
        lines.append((before + gap).count("\n") + 1)
        before += gap + statement
    assert [each.line for each in found] == lines
    parsed = parse_statements(text)
    assert [each.line for each in parsed] == lines
    assert [each.document for each in parsed] == [each.document for each in parse(text)]
    for each, (_, statement) in zip(parsed, written, strict=True):
        assert each.text.strip().endswith(statement) or statement in each.text


@given(st.text(st.sampled_from(list('a;"/\\\n @()')), max_size=40))
def test_any_text_at_all_is_put_together_again(text: str) -> None:
    found = split(text)
    if found:
        assert "".join(each.text for each in found) == text
    assert [each.line for each in found] == sorted(each.line for each in found)


@pytest.mark.parametrize("broken", range(3))
def test_the_broken_one_of_three_is_named(broken: int) -> None:
    whole = [f'@id("P{n}")\npermit (principal, action, resource);\n// ; "\n' for n in range(3)]
    whole[broken] = whole[broken].replace("principal", "prinzipal")
    with pytest.raises(StatementError) as error:
        parse_statements("".join(whole))
    # Each statement takes three lines, and the comment after one comes before the next.
    assert error.value.line == 3 * broken + 1


def test_the_policies_of_the_shipped_packs_stand_where_their_id_is_written() -> None:
    pack = load_pack("us_medicaid")
    for body in pack.bodies:
        lines = (pack.root / body.file).read_text().splitlines()
        for policy in body.policies:
            assert lines[policy.parsed.line - 1] == f'@id("{policy.id}")'
            assert policy.parsed.text in (pack.root / body.file).read_text()
