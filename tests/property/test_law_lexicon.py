"""The typed form of a policy says what the policy says: `like` is its list of values, and no wrong value is well typed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.law.cedar import Truth, holds
from modicum.law.lexicon import ill_typed, lexicon_of
from modicum.law.policy import look, matches
from modicum.law.statements import parse_statements

VALUES = ("a", "b", "ab", "a.b", "a*b", "abc", "")
WORDS = lexicon_of(facts=("f", "g"), obligations=(), domains={"x": VALUES, "y": VALUES[:3]})
RULE = '@id("R") permit (principal, action == Action::"disclose", resource) when {{ {} }};'


@given(st.lists(st.sampled_from(["a", "b", ".", "*", "\\*"]), max_size=5).map("".join), st.sampled_from(VALUES))
def test_a_pattern_matches_what_it_matches_to_cedar(pattern: str, value: str) -> None:
    (parsed,) = parse_statements(RULE.format(f'context.x like "{pattern}"'))
    like = parsed.document["conditions"][0]["body"]["like"]
    assert holds(parsed, [{"x": value}]) == [Truth.HOLDS if matches(like["pattern"], value) else Truth.FAILS]


WORD = st.sampled_from([*VALUES, "zz", "A", "f"])
FACT = st.sampled_from(["f", "g", "h", "a"])
ATOM = st.one_of(
    st.builds(
        lambda n, o, v: (f'context.{n} {o} "{v}"', {(n, v)}), st.sampled_from("xy"), st.sampled_from(["==", "!="]), WORD
    ),
    st.builds(lambda n, v: (f'"{v}" == context.{n}', {(n, v)}), st.sampled_from("xy"), WORD),
    st.builds(
        lambda n, vs: ("[" + ", ".join(f'"{v}"' for v in vs) + f"].contains(context.{n})", {(n, v) for v in vs}),
        st.sampled_from("xy"),
        st.lists(WORD, min_size=1, max_size=3),
    ),
    st.builds(lambda v: (f'context.facts.contains("{v}")', {("facts", v)}), FACT),
    st.just(("context.named_persons", set())),
)
BOTH = st.sampled_from(["&&", "||"])
CONDITION = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.builds(lambda a, o, b: (f"({a[0]} {o} {b[0]})", a[1] | b[1]), inner, BOTH, inner),
        st.builds(lambda a: (f"!({a[0]})", a[1]), inner),
        st.builds(lambda a, b, c: (f"(if {a[0]} then {b[0]} else {c[0]})", a[1] | b[1] | c[1]), inner, inner, inner),
    ),
    max_leaves=5,
)
KNOWN = {"x": VALUES, "y": VALUES[:3], "facts": ("f", "g")}


@settings(max_examples=300)
@given(CONDITION)
def test_a_condition_is_well_typed_exactly_where_every_literal_is_in_its_domain(made: tuple[str, set]) -> None:
    text, literals = made
    (parsed,) = parse_statements(RULE.format(text))
    fine = all(value in KNOWN[name] for name, value in literals)
    assert (ill_typed(parsed, WORDS) == []) is fine
    look(parsed)
