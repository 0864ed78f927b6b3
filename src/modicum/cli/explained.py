"""An explanation on a terminal: verdict, the law, the custodian's own policy apart from it, what is missing, when."""

from collections.abc import Iterator, Sequence
from typing import Final

from modicum.cli.output import show
from modicum.law.explanation import BodySeen, Explanation, Face, Near, RuleSeen
from modicum.law.standing import Difference

MOST: Final = 12
_REQUEST: Final = frozenset({"action", "discloser", "recipient", "purpose", "named_persons"})
_EFFECTS: Final = {"permit": "would permit", "forbid": "would forbid", "applies": "its body would apply"}


def show_explanation(explanation: Explanation) -> None:
    """Print an explanation, section by section."""
    for line in explained_lines(explanation):
        show(line)


def explained_lines(explanation: Explanation) -> Iterator[str]:
    """An explanation as lines of plain text."""
    yield from _head(explanation)
    yield from _section("The law", explanation.law)
    yield from _section("The custodian's own policy (not law)", explanation.own_policy)
    yield from _conflicts(explanation)
    yield from _missing(explanation)
    yield from _nearly(explanation)
    yield from _time(explanation)


def _head(explanation: Explanation) -> Iterator[str]:
    stratum = ", ".join(f"{name}={value}" for name, value in explanation.stratum) or "everybody"
    mark = " (hypothetical)" if explanation.hypothetical else ""
    yield f"{explanation.column} ({explanation.data_class or 'no data class'}) as {explanation.form}, of {stratum}"
    pack = explanation.pack
    yield f"{explanation.cell.verdict}, as of {explanation.as_of}{mark}, by the pack {pack.name} {pack.version}"
    for each in explanation.cell.because:
        own = ", the custodian's own policy" if each.id in explanation.own_ids else ""
        yield f"  because  {each.id}: {each.cite} ({each.basis}, {each.verified}{own}): {each.title}"


def _section(title: str, bodies: Sequence[BodySeen]) -> Iterator[str]:
    yield ""
    yield title
    silent = []
    for body in bodies:
        lines = [line for face in body.faces for line in _face(face, several=len(body.faces) > 1)]
        if lines:
            yield f"  {body.title}"
            yield from lines
        else:
            silent.append(body.title)
    if silent:
        yield f"  does not apply, or says nothing: {'; '.join(silent)}"
    if not bodies:
        yield "  was not asked: no authority that the request states is in force"


def _face(face: Face, *, several: bool) -> Iterator[str]:
    groups = (
        ("applies", face.by),
        ("permits", face.permits),
        ("would permit, once counsel confirms the text", face.unconfirmed),
        ("forbids", face.forbids),
        ("obliges", face.obliges),
        ("speaks against such policies", face.contests),
        ("could not be evaluated, so the cell is denied", face.erred),
    )
    told = [f"      {word}: {_rule(rule)}" for word, rules in groups for rule in rules]
    if face.default is not None:
        each = face.default
        said = f"{each.id}, {each.cite} ({each.verified}): {each.title}"
        told.insert(len(face.by), f"      denies, since nothing in it permits: {said}")
    if told and several:
        yield f"    for {', '.join(face.recipients)}"
    yield from told


def _rule(rule: RuleSeen) -> str:
    days = f"from {rule.since}" + (f" until {rule.until}" if rule.until else "")
    what = f" [{rule.obligation}]" if rule.obligation else ""
    return f"{rule.id}, {rule.cite} ({rule.verified}, {days}): {rule.title}{what}"


def _conflicts(explanation: Explanation) -> Iterator[str]:
    if explanation.cell.conflicts:
        yield ""
        yield "For counsel: a statute speaks against a policy of the custodian that denies; the denial stands until"
        yield "counsel has settled it"
        for each in explanation.cell.conflicts:
            yield f"  {each.statute.id}, {each.statute.cite}: {each.statute.title}"
            yield f"    against {each.policy.id}, {each.policy.cite}: {each.policy.title}"


def _missing(explanation: Explanation) -> Iterator[str]:
    if not explanation.cell.missing:
        return
    yield ""
    several = len(explanation.cell.missing) > 1
    yield "What is missing" + (": any one of these sets of facts" if several else ": all of these facts")
    for place, facts in enumerate(explanation.cell.missing, start=1):
        if several:
            yield f"  {place}."
        for fact in facts:
            seen = explanation.facts[fact]
            waits = f"; counts {seen.waits_days} days after" if seen.waits_days else ""
            already = "" if seen.counts_from is None else f"; attested, counts from {seen.counts_from}"
            yield f"    {fact}: {seen.title} (may be attested by {' or '.join(seen.attested_by)}{waits}{already})"


def _nearly(explanation: Explanation) -> Iterator[str]:
    if not explanation.near:
        return
    yield ""
    yield "Rules that nearly applied, and the one thing that would have to be otherwise"
    yield "(another purpose, person or recipient is another request, and must be true)"
    ranked = sorted(explanation.near, key=_rank)
    for near in ranked[:MOST]:
        own = " (the custodian's own policy)" if near.basis == "custodian_policy" else ""
        effect = _EFFECTS.get(near.rule.effect, "would speak against such policies")
        yield f"  {near.rule.id}, {near.rule.cite}{own}: {near.rule.title}"
        yield f"      {effect} {', or '.join(map(difference_words, near.differences))}"
    if len(ranked) > MOST:
        yield f"  and {len(ranked) - MOST} more: see --json"


def _rank(near: Near) -> int:
    order = {"date": 0, "fact": 1}
    return min(order.get(each.about, 3 if each.about in _REQUEST else 2) for each in near.differences)


def difference_words(difference: Difference, most: int = 4) -> str:
    """One difference as a clause that begins with `if` or says the days."""
    if difference.about == "date":
        since, until = difference.values
        return f"in its days, {since} to {until}" if until else f"from {since} on"
    if difference.about == "fact":
        return f"if {difference.name} {'held' if difference.values[0] == 'attested' else 'did not hold'}"
    shown = " or ".join(difference.values[:most])
    more = f" or {len(difference.values) - most} more" if len(difference.values) > most else ""
    return f"if {difference.name.replace('_', ' ')} were {shown}{more}, not {difference.was or 'unclassified'}"


def _time(explanation: Explanation) -> Iterator[str]:
    if explanation.moment is None:
        return
    yield ""
    moment = explanation.moment
    if moment.on is None:
        yield "Time alone does not turn it: with what is attested, no later day makes it lawful."
    else:
        yield f"Earliest lawful day, if nothing else changes: {moment.on} ({'; '.join(moment.turns)})"
