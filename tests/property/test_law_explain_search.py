"""An explanation says what the judge says, and its near misses and its earliest day are those of a naive search."""

import sys
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
import law_world as world

from modicum.law.cedar import Truth, holds
from modicum.law.explain import domains_of, explain
from modicum.law.judge import Circumstances, Judge
from modicum.law.moments import Ask, earliest_lawful
from modicum.law.policy import Policy
from modicum.law.standing import truth
from modicum.model.dataset import UNKNOWN
from modicum.model.decision import Verdict
from modicum.model.forms import DISCLOSING
from modicum.model.request import Authority

PACK = world.PACK
WORDS = PACK.vocabulary
NAMES = sorted(PACK.attributes)
REQUEST = ("action", "discloser", "recipient", "purpose", "named_persons")
strata = st.fixed_dictionaries({name: st.sampled_from(sorted(PACK.attributes[name])) for name in NAMES})
facts = st.frozensets(st.sampled_from(sorted(WORDS.facts)), max_size=6)
days = st.dates(date(2024, 1, 1), date(2027, 1, 1))
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def asks(draw: st.DrawFn) -> tuple[Ask, date]:
    """Any cell, any request, facts attested on any day, authorities with or without ends."""
    day = draw(days)
    kinds = st.sampled_from(sorted(WORDS.kinds))
    attested = {fact: draw(st.dates(day - timedelta(30), day + timedelta(30))) for fact in draw(facts)}
    ends = st.none() | st.dates(day - timedelta(40), day + timedelta(40))
    circumstances = Circumstances(
        action=draw(st.sampled_from(sorted(WORDS.actions))),
        discloser=draw(st.sampled_from(["cms", "state_medicaid_agency", "contractor"])),
        audience=tuple(draw(st.lists(kinds, min_size=1, max_size=2))),
        purpose=draw(st.sampled_from(sorted(WORDS.purposes))),
        named_persons=draw(st.booleans()),
        as_of=day,
        facts=frozenset(),
    )
    ask = Ask(
        pack=PACK,
        circumstances=circumstances,
        authorities=(Authority(kind="statute", citation="made up", since=draw(ends), until=draw(ends)),),
        attested=attested,
        form=draw(st.sampled_from(DISCLOSING)),
        data_class=draw(st.none() | st.sampled_from(sorted(WORDS.classes))),
        stratum=tuple(sorted(draw(strata).items())),
    )
    return ask, day


@FEW
@given(asks())
def test_an_explanation_has_the_judge_s_verdict_and_the_bodies_add_up_to_it(given_ask: tuple[Ask, date]) -> None:
    ask, day = given_ask
    explanation = explain(ask, as_of=day, column="people.X", hypothetical=False)
    assert explanation.cell == ask.cell(day)
    assert explanation.as_document()["verdict"] == str(explanation.cell.verdict)
    if not ask.in_force(day):
        assert explanation.bodies == ()
        return
    faces = [(body, face) for body in explanation.bodies for face in body.faces]
    because = {each.id for each in explanation.cell.because}
    strangers = UNKNOWN in (ask.circumstances.discloser, *ask.circumstances.audience)
    denied = any(face.forbids or face.default or face.erred for _, face in faces)
    if explanation.permitted:
        assert not denied
        assert because == {rule.id for _, face in faces for rule in face.permits}
        assert {rule.obligation for _, face in faces for rule in face.obliges} == set(explanation.cell.obligations)
    elif not strangers and ask.data_class is not None and PACK.defaults.nobody.id not in because:
        assert denied
        assert {rule.id for _, face in faces for rule in face.forbids} <= because
        assert {face.default.id for _, face in faces if face.default is not None} <= because
    for recipient in set(ask.circumstances.audience):
        assert all(sum(recipient in face.recipients for face in body.faces) == 1 for body in explanation.bodies)
    assert {fact for facts in explanation.cell.missing for fact in facts} == set(explanation.facts)


def attributes(ask: Ask, recipient: str) -> dict[str, str | bool | None]:
    c = ask.circumstances
    return {
        "action": c.action, "discloser": c.discloser, "recipient": recipient, "purpose": c.purpose,
        "named_persons": c.named_persons, "form": str(ask.form), "data_class": ask.data_class, **dict(ask.stratum),
    }  # fmt: skip


