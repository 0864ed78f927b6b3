"""What the law says of a cell, asked of Cedar about the whole situation: no tables, no reduction, nothing shared.

Each body of law faces each recipient alone. An attribute that is unknown is filled in with every value of its domain,
`missing` is found by trying every set of facts. Slow and plain: it is what the engine is held against.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, product

import cedarpy

from modicum.law.bodies import Body
from modicum.law.cedar import gather
from modicum.law.judge import Circumstances
from modicum.law.packs import Pack
from modicum.law.policy import Policy
from modicum.model.decision import Basis, Cell, Verdict
from modicum.model.forms import Form

UNKNOWN = "unknown"
KEYS = (
    ("disclose", "permit"),
    ("disclose", "forbid"),
    ("applies", "permit"),
    ("oblige", "permit"),
    ("contests", "permit"),
)
Facts = frozenset[str]
Ids = frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One cell under one set of facts."""

    form: Form
    data_class: str | None
    stratum: Mapping[str, str]
    facts: Facts = frozenset()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one body of law says to one recipient about one cell under one set of facts."""

    body: Body
    recipient: str
    erred: bool
    applies: bool
    surely: bool  # one policy says that it applies, whatever the unknown turns out to be
    permits: Ids
    forbids: Ids
    obliges: Ids
    contests: Ids
    matters: Ids  # unknown attributes on which what it says hangs here
    mentions: Ids  # unknown attributes that it mentions at all

    @property
    def counts(self) -> bool:
        return self.body.default is None or self.applies

    @property
    def denials(self) -> Ids:
        closed = self.body.default is not None and not self.permits
        return self.forbids | ({self.body.default.id} if closed else frozenset())


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict on a cell. Which unknowns are named beside it is known between two bounds."""

    verdict: Verdict
    because: Ids
    missing: frozenset[Facts] = frozenset()
    obligations: Ids = frozenset()
    conflicts: frozenset[tuple[str, str]] = frozenset()
    unknowns: tuple[Ids, Ids] = (frozenset(), frozenset())


def said_of(pack: Pack, given: Circumstances, asked: Asked) -> Said:
    """The verdict on a cell in full. `given.facts` are those attested; a pack of few facts only."""
    names = _facts_in_force(pack, given)
    subsets = [frozenset(each) for size in range(len(names) + 1) for each in combinations(sorted(names), size)]
    heard = dict(zip(subsets, hear(pack, given, [replace(asked, facts=each) for each in subsets]), strict=True))
    now = heard[given.facts & names]
    if any(each.erred for every in heard.values() for each in every):
        return Said(Verdict.FORBIDDEN, frozenset({pack.defaults.error.id}))
    refusals = refused(pack, given, asked, now)
    if not refusals and permitted(now):
        return Said(Verdict.PERMITTED, grounds(now), obligations=duties(pack, now))
    ways = [each - given.facts for each in subsets if given.facts & names <= each and permitted(heard[each])]
    missing = (
        frozenset(each for each in ways if not any(other < each for other in ways)) if not refusals else frozenset()
    )
    because = refusals | denied(now)
    if missing:
        because |= grounds(heard[(given.facts & names).union(*missing)])
    denying = [each for each in now if each.counts and each.denials]
    return Said(
        Verdict.CONDITIONAL if missing else Verdict.FORBIDDEN,
        because,
        missing,
        duties(pack, now) if missing else frozenset(),
        frozenset(conflicts(now)),
        (frozenset().union(*(e.matters for e in denying)), frozenset().union(*(e.mentions for e in denying))),
    )


def permitted(heard: Sequence[Heard]) -> bool:
    """Whether nothing stands in the way; refusals that no fact turns are not looked at."""
    return not any(each.denials for each in heard if each.counts)


def denied(heard: Sequence[Heard]) -> Ids:
    """The rules that stand in the way."""
    return frozenset(rule for each in heard if each.counts for rule in each.denials)


def refused(pack: Pack, given: Circumstances, asked: Asked, heard: Sequence[Heard]) -> Ids:
    """The gateway's own refusals, which no fact turns."""
    parties, defaults = {given.discloser, *given.audience}, pack.defaults
    grounded = {each.recipient for each in heard if each.body.ground and each.surely}
    found = {
        defaults.unclassified.id: asked.data_class not in pack.vocabulary.classes,
        defaults.party.id: not parties <= set(pack.vocabulary.kinds) - {UNKNOWN},
        defaults.nobody.id: grounded != set(given.audience),
    }
    return frozenset(rule for rule, holds in found.items() if holds)


