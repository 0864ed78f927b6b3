"""What the explanation of one cell says, as values, and as published JSON (docs/reference/schemas/explanation.json).

The law and the custodian's own policy stand apart in it, because only one of them binds the custodian.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from modicum.law.moments import Moment
from modicum.law.policy import Policy
from modicum.law.standing import Difference
from modicum.model.dataset import Stratum
from modicum.model.decision import Basis, Because, Cell, PackRef, Verdict
from modicum.model.forms import Form

EXPLANATION_SCHEMA: Final = "modicum.explanation/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSeen:
    """A policy as a reader sees it, without its Cedar. effect: permit, forbid, applies, oblige, contests."""

    id: str
    title: str
    cite: str
    source: str
    verified: str
    since: date
    until: date | None
    effect: str
    obligation: str | None

    @classmethod
    def of(cls, policy: Policy) -> "RuleSeen":
        """A policy of a pack."""
        effect = policy.effect if policy.action == "disclose" else policy.action
        return cls(
            id=policy.id, title=policy.title, cite=policy.cite, source=policy.source, verified=policy.verified,
            since=policy.since, until=policy.until, effect=effect, obligation=policy.obligation,
        )  # fmt: skip

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "cite": self.cite,
            "source": self.source,
            "verified": self.verified,
            "from": self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "effect": self.effect,
            "obligation": self.obligation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One body of law before one or more recipients of whom it says the same.

    applies: whether it binds here; by: the rules that say so (none where a body always applies). unconfirmed: permits
    that hold but whose text nobody has read. default: its own denial, where nothing permits.
    """

    recipients: tuple[str, ...]
    applies: bool
    by: tuple[RuleSeen, ...] = ()
    permits: tuple[RuleSeen, ...] = ()
    unconfirmed: tuple[RuleSeen, ...] = ()
    forbids: tuple[RuleSeen, ...] = ()
    default: Because | None = None
    obliges: tuple[RuleSeen, ...] = ()
    contests: tuple[RuleSeen, ...] = ()
    erred: tuple[RuleSeen, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        groups = ("by", "permits", "unconfirmed", "forbids", "obliges", "contests", "erred")
        return {
            "recipients": list(self.recipients),
            "applies": self.applies,
            **{name: [each.as_document() for each in getattr(self, name)] for name in groups},
            "default": None if self.default is None else self.default.as_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySeen:
    """One body of law and how it stands to the cell."""

    id: str
    title: str
    basis: Basis
    ground: bool
    faces: tuple[Face, ...]

    @property
    def own_policy(self) -> bool:
        """Whether this is the custodian's own policy and no law."""
        return self.basis is Basis.CUSTODIAN_POLICY

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "basis": str(self.basis),
            "ground": self.ground,
            "faces": [each.as_document() for each in self.faces],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A rule that did not apply and would, were one thing otherwise: any one of the differences."""

    body: str
    basis: Basis
    rule: RuleSeen
    recipients: tuple[str, ...]
    differences: tuple[Difference, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "body": self.body,
            "basis": str(self.basis),
            "rule": self.rule.as_document(),
            "recipients": list(self.recipients),
            "differences": [
                {"about": each.about, "name": each.name, "was": each.was, "values": list(each.values)}
                for each in self.differences
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSeen:
    """A fact that is missing: what it says, who may attest it, and from when it counts if it was attested."""

    id: str
    title: str
    attested_by: tuple[str, ...]
    waits_days: int
    counts_from: date | None

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "attested_by": list(self.attested_by),
            "waits_days": self.waits_days,
            "counts_from": None if self.counts_from is None else self.counts_from.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One cell, explained. moment: when time alone makes it lawful; None where it is lawful already."""

    pack: PackRef
    as_of: date
    hypothetical: bool
    form: Form
    column: str
    data_class: str | None
    stratum: Stratum
    cell: Cell
    bodies: tuple[BodySeen, ...]
    near: tuple[Near, ...]
    facts: Mapping[str, FactSeen]
    moment: Moment | None

    @property
    def law(self) -> tuple[BodySeen, ...]:
        """The bodies of law and the orders of courts."""
        return tuple(each for each in self.bodies if not each.own_policy)

    @property
    def own_policy(self) -> tuple[BodySeen, ...]:
        """The custodian's own policy."""
        return tuple(each for each in self.bodies if each.own_policy)

    @property
    def own_ids(self) -> frozenset[str]:
        """The ids of what the custodian's own policy says, its default denials included."""
        faces = [face for body in self.own_policy for face in body.faces]
        rules = {rule.id for face in faces for rule in (*face.permits, *face.unconfirmed, *face.forbids)}
        return frozenset(rules | {face.default.id for face in faces if face.default is not None})

    @property
    def permitted(self) -> bool:
        """Whether the cell is permitted."""
        return self.cell.verdict is Verdict.PERMITTED

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": EXPLANATION_SCHEMA,
            "pack": {"name": self.pack.name, "version": self.pack.version, "sha256": self.pack.sha256},
            "as_of": self.as_of.isoformat(),
            "hypothetical": self.hypothetical,
            "cell": {
                "stratum": dict(self.stratum),
                "column": self.column,
                "data_class": self.data_class,
                "form": str(self.form),
            },
            **self.cell.as_document(),
            "law": [each.as_document() for each in self.law],
            "custodian_policy": [each.as_document() for each in self.own_policy],
            "near": [each.as_document() for each in self.near],
            "facts": [each.as_document() for each in self.facts.values()],
            "earliest_lawful": None if self.moment is None else self.moment.as_document(),
        }
