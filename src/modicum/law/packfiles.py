"""The TOML files of a pack, read strictly: a field that nobody knows is an error with its file and place.

This is the edge: pydantic models here, domain values in `packs`. Nothing that is not read is accepted.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from modicum.law.durations import seconds_in
from modicum.law.toml_lines import line_of
from modicum.model.decision import Verdict
from modicum.model.errors import InvalidInputError
from modicum.model.forms import Form

Text = Annotated[str, Field(min_length=1)]
Verified = Literal["text-read", "secondary", "unverified"]
Transformation = Literal["keep", "drop", "year", "zip3", "pseudonym"]  # those of `answer.treatments`; a test compares
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[int, Field(gt=0, strict=True)]
AtLeastTwo = Annotated[int, Field(ge=2, strict=True)]
LARGEST: Final = 2 * 1024 * 1024
"""Characters of one text file of a pack."""
KNOWN: Final = frozenset(f"{name}.toml" for name in ("pack", "vocabulary", "strata", "reviews", "guarantees", "lines"))
_HIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
CURE = "mend the pack; until it loads whole, nothing is decided with it"
MOST_DAYS = 36_525
"""A hundred years: a longer wait is a slip of the keyboard, and would leave the calendar."""


def _seconds(value: Any) -> int:  # noqa: ANN401 - whatever stands in the file
    if not isinstance(value, str):
        raise ValueError("write a duration: P30D, PT72H")  # noqa: TRY004 - pydantic turns ValueErrors into its own
    return seconds_in(value)


Duration = Annotated[int, BeforeValidator(_seconds), Field(le=MOST_DAYS * 86_400)]


class Strict(BaseModel):
    """A table of a pack file: no field too many, none of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Provision(Strict):
    """A provision that decides without a policy text: a default denial."""

    id: Text
    cite: Text
    title: Text
    verified: Verified


class BodyEntry(Strict):
    """A body of law: one Cedar file. Without `default` it only forbids and obliges.

    `ground`: false where the body only narrows what another allows, and alone makes nothing lawful.
    """

    id: Text
    file: Annotated[str, Field(pattern=r"^(statutes|orders|custodian)/[a-z0-9-]+\.cedar$")]
    title: Text
    basis: Literal["law", "order", "custodian_policy"]
    ground: Flag = True
    default: Provision | None = None


class Defaults(Strict):
    """What the gateway says where no policy decides."""

    unclassified: Provision
    unknown: Provision
    party: Provision
    nobody: Provision
    expired: Provision
    error: Provision


class Placed(Strict):
    """A rule that is encoded, but not as a policy of its own. `inside`: policies whose `unless` holds it."""

    id: Text
    cite: Text
    title: Text
    where: Text
    inside: list[Text] = Field(default_factory=list)


class NotEncoded(Strict):
    """A rule that this pack does not encode, and why."""

    id: Text
    cite: Text
    title: Text
    reason: Text


class ProfileEntry(Strict):
    """Which bodies of law can bear on a custodian of a kind: a claim for readers, which `profiles` proves."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Text
    custodian: Text
    bodies: Annotated[list[Text], Field(min_length=1)]


class PackFile(Strict):
    """pack.toml."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    version: Text
    title: Text
    jurisdiction: Text
    maintainers: list[Text]
    does_not_cover: list[Text]
    bodies: Annotated[list[BodyEntry], Field(min_length=1)]
    defaults: Defaults
    profiles: list[ProfileEntry] = []
    placed: list[Placed] = []
    not_encoded: list[NotEncoded] = []


class FactEntry(Strict):
    """A fact: what is attested, by which roles, of what kind; it counts from `waits_days` days after that."""

    title: Text
    attested_by: Annotated[list[Text], Field(min_length=1)]
    kind: Text
    waits_days: Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)] = 0


class PurposeEntry(Strict):
    """A purpose and the nearest term of the W3C Data Privacy Vocabulary."""

    title: Text
    dpv: Text


class TransformationEntry(Strict):
    """What happens to a class in a form; `otherwise` is the rest."""

    otherwise: Transformation
    classes: Mapping[str, Transformation] = {}


class TraitsEntry(Strict):
    """What classes can do to a person, beyond what follows from the form `statistics` (see `model.traits`)."""

    naming: list[Text] = []
    pointing: list[Text] = []
    dated: list[Text] = []


class VocabularyFile(Strict):
    """vocabulary.toml."""

    purposes: Mapping[str, PurposeEntry]
    classes: Mapping[str, Text]
    kinds: Mapping[str, Text]
    actions: Mapping[str, Text]
    facts: Mapping[str, FactEntry]
    obligations: Mapping[str, Text]
    transformations: Mapping[Form, TransformationEntry]
    traits: TraitsEntry = TraitsEntry()


class AttributeEntry(Strict):
    """A row attribute that the law looks at, with its finite domain; `unknown` must be in it."""

    title: Text
    domain: Annotated[list[Text], Field(min_length=2)]


class StrataFile(Strict):
    """strata.toml."""

    attributes: Mapping[str, AttributeEntry]


