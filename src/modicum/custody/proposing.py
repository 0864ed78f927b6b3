"""Propose a dictionary for raw tables: what each column holds, who a row is about, what evidences the strata.

Rules it keeps. Immigration status is evidenced by the result of a status check alone, never by citizenship or
immigration codes of an enrolment, by coverage, by a name or a language: only a table that is called a status check,
whose column STATUS holds values of the domain, is proposed. A state is that of the record's sender where there is one,
else that of an address. Substance use (42 CFR part 2) is told from ICD-10-CM F10 to F19 in any diagnosis column; a
claim without a well-formed code is unknown. A role in an enrolment is proposed only where a column holds its words.
Any other attribute of a pack is proposed only where a column has its very name and holds words of its domain.
"""

from collections.abc import Mapping
from typing import Final

from modicum.custody.classify import classify, reference_rows
from modicum.custody.dictionary_file import Dictionary, Meaning, Vocabulary
from modicum.custody.engine import Engine
from modicum.custody.persons import PersonColumns, plain
from modicum.custody.shapes import SHAPES
from modicum.custody.staging import RawTable, sample
from modicum.model.dataset import UNKNOWN, StratumSource

SAMPLE_ROWS: Final = 2_000
SAMPLE_VALUES: Final = 1_000
_SENDER: Final = ("SUBMTG_STATE_CD", "SUBMITTING_STATE", "GEO_USPS_STATE_CD")  # the state that sent the record
_RESIDENCE: Final = ("ELGBL_STATE_CD", "ELGBL_STATE_CD_HOME", "STATE_CODE", "STATE_CD", "STATE", "ADDRESS_STATE")
_SSA_CODED: Final = frozenset({"STATE_CODE"})  # CMS research files hold SSA codes here, which are not FIPS codes
_SUD_PREFIXES: Final = tuple(f"F1{digit}" for digit in range(10))
_ROLE_COLUMNS: Final = frozenset({"ENROLMENT_ROLE", "ENROLLMENT_ROLE", "ROLE"})

_KNOWN: Final = frozenset({"origin_state", "immigration", "part2", "enrolment_role"})  # each proposed by its own rule

Samples = Mapping[tuple[str, str], list[str]]


def propose(engine: Engine, tables: Mapping[str, RawTable], keys: PersonColumns, vocabulary: Vocabulary) -> Dictionary:
    """Propose a whole dictionary, unconfirmed. The samples of values it looks at are not kept."""
    samples = {
        (name, column): values
        for name, table in tables.items()
        for column, values in sample(engine, table, rows=SAMPLE_ROWS, values=SAMPLE_VALUES).items()
    }
    meanings = tuple(
        _meaning(name, column, samples, vocabulary) for name, table in tables.items() for column in table.columns
    )
    strata = (
        *_origin_state(tables, keys, samples, vocabulary),
        *_immigration(tables, samples, vocabulary),
        *_part2(meanings, samples, vocabulary),
        *_enrolment_role(tables, samples, vocabulary),
        *_called_alike(tables, samples, vocabulary),
    )
    return Dictionary(confirmed=False, person_columns=dict(keys.columns), columns=meanings, strata=strata)


def _meaning(table: str, column: str, samples: Samples, vocabulary: Vocabulary) -> Meaning:
    found = classify(table, column, samples[table, column])
    known = found.data_class if found.data_class in vocabulary.classes else None
    return Meaning(
        table=table,
        name=column,
        element=found.element,
        data_class=known,
        kind=found.kind,
        because=found.because,
    )


def _origin_state(
    tables: Mapping[str, RawTable], keys: PersonColumns, samples: Samples, vocabulary: Vocabulary
) -> list[StratumSource]:
    if "origin_state" not in vocabulary.attributes:
        return []
    order = [keys.main, *(name for name in tables if name != keys.main and keys.columns.get(name))]
    for wanted in (*_SENDER, *_RESIDENCE):
        for name in order:
            for column in tables[name].columns:
                if plain(column) != wanted:
                    continue
                values = _state_values(wanted, samples[name, column], vocabulary.attributes["origin_state"])
                if values:
                    return [StratumSource(attribute="origin_state", table=name, column=column, values=values)]
    return []


