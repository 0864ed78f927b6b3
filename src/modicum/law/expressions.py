"""What a condition of a policy may be built of: tests of attributes against words, and their combinations. No more.

Cedar knows arithmetic, addresses, records, entities. No provision needs them, a proof would have to reason about them,
and some of them can fail on evaluation. So whatever is not listed here is refused when a pack is loaded.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from modicum.law.cedar import Parsed
from modicum.law.policy import attribute_of

_COMBINE: Final = frozenset({"&&", "||", "!", "if-then-else"})
_COMPARE: Final = frozenset({"==", "!=", "contains", "containsAll", "containsAny"})
_ALLOWED: Final = "write `&&`, `||`, `!`, `if`, and tests of context attributes: `==`, `!=`, `contains...`, `like`"


def foreign(parsed: Parsed) -> str | None:
    """What a policy uses that no policy of a pack may; None where there is nothing."""
    for condition in parsed.document.get("conditions", []):
        found = _foreign(condition["body"])
        if found is not None:
            return f"{found}; {_ALLOWED}"
    return None


def _foreign(node: Any) -> str | None:  # noqa: ANN401 - Cedar's JSON
    (operator, operands), *_ = node.items()
    if attribute_of(node) is not None:
        return None
    if operator == "Value":
        return None if isinstance(operands, str | bool) else "it uses a number or an entity"
    if operator in _COMPARE and not any(_looks(each) for each in operands.values()):
        return f"a `{operator}` looks at no attribute"
    if operator not in _COMPARE | _COMBINE | {"Set", "like"}:
        return f"it uses `{operator}`"
    return _first(_parts(operator, operands))


def _parts(operator: str, operands: Any) -> Iterable[Any]:  # noqa: ANN401 - Cedar's JSON
    if operator == "Set":
        return list(operands)
    return [operands["left"]] if operator == "like" else list(operands.values())


def _first(nodes: Iterable[Any]) -> str | None:
    return next((found for each in nodes if (found := _foreign(each)) is not None), None)


def _looks(node: Any) -> bool:  # noqa: ANN401 - Cedar's JSON
    """Whether an expression looks at an attribute anywhere."""
    if isinstance(node, list):
        return any(_looks(each) for each in node)
    if not isinstance(node, Mapping):
        return False
    return attribute_of(node) is not None or any(_looks(each) for each in node.values())
