"""A policy pack as a Markdown document: for people who review law in a text editor, or print it from one.

Words of the pack are escaped, so that none of them turns into markup; Cedar stands in fenced blocks.
"""

import re
from collections.abc import Iterable, Iterator

from modicum.law.reading import BodyRead, Entry, PackRead, RuleRead
from modicum.model.decision import Basis
from modicum.paper.svg import clean

KINDS = {
    Basis.LAW: "a body of law",
    Basis.ORDER: "orders of a court",
    Basis.CUSTODIAN_POLICY: "the custodian's own policy, and no law",
}
_MARKUP = re.compile(r"([\\*_{}\[\]<>#|~])")


def pack_markdown(pack: PackRead) -> str:
    """The document, ending in a newline; the same bytes for the same pack."""
    parts = [_head(pack), _contents(pack)]
    parts += [_bodies("The law", pack.law), _bodies("The custodian's own policy, which is no law", pack.own_policy)]
    parts += [_conflicts(pack), _guarantees(pack), _elsewhere(pack), _glossary(pack)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(pack: PackRead) -> Iterator[str]:
    yield f"# {_text(pack.title)}"
    yield ""
    yield f"Policy pack `{pack.ref.name}`, version {_text(pack.ref.version)}, digest `{pack.ref.sha256}`."
    if pack.profile is not None:
        yield ""
        yield f"Narrowed to the profile *{_text(pack.profile.title)}*: bodies that can bear on that custodian."
    yield ""
    yield f"Coverage: {_text(pack.coverage_line)}."
    yield ""
    yield "This is not legal advice. Of each rule it is said whether its text was read (`text-read`), taken from what"
    yield "others say of it (`secondary`), or not checked (`unverified`: a permit then waits for counsel)."
    yield ""
    yield "What the pack does not cover:"
    yield ""
    yield from (f"- {_text(each)}" for each in pack.does_not_cover)


def _contents(pack: PackRead) -> Iterator[str]:
    yield "## Contents"
    yield ""
    for body in (*pack.law, *pack.own_policy):
        yield f"- [{_text(body.title)}](#{_anchor(body.title)}): {KINDS[body.basis]}, {len(body.rules)} rules"
    for title in ("Conflicts for counsel", "What must never be possible", "Rules that stand elsewhere", "Glossary"):
        yield f"- [{title}](#{_anchor(title)})"


def _bodies(title: str, bodies: Iterable[BodyRead]) -> Iterator[str]:
    yield f"## {title}"
    for body in bodies:
        yield ""
        yield from _body(body)


def _body(body: BodyRead) -> Iterator[str]:
    yield f"### {_text(body.title)}"
    yield ""
    yield f"{KINDS[body.basis].capitalize()}; file `{body.file}`. {_stance(body)}"
    if body.default is not None:
        each = body.default
        yield ""
        yield f"**{_text(each.id)}**, {_text(each.cite)} ({each.verified}): {_text(each.title)}."
        yield f"Vectors: {_vectors(body.default_shows, body.default_nearly)}"
    for rule in body.rules:
        yield ""
        yield from _rule(rule)


def _stance(body: BodyRead) -> str:
    if body.default is None:
        return "It forbids and obliges, and permits nothing."
    ground = "" if body.ground else " It only narrows what another body allows."
    return f"Where it applies it denies what it does not permit.{ground}"


def _rule(rule: RuleRead) -> Iterator[str]:
    policy = rule.policy
    until = "" if policy.until is None else f" to {policy.until}"
    yield f"#### {_text(policy.id)}: {_text(policy.title)}"
    yield ""
    yield f"{_text(policy.cite)}. In force from {policy.since}{until}. Text: {policy.verified}."
    yield f"Source: {_text(policy.source)}."
    yield ""
    yield _words(rule.plain.does) + (":" if rule.plain.when or rule.plain.unless else ", always.")
    for lead, parts in (("when all of this holds", rule.plain.when), ("unless one of this holds", rule.plain.unless)):
        if parts:
            yield ""
            yield f"*{lead}*"
            yield ""
            yield from (f"- {_words(each)}" for each in parts)
    if policy.confirmation is not None:
        yield ""
        yield f"Nobody has read its text: it permits only once `{policy.confirmation}` is attested."
    if rule.note:
        yield ""
        yield f"Note: {_text(rule.note)}"
    yield ""
    yield "```cedar"
    yield clean(rule.cedar)
    yield "```"
    yield ""
    yield f"Vectors: {_vectors(rule.shows, rule.nearly)}"
    if rule.uncovered:
        yield ""
        yield "**Not covered: this rule lacks a vector of its own.**"


def _vectors(shows: tuple[str, ...], nearly: tuple[str, ...]) -> str:
    def named(given: tuple[str, ...]) -> str:
        return ", ".join(f"`{each}`" for each in given) or "**none**"

    return f"shows in {named(shows)}; nearly in {named(nearly)}."


def _conflicts(pack: PackRead) -> Iterator[str]:
    yield "## Conflicts for counsel"
    yield ""
    if not pack.contests:
        yield "No statute of this pack speaks against policies of the custodian."
        return
    yield "Statutes that speak against policies of the custodian. Where such a policy denies, its denial stands, and"
    yield "the conflict is shown to counsel; nothing is resolved silently."
    yield ""
    for rule in pack.contests:
        yield f"- **{_text(rule.policy.id)}**, {_text(rule.policy.cite)}: {_text(rule.policy.title)}"


def _guarantees(pack: PackRead) -> Iterator[str]:
    yield "## What must never be possible"
    yield ""
    if not pack.guarantees:
        yield "The pack states no guarantees."
    yield from (f"- **{_text(each.id)}**: {_text(each.title)} ({_text(each.more)})" for each in pack.guarantees)


def _elsewhere(pack: PackRead) -> Iterator[str]:
    yield "## Rules that stand elsewhere"
    yield ""
    yield "Said where no rule decides:"
    yield ""
    yield from (f"- **{_text(each.id)}**, {_text(each.cite)}: {_text(each.title)}" for each in pack.defaults)
    for title, effect in (("Encoded, but not as a rule of their own:", "placed"), ("Not encoded:", "not-encoded")):
        rules = [rule for rule in pack.elsewhere if rule.effect == effect]
        if rules:
            yield ""
            yield title
            yield ""
            yield from (
                f"- **{_text(each.id)}**, {_text(each.cite)}: {_text(each.title)}. {_text(each.body)}" for each in rules
            )


def _glossary(pack: PackRead) -> Iterator[str]:
    yield "## Glossary"
    sections: dict[str, tuple[Entry, ...]] = {**pack.glossary}
    if pack.profiles:
        sections["Profiles: the bodies that can bear on a custodian"] = pack.profiles
    for title, entries in sections.items():
        yield ""
        yield f"### {title}"
        yield ""
        for each in entries:
            more = f" ({_text(each.more)})" if each.more else ""
            yield f"- `{each.id}`: {_text(each.title)}{more}"


def _text(words: str) -> str:
    """Words of a pack on one line, with nothing in them that Markdown would read as markup."""
    return _escaped(" ".join(words.split())).replace("`", "'")


def _escaped(words: str) -> str:
    return _MARKUP.sub(r"\\\1", clean(words))


def _words(plain: str) -> str:
    """Plain words, in which ids stand between backticks."""
    return "`".join(clean(part) if place % 2 else _escaped(part) for place, part in enumerate(plain.split("`")))


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
