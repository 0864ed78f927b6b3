"""What an impact says on paper: one document for the custodian's staff, and a recall notice for each recipient.

A notice names releases, dates, columns and rules; no person, no count of persons, no group of them. It is for the
custodian to sign and send. Writing one enters nothing in the log; `recalling` enters the recall, with its digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from modicum.answer.ladder import guarded
from modicum.gateway.impact import Affected, Flip, Found, Impact
from modicum.gateway.outside import check_folder
from modicum.model.decision import Because, PackRef
from modicum.storage import Folder
from modicum_verify.canonical import canonical

ASKED: Final = (
    "Stop using these columns, and everything that was made from them, today.",
    "Tell us to whom you passed them on, if to anybody, and ask the same of them.",
    "Return or destroy the package, every copy and every extract that holds these columns, backups included.",
    "Confirm in writing what was returned or destroyed, when, and by whom.",
)
_WIDE: Final = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One release in a notice. `because` is empty where it could not be decided again; then `reason` says why."""

    release: str
    case: str
    released_at: str
    entry: int
    form: str
    columns: tuple[str, ...]
    because: tuple[Because, ...]
    coarser: tuple[tuple[str, str, str], ...]  # column, what was done to it, what would be done now
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one recipient is asked to do, and why."""

    organisation: str
    person: str
    custodian: str
    origin: str
    pack: PackRef
    as_of: date
    hypothetical: bool
    written: date
    releases: tuple[Recalled, ...]
    recorded: bool = False  # whether the recall is entered in the log, with the digest of this notice

    @property
    def name(self) -> str:
        """The name of its files, without ending."""
        return f"recall-{self.organisation}-{self.person}"

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/recall-notice.json)."""
        return {
            "schema": "modicum.recall-notice/1",
            "to": {"organisation": self.organisation, "person": self.person},
            "from": self.custodian,
            "log": self.origin,
            "written": self.written.isoformat(),
            "pack": _pack(self.pack),
            "as_of": self.as_of.isoformat(),
            "hypothetical": self.hypothetical,
            "recorded": self.recorded,
            "releases": [
                {
                    "release": each.release,
                    "case": each.case,
                    "released_at": each.released_at,
                    "entry": each.entry,
                    "form": each.form,
                    "columns": list(each.columns),
                    "because": [rule.as_document() for rule in each.because],
                    "coarser": [_coarser(*parts) for parts in each.coarser],
                    "reason": each.reason,
                }
                for each in self.releases
            ],
            "asked": list(ASKED),
        }

    def as_text(self) -> str:
        """As a letter to print."""
        opening = (
            f"We gave you data from our records. By our policy pack {self.pack.name} {self.pack.version} as of "
            f"{self.as_of}, what is listed here would not be given to you now, or not in this way."
        )
        lines = [
            "RECALL NOTICE",
            "",
            f"To:    {self.organisation}/{self.person}",
            f"From:  {self.custodian} (log {self.origin})",
            f"Date:  {self.written}",
            "",
            *_paragraph(opening),
            *(_paragraph(_OTHER_PACK if self.recorded else _HYPOTHETICAL) if self.hypothetical else []),
            *(line for each in self.releases for line in _release_lines(each)),
            "What we ask of you:",
            "",
            *(line for number, text in enumerate(ASKED, start=1) for line in _item(f"{number}.", text)),
            "",
            *_paragraph(
                "The package itself says what it holds (manifest) and proves that we released it (proof). This notice "
                f"names no person. {_RECORDED if self.recorded else _UNRECORDED}"
            ),
            "Signed for the custodian: ______________________________   Date: ______________",
            "",
            "Confirmed by the recipient: ____________________________   Date: ______________",
        ]
        return "\n".join(lines) + "\n"


_HYPOTHETICAL: Final = (
    "DRAFT. It was made with another policy pack, or as of another day, than those in force in our gateway today."
)

_OTHER_PACK: Final = "This policy pack, or this day, is another than those in force in our gateway today."
_UNRECORDED: Final = "It is not entered in our log by being written."
_RECORDED: Final = "The recall is entered in our log, signed, with the digest of this notice's JSON."


def notices(impact: Impact) -> tuple[Notice, ...]:
    """A notice for each recipient of what is affected, by organisation and person."""
    found: dict[tuple[str, str], list[Recalled]] = {}
    for release in impact.affected:
        for place, recipient in enumerate(release.recipients):
            if release.columns_of(place):
                recalled = _recalled(release, release.by_recipient[place], release.columns_of(place))
                found.setdefault((recipient.organisation, recipient.person), []).append(recalled)
    return tuple(
        Notice(
            organisation=organisation,
            person=person,
            custodian=impact.custodian,
            origin=impact.origin,
            pack=impact.pack,
            as_of=impact.as_of,
            hypothetical=impact.hypothetical,
            written=impact.today,
            releases=tuple(releases),
        )
        for (organisation, person), releases in sorted(found.items())
    )