class ReviewEntry(Strict):
    """A quorum, for a form and a purpose (`*`: any; `x.*`: every child of x). The first that fits counts."""

    form: Form
    purpose: Text
    roles: Annotated[list[Text], Field(min_length=1)]
    organisations: AtLeastTwo
    approvals: AtLeastTwo
    statutory_wait: Duration = 0
    discretionary_wait: Duration = 0
    court_wait: Duration | None = None
    court_facts: list[Text] = Field(default_factory=list)
    notice: Flag = False
    expires: Duration | None = None


class ChangesEntry(Strict):
    """Who must agree to a change of pack, rules of review or witnesses, and how long it waits at least."""

    roles: Annotated[list[Text], Field(min_length=1)] = ["counsel"]
    organisations: AtLeastTwo = 2
    approvals: AtLeastTwo = 2
    wait: Duration = 0


class ReviewsFile(Strict):
    """reviews.toml. `origin`: the row attribute that names the state that supplied a record; it gets notices."""

    review: Annotated[list[ReviewEntry], Field(min_length=1)]
    changes: ChangesEntry = ChangesEntry()
    origin: Text | None = None


class DecisionEntry(Strict):
    """A decision that the pack must reproduce, for the sake of one rule (a file of vectors/)."""

    id: Text
    rule: Text
    shows: Flag
    custodian: Text
    action: Text = "disclose"
    audience: Annotated[list[Text], Field(min_length=1)]
    purpose: Text
    named_persons: Flag = False
    form: Form
    data_class: Annotated[Text | None, Field(alias="class")]
    stratum: Mapping[str, Text]
    facts: list[Text] = Field(default_factory=list)
    date: date
    verdict: Verdict
    because: Annotated[list[Text], Field(min_length=1)]
    missing: list[list[Text]] = Field(default_factory=list)
    obligations: list[Text] = Field(default_factory=list)
    conflicts: list[tuple[Text, Text]] = Field(default_factory=list)


class GuaranteeEntry(Strict):
    """A promise of the pack; `region` is Cedar text (see `guarantees`)."""

    id: Text
    title: Text
    why: Text
    kind: Literal["never", "obliges", "unknown", "unverified", "asker", "counts"]
    region: Text | None = None
    obligation: Text | None = None


class GuaranteesFile(Strict):
    """guarantees.toml."""

    guarantee: Annotated[list[GuaranteeEntry], Field(min_length=1)]
    asker_roles: Annotated[list[Text], Field(min_length=1)]
    exact_counts_seen_by: Annotated[list[Text], Field(min_length=1)]
    unread_sources: list[Text]
    looks_at: Annotated[list[Text], Field(min_length=1)]


Shape = TypeVar("Shape", bound=Strict)


def shaped(raw: object, shape: type[Shape], *, place: str, cure: str = CURE, text: str = "") -> Shape:
    """What was read, as the shape that it must have.

    Raises InvalidInputError: names place and field, no value; with the TOML text, the line too.
    """
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        found = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults]
        # A misspelt field is told twice, as missing and as unknown: only the latter stands on a line of its own.
        line = line_of(text, min(faults, key=lambda fault: fault["type"] == "missing")["loc"])
        where = place if line is None else f"{place}:{line}"
        raise InvalidInputError(cause=f"{where}: {'; '.join(found[:5])}", cure=cure) from error


def read_toml(root: Path, name: str, shape: type[Shape]) -> Shape:
    """Read one TOML file of a pack.

    Raises InvalidInputError: missing, not TOML, or not of its shape; names file, line and field.
    """
    text = read_text(root, name)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(cause=f"pack file {name}: not TOML: {error}", cure=CURE) from error
    except RecursionError as error:
        raise InvalidInputError(cause=f"pack file {name}: nested too deeply", cure=CURE) from error
    return shaped(raw, shape, place=f"pack file {name}", text=text)


def read_text(root: Path, name: str) -> str:
    """Read one text file of a pack.

    Raises InvalidInputError: missing, not UTF-8, too large, or with a character that nobody sees (a control character,
    or one that turns the direction of writing): what a reader is shown must be what is decided by. Names the line.
    """
    try:
        if (root / name).stat().st_size > 4 * LARGEST:
            raise InvalidInputError(cause=f"pack file {name} is too large", cure=CURE)
        text = (root / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(cause=f"pack file {name} cannot be read", cure=CURE) from error
    if len(text) > LARGEST:
        raise InvalidInputError(cause=f"pack file {name} is too large", cure=CURE)
    hidden = _HIDDEN.search(text)
    if hidden is not None:
        line = text.count("\n", 0, hidden.start()) + 1
        raise InvalidInputError(
            cause=f"pack file {name}:{line}: the character U+{ord(hidden[0]):04X} cannot be seen", cure=CURE
        )
    return text


def refuse_links(root: Path) -> None:
    """Refuse a link in a pack: the digest of a pack covers what lies in its folder, and nothing else may decide.

    Raises InvalidInputError: names it.
    """
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            name = path.relative_to(root).as_posix()
            raise InvalidInputError(cause=f"pack file {name} is a link to somewhere else", cure="put the file itself")


def refuse_strange_toml(root: Path) -> None:
    """Refuse a TOML file that no pack has: a misspelt name would leave out what stands in it.

    Raises InvalidInputError: names it.
    """
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() == ".toml" and path.relative_to(root).as_posix() not in KNOWN:
            name = path.relative_to(root).as_posix()
            raise InvalidInputError(cause=f"pack file {name}: no pack has a file of this name", cure=CURE)