def hear(pack: Pack, given: Circumstances, cells: Sequence[Asked]) -> list[list[Heard]]:
    """Every body before every recipient, about each cell under its facts."""
    found: list[list[Heard]] = [[] for _ in cells]
    for body, recipient in product(pack.bodies, sorted(set(given.audience))):
        policies = [each for each in body.policies if each.since <= given.as_of <= (each.until or given.as_of)]
        # What no text of the body names cannot matter to it: it is not filled in with every value, nor told.
        text = _text(tuple(policies))
        filled = [list(_filled(pack, given, recipient, each, text)) for each in cells]
        flat = [situation for several in filled for _, situation in several]
        answers = {key: _ask([p for p in policies if (p.action, p.effect) == key], key[0], flat) for key in KEYS}
        start = 0
        for index, several in enumerate(filled):
            part = {key: every[start : start + len(several)] for key, every in answers.items()}
            start += len(several)
            found[index].append(_heard(body, recipient, policies, cells[index], several, part))
    return found


def differences(said: Said, cell: Cell, pack: Pack) -> list[str]:
    """In what a cell of the engine differs from what was said; empty where it does not."""
    ids = frozenset(each.id for each in cell.because)
    mark = f"{pack.defaults.unknown.id}:"
    unknowns = frozenset(each.removeprefix(mark) for each in ids if each.startswith(mark))
    ids = frozenset(
        pack.defaults.error.id if each.startswith(f"{pack.defaults.error.id}:") else each
        for each in ids
        if not each.startswith(mark)
    )
    pairs = {
        "verdict": (said.verdict, cell.verdict),
        "because": (set(said.because), set(ids)),
        "missing": ({tuple(sorted(each)) for each in said.missing}, set(cell.missing)),
        "obligations": (set(said.obligations), set(cell.obligations)),
        "conflicts": (set(said.conflicts), {(each.statute.id, each.policy.id) for each in cell.conflicts}),
    }
    found = [f"{name}: Cedar says {one}, the engine {other}" for name, (one, other) in pairs.items() if one != other]
    if len(cell.missing) != len(set(cell.missing)):
        found.append("missing: a set stands there twice")
    least, most = said.unknowns
    if not least <= unknowns <= most:
        found.append(f"unknown: between {set(least)} and {set(most)}, the engine {set(unknowns)}")
    return found


def _facts_in_force(pack: Pack, given: Circumstances) -> Facts:
    """Every fact that a policy in force could hang on, by the look of its text."""
    there = [p for b in pack.bodies for p in b.policies if p.since <= given.as_of <= (p.until or given.as_of)]
    named = {fact for fact in pack.vocabulary.facts if f"'{fact}'" in _text(tuple(there))}
    return frozenset(named | {_confirmation(each) for each in there if _unread(each)})


@lru_cache(maxsize=4096)
def _text(policies: tuple[Policy, ...]) -> str:
    return " ".join(repr(each.parsed.document) for each in policies)


def _unread(policy: Policy) -> bool:
    return policy.verified == "unverified" and (policy.action, policy.effect) == ("disclose", "permit")


def _confirmation(policy: Policy) -> str:
    return f"counsel-confirms:{policy.id}"


def _filled(
    pack: Pack, given: Circumstances, recipient: str, asked: Asked, text: str
) -> Iterator[tuple[dict[str, str], dict[str, object]]]:
    """The situation with every unknown filled in by each value of its domain, `unknown` itself among them."""
    known = {n: v for n, v in asked.stratum.items() if v in pack.attributes.get(n, ()) and v != UNKNOWN}
    open_ = {name: sorted(domain) for name, domain in pack.attributes.items() if name not in known}
    if asked.data_class in pack.vocabulary.classes:
        known["data_class"] = str(asked.data_class)
    else:
        open_["data_class"] = sorted(pack.vocabulary.classes)
    open_ = {name: values if f"'{name}'" in text else values[-1:] for name, values in open_.items()}
    for values in product(*open_.values()):
        choice = dict(zip(open_, values, strict=True))
        yield choice, {
            "action": given.action, "discloser": given.discloser, "recipient": recipient, "purpose": given.purpose,
            "named_persons": given.named_persons, "form": str(asked.form), **known, **choice,
            "facts": sorted(fact for fact in asked.facts if f"'{fact}'" in text),
        }  # fmt: skip


