"""The whole population: chunk by chunk, three tables and their dictionary.

A chunk's random numbers come from (seed, chunk) alone, and rows are written in chunk order by one writer a table, so
the files have the same bytes on every machine with the locked library versions; memory is that of one chunk.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from modicum.custody.population import checks, claims, codes, eligibility, households, reference, status
from modicum.custody.population.arrow import Column, Writer
from modicum.custody.population.identifiers import SSN_NUMBERS, person_ids
from modicum.custody.population.reference import Reference, State
from modicum.model.errors import ConflictError, InvalidInputError
from modicum.storage import Folder

CHUNK: Final = 100_000
MAX_PEOPLE: Final = SSN_NUMBERS  # every person has a number of their own among those that are never issued
TABLES: Final = ("eligibility", "claims", "status_check")
DICTIONARY: Final = "dictionary.toml"
FILES: Final = (*(f"{table}.parquet" for table in TABLES), DICTIONARY)
CLAIMS_A_CHUNK: Final = 100_000_000  # room for claim numbers: a chunk never has that many

Report: TypeAlias = Callable[[str, float | None], None]
Tables: TypeAlias = dict[str, dict[str, Column]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What was written where."""

    folder: Path
    people: int
    seed: int
    tables: Mapping[str, int]  # rows by table


def generate(out: Path, *, people: int, seed: int, progress: Report | None = None) -> Generated:
    """Write `people` synthetic people into the folder `out`: three Parquet tables and a dictionary.

    One row a person in eligibility (and a few repeated rows, as documented), 0..n rows in claims and status_check.
    The dictionary is written last, so a folder with a dictionary is whole. Same people and seed: same bytes.
    Raises InvalidInputError for people outside 1..50,000,000, a negative seed, or a path that is no folder;
    ConflictError where one of the files is there already (nothing is written then); LogUnavailableError for the disk.
    """
    _check(out, people=people, seed=seed)
    folder, marginals, report = Folder(out), reference.load(), progress or (lambda _what, _share: None)
    with ExitStack() as stack:
        writers = {table: Writer(stack.enter_context(folder.stage(f"{table}.parquet"))) for table in TABLES}
        for chunk in range(-(-people // CHUNK)):
            report("inventing people", chunk * CHUNK / people)
            size = min(CHUNK, people - chunk * CHUNK)
            parts = _chunk(chunk, size, marginals, seed)
            for table, writer in writers.items():
                writer.write([part[table] for part in parts])
        for writer in writers.values():
            writer.close()
    folder.write_new(DICTIONARY, resources.files(__package__).joinpath(DICTIONARY).read_bytes())
    report("people invented", 1.0)
    return Generated(folder=out, people=people, seed=seed, tables={name: writers[name].rows for name in TABLES})


def _check(out: Path, *, people: int, seed: int) -> None:
    if not 1 <= people <= MAX_PEOPLE:
        raise InvalidInputError(
            cause=f"{people} people were asked for", cure=f"ask for a number between 1 and {MAX_PEOPLE}"
        )
    if seed < 0:
        raise InvalidInputError(cause="the seed is negative", cure="give a whole number of nought or more")
    if out.exists() and not out.is_dir():
        raise InvalidInputError(cause=f"{out} is no folder", cure="name a folder, or one that is not there yet")
    there = [name for name in FILES if (out / name).exists()]
    if there:
        raise ConflictError(
            cause=f"{out} already holds {', '.join(there)}", cure="name another folder, or move the files away"
        )


def _chunk(chunk: int, size: int, marginals: Reference, seed: int) -> list[Tables]:
    """The tables of one chunk, a state at a time. Memory and time: those of `size` people."""
    made: list[Tables] = []
    position, claim = chunk * CHUNK, chunk * CLAIMS_A_CHUNK
    for place, (state, count) in enumerate(zip(marginals.states, apportion(size, marginals.states), strict=True)):
        if count:
            rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, chunk, place])))
            positions = np.arange(position, position + count)
            tables, claimed = _people_of(state, positions, claim, marginals, seed, rng)
            made.append(tables)
            position, claim = position + count, claim + claimed
    return made


def _people_of(
    state: State, positions: reference.Ints, first_claim: int, marginals: Reference, seed: int, rng: np.random.Generator
) -> tuple[Tables, int]:
    """The three tables of the people of one state in one chunk, and how many claims they have."""
    people = households.settle(state, len(positions), marginals, rng)
    standing = status.stand(people, rng)
    coded = codes.report(people, standing, rng)
    ids = person_ids(state.fips, positions, seed)
    lines, part2 = claims.bill(people, standing, coded, rng)
    part = eligibility.Part(people=people, standing=standing, codes=coded, part2=part2, positions=positions, seed=seed)
    tables = {
        "eligibility": eligibility.tabulate(part, ids, marginals, rng),
        "claims": claims.columns(lines, ids, state.name, first_claim),
        "status_check": checks.check(standing, ids, rng),
    }
    return tables, int(lines.claim[-1]) + 1 if len(lines.claim) else 0


def apportion(size: int, states: tuple[State, ...]) -> list[int]:
    """People by state in proportion to enrolment, by largest remainder, so that shares hold in every chunk."""
    exact = np.array([size * state.people for state in states]) / sum(state.people for state in states)
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: size - int(whole.sum())]] += 1
    return [int(count) for count in whole]
