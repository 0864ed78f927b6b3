"""Explain one cell: the rules that applied, those that nearly did, what is missing, and when time alone would do.

The verdict is the judge's. Everything beside it is found by asking Cedar about one policy at a time, so it does not
lean on the tables by which the matrix is made quickly; a test holds the two against each other. Pure.

*Nearly* means one step: one attribute of the cell or of its request, one fact, or the date. It is said to explain, not
to advise: another purpose is another request, and must be true.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from modicum.law.bodies import Body
from modicum.law.cedar import APPLIES, CONTESTS, DISCLOSE, OBLIGE, Truth
from modicum.law.explanation import BodySeen, Explanation, Face, FactSeen, Near, RuleSeen
from modicum.law.facts import counts_from
from modicum.law.judge import Circumstances
from modicum.law.moments import Ask, earliest_lawful
from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.law.standing import Difference, Given, steps_away, truth
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Cell, Verdict
from modicum.model.forms import DISCLOSING


def explain(ask: Ask, *, as_of: date, column: str, hypothetical: bool) -> Explanation:
    """Explain the cell of an ask as of a day; `column` is the name by which its column is called."""
    cell = ask.cell(as_of)
    circumstances = ask.on(as_of)
    givens = {kind: _given(ask, circumstances, kind) for kind in sorted(set(circumstances.audience))}
    expired = not ask.in_force(as_of)  # Then no body is asked at all: the request rests on nothing.
    bodies = () if expired else tuple(_seen(body, givens, circumstances) for body in ask.pack.bodies)
    near = () if expired else tuple(_near(ask.pack, bodies, givens, circumstances))
    permitted = cell.verdict is Verdict.PERMITTED
    return Explanation(
        pack=ask.pack.ref,
        as_of=as_of,
        hypothetical=hypothetical,
        form=ask.form,
        column=column,
        data_class=ask.data_class,
        stratum=ask.stratum,
        cell=cell,
        bodies=bodies,
        near=near,
        facts=_facts(ask, cell, circumstances),
        moment=None if permitted else earliest_lawful(ask, after=as_of),
    )


def domains_of(pack: Pack) -> dict[str, Sequence[str]]:
    """The values that each attribute may have under a pack, in its order."""
    words = pack.vocabulary
    return {
        "action": list(words.actions),
        "discloser": list(words.kinds),
        "recipient": list(words.kinds),
        "purpose": list(words.purposes),
        "data_class": list(words.classes),
        "form": [str(form) for form in DISCLOSING],
        **{name: sorted(domain) for name, domain in pack.attributes.items()},
    }


def _given(ask: Ask, circumstances: Circumstances, recipient: str) -> Given:
    found, known = dict(ask.stratum), ask.data_class in ask.pack.vocabulary.classes
    evidence = {
        name: value if (value := found.get(name, UNKNOWN)) in domain else UNKNOWN
        for name, domain in ask.pack.attributes.items()
    }
    return {
        "action": circumstances.action,
        "discloser": circumstances.discloser,
        "recipient": recipient,
        "purpose": circumstances.purpose,
        "named_persons": circumstances.named_persons,
        "form": str(ask.form),
        "data_class": ask.data_class if known else None,
        **evidence,
    }


def _seen(body: Body, givens: Mapping[str, Given], circumstances: Circumstances) -> BodySeen:
    faces: list[Face] = []
    for recipient, given in givens.items():
        face = _face(body, recipient, given, circumstances)
        alike = next(
            (i for i, each in enumerate(faces) if replace(each, recipients=()) == replace(face, recipients=())), None
        )
        if alike is None:
            faces.append(face)
        else:
            faces[alike] = replace(faces[alike], recipients=(*faces[alike].recipients, recipient))
    return BodySeen(id=body.id, title=body.title, basis=body.basis, ground=body.ground, faces=tuple(faces))


def _face(body: Body, recipient: str, given: Given, circumstances: Circumstances) -> Face:
    facts = circumstances.facts
    truths = {policy: truth(policy, given, facts) for policy in body.policies if policy.in_force(circumstances.as_of)}

    def those(action: str, effect: str = "permit") -> list[Policy]:
        return [p for p, t in truths.items() if t is Truth.HOLDS and (p.action, p.effect) == (action, effect)]

    erred = _rules([policy for policy, found in truths.items() if found is Truth.ERROR])
    by = _rules(those(APPLIES))
    if body.default is not None and not by and not erred:
        return Face(recipients=(recipient,), applies=False)
    permits = those(DISCLOSE)
    counting = [each for each in permits if each.confirmation is None or each.confirmation in facts]
    return Face(
        recipients=(recipient,),
        applies=True,
        by=by,
        permits=_rules(counting),
        unconfirmed=_rules([each for each in permits if each not in counting]),
        forbids=_rules(those(DISCLOSE, "forbid")),
        default=None if counting else body.default,
        obliges=_rules(those(OBLIGE)),
        contests=_rules(those(CONTESTS)),
        erred=erred,
    )


def _rules(policies: Sequence[Policy]) -> tuple[RuleSeen, ...]:
    return tuple(RuleSeen.of(each) for each in policies)


def _near(
    pack: Pack, bodies: Sequence[BodySeen], givens: Mapping[str, Given], circumstances: Circumstances
) -> Iterator[Near]:
    domains = domains_of(pack)
    for body, seen in zip(pack.bodies, bodies, strict=True):
        faces = {recipient: face for face in seen.faces for recipient in face.recipients}
        for policy in body.policies:
            found: dict[tuple[Difference, ...], list[str]] = {}
            for recipient, given in givens.items():
                if _would_matter(policy, faces[recipient]):
                    differences = _differences(policy, given, circumstances, domains)
                    found.setdefault(differences, []).append(recipient)
            for differences, recipients in found.items():
                if differences:
                    yield Near(
                        body=body.id, basis=body.basis, rule=RuleSeen.of(policy), recipients=tuple(recipients),
                        differences=differences,
                    )  # fmt: skip


def _would_matter(policy: Policy, face: Face) -> bool:
    """Whether the policy would change how its body stands: of a body that does not apply only what makes it apply."""
    if not face.applies:
        return policy.action == APPLIES
    if policy.action == DISCLOSE:
        return policy.effect == "forbid" or not face.permits
    return policy.action == CONTESTS


def _differences(
    policy: Policy, given: Given, circumstances: Circumstances, domains: Mapping[str, Sequence[str]]
) -> tuple[Difference, ...]:
    facts, day = circumstances.facts, circumstances.as_of
    holds = truth(policy, given, facts) is Truth.HOLDS
    if policy.in_force(day):
        return () if holds else tuple(steps_away(policy, given, facts, domains))
    if not holds:
        return ()  # Two things would have to differ.
    days = (policy.since.isoformat(), "" if policy.until is None else policy.until.isoformat())
    return (Difference(about="date", name="in force", was=day.isoformat(), values=days),)


def _facts(ask: Ask, cell: Cell, circumstances: Circumstances) -> dict[str, FactSeen]:
    """What is known of each fact that is missing."""
    words = ask.pack.vocabulary
    found = {}
    for fact in sorted({fact for facts in cell.missing for fact in facts} - circumstances.facts):
        day = ask.attested.get(fact)
        found[fact] = FactSeen(
            id=fact,
            title=words.fact_titles[fact],
            attested_by=tuple(sorted(words.facts[fact])),
            waits_days=words.waits_days.get(fact, 0),
            counts_from=None if day is None else counts_from(fact, day, words.waits_days),
        )
    return found