def _ask(policies: Sequence[Policy], action: str, situations: Sequence[Mapping[str, object]]) -> list[tuple[Ids, bool]]:
    """Which of some policies of one effect hold in each situation, and whether any of them erred there."""
    if not policies:
        return [(frozenset(), False)] * len(situations)
    different = {json.dumps(each, sort_keys=True): dict(each) for each in situations}
    requests = [
        {"principal": 'Asker::"a"', "action": f'Action::"{action}"', "resource": 'Cell::"c"', "context": each}
        for each in different.values()
    ]
    found = {}
    results = cedarpy.is_authorized_batch(requests, _gathered(tuple(policies)), _NOBODY)
    for key, each in zip(different, results, strict=True):
        named = each.diagnostics.id_annotations_by_reason
        erred = bool(each.diagnostics.errors) or each.decision is cedarpy.Decision.NoDecision
        found[key] = (frozenset(named.get(reason, reason) for reason in each.diagnostics.reasons), erred)
    return [found[json.dumps(each, sort_keys=True)] for each in situations]


@lru_cache(maxsize=4096)
def _gathered(policies: tuple[Policy, ...]) -> cedarpy.PolicySet:
    return gather([each.parsed for each in policies])


_NOBODY = cedarpy.Entities.from_json_str("[]")


def _heard(
    body: Body, recipient: str, policies: Sequence[Policy], asked: Asked, filled: Sequence[tuple], answers: Mapping
) -> Heard:
    held = {key: [ids for ids, _ in every] for key, every in answers.items()}
    always = {key: frozenset.intersection(*every) for key, every in held.items()}
    ever = {key: frozenset.union(*every) for key, every in held.items()}
    waiting = {each.id for each in policies if _unread(each) and _confirmation(each) not in asked.facts}
    choices = [choice for choice, _ in filled]
    looked = (("applies", "permit"), ("disclose", "permit"), ("disclose", "forbid"))
    told = list(zip(*(held[key] for key in looked), strict=True))
    text = _text(tuple(each for each in policies if each.action in {"applies", "disclose"}))
    return Heard(
        body,
        recipient,
        any(erred for every in answers.values() for _, erred in every),
        bool(ever["applies", "permit"]),
        bool(always["applies", "permit"]),
        always["disclose", "permit"] - waiting,
        ever["disclose", "forbid"],
        ever["oblige", "permit"],
        ever["contests", "permit"],
        frozenset(name for name in choices[0] if name != "data_class" and _hangs(choices, told, name)),
        frozenset(name for name in choices[0] if name != "data_class" and f"'{name}'" in text),
    )


def _hangs(choices: Sequence[Mapping[str, str]], told: Sequence[object], name: str) -> bool:
    """Whether two ways to fill in the unknown that differ in one attribute alone are told apart."""
    groups: dict[tuple, set] = {}
    for choice, each in zip(choices, told, strict=True):
        groups.setdefault(tuple((n, v) for n, v in choice.items() if n != name), set()).add(each)
    return any(len(each) > 1 for each in groups.values())


def grounds(heard: Sequence[Heard]) -> Ids:
    """The rules that permit."""
    return frozenset(rule for each in heard if each.counts for rule in each.permits)


def duties(pack: Pack, heard: Sequence[Heard]) -> Ids:
    """What a recipient must then do."""
    names = {p.id: str(p.obligation) for body in pack.bodies for p in body.policies}
    return frozenset(names[rule] for each in heard if each.counts for rule in each.obliges)


def conflicts(heard: Sequence[Heard]) -> Iterator[tuple[str, str]]:
    """Each statute that contests a policy of the custodian that denies, with that policy."""
    for one in heard:
        if one.counts and one.body.basis is Basis.CUSTODIAN_POLICY:
            statutes = [r for each in heard if each.counts and each.recipient == one.recipient for r in each.contests]
            yield from product(statutes, one.denials)
