"""What of a store's schema is not as this program makes it: found at each opening, dropped by a rebuilding.

Whoever can write to the database, and holds no key, could otherwise stop objections alone with a trigger, a rule, a
check or a view, while releases go on. So all that acts on the tables is held against what `tables` makes: in SQLite the
text of each object, since all of it stands there; in PostgreSQL columns, constraints, indexes, triggers, rules, row
security and rights. Everything in the store's own schema is the program's; views of your own belong in another one.

Source: sqlite.org, "The Schema Table" and "Making Other Kinds Of Table Schema Changes"; PostgreSQL 15 manual, 53.
"""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.schema import CreateTable

from modicum.store.tables import METADATA

VERSION_TABLE: Final = "alembic_version"
VERSION_DDL: Final = f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
OURS: Final = frozenset({*METADATA.tables, VERSION_TABLE})
_MIGRATED_DDL: Final = (
    f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
    f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
)
_VERSION_COLUMN: Final = ("version_num", "character varying(32)", True)
_KINDS: Final = {"r": "TABLE", "p": "TABLE", "f": "FOREIGN TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"}
_SQLITE_ORDER: Final = ("trigger", "view", "index", "table")  # an index of a table goes before it

_HERE: Final = "c.relnamespace = quote_ident(current_schema())::regnamespace"
_RELATIONS: Final = f"""
SELECT c.relname, c.relkind::text,
  c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relrowsecurity
  AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) AS plain,
  has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
  AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') AS usable
FROM pg_class c WHERE {_HERE} AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND NOT EXISTS (
  SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname"""  # noqa: S608 - ours; what an extension brought is its own
_COLUMNS: Final = f"""
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
  a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '' OR a.attcollation <> t.typcollation AS odd
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE {_HERE} AND a.attnum > 0 AND NOT a.attisdropped"""  # noqa: S608 - ours
_CONSTRAINTS: Final = f"""
SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE {_HERE} AND k.contype <> 'n'"""  # noqa: S608 - ours; 'n' is NOT NULL, seen with the columns
_ACTING: Final = f"""
SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE {_HERE} AND NOT t.tgisinternal
UNION ALL SELECT 'rule', r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE {_HERE} AND c.relkind = 'r'
UNION ALL SELECT 'index', x.relname, c.relname
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
WHERE {_HERE} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
ORDER BY 1, 2"""  # noqa: S608 - ours


def foreign(connection: Connection) -> list[str]:
    """What is missing, foreign or otherwise than this program makes it, in words; nothing where all is as it must be.

    Reads the catalogue alone, in the transaction that is open; one statement in SQLite, four in PostgreSQL.
    """
    return list(_in_sqlite(connection) if connection.dialect.name == "sqlite" else _in_postgres(connection))


def drop_all(connection: Connection) -> None:
    """Drop whatever lies in the store's schema, ours and foreign, in the transaction that is open.

    In SQLite foreign keys are off meanwhile, which the caller sees to.
    """
    quoted = connection.dialect.identifier_preparer.quote_identifier
    if connection.dialect.name == "sqlite":
        found = _sqlite_objects(connection)
        found.sort(key=lambda each: (_SQLITE_ORDER.index(each[0]), not each[2].upper().startswith("CREATE VIRTUAL")))
        for kind, name, _ in found:  # The shadows of a virtual table went with it.
            connection.exec_driver_sql(f"DROP {kind.upper()} IF EXISTS {quoted(name)}")
        return
    for name, kind, *_ in connection.execute(text(_RELATIONS)).all():
        if kind in {"v", "m"} or name not in OURS:
            connection.exec_driver_sql(f"DROP {_KINDS[kind]} IF EXISTS {quoted(name)} CASCADE")
    for name, kind, *_ in connection.execute(text(_RELATIONS)).all():
        connection.exec_driver_sql(f"DROP {_KINDS[kind]} IF EXISTS {quoted(name)} CASCADE")


def _in_sqlite(connection: Connection) -> Iterator[str]:
    made = {name: {_bare(str(CreateTable(table).compile(dialect=connection.dialect)))} for name, table in _tables()}
    made[VERSION_TABLE] = {_bare(VERSION_DDL), _bare(_MIGRATED_DDL)}
    found = _sqlite_objects(connection)
    for name in sorted(OURS - {name for kind, name, _ in found if kind == "table"}):
        yield f"the table {name} is missing"
    for kind, name, ddl in found:
        if kind != "table" or name not in made:
            yield f"the {kind} {_said(name)} is foreign"
        elif _bare(ddl) not in made[name]:
            yield f"the table {name} has other columns or rules"


def _sqlite_objects(connection: Connection) -> list[tuple[str, str, str]]:
    # What SQLite keeps for itself, such as the indexes of keys, has a name that nobody else can give.
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").all()
    return [(str(kind), str(name), str(sql)) for kind, name, sql in rows if not str(name).startswith("sqlite_")]


def _in_postgres(connection: Connection) -> Iterator[str]:
    relations = {row[0]: row for row in connection.execute(text(_RELATIONS)).all()}
    columns: dict[str, set[tuple[str, str, bool]]] = {name: set() for name in OURS}
    constraints: dict[str, set[str]] = {name: set() for name in OURS}
    for table, name, kind, filled, odd in connection.execute(text(_COLUMNS)).all():
        columns.setdefault(table, set()).add((name, "otherwise made" if odd else kind, filled))
    for table, definition in connection.execute(text(_CONSTRAINTS)).all():
        constraints.setdefault(table, set()).add(_bare(definition))
    for name in sorted(OURS - relations.keys()):
        yield f"the table {name} is missing"
    for name, kind, plain, usable in relations.values():
        if name not in OURS or kind != "r":
            yield f"the {_KINDS[kind].lower()} {_said(name)} is foreign"
        elif not usable:
            yield f"the table {name} gives this user not all rights"
        elif not plain or (columns[name], constraints[name]) != _made_in_postgres(connection, name):
            yield f"the table {name} has other columns or rules"
    for kind, name, table in connection.execute(text(_ACTING)).all():
        if table in OURS:
            yield f"the {kind} {_said(name)} on {table} is foreign"


def _made_in_postgres(connection: Connection, name: str) -> tuple[set[tuple[str, str, bool]], set[str]]:
    if name == VERSION_TABLE:
        return {_VERSION_COLUMN}, {_bare("PRIMARY KEY (version_num)")}
    table = METADATA.tables[name]
    columns = {
        (each.name, each.type.compile(dialect=connection.dialect).lower(), not each.nullable) for each in table.columns
    }
    return columns, {_bare(each) for each in _constraints(table)}


def _constraints(table: Table) -> Iterator[str]:
    for each in table.constraints:
        names = ", ".join(column.name for column in each.columns)  # type: ignore[attr-defined]  # typed by its kinds
        if isinstance(each, ForeignKeyConstraint):
            [pointed] = each.elements
            yield f"FOREIGN KEY ({names}) REFERENCES {pointed.column.table.name}({pointed.column.name})"
        elif isinstance(each, PrimaryKeyConstraint):
            yield f"PRIMARY KEY ({names})"
        elif isinstance(each, UniqueConstraint):
            yield f"UNIQUE ({names})"


def _tables() -> list[tuple[str, Table]]:
    return list(METADATA.tables.items())


def _bare(ddl: str) -> str:
    """Without blanks, quotes and case, which change nothing in texts that only we and the database write."""
    return re.sub(r'[\s"`\[\]]', "", ddl).lower()


def _said(name: str) -> str:
    """A name that somebody else gave, as it may be printed."""
    return name if name.isprintable() else ascii(name)
