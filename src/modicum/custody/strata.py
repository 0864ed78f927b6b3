"""Give every row its stratum, in the engine: which combination of the row attributes that the law looks at it has.

Rules it keeps (those of `StratumSource`): whatever is not listed is unknown; a row of a table that evidences an
attribute has what its own values say; a row of another table has its person's value, unknown where the person's rows
disagree or there are none. Nothing here looks at an attribute that the dictionary does not map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modicum.custody.dictionary_file import Dictionary, Vocabulary
from modicum.custody.engine import ROW, Engine, quoted, quoted_text
from modicum.custody.persons import person_key
from modicum.custody.shapes import ICD_10_RE2
from modicum.custody.staging import RawTable
from modicum.model.dataset import UNKNOWN, Stratum, StratumSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """The strata that occur, in the order of their index, and the codes that stand for them in the joined tables."""

    strata: tuple[Stratum, ...]
    codes: tuple[int, ...]  # ascending; codes[i] stands for strata[i]

    @staticmethod
    def joined(table: str) -> str:
        """The engine's table (`_modicum_row`, ordinal, code) of a raw table."""
        return quoted(f"joined {table}")


def assign(engine: Engine, tables: Mapping[str, RawTable], dictionary: Dictionary, vocabulary: Vocabulary) -> Assigned:
    """Make the table (`_modicum_row` BIGINT, ordinal UINTEGER or null, code UINTEGER) of every raw table.

    The engine has the table `persons`. A code is the row's values as one number, each in base of its domain's size, so
    that codes in ascending order are strata in the order of their sorted values.
    """
    attributes = sorted(vocabulary.attributes)
    domains = {attribute: vocabulary.domain(attribute) for attribute in attributes}
    for table in tables.values():
        _say(engine, table, dictionary, domains)
    _evidence(engine, domains, dictionary)
    codes: set[int] = set()
    for name in tables:
        own = {each.attribute for each in dictionary.strata if each.table == name}
        code = "0"
        for attribute in attributes:
            unknown = domains[attribute].index(UNKNOWN)
            value = quoted(attribute)
            value = f"said.{value}" if attribute in own else f"coalesce(evidence.{value}, {unknown})"
            code = f"({code} * {len(domains[attribute])} + CAST({value} AS UINTEGER))"
        engine.run(
            f"CREATE TABLE {Assigned.joined(name)} AS SELECT {ROW}, ordinal, CAST({code} AS UINTEGER) AS code "  # noqa: S608
            f"FROM {_said(name)} AS said LEFT JOIN evidence USING (person_key)"
        )
        engine.run(f"DROP TABLE {_said(name)}")
        codes |= {row[0] for row in engine.run(f"SELECT DISTINCT code FROM {Assigned.joined(name)}")}  # noqa: S608
    ordered = tuple(sorted(codes))
    return Assigned(strata=tuple(_stratum(code, attributes, domains) for code in ordered), codes=ordered)


def value_sql(source: StratumSource, domain: Sequence[str]) -> str:
    """The engine's expression for what a row's own columns say of an attribute, as an index into its domain."""
    unknown = domain.index(UNKNOWN)
    columns = [source.column, *source.also]
    hits = ", ".join(_hit(source, column, domain) for column in columns)  # least and greatest pass over nulls
    least, greatest = (f"least({hits})", f"greatest({hits})") if len(columns) > 1 else (hits, hits)
    texts = [_text(column) for column in columns]
    fitting = [f"coalesce({_fits(source, text)}, TRUE)" for text in texts]
    return (
        f"CASE WHEN {least} = {greatest} THEN {least} WHEN {least} IS NOT NULL THEN {unknown} "
        f"WHEN coalesce({', '.join(texts)}) IS NOT NULL AND {' AND '.join(fitting)} "
        f"THEN {domain.index(source.otherwise)} ELSE {unknown} END"
    )


def _fits(source: StratumSource, text: str) -> str:
    return f"regexp_full_match({text}, {quoted_text(ICD_10_RE2)})" if source.shape == "icd-10" else "TRUE"


def _hit(source: StratumSource, column: str, domain: Sequence[str]) -> str:
    text = _text(column)
    whens = [f"WHEN {text} IN ({_texts(listed)}) THEN {domain.index(to)}" for to, listed in _by_target(source.values)]
    for length in sorted({len(prefix) for prefix in source.prefixes}, reverse=True):  # the longest prefix decides
        alike = {prefix: to for prefix, to in source.prefixes.items() if len(prefix) == length}
        whens += [
            f"WHEN left({text}, {length}) IN ({_texts(listed)}) THEN {domain.index(to)}"
            for to, listed in _by_target(alike)
        ]
    return f"CASE {' '.join(whens)} ELSE NULL END" if whens else "CAST(NULL AS INTEGER)"


def _by_target(mapping: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    return [(to, [given for given in mapping if mapping[given] == to]) for to in sorted(set(mapping.values()))]


def _texts(listed: Sequence[str]) -> str:
    return ", ".join(map(quoted_text, listed))


def _text(column: str) -> str:
    return f"CAST({quoted(column)} AS VARCHAR)"


def _said(table: str) -> str:
    return quoted(f"said {table}")


def _say(engine: Engine, table: RawTable, dictionary: Dictionary, domains: Mapping[str, Sequence[str]]) -> None:
    """Make a table of what the rows of one table say: (`_modicum_row`, person_key, an index for each attribute)."""
    column = dictionary.person_columns.get(table.name)
    picked = [ROW, f"{person_key(column) if column else 'CAST(NULL AS VARCHAR)'} AS person_key"]
    picked += [
        f"{value_sql(source, domains[source.attribute])} AS {quoted(source.attribute)}"
        for source in dictionary.strata
        if source.table == table.name
    ]
    engine.run(f"CREATE TABLE {_said(table.name)} AS SELECT {', '.join(picked)} FROM {table.view()}")  # noqa: S608


def _evidence(engine: Engine, domains: Mapping[str, Sequence[str]], dictionary: Dictionary) -> None:
    """Make the table `evidence`: one row per person (person_key, ordinal), with an index for each attribute."""
    picked, joins = ["persons.person_key", "persons.ordinal"], []
    for attribute, domain in domains.items():
        unknown = domain.index(UNKNOWN)
        parts = [
            f"SELECT person_key, {quoted(attribute)} AS value FROM {_said(source.table)}"  # noqa: S608 - quoted
            for source in dictionary.strata
            if source.attribute == attribute and dictionary.person_columns.get(source.table)
        ]
        if not parts:
            picked.append(f"{unknown} AS {quoted(attribute)}")
            continue
        name = quoted(f"of {attribute}")
        agreed = f"SELECT person_key, CASE WHEN min(value) = max(value) THEN min(value) ELSE {unknown} END AS value"
        joins.append(
            f"LEFT JOIN ({agreed} FROM ({' UNION ALL '.join(parts)}) GROUP BY person_key) AS {name} "
            f"ON {name}.person_key = persons.person_key"
        )
        picked.append(f"coalesce({name}.value, {unknown}) AS {quoted(attribute)}")
    engine.run(f"CREATE TABLE evidence AS SELECT {', '.join(picked)} FROM persons {' '.join(joins)}")  # noqa: S608


def _stratum(code: int, attributes: Sequence[str], domains: Mapping[str, Sequence[str]]) -> Stratum:
    values: list[tuple[str, str]] = []
    for attribute in reversed(attributes):
        code, index = divmod(code, len(domains[attribute]))
        values.append((attribute, domains[attribute][index]))
    return tuple(reversed(values))
