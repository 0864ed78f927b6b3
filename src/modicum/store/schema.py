"""The version of a store's tables: made new, found right, migrated where older, refused where newer.

Version 0 had `entries` alone. Alembic is imported where a migration is due, and nowhere else.
"""

from typing import Final

from sqlalchemy import Connection, inspect, text

from modicum.model.errors import LogUnavailableError
from modicum.store.tables import METADATA

VERSIONS: Final = ("0001",)
"""All versions, oldest first; each has its file under `migrations/versions`."""
_VERSION_TABLE: Final = "alembic_version"
_FIRST: Final = "0"


def ensure_schema(connection: Connection, name: str) -> None:
    """Bring the tables to the newest version, in one transaction.

    Raises LogUnavailableError: they were made by a newer version of this program.
    """
    found = version_of(connection)
    if found == VERSIONS[-1]:
        connection.rollback()
        return
    if found is None:
        _make(connection)
    elif found in {_FIRST, *VERSIONS}:
        _migrate(connection)
    else:
        raise LogUnavailableError(
            cause=f"{name} has tables of version {found}, and this program knows none after {VERSIONS[-1]}",
            cure="use the newer program that made them; nothing was changed",
        )
    connection.commit()


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None where there is none yet."""
    present = set(inspect(connection).get_table_names())
    if _VERSION_TABLE in present:
        return str(connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar())  # noqa: S608 - ours
    return _FIRST if "entries" in present else None


def _make(connection: Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(
        text(f"INSERT INTO {_VERSION_TABLE} (version_num) VALUES (:version)"),  # noqa: S608 - ours
        {"version": VERSIONS[-1]},
    )


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a quarter of a second that only a migration should cost
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "modicum.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
