"""Find who a row is about: the column that joins each table to persons, and the numbered list of persons.

Rules it keeps: a column is taken as a person key because of its name and because its values meet those of the other
tables, never by its values alone; a steward's dictionary overrides the finding; a blank or a placeholder (`~`, `XX`,
`NA`) is nobody, so that no crowd of strangers becomes one person. Persons are numbered in the order in which the main
table names them, then the other tables, by name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modicum.custody.engine import ROW, Engine, quoted, quoted_text
from modicum.custody.staging import RawTable
from modicum.model.errors import InvalidInputError

PLACEHOLDERS: Final = ("~", "*", "XX", "NA", "N/A", "NULL", "UNKNOWN")
_KEYS: Final = (  # best first
    "MSIS_IDENT_NUM",
    "MSIS_IDENTIFICATION_NUM",
    "MSIS_ID",
    "BENE_SK",
    "BENE_ID",
    "BENE_LINK_KEY",
    "DESYNPUF_ID",
    "PATIENT_ID",
    "PATIENTID",
    "PATIENT",
    "BENEFICIARY",
    "SUBJECT",
    "PERSON_ID",
    "PERSON_KEY",
    "MEMBER_ID",
    "MEMBER_KEY",
    "RECIPIENT_ID",
    "ENROLLEE_ID",
)
_PEOPLE: Final = re.compile(
    r"(.*_)?(patient|person|people|member|beneficiary|beneficiarie|bene|recipient|enrollee)s?(_.*)?"
)
_NAMELIKE: Final = re.compile(
    r"(BENE_|ELGBL_|PATIENT_|PERSON_|MEMBER_)?"
    r"(FIRST|LAST|GIVEN|FAMILY|SURNAME|(FIRST|LAST|1ST|SRNM|GVN|FAMILY|GIVEN)_?NAME|(BIRTH|BRTH)_?(DT|DATE|DAY))"
    r"|DOB|DATE_OF_BIRTH|SSN(_NUM)?"
)
_OWN_ID: Final = re.compile(r"ID|.*_ID|.*_KEY|.*_NO|.*_NUM")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonColumns:
    """The main table (one row per person, or nearly), and each table's person column; None: no persons in it."""

    main: str
    columns: Mapping[str, str | None]


def plain(name: str) -> str:
    """A column name as rules compare it: upper case, words joined by `_`."""
    return re.sub(r"[^0-9A-Z]+", "_", name.upper()).strip("_")


def person_key(column: str) -> str:
    """The engine's expression for the person key in a column: its text; null for blanks and placeholders."""
    text = f"CAST({quoted(column)} AS VARCHAR)"
    nobody = ", ".join(quoted_text(each) for each in ("", *PLACEHOLDERS))
    return f"CASE WHEN upper(trim({text})) IN ({nobody}) THEN NULL ELSE {text} END"


def find_person_columns(engine: Engine, tables: Mapping[str, RawTable]) -> PersonColumns:
    """Find the person column of every table.

    Raises InvalidInputError: none can be told; the steward's dictionary must name it.
    """
    candidates = [(name, column) for name, table in tables.items() for column in _candidates(engine, table)]
    if not candidates:
        raise InvalidInputError(
            cause="no column can be told to be the key of a person",
            cure='give a dictionary with `person_column = "..."` under [tables.NAME]',
        )
    shared = _shared_keys(engine, tables, candidates)

    def joined_to(anchor: int) -> dict[str, str | None]:
        columns: dict[str, str | None] = dict.fromkeys(tables)
        most = dict.fromkeys(tables, 0)
        for place, (name, column) in enumerate(candidates):
            met = shared.get((anchor, place), 0)
            alike = not tables[name].rows and plain(column) == plain(candidates[anchor][1])
            if met > most[name] or (alike and columns[name] is None):
                columns[name], most[name] = column, met
        return columns | {candidates[anchor][0]: candidates[anchor][1]}

    def merit(anchor: int) -> tuple[int, int, int, int]:
        name, column = candidates[anchor]
        found = sum(1 for each in joined_to(anchor).values() if each)
        return found, _likeness(tables[name]), shared.get((anchor, anchor), 0), -_rank(column)

    best = max(range(len(candidates)), key=merit)
    return PersonColumns(main=candidates[best][0], columns=joined_to(best))


