"""Freeze a home: from then on nothing is recorded in it and nothing leaves it; it can be read, verified and succeeded.

For a log that is damaged, or whose key may be in other hands. The mark is a file beside the log, since a log in that
state takes no entry. Nothing takes it back: what follows is the successor.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from modicum.model.errors import ConflictError, EvidenceError, InvalidInputError, LogUnavailableError, NotFoundError
from modicum.storage import Folder
from modicum_verify.canonical import canonical

FROZEN: Final = "state/frozen"
_SCHEMA: Final = "modicum.frozen/1"
_SETTINGS: Final = "modicum.toml"
_MOST: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """When a home was frozen (UTC), and why."""

    at: str
    reason: str

    def as_document(self) -> dict[str, Any]:
        """As it is stored and published."""
        return {"schema": _SCHEMA, "at": self.at, "reason": self.reason}


def freeze(root: Path, *, reason: str, clock: Callable[[], datetime]) -> Frozen:
    """Freeze a home, whatever state its log is in.

    Raises NotFoundError: no home there. ConflictError: frozen already. InvalidInputError: no reason, or a long one.
    """
    folder = Folder(root)
    if not folder.exists(_SETTINGS):
        raise NotFoundError(cause=f"there is no home in {root}", cure="name the home with --home")
    reason = reason.strip()
    if not reason or len(reason) > _MOST or not reason.isprintable():
        raise InvalidInputError(cause="a freeze needs a reason of one line", cure='give it: --reason "..."')
    found = Frozen(at=f"{clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", reason=reason)
    with folder.lock("home"):
        before = frozen(folder)
        if before is not None:
            raise ConflictError(cause=f"the home was frozen on {before.at}: {before.reason}", cure="nothing to do")
        folder.write_new(FROZEN, canonical(found.as_document()))
    return found


def frozen(folder: Folder) -> Frozen | None:
    """When and why a home was frozen; None where it was not. A mark that cannot be read freezes all the same."""
    if not folder.exists(FROZEN):
        return None
    try:
        found = json.loads(folder.read(FROZEN))
        return Frozen(at=str(found["at"]), reason=str(found["reason"]))
    except (ValueError, KeyError, TypeError):
        raise EvidenceError(place=FROZEN, cause="is not what `log freeze` writes", cure="restore it") from None


def require_thawed(folder: Folder) -> None:
    """Raises LogUnavailableError: the home is frozen."""
    found = frozen(folder)
    if found is not None:
        raise LogUnavailableError(
            cause=f"the home was frozen on {found.at} ({found.reason}): nothing is recorded and nothing may leave",
            cure="make its successor: modicum log rotate --to DIR; objections are entered there",
        )
