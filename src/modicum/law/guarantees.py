"""What must never be possible under a pack, whatever else it permits: its guarantees, as guarantees.toml states them.

A region of the space is Cedar text over the same context as the pack's policies: no language of our own. `never`:
adding this forbid would change no permitted cell, whatever facts are attested. `obliges`: each permitted cell in this
region carries an obligation. The others have no region: `unknown`, `unverified`, `asker` and `counts` (see `proof`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from modicum.law import packfiles as files
from modicum.law.bodies import Body, read_policies
from modicum.law.cedar import DISCLOSE, OBLIGE
from modicum.law.lexicon import Lexicon
from modicum.law.packfiles import CURE
from modicum.law.policy import Policy
from modicum.model.decision import Basis
from modicum.model.errors import InvalidInputError

FILE: Final = "guarantees.toml"


class Kind(StrEnum):
    """What a guarantee promises."""

    NEVER = "never"
    OBLIGES = "obliges"
    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"
    ASKER = "asker"
    COUNTS = "counts"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarantee:
    """One promise. `region`: a forbid (never) or a permit to oblige (obliges); None for the other kinds."""

    id: str
    title: str
    why: str
    kind: Kind
    region: Policy | None = field(default=None, repr=False)

    @property
    def obligation(self) -> str | None:
        """What each permitted cell of its region must oblige to."""
        return None if self.region is None else self.region.obligation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guarantees:
    """The promises of a pack, and the words that they need.

    asker_roles: roles of who asks. exact_counts_seen_by: roles that may see exact counts of people. unread_sources:
    what stands in @source where nobody has read a text. looks_at: the attributes that a policy may look at.
    """

    stated: tuple[Guarantee, ...] = ()
    asker_roles: frozenset[str] = frozenset()
    exact_counts_seen_by: frozenset[str] = frozenset()
    unread_sources: frozenset[str] = frozenset()
    looks_at: frozenset[str] = frozenset()

    def rests_on_reading(self, policy: Policy) -> bool:
        """Whether somebody has read what a policy encodes: by its mark, and by what it gives as its source."""
        sources = {part.strip() for part in policy.source.split(";")}
        return policy.verified != "unverified" and not sources <= self.unread_sources


def read_guarantees(root: Path, lexicon: Lexicon) -> Guarantees:
    """Read guarantees.toml of a pack; a pack without one promises nothing.

    Raises InvalidInputError: a region that Cedar or the vocabulary does not know, or of another shape; names it.
    """
    if not (root / FILE).is_file():
        return Guarantees()
    read = files.read_toml(root, FILE, files.GuaranteesFile)
    doubled = sorted({each.id for each in read.guarantee if sum(each.id == other.id for other in read.guarantee) > 1})
    if doubled:
        raise InvalidInputError(cause=f"pack file {FILE}: two guarantees have the id {doubled[0]}", cure=CURE)
    strange = sorted(set(read.looks_at) - {"named_persons", *lexicon.domains})
    if strange:
        raise InvalidInputError(cause=f"pack file {FILE}: looks_at: no attribute {strange[0]}", cure=CURE)
    return Guarantees(
        stated=tuple(_guarantee(entry, lexicon) for entry in read.guarantee),
        asker_roles=frozenset(read.asker_roles),
        exact_counts_seen_by=frozenset(read.exact_counts_seen_by),
        unread_sources=frozenset(read.unread_sources),
        looks_at=frozenset(read.looks_at),
    )


def _guarantee(entry: files.GuaranteeEntry, lexicon: Lexicon) -> Guarantee:
    kind = Kind(entry.kind)
    regional = kind in {Kind.NEVER, Kind.OBLIGES}
    if (entry.region is not None) != regional or (entry.obligation is not None) != (kind is Kind.OBLIGES):
        raise InvalidInputError(
            cause=f"pack file {FILE}: {entry.id}: `never` needs a region, `obliges` also an obligation, others neither",
            cure=CURE,
        )
    region = None if entry.region is None else _region(entry, entry.region, lexicon)
    return Guarantee(id=entry.id, title=entry.title, why=entry.why, kind=kind, region=region)


def _region(entry: files.GuaranteeEntry, text: str, lexicon: Lexicon) -> Policy:
    annotated = "\n".join(f"@{name}({json.dumps(value)})" for name, value in _notes(entry))
    place = Body(
        id="guarantees", title="Guarantees", file=FILE, basis=Basis.CUSTODIAN_POLICY, ground=False, default=None,
        policies=(),
    )  # fmt: skip
    policies = read_policies(f"{annotated}\n{text}", body=place, lexicon=lexicon)
    wanted = ("forbid", DISCLOSE) if entry.obligation is None else ("permit", OBLIGE)
    if [(policy.effect, policy.action) for policy in policies] != [wanted]:
        effect, action = wanted
        raise InvalidInputError(
            cause=f'pack file {FILE}: {entry.id}: its region is not one {effect} with action == Action::"{action}"',
            cure=CURE,
        )
    return policies[0]


def _notes(entry: files.GuaranteeEntry) -> Iterator[tuple[str, str]]:
    yield from _plain(entry).items()
    if entry.obligation is not None:
        yield "obligation", entry.obligation


def _plain(entry: files.GuaranteeEntry) -> Mapping[str, str]:
    # A region needs no provision of its own; Cedar policies of a pack do, so it is read as one.
    return {
        "id": entry.id, "title": entry.title, "cite": entry.why, "source": "this pack", "verified": "text-read",
        "from": date.min.isoformat(),
    }  # fmt: skip