def main_table(engine: Engine, tables: Mapping[str, RawTable], columns: Mapping[str, str | None]) -> PersonColumns:
    """Choose the main table where a dictionary gives the person columns: the likest to a list of people, then largest.

    Raises InvalidInputError: no table has a person column.
    """
    keyed = [(name, column) for name, column in columns.items() if column]
    if not keyed:
        raise InvalidInputError(
            cause="no table of the dictionary has a person_column", cure="name one under [tables.NAME]"
        )
    best = max(keyed, key=lambda each: (_likeness(tables[each[0]]), _distinct(engine, tables[each[0]], each[1])))
    return PersonColumns(main=best[0], columns=columns)


def make_persons(engine: Engine, tables: Mapping[str, RawTable], keys: PersonColumns) -> int:
    """Make the engine's table `persons` (person_key VARCHAR, ordinal UINTEGER), one row per person; gives their number.

    Ordinals run from 0 in order of first occurrence, in the main table, then in the others by name.
    """
    order = [keys.main, *(name for name in sorted(tables) if name != keys.main)]
    parts = [
        f"SELECT {person_key(column)} AS person_key, {place} AS place, min({ROW}) AS first "  # noqa: S608 - quoted
        f"FROM {tables[name].view()} GROUP BY 1"
        for place, name in enumerate(order)
        if (column := keys.columns[name])
    ]
    engine.run(
        "CREATE TABLE persons AS SELECT person_key, "  # noqa: S608 - quoted
        "CAST(row_number() OVER (ORDER BY place, first) - 1 AS UINTEGER) AS ordinal FROM ("
        "SELECT person_key, min(place) AS place, arg_min(first, place) AS first FROM ("
        + " UNION ALL ".join(parts)
        + ") WHERE person_key IS NOT NULL GROUP BY person_key)"
    )
    return int(engine.run("SELECT count(*) FROM persons")[0][0])


def _candidates(engine: Engine, table: RawTable) -> list[str]:
    named = [column for column in table.columns if plain(column) in _KEYS]
    people = bool(_PEOPLE.fullmatch(table.name))
    own = [column for column in table.columns if plain(column) == "ID"] if people else []
    found = sorted(named, key=_rank) + own
    if not found and _likeness(table) >= 2:  # noqa: PLR2004 - two marks of a person: a name and a birth date, say
        own = [column for column in table.columns if _OWN_ID.fullmatch(plain(column))]
        found = [column for column in own if _unique(engine, table, column)]
    return found


def _rank(column: str) -> int:
    name = plain(column)
    return _KEYS.index(name) if name in _KEYS else len(_KEYS)


def _likeness(table: RawTable) -> int:
    return sum(1 for column in table.columns if _NAMELIKE.fullmatch(plain(column)))


def _shared_keys(
    engine: Engine, tables: Mapping[str, RawTable], candidates: list[tuple[str, str]]
) -> dict[tuple[int, int], int]:
    """How many keys two candidates have in common, by their places; a candidate with itself: how many it has."""
    parts = [
        f"SELECT {place} AS place, {person_key(column)} AS person_key FROM {tables[name].view()} GROUP BY 2"  # noqa: S608
        for place, (name, column) in enumerate(candidates)
    ]
    engine.run(f"CREATE TEMP TABLE candidates AS SELECT * FROM ({' UNION ALL '.join(parts)})")  # noqa: S608 - quoted
    met = engine.run(
        "SELECT one.place, other.place, count(*) FROM candidates AS one JOIN candidates AS other USING (person_key) "
        "GROUP BY ALL"
    )
    engine.run("DROP TABLE candidates")
    return {(one, other): count for one, other, count in met}


def _distinct(engine: Engine, table: RawTable, column: str) -> int:
    counted = engine.run(f"SELECT count(DISTINCT {person_key(column)}) FROM {table.view()}")  # noqa: S608 - quoted
    return int(counted[0][0])


def _unique(engine: Engine, table: RawTable, column: str) -> bool:
    return table.rows > 0 and _distinct(engine, table, column) == table.rows