def naive(policy: Policy, situation: dict[str, str | bool | None], facts: frozenset[str]) -> bool:
    """Whether a policy holds, by asking Cedar about every value that an unknown may have, one by one."""
    open_ = [n for n in policy.attributes if n not in REQUEST and situation[n] in {None, UNKNOWN}]
    worlds = [situation]
    for name in open_:
        worlds = [{**each, name: value} for each in worlds for value in domains_of(PACK)[name]]
    asked = [
        {
            **{n: each[n] for n in policy.attributes},
            **({"facts": tuple(sorted(facts & set(policy.facts)))} if policy.facts else {}),
        }
        for each in worlds
    ]
    held = [each is Truth.HOLDS for each in holds(policy.parsed, asked)]
    return all(held) if policy.permits else any(held)


@FEW
@given(asks())
def test_what_nearly_applied_is_what_a_search_over_every_single_change_finds(given_ask: tuple[Ask, date]) -> None:
    ask, day = given_ask
    explanation = explain(ask, as_of=day, column="people.X", hypothetical=False)
    counting = ask.on(day).facts
    told = {(near.rule.id, kind): near.differences for near in explanation.near for kind in near.recipients}
    bodies = {body.id: body for body in explanation.bodies}
    for body in PACK.bodies if ask.in_force(day) else ():
        for kind in sorted(set(ask.circumstances.audience)):
            face = next(each for each in bodies[body.id].faces if kind in each.recipients)
            for policy in body.policies:
                matters = policy.action == "applies" if not face.applies else (
                    policy.action == "contests" or (policy.action == "disclose" and (policy.effect == "forbid" or not face.permits))
                )  # fmt: skip
                expected = changes(policy, attributes(ask, kind), counting, day) if matters else set()
                found = {(d.about, d.name, v) for d in told.get((policy.id, kind), ()) for v in d.values}
                assert found == expected, policy.id


def changes(policy: Policy, situation: dict, facts: frozenset[str], day: date) -> set[tuple[str, str, str]]:
    now = naive(policy, situation, facts)
    if not policy.in_force(day):
        ends = (policy.since.isoformat(), "" if policy.until is None else policy.until.isoformat())
        return {("date", "in force", end) for end in ends} if now else set()
    if now:
        return set()
    found = set()
    for name in policy.attributes:
        if name == "named_persons":
            if naive(policy, {**situation, name: not situation[name]}, facts):
                found.add((name, name, "no" if situation[name] else "yes"))
            continue
        for value in domains_of(PACK)[name]:
            evidence = value != UNKNOWN or name in REQUEST
            if evidence and value != situation[name] and naive(policy, {**situation, name: value}, facts):
                found.add((name, name, value))
    for fact in policy.facts:
        if naive(policy, situation, facts ^ {fact}):
            found.add(("fact", fact, "not attested" if fact in facts else "attested"))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asks())
def test_one_policy_alone_says_what_its_table_says(given_ask: tuple[Ask, date]) -> None:
    ask, day = given_ask
    counting = ask.on(day).facts
    for body in PACK.bodies:
        for policy in body.policies:
            situation = attributes(ask, ask.circumstances.audience[0])
            assert (truth(policy, situation, counting) is Truth.HOLDS) == naive(policy, situation, counting)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asks())
def test_the_earliest_lawful_day_is_the_first_that_a_calendar_finds(given_ask: tuple[Ask, date]) -> None:
    """Half the draws get every fact, so that time is often all that is missing."""
    ask, day = given_ask
    if day.toordinal() % 2:
        later = {fact: day + timedelta(place % 25) for place, fact in enumerate(sorted(WORDS.facts))}
        ask = Ask(**{name: getattr(ask, name) for name in ask.__dataclass_fields__} | {"attested": later})
    assume(not permitted(ask, day))  # for no other is it asked
    moment = earliest_lawful(ask, after=day)
    calendar = (day + timedelta(step) for step in range(1, 45))
    found = next((each for each in calendar if permitted(ask, each)), None)
    within = moment.on is not None and moment.on < day + timedelta(45)
    assert (moment.on if within else None) == found
    assert (moment.on is None) == (moment.turns == ())


def permitted(ask: Ask, day: date) -> bool:
    """Asked of the judge itself, day by day."""
    if not any(each.in_force(day) for each in ask.authorities):
        return False
    waits = WORDS.waits_days
    counting = frozenset(f for f, said in ask.attested.items() if said + timedelta(waits.get(f, 0)) <= day)
    c = ask.circumstances
    circumstances = Circumstances(
        action=c.action, discloser=c.discloser, audience=c.audience, purpose=c.purpose,
        named_persons=c.named_persons, as_of=day, facts=counting,
    )  # fmt: skip
    return Judge(PACK, circumstances).cell(ask.form, ask.data_class, ask.stratum).verdict is Verdict.PERMITTED