def _state_values(column: str, sample: list[str], domain: frozenset[str]) -> dict[str, str]:
    """What the values of a state column mean: by whichever coding most of the sample is in; none of them: nothing."""
    rows = [row for row in reference_rows("states.csv") if row["code"] in domain]
    number = "ssa" if column in _SSA_CODED else "fips"
    numbers = {row[number]: row["code"] for row in rows if row[number]}
    codings = (
        {row["code"]: row["code"] for row in rows},
        {row["name"]: row["code"] for row in rows},
        numbers | {code.lstrip("0"): state for code, state in numbers.items()},
    )
    hits = [sum(1 for value in sample if value in coding) for coding in codings]
    most = max(hits)
    return codings[hits.index(most)] if most else {}


def _immigration(tables: Mapping[str, RawTable], samples: Samples, vocabulary: Vocabulary) -> list[StratumSource]:
    return [
        source
        for name, table in tables.items()
        if "status_check" in name
        for column in table.columns
        if plain(column) == "STATUS"
        for source in _by_words("immigration", name, column, samples, vocabulary)
    ]


def _enrolment_role(tables: Mapping[str, RawTable], samples: Samples, vocabulary: Vocabulary) -> list[StratumSource]:
    found = [
        source
        for name, table in tables.items()
        for column in table.columns
        if plain(column) in _ROLE_COLUMNS
        for source in _by_words("enrolment_role", name, column, samples, vocabulary)
    ]
    return found[:1]


def _called_alike(tables: Mapping[str, RawTable], samples: Samples, vocabulary: Vocabulary) -> list[StratumSource]:
    """Sources of the attributes that no rule here knows: one column of a table, called as the attribute is."""
    return [
        source
        for attribute in sorted(set(vocabulary.attributes) - _KNOWN)
        for name, table in tables.items()
        for column in [each for each in table.columns if plain(each) == plain(attribute)][:1]
        for source in _by_words(attribute, name, column, samples, vocabulary)
    ]


def _by_words(attribute: str, table: str, column: str, samples: Samples, vocabulary: Vocabulary) -> list[StratumSource]:
    """A source for a column that holds the very words of an attribute's domain; none where it holds no such word."""
    words = vocabulary.attributes.get(attribute, frozenset()) - {UNKNOWN}
    if not words & set(samples[table, column]):
        return []
    values = {word: word for word in sorted(words)}
    return [StratumSource(attribute=attribute, table=table, column=column, values=values)]


def _part2(meanings: tuple[Meaning, ...], samples: Samples, vocabulary: Vocabulary) -> list[StratumSource]:
    if not {"yes", "no"} <= vocabulary.attributes.get("part2", frozenset()):
        return []
    columns: dict[str, list[str]] = {}
    for each in meanings:
        if each.data_class in {"diagnosis", "sud_record"} and "VRSN" not in plain(each.name):
            columns.setdefault(each.table, []).append(each.name)
    found = []
    for table, names in columns.items():
        if any(_holds_icd_10(samples[table, name]) for name in names):
            # An empty sample counts too: the twelfth diagnosis is seldom filled, and must not be overlooked.
            coded = [name for name in names if not samples[table, name] or _holds_icd_10(samples[table, name])]
            found.append(
                StratumSource(
                    attribute="part2",
                    table=table,
                    column=coded[0],
                    prefixes=dict.fromkeys(_SUD_PREFIXES, "yes"),
                    otherwise="no",
                    also=tuple(coded[1:]),
                    shape="icd-10",
                )
            )
    return found


def _holds_icd_10(sample: list[str]) -> bool:
    hits = sum(1 for value in sample if SHAPES["icd-10"].fullmatch(value))
    return hits > 0 and 2 * hits >= len(sample)
