"""Packs that differ from a loaded one in a policy: for mutations, attacks and counterexamples; never written to disk.

What is untouched is shared: an edited pack holds the very Policy objects of its origin, so their truth tables, which
are kept by identity, are not asked of Cedar again. What the loader would refuse is refused here, with two exceptions:
the last policy that says when a body applies may be dropped, and then the body never applies; and days may be moved so
that two versions of a rule are in force together.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from modicum.law.bodies import Body, check_shape, read_policies
from modicum.law.cedar import DISCLOSE, Parsed
from modicum.law.coherence import refuse_doubles
from modicum.law.packs import Pack, PackVocabulary, confirmations
from modicum.law.policy import Policy, look, representatives
from modicum.model.decision import PackRef
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum_verify.canonical import digest

Inversion: TypeAlias = Literal["effect", "condition"]

CURE: Final = "`modicum law list` shows the rules and bodies of a pack"
_OPPOSITE: Final = {"permit": "forbid", "forbid": "permit", "when": "unless", "unless": "when"}


def policy_of(pack: Pack, policy_id: str) -> Policy:
    """The policy of a pack with this @id. Raises NotFoundError: there is none."""
    for body in pack.bodies:
        for policy in body.policies:
            if policy.id == policy_id:
                return policy
    raise NotFoundError(cause=f"the pack {pack.ref.name} has no policy {policy_id}", cure=CURE)


def replaced(pack: Pack, policy_id: str, policy: Policy | None) -> Pack:
    """The pack with another policy in the place of one, or without it.

    Raises NotFoundError: no such policy. InvalidInputError: what results could not be loaded.
    """
    old = policy_of(pack, policy_id)
    body = next(body for body in pack.bodies if old in body.policies)
    put = () if policy is None else (policy,)
    policies = tuple(new for each in body.policies for new in (put if each is old else (each,)))
    told = None if policy is None else _told(policy)
    return _with(
        pack, replace(body, policies=policies), {"replaced": policy_id, "by": told}, checked=policy is not None
    )


def with_policy(pack: Pack, body_id: str, cedar_text: str) -> Pack:
    """The pack with the policies of a Cedar text (at least one) at the end of a body.

    Raises NotFoundError: no such body. InvalidInputError: what the loader would say of the text.
    """
    body = next((body for body in pack.bodies if body.id == body_id), None)
    if body is None:
        raise NotFoundError(cause=f"the pack {pack.ref.name} has no body {body_id}", cure=CURE)
    added = read_policies(cedar_text, body=body, lexicon=pack.lexicon)
    if not added:
        raise InvalidInputError(cause=f"the text adds no policy to the body {body_id}", cure="write one")
    told = {"added": body_id, "policies": [_told(each) for each in added]}
    return _with(pack, replace(body, policies=(*body.policies, *added)), told)


def without_default(pack: Pack, body_id: str, *, permit_id: str) -> Pack:
    """The pack with a body that denies by its forbids alone: a permit of everything stands in for its default.

    The body keeps its default in name, since a body that applies has one; it can no longer be reached. Raises
    NotFoundError: no such body, or one without a default.
    """
    body = next((body for body in pack.bodies if body.id == body_id and body.default is not None), None)
    if body is None:
        raise NotFoundError(cause=f"the pack {pack.ref.name} has no default in a body {body_id}", cure=CURE)
    text = (
        f'@id("{permit_id}") @title("everything") @cite("none") @source("none") @verified("text-read")'
        f'@from("{date.min.isoformat()}") permit (principal, action == Action::"{DISCLOSE}", resource);'
    )
    everything = read_policies(text, body=body, lexicon=pack.lexicon)
    told = {"without the default of": body_id, "permit": permit_id}
    return _with(pack, replace(body, policies=(*body.policies, *everything)), told, checked=False)


def without_exceptions(pack: Pack, policy_id: str) -> Pack:
    """The pack with one policy that excepts nothing: its `unless` are left out.

    Raises NotFoundError: no such policy, or it has no `unless` beside another condition.
    """
    policy = policy_of(pack, policy_id)
    if not policy.exceptions:
        raise NotFoundError(cause=f"the policy {policy_id} excepts nothing", cure=CURE)
    kept = [each for each in policy.parsed.document["conditions"] if each["kind"] == "when"]
    atoms, facts = look(parsed := _parsed(policy, conditions=kept))
    domains = representatives(atoms, pack.lexicon.domains)
    return replaced(pack, policy_id, replace(policy, parsed=parsed, atoms=atoms, facts=facts, representatives=domains))


def inverted(pack: Pack, policy_id: str, *, how: Inversion | None = None) -> Pack:
    """The pack with one policy turned into its opposite.

    how: `effect` makes a permit a forbid and the other way round; `condition` lets it hold exactly where it did not.
    Left out: `effect` for a permit to disclose, `condition` for everything else. Raises NotFoundError: no such policy.
    InvalidInputError: its body may not hold the opposite effect.
    """
    policy = policy_of(pack, policy_id)
    chosen = how or ("effect" if policy.permits else "condition")
    return replaced(pack, policy_id, _other_effect(policy) if chosen == "effect" else _other_condition(policy))


def redated(
    pack: Pack, policy_id: str, *, since: date | None = None, until: date | Literal["same"] | None = "same"
) -> Pack:
    """The pack with one policy in force on other days; what is left out stays, `until=None` is without an end.

    Raises NotFoundError: no such policy. InvalidInputError: it would end before it begins.
    """
    policy = policy_of(pack, policy_id)
    first = policy.since if since is None else since
    last = policy.until if until == "same" else until
    if last is not None and last < first:
        raise InvalidInputError(cause=f"the policy {policy_id} would end before it begins", cure="give other days")
    notes = {name: text for name, text in policy.parsed.annotations.items() if name != "until"}
    notes["from"] = first.isoformat()
    if last is not None:
        notes["until"] = last.isoformat()
    parsed = _parsed(policy, annotations=notes)
    return replaced(pack, policy_id, replace(policy, since=first, until=last, parsed=parsed))


def _other_effect(policy: Policy) -> Policy:
    effect = _OPPOSITE[policy.effect]
    return replace(policy, effect=effect, parsed=_parsed(policy, effect=effect))


def _other_condition(policy: Policy) -> Policy:
    conditions = policy.parsed.document.get("conditions", [])
    if len(conditions) == 1:
        opposite = {**conditions[0], "kind": _OPPOSITE[conditions[0]["kind"]]}
    else:  # all of several conditions must hold (none: always), so their opposite is `unless` all of them hold
        whole: dict[str, Any] = {"Value": True}
        for each in conditions:
            body = each["body"] if each["kind"] == "when" else {"!": {"arg": each["body"]}}
            whole = {"&&": {"left": whole, "right": body}}
        opposite = {"kind": "unless", "body": whole}
    return replace(policy, parsed=_parsed(policy, conditions=[opposite]))


def _parsed(policy: Policy, **changes: Any) -> Parsed:  # noqa: ANN401 - parts of Cedar's JSON
    document = {**policy.parsed.document, **changes}
    return Parsed(
        annotations=document.get("annotations", {}),
        effect=document["effect"],
        document=document,
        line=policy.parsed.line,
    )


def _told(policy: Policy) -> dict[str, Any]:
    return {"document": policy.parsed.document, "since": policy.since.isoformat(), "id": policy.id}


def _with(pack: Pack, body: Body, told: Mapping[str, Any], *, checked: bool = True) -> Pack:
    if checked:
        check_shape(body)
    bodies = tuple(body if each.id == body.id else each for each in pack.bodies)
    refuse_doubles(bodies)
    # Another law is another digest, or a table kept for the one would answer for the other.
    sha256 = digest({"origin": pack.ref.sha256, "edit": told})
    ref = PackRef(name=pack.ref.name, version=f"{pack.ref.version.removesuffix('+edited')}+edited", sha256=sha256)
    return replace(pack, ref=ref, bodies=bodies, vocabulary=_vocabulary(pack, bodies))


def _vocabulary(pack: Pack, bodies: tuple[Body, ...]) -> PackVocabulary:
    words, before, after = pack.vocabulary, confirmations(pack.bodies), confirmations(bodies)
    if before == after:
        return words
    facts = {name: roles for name, roles in words.facts.items() if name not in before}
    titles = {name: title for name, title in words.fact_titles.items() if name not in before}
    facts.update(dict.fromkeys(after, frozenset({"counsel"})))
    titles.update(after)
    return replace(words, facts=MappingProxyType(facts), fact_titles=MappingProxyType(titles))
