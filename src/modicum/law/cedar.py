"""The one doorway to Cedar (cedarpy): parse policy text, check it against a schema, ask it.

Keeps two rules. An evaluation error is never silent: Cedar skips a policy that errs, which for a `forbid` fails open,
so every answer here says whether anything erred. And a situation holds only what the caller puts in it: an attribute
that is missing is an error, not a default.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import cedarpy

Value: TypeAlias = str | bool | tuple[str, ...]
Situation: TypeAlias = Mapping[str, Value]
Schema: TypeAlias = cedarpy.Schema

DISCLOSE: Final = "disclose"
APPLIES: Final = "applies"
OBLIGE: Final = "oblige"
CONTESTS: Final = "contests"
ACTIONS: Final = frozenset({DISCLOSE, APPLIES, OBLIGE, CONTESTS})
_TOO_DEEP: Final = "its conditions are nested too deeply; write several policies"


class PolicyTextError(ValueError):
    """Policy text that Cedar does not read; the message is Cedar's and quotes the policy, never data."""


class Truth(Enum):
    """Whether one policy is satisfied in a situation."""

    HOLDS = "holds"
    FAILS = "fails"
    ERROR = "error"


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """One policy as Cedar read it: its annotations, effect, scope and conditions (Cedar's JSON form).

    `text` and `line`: the statement as written, with the comments before it, and where it begins (0: nowhere).
    """

    annotations: Mapping[str, str]
    effect: str
    document: Mapping[str, Any] = field(repr=False)
    text: str = field(default="", repr=False)
    line: int = 0

    @property
    def action(self) -> str | None:
        """The one action of its scope, or None where the scope says anything else than `action == Action::"x"`."""
        scope = self.document["action"]
        everyone = self.document["principal"] == {"op": "All"} and self.document["resource"] == {"op": "All"}
        named = scope.get("op") == "==" and scope.get("entity", {}).get("type") == "Action"
        return str(scope["entity"]["id"]) if everyone and named else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a whole policy set says: allowed or not, which policies (by @id) decided, and whether any erred."""

    allowed: bool
    reasons: frozenset[str]
    erred: bool


def parse(text: str) -> list[Parsed]:
    """Read the policies of a file, in order; templates are refused.

    Raises PolicyTextError: Cedar cannot read the text.
    """
    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except RecursionError as error:
        raise PolicyTextError(_TOO_DEEP) from error
    except ValueError as error:
        raise PolicyTextError(str(error)) from error
    if document.get("templates"):
        raise PolicyTextError("policy templates are not part of a pack")
    numbered = sorted(document["staticPolicies"].items(), key=lambda item: int(item[0].removeprefix("policy")))
    return [
        Parsed(annotations=dict(policy.get("annotations", {})), effect=policy["effect"], document=policy)
        for _, policy in numbered
    ]


def faults(policy: Parsed, schema: Schema) -> list[str]:
    """What Cedar's validator says against one policy under a schema; empty where it is well typed."""
    whole = {"templates": {}, "staticPolicies": {"policy": policy.document}, "templateLinks": []}
    try:
        text = cedarpy.policies_from_json_str(json.dumps(whole))
    except (ValueError, RecursionError):  # what Cedar reads as text it may refuse as JSON: too deeply nested
        return [_TOO_DEEP]
    told = [str(error.error) for error in cedarpy.validate_policies(text, schema).errors]
    return [each.removeprefix("for policy `policy0`").lstrip(":, ") for each in told]


@lru_cache(maxsize=64)
def read_schema(text: str) -> Schema:
    """A schema as Cedar reads it; `str()` of it is the same for all texts that say the same.

    Raises PolicyTextError: Cedar cannot read it.
    """
    try:
        return cedarpy.Schema.from_str(text)
    except ValueError as error:
        raise PolicyTextError(str(error)) from error


def gather(policies: Iterable[Parsed]) -> cedarpy.PolicySet:
    """One policy set of several policies, each under its @id."""
    chosen = {policy.annotations["id"]: policy.document for policy in policies}
    whole = {"templates": {}, "staticPolicies": chosen, "templateLinks": []}
    return cedarpy.PolicySet.from_str(cedarpy.policies_from_json_str(json.dumps(whole)))


def ask(policies: cedarpy.PolicySet, action: str, situations: Sequence[Situation]) -> list[Answer]:
    """Ask one policy set about several situations; answers in the same order."""
    requests = [_request(action, situation) for situation in situations]
    answers = []
    for result in cedarpy.is_authorized_batch(requests, policies, _nobody()):
        named = result.diagnostics.id_annotations_by_reason
        erred = bool(result.diagnostics.errors) or result.decision is cedarpy.Decision.NoDecision
        reasons = frozenset(named.get(reason, reason) for reason in result.diagnostics.reasons)
        answers.append(Answer(allowed=bool(result.allowed), reasons=reasons, erred=erred))
    return answers


def holds(policy: Parsed, situations: Sequence[Situation]) -> list[Truth]:
    """Whether one policy alone is satisfied in each situation."""
    answers = ask(_alone(policy), str(policy.action), situations)
    return [Truth.ERROR if each.erred else Truth.HOLDS if each.reasons else Truth.FAILS for each in answers]


@lru_cache(maxsize=4096)
def _alone(policy: Parsed) -> cedarpy.PolicySet:
    # A table of a policy is asked anew for other circumstances; reading its text again took longer than the answer.
    return gather([policy])


def _request(action: str, situation: Situation) -> dict[str, Any]:
    context = {name: list(value) if isinstance(value, tuple) else value for name, value in situation.items()}
    return {
        "principal": 'Asker::"asker"',
        "action": f'Action::"{action}"',
        "resource": 'Cell::"cell"',
        "context": context,
    }


@lru_cache(maxsize=1)
def _nobody() -> cedarpy.Entities:
    # Policies look at the situation alone, so there is no entity graph to keep in step with it.
    return cedarpy.Entities.from_json_str("[]")
