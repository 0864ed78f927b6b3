"""Compute the answer of a decided request into sealed, staged files: rows and figures go from the engine into age.

No plaintext reaches a disk. What was staged is worthless without the one-time key, which is in memory only.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from modicum.answer.grammar import effective
from modicum.answer.noisy_document import NoisyAnswer
from modicum.answer.plan import Plan, check_conditions, plan
from modicum.answer.pseudonym import recipients_key
from modicum.answer.records import ReleasedTable, release_records
from modicum.answer.selection import population_rows, touched
from modicum.answer.statistics import answer_statistics
from modicum.custody.engine import Engine
from modicum.gateway.budget import population_of
from modicum.gateway.deciding import Decided
from modicum.gateway.finding import Outcome, find, identifiers_of, outcome_of
from modicum.gateway.home import Home
from modicum.gateway.keys import PSEUDONYM_KEY
from modicum.gateway.named import Named
from modicum.gateway.noisy import Asking, answer_with_noise, asking_of, question_of
from modicum.gateway.progress import Report
from modicum.gateway.released_tables import Kept, earlier_tables, kept_of_answer
from modicum.model.errors import InternalError, InvalidInputError
from modicum.model.forms import RECORD_FORMS, Form
from modicum.seal.age import OneTimeIdentity
from modicum.seal.sealed import DataColumn, DataFile, Sealed, data_name, seal_stream

STAGED = "state/staged"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """Sealed files, how many rows they hold, and a truth value per person of the data set: whose rows are in them.

    `outcome`: what became of the lines of a list, where one names the persons. `kept_table`: what is kept of an exact
    table.
    """

    files: Sequence[tuple[DataFile, Sealed]]
    rows: int
    persons: NDArray[np.bool_]
    outcome: Outcome | None = None
    kept_table: Kept | None = None


def compute(home: Home, decided: Decided, *, case: str, identity: OneTimeIdentity, report: Report) -> Answered:
    """Compute the answer in the decided form, and seal it to the one-time identity under `state/staged/`.

    Raises InvalidInputError: a form that this version does not compute, or an answer without any row or column.
    BudgetSpentError: an answer with noise for which too little is left. DisclosureControlError: an exact table from
    which too much would follow.
    """
    check_computable(decided)
    named, pack = decided.named, decided.pack
    by = () if named is None else [c.qualified for each in identifiers_of(decided, named) for c in each.columns]
    question = question_of(decided)
    planned = (
        question.plan
        if question is not None
        else plan(
            effective(decided.request),
            decided.decision,
            decided.form,
            pack.transformations,
            pack.traits,
            identifying=by,
        )
    )
    if planned.is_empty and named is None:
        raise InternalError(cause="the plan of a permitted answer is empty", cure="report this with the case number")
    if planned.is_empty:
        raise InvalidInputError(
            cause="the law withholds, of everybody, a column by which the list identifies people",
            cure="identify them by another column, or attest what is missing",
        )
    with Engine.open(home.folder, decided.dataset) as engine:
        if named is not None:
            return _named(home, engine, planned, decided, named, identity=identity, report=report)
        if question is not None:
            asked = asking_of(decided, question, case=case)
            return _noisy(home, engine, asked, identity=identity, report=report)
        if decided.form is Form.STATISTICS:
            return _statistics(home, engine, planned, decided, identity=identity, report=report)
        return _records(home, engine, planned, decided, identity=identity, report=report)


def check_computable(decided: Decided) -> None:
    """Check that this version computes such an answer.

    Raises InvalidInputError: another form; a condition that chooses people one by one; a digest of named persons
    without the list behind it, or named persons in a form that does not name them. The law judges such a request as one
    about these persons alone; without the list an answer would hold everybody, and a count, or a pseudonym, of a person
    whom the asker named tells about that person.
    """
    form = decided.form
    question_of(decided)
    check_conditions(decided.request, decided.decision, form, decided.pack.transformations, decided.pack.traits)
    if decided.unbacked:
        raise InvalidInputError(
            cause="the request names persons by the digest of a list, and the list is not given",
            cure="give it with --lines; `modicum request lines` makes the list and its digest",
        )
    if decided.named is not None and form is not Form.IDENTIFIED:
        raise InvalidInputError(
            cause=f"an answer about named persons in the form {form} would tell who they are, or is not computed here",
            cure='ask with form = "identified", or ask about a population',
        )
    if decided.named is not None:
        identifiers_of(decided, decided.named)
    if form is not Form.STATISTICS and form not in RECORD_FORMS:
        raise InvalidInputError(
            cause=f"this version computes no answer in the form {form}", cure="ask for statistics or records"
        )


def _records(
    home: Home, engine: Engine, planned: Plan, decided: Decided, *, identity: OneTimeIdentity, report: Report
) -> Answered:
    sealed: dict[str, Sealed] = {}

    def sink(table: str, reader: BinaryIO) -> None:
        report(f"sealing {table}", 0.1 + 0.6 * len(sealed) / len(planned.tables))
        sealed[table] = _seal(home, reader, name=data_name(table), identity=identity)

    key = recipients_key(home.folder.read(PSEUDONYM_KEY), [each.organisation for each in decided.request.recipients])
    released = release_records(engine, planned, recipient_key=key, sink=sink)
    files = [(_data_file(table), sealed[table.table]) for table in released.tables]
    return Answered(files=files, rows=released.rows, persons=released.persons)


def _named(
    home: Home,
    engine: Engine,
    planned: Plan,
    decided: Decided,
    named: Named,
    *,
    identity: OneTimeIdentity,
    report: Report,
) -> Answered:
    """The records of the persons whom the list finds, and for the asker what became of each line."""
    report("finding the persons of the list", 0.05)
    found = find(engine, decided, named)
    chosen = replace(planned, persons=found.persons)
    answered = _records(home, engine, chosen, decided, identity=identity, report=report)
    outcome = outcome_of(named, found, answered.persons)
    name = data_name("lines", suffix=".csv")
    sealed = _seal(home, io.BytesIO(outcome.as_csv()), name=name, identity=identity)
    told = DataFile(name=name, title="what became of each line of the list", rows=len(outcome.told))
    return replace(answered, files=[*answered.files, (told, sealed)], outcome=outcome)


def _data_file(table: ReleasedTable) -> DataFile:
    return DataFile(
        name=data_name(table.table),
        title=table.table,
        rows=table.rows,
        columns=tuple(
            DataColumn(name=column.name, kind=column.kind, treatment=column.treatment) for column in table.columns
        ),
    )


def _statistics(
    home: Home, engine: Engine, planned: Plan, decided: Decided, *, identity: OneTimeIdentity, report: Report
) -> Answered:
    report("counting, and holding the table against those released before", 0.2)
    population = population_of(home, decided.dataset.name).name
    answered = answer_statistics(engine, planned, earlier_tables(home, decided.dataset, population=population))
    columns = tuple(
        DataColumn(name=each.column.qualified, kind=each.column.kind, treatment=str(each.treatment))
        for each in (*planned.by, *planned.sums)
    )
    report("sealing the answer", 0.6)
    files = []
    for suffix, content in ((".csv", answered.answer.as_csv()), (".json", answered.answer.as_json())):
        name = data_name("answer", suffix=suffix)
        title = "the answer as a table" if suffix == ".csv" else "the answer as JSON, with rules and marks"
        described = DataFile(name=name, title=title, rows=answered.rows, columns=columns if suffix == ".csv" else ())
        files.append((described, _seal(home, io.BytesIO(content), name=name, identity=identity)))
    kept = kept_of_answer(home, decided.dataset, planned, answered, population=population)
    return Answered(files=files, rows=answered.rows, persons=answered.persons, kept_table=kept)


def _noisy(home: Home, engine: Engine, asked: Asking, *, identity: OneTimeIdentity, report: Report) -> Answered:
    """Figures with noise, paid for. Everybody who may be in them is accounted for, whoever was clamped or left out."""
    report("counting", 0.2)
    answer = answer_with_noise(home, engine, asked)
    planned = asked.question.plan
    persons, _ = touched(engine, population_rows(engine, planned, planned.base or ""))
    report("sealing the answer", 0.6)
    return Answered(files=_noisy_files(home, answer, planned, identity=identity), rows=answer.rows, persons=persons)


def _noisy_files(
    home: Home, answer: NoisyAnswer, planned: Plan, *, identity: OneTimeIdentity
) -> list[tuple[DataFile, Sealed]]:
    columns = tuple(
        DataColumn(name=each.column.qualified, kind=each.column.kind, treatment=str(each.treatment))
        for each in (*planned.by, *planned.sums)
    )
    files = []
    for suffix, content in ((".csv", answer.as_csv()), (".json", answer.as_json())):
        name = data_name("answer", suffix=suffix)
        title = "the answer as a table" if suffix == ".csv" else "the answer as JSON, with intervals and its price"
        described = DataFile(name=name, title=title, rows=answer.rows, columns=columns if suffix == ".csv" else ())
        files.append((described, _seal(home, io.BytesIO(content), name=name, identity=identity)))
    return files


def _seal(home: Home, reader: BinaryIO, *, name: str, identity: OneTimeIdentity) -> Sealed:
    with home.folder.stage(f"{STAGED}/{name}", replace=True) as sink:
        return seal_stream(reader, sink, identity=identity, name=name)
