"""The tables of a store, for SQLAlchemy Core. `rows` says what stands in which; a change here needs a migration."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

from modicum.store.rows import CASE_TABLES, PROJECTIONS

METADATA: Final = MetaData()
_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's own integers have 64 bits


def _text(name: str, *, key: bool = False, null: bool = False, unique: bool | None = None) -> Column[Any]:
    return Column(name, Text, primary_key=key, nullable=null, unique=unique)


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, _NUMBER, nullable=null)


def _flag(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Boolean, nullable=null)


def _case() -> Column[Any]:
    return Column("case", Text, ForeignKey("cases.case"), primary_key=True, nullable=False)


def _entry(*, key: bool) -> Column[Any]:
    return Column("entry", _NUMBER, ForeignKey("entries.index"), primary_key=key, nullable=False, autoincrement=False)


def _index() -> Column[Any]:
    return Column("index", _NUMBER, primary_key=True, autoincrement=False, nullable=False)


ENTRIES: Final = Table(
    "entries",
    METADATA,
    _index(),
    _text("kind"),
    _text("at"),
    _text("case", null=True),
    _text("actor"),
    _text("commitment", unique=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
POSITION: Final = Table(
    "position",
    METADATA,
    _text("origin", key=True),
    _number("size"),
    _text("root"),
    _text("sha256"),
    _text("accepted"),
)

Table(
    "organisations",
    METADATA,
    _text("organisation", key=True),
    _text("kind"),
    _text("name"),
    _text("state", null=True),
    _flag("founder"),
)
Table(
    "people",
    METADATA,
    _text("person", key=True),
    Column("organisation", Text, ForeignKey("organisations.organisation"), nullable=False),
    _text("roles"),
    _text("public_key"),
    _flag("active"),
    _number("enrolled"),
)
Table(
    "datasets",
    METADATA,
    _text("dataset", key=True),
    _entry(key=False),
    _text("at"),
    _text("version"),
    _text("catalogue_sha256"),
    _number("persons_at_least"),
    _flag("confirmed"),
)
Table(
    "cases",
    METADATA,
    _text("case", key=True),
    _text("state"),
    _text("verdict"),
    _text("form", null=True),
    _number("round"),
    _text("requester"),
    _text("purpose"),
    _text("filed_at"),
    _text("next"),
    _text("unlocks_at", null=True),
)
Table(
    "votes",
    METADATA,
    _case(),
    _entry(key=True),
    _text("at"),
    _text("person"),
    _text("organisation"),
    _number("round"),
    _flag("approves", null=True),
    _flag("standing"),
)
Table(
    "objections",
    METADATA,
    _case(),
    _entry(key=True),
    _text("at"),
    _text("person"),
    _text("grounds"),
    _flag("blocking"),
    _number("answer", null=True),
)
Table("facts", METADATA, _case(), _text("fact", key=True), _entry(key=False), _text("at"), _text("person"))
Table("directives", METADATA, _case(), _entry(key=True), _text("at"), _text("person"), _text("deadline", null=True))
Table(
    "releases",
    METADATA,
    _case(),
    _entry(key=True),
    _text("at"),
    _number("attempt"),
    _text("form"),
    _number("rows"),
    _flag("cosigned"),
    _flag("delivered"),
    _flag("accounted"),
    _text("aborted", null=True),
)

TABLES: Final[Mapping[str, Table]] = {name: METADATA.tables[name] for name in PROJECTIONS}
"""The projections by name, in the order in which rows may be inserted."""
OF_CASES: Final[Mapping[str, Table]] = {name: TABLES[name] for name in CASE_TABLES}