def write_notices(out: Path, wanted: Sequence[Notice]) -> list[str]:
    """Write each notice as JSON and as a letter; gives the names. Nothing is overwritten: see `check_folder`."""
    check_folder(out, [f"{each.name}{ending}" for each in wanted for ending in (".json", ".txt")])
    folder, written = Folder(out), []
    for each in wanted:
        for ending, data in ((".json", canonical(each.as_document())), (".txt", each.as_text().encode())):
            folder.write_new(each.name + ending, data)
            written.append(each.name + ending)
    return written


def impact_document(impact: Impact, wanted: Sequence[Notice], written: Sequence[str]) -> dict[str, Any]:
    """What was found, as published JSON (docs/reference/schemas/impact.json); small counts of people are not told."""
    return {
        "schema": "modicum.impact/1",
        "custodian": impact.custodian,
        "pack": _pack(impact.pack),
        "pack_in_force": _pack(impact.in_force),
        "as_of": impact.as_of.isoformat(),
        "hypothetical": impact.hypothetical,
        "releases": len(impact.releases),
        "affected": len(impact.affected),
        "undecided": sum(each.undecided is not None for each in impact.releases),
        "items": [_item_document(each) for each in impact.releases],
        "notices": [{"organisation": each.organisation, "person": each.person} for each in wanted],
        "written": list(written),
    }


def _item_document(each: Affected) -> dict[str, Any]:
    return {
        "release": each.name,
        "case": each.case,
        "entry": each.entry,
        "at": each.at,
        "form": str(each.form),
        "dataset": {"name": each.dataset, "version": each.dataset_version},
        "decided_as_of": each.released_as_of.isoformat(),
        "affected": each.affected,
        "undecided": each.undecided,
        "columns_released": list(each.columns),
        "columns_affected": list(each.columns if each.undecided is not None else each.found.columns),
        "flips": [_flip_document(each, flip) for flip in each.found.flips],
        "coarser": [_coarser(c.column, c.released, c.now) for c in each.found.coarser],
        "now_permitted": each.found.now_permitted,
        "people": guarded(each.people),
        "people_affected": guarded(each.people_affected),
        "people_exact": each.people_exact,
        "recipients": [
            {
                "organisation": recipient.organisation,
                "person": recipient.person,
                "columns_affected": list(each.columns_of(place)),
            }
            for place, recipient in enumerate(each.recipients)
        ],
    }


def _flip_document(release: Affected, flip: Flip) -> dict[str, Any]:
    return {
        "columns": list(flip.columns),
        "strata": [dict(release.strata[index]) for index in flip.strata],
        "verdict": str(flip.cell.verdict),
        "because": [rule.as_document() for rule in flip.cell.because],
        "missing": [list(facts) for facts in flip.cell.missing],
    }


def _recalled(release: Affected, found: Found, columns: tuple[str, ...]) -> Recalled:
    return Recalled(
        release=release.name,
        case=release.case,
        released_at=release.at,
        entry=release.entry,
        form=str(release.form),
        columns=columns,
        because=tuple(sorted({rule for flip in found.flips for rule in flip.cell.because})),
        coarser=tuple((each.column, each.released, each.now) for each in found.coarser),
        reason=release.undecided,
    )


def _release_lines(each: Recalled) -> list[str]:
    reason = f"It cannot be decided again ({each.reason}), so all of it is recalled." if each.reason else ""
    return [
        f"Release {each.release} (case {each.case}, log entry {each.entry}), {each.released_at}, form {each.form}",
        "",
        "  Columns:",
        *(f"    {column}" for column in each.columns),
        "",
        *(["  What stands in the way now:"] if each.because or each.coarser or reason else []),
        *(line for rule in each.because for line in _item("  -", f"{rule.title or rule.id}: {rule.cite} ({rule.id})")),
        *(line for c, was, now in each.coarser for line in _item("  -", f"{c} left as `{was}`, and may as `{now}`")),
        *(_item("  -", reason) if reason else []),
        "",
    ]


def _paragraph(text: str) -> list[str]:
    return [fill(text, _WIDE, break_long_words=False, break_on_hyphens=False), ""]


def _item(mark: str, text: str) -> list[str]:
    indent = f"  {mark} "
    later = " " * len(indent)
    return [
        fill(
            text, _WIDE, initial_indent=indent, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
        )
    ]


def _pack(ref: PackRef) -> dict[str, str]:
    return {"name": ref.name, "version": ref.version, "sha256": ref.sha256}


def _coarser(column: str, released: str, now: str) -> Mapping[str, str]:
    return {"column": column, "released": released, "now": now}
