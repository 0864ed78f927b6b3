"""Look back for a person: every release that their record was in, each with the proof of its log entry."""

from dataclasses import dataclass
from typing import Any

from modicum.accounting.record import releases_with
from modicum.accounting.statement import Line, as_document, as_text
from modicum.custody.people import person_ordinal
from modicum.gateway.catalogued import check_persons, logged_dataset
from modicum.gateway.home import Home
from modicum.gateway.kept_cosigned import covering
from modicum.gateway.proving import prove_with_entry
from modicum.model.errors import NotFoundError
from modicum_verify.fold import Docket


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person is told: for machines as a document, for them as text."""

    document: dict[str, Any]
    text: str


def account_of(home: Home, person: str, *, dataset: str | None = None) -> Statement:
    """Tell what left about the person with this key in the records; the key is neither logged nor stored.

    Raises NotFoundError: no data set holds such a person (its message does not repeat the key).
    """
    docket = home.journal.docket()
    lines: list[Line] = []
    known = False
    if dataset is not None and dataset not in docket.datasets:
        raise NotFoundError(cause=f"there is no data set {dataset}", cure="see `modicum data list`")
    for name in [dataset] if dataset is not None else sorted(docket.datasets):
        check_persons(home, logged_dataset(home, docket, name))
        ordinals: dict[str, int | None] = {}

        def ordinal_in(version: str, name: str = name, ordinals: dict[str, int | None] = ordinals) -> int | None:
            if version not in ordinals:
                ordinals[version] = person_ordinal(home.folder, name, version, person)
            return ordinals[version]

        known = ordinal_in(docket.datasets[name].version) is not None or known
        entries, logged = _released(docket, name)
        for found in releases_with(home.folder, dataset_name=name, ordinal_in=ordinal_in, logged=logged):
            entry = entries[found.release]
            seen = covering(home, entry)
            proof = prove_with_entry(home, entry, under=None if seen is None else seen.note).decode("utf-8")
            by = () if seen is None else tuple((each.organisation, each.at) for each in seen.by)
            lines.append(Line(release=found, entry=entry, proof=proof, seen_by=by))
    if not known and not lines:
        raise NotFoundError(
            cause="no person with this key is in the records of this home",
            cure="give the key as the records have it (in the shipped population, the MSIS identification number)",
        )
    lines.sort(key=lambda line: line.entry)
    return Statement(document=as_document(person, lines), text=as_text(lines))


def release_name(case: str, attempt: int) -> str:
    """How accounting calls the n-th attempt (from 1) to release a case."""
    return f"{case}-{attempt}"


def _released(docket: Docket, dataset: str) -> tuple[dict[str, int], dict[str, str]]:
    """The delivered releases of a data set in log order: name -> entry, name -> accounting digest."""
    found = [
        (release.index, release_name(case.id, attempt), str(release.content["accounting_sha256"]))
        for case in docket.cases.values()
        if case.change is None and case.request["population"]["dataset"] == dataset
        for attempt, release in enumerate(case.releases, start=1)
        if release.delivered is not None
    ]
    found.sort()
    return {name: entry for entry, name, _ in found}, {name: digest for _, name, digest in found}
