"""Version 0001: beside the entries, tables that people can query, and the position that they stand at.

The tables start empty. The next settling finds no position and fills them from the log.
"""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Text

revision = "0001"
down_revision = None

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Make the projections and `position`."""
    op.create_table(
        "position",
        Column("origin", Text, primary_key=True),
        Column("size", _NUMBER, nullable=False),
        Column("root", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("accepted", Text, nullable=False),
    )
    _make_roster()
    op.create_table(
        "datasets",
        Column("dataset", Text, primary_key=True),
        Column("entry", _NUMBER, ForeignKey("entries.index"), nullable=False),
        *(Column(name, Text, nullable=False) for name in ("at", "version", "catalogue_sha256")),
        Column("persons_at_least", _NUMBER, nullable=False),
        Column("confirmed", Boolean, nullable=False),
    )
    _make_cases()


def _make_roster() -> None:
    op.create_table(
        "organisations",
        Column("organisation", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("state", Text),
        Column("founder", Boolean, nullable=False),
    )
    op.create_table(
        "people",
        Column("person", Text, primary_key=True),
        Column("organisation", Text, ForeignKey("organisations.organisation"), nullable=False),
        Column("roles", Text, nullable=False),
        Column("public_key", Text, nullable=False),
        Column("active", Boolean, nullable=False),
        Column("enrolled", _NUMBER, nullable=False),
    )


def _make_cases() -> None:
    op.create_table(
        "cases",
        Column("case", Text, primary_key=True),
        Column("state", Text, nullable=False),
        Column("verdict", Text, nullable=False),
        Column("form", Text),
        Column("round", _NUMBER, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("requester", "purpose", "filed_at", "next")),
        Column("unlocks_at", Text),
    )
    _make_of_case(
        "votes",
        *(Column(name, Text, nullable=False) for name in ("person", "organisation")),
        Column("round", _NUMBER, nullable=False),
        Column("approves", Boolean),
        Column("standing", Boolean, nullable=False),
    )
    _make_of_case(
        "objections",
        *(Column(name, Text, nullable=False) for name in ("person", "grounds")),
        Column("blocking", Boolean, nullable=False),
        Column("answer", _NUMBER),
    )
    op.create_table(
        "facts",
        Column("case", Text, ForeignKey("cases.case"), primary_key=True),
        Column("fact", Text, primary_key=True),
        Column("entry", _NUMBER, ForeignKey("entries.index"), nullable=False),
        *(Column(name, Text, nullable=False) for name in ("at", "person")),
    )
    _make_of_case("directives", Column("person", Text, nullable=False), Column("deadline", Text))
    _make_of_case(
        "releases",
        Column("attempt", _NUMBER, nullable=False),
        Column("form", Text, nullable=False),
        Column("rows", _NUMBER, nullable=False),
        *(Column(name, Boolean, nullable=False) for name in ("cosigned", "delivered", "accounted")),
        Column("aborted", Text),
    )


def _make_of_case(table: str, *columns: Column) -> None:  # type: ignore[type-arg]
    op.create_table(
        table,
        Column("case", Text, ForeignKey("cases.case"), primary_key=True),
        Column("entry", _NUMBER, ForeignKey("entries.index"), primary_key=True, autoincrement=False),
        Column("at", Text, nullable=False),
        *columns,
    )
