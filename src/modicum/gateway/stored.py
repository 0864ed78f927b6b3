"""Decisions as a home keeps them: read by the digest that the log names, made into values again, and decided again.

A decision is a pure function of what the log fixes: request, pack, facts, roster, day. So each one that was ever
entered can be made anew, and must come out the same to the byte. What is taken as recorded is the catalogue: columns
with their classes, and strata, as they stood then.
"""

import hashlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from modicum.gateway.attested import facts_on
from modicum.gateway.deciding import kinds_of, matrix
from modicum.gateway.home import Home
from modicum.gateway.named import judged, open_lines
from modicum.gateway.request_file import parse_request
from modicum.law.packs import Pack
from modicum.model.dataset import Column, Dataset
from modicum.model.decision import Basis, Because, Cell, Conflict, Decision, PackRef, Verdict
from modicum.model.errors import EvidenceError, InvalidInputError, NotFoundError
from modicum.model.forms import Form
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.case_state import CaseState
from modicum_verify.fold import Docket, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How many stored decisions were made anew, and where those lie that came out otherwise."""

    decisions: int
    differing: tuple[str, ...]


def read_decision(home: Home, sha256: str | None) -> dict[str, Any]:
    """A decision as stored, under the digest that the log names. Raises EvidenceError: missing, or another one."""
    path = f"decisions/{sha256}.json"
    try:
        data = home.folder.read(path)
    except NotFoundError:
        raise EvidenceError(place=path, cause="is missing, though the log names it") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EvidenceError(place=path, cause="is not the decision that the log names")
    found: dict[str, Any] = parse_canonical(data)
    return found


def decision_of(document: Mapping[str, Any], *, place: str = "a decision") -> Decision:
    """A stored decision as a value. Raises EvidenceError: a shape that this version does not write."""
    try:
        found = _decision(document)
        same = canonical(found.as_document()) == canonical(dict(document))
    except (KeyError, TypeError, ValueError, AttributeError):
        same = False
    if not same:
        raise EvidenceError(
            place=place,
            cause="is not of the shape that this version writes",
            cure="read it with the version of Modicum that wrote it",
        )
    return found


def dataset_of(decision: Decision, name: str) -> Dataset:
    """The data set as far as a decision knows it: the columns that it covers, with their classes; every stratum."""
    return Dataset(
        name=name,
        version=decision.dataset_version,
        confirmed=True,
        tables=(),
        columns=decision.columns,
        strata_sources=(),
        strata=decision.strata,
        persons=0,
    )


def replay_decisions(home: Home) -> Replayed:
    """Make every decision that the log names anew, as of its own day and place in the log, and compare the bytes.

    Each by the pack that was in force there. Raises EvidenceError: a stored decision is missing or altered, or a pack
    that the log names is not here.
    """
    decisions, differing = 0, []
    packs = {"": home.pack()}
    for case, docket, sha256 in _decided(home):
        stored = read_decision(home, sha256)
        decisions += 1
        named = docket.roster.pack
        place = "" if named is None else named.sha256
        if place not in packs:
            packs[place] = home.pack_of(named)
        if canonical(_again(home, case, docket, stored, packs[place])) != canonical(stored):
            differing.append(f"decisions/{sha256}.json")
    return Replayed(decisions=decisions, differing=tuple(differing))


def _decided(home: Home) -> Iterator[tuple[CaseState, Docket, str]]:
    """Each case as it stood when it was decided, with the docket of that moment and the digest of the decision."""
    docket = Docket()
    for entry in home.journal.entries():
        if entry.kind == "decided" and entry.case is not None and entry.content is not None:
            yield docket.cases[entry.case], docket, str(entry.content["decision_sha256"])
        docket = fold([entry], docket)


def _again(home: Home, case: CaseState, docket: Docket, stored: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
    request = parse_request(dict(case.request))
    try:
        known = decision_of(stored)
        named = None
        if request.population.named_persons_sha256 is not None:
            named = judged(request, open_lines(home, case, pack=pack), pack=pack, as_of=known.as_of)
        again = matrix(
            request,
            pack=pack,
            dataset=dataset_of(known, request.population.dataset),
            kinds=kinds_of(request, docket),
            facts=facts_on(case, pack, known.as_of),
            as_of=known.as_of,
            hypothetical=known.hypothetical,
            named=named,
        )
    except (EvidenceError, InvalidInputError):
        return {}
    return replace(again, catalogue_sha256=known.catalogue_sha256).as_document()


def _decision(document: Mapping[str, Any]) -> Decision:
    return Decision(
        request_sha256=document["request_sha256"],
        pack=PackRef(**document["pack"]),
        catalogue_sha256=document["catalogue_sha256"],
        facts_sha256=document["facts_sha256"],
        dataset_version=document["dataset_version"],
        as_of=date.fromisoformat(document["as_of"]),
        hypothetical=document["hypothetical"],
        columns=tuple(_column(each) for each in document["columns"]),
        strata=tuple(tuple(sorted(each.items())) for each in document["strata"]),
        forms=tuple(Form(each) for each in document["forms"]),
        classes=tuple(_cell(each) for each in document["classes"]),
        cells=array("I", (index for row in document["cells"] for column in row for index in column)),
        lowest_form=Form(document["lowest_form"]),
    )


def _column(document: Mapping[str, Any]) -> Column:
    table, _, name = document["name"].partition(".")
    return Column(table=table, name=name, element=None, data_class=document["data_class"])


def _cell(document: Mapping[str, Any]) -> Cell:
    return Cell(
        verdict=Verdict(document["verdict"]),
        because=tuple(_because(each) for each in document["because"]),
        missing=tuple(tuple(each) for each in document["missing"]),
        obligations=tuple(document["obligations"]),
        conflicts=tuple(
            Conflict(statute=_because(each["statute"]), policy=_because(each["policy"]))
            for each in document["conflicts"]
        ),
    )


def _because(document: Mapping[str, Any]) -> Because:
    return Because(**{**document, "basis": Basis(document["basis"])})
