"""The version of a store's tables: made new, found right, migrated where older, refused where newer or foreign.

Version 0 had `entries` alone. Alembic is imported where a migration is due, and nowhere else.
"""

import re
from typing import Final

from sqlalchemy import Connection, inspect, text

from modicum.model.errors import EvidenceError, LogUnavailableError
from modicum.store.cure import CURE
from modicum.store.foreign import OURS, VERSION_DDL, VERSION_TABLE, drop_all, foreign
from modicum.store.tables import METADATA

VERSIONS: Final = ("0001",)
"""All versions, oldest first; each has its file under `migrations/versions`."""
_FIRST: Final = "0"
_UNKNOWN: Final = "unknown"
_SHOWN: Final = 3


def ensure_schema(connection: Connection, name: str) -> None:
    """Bring the tables to the newest version, in one transaction, and see that nothing foreign is among them.

    Raises LogUnavailableError: they were made by a newer version of this program. EvidenceError: somebody changed them,
    or put a trigger, a view or a rule of theirs there; then nothing is made or migrated.
    """
    found = check_known(connection, name)
    if found is None:
        _make(connection)
    elif found not in {VERSIONS[-1], _UNKNOWN}:
        _migrate(connection)
    faults = foreign(connection)
    if found == _UNKNOWN and not faults:
        faults = [f"the table {VERSION_TABLE} names no version"]
    if faults:
        connection.rollback()
        more = f", and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        cure = "name an empty database, or empty this one" if found is None else f"{CURE}, which drops what is foreign"
        raise EvidenceError(
            place=name,
            cause=f"is not made as this program makes it: {', '.join(faults[:_SHOWN])}{more}",
            cure=cure,
        )
    if found == VERSIONS[-1]:
        connection.rollback()
    else:
        connection.commit()


def check_known(connection: Connection, name: str) -> str | None:
    """The version of the tables, as `version_of`. Raises LogUnavailableError: a newer program made them."""
    found = version_of(connection)
    if found is None or found in {_UNKNOWN, _FIRST, *VERSIONS}:
        return found
    raise LogUnavailableError(
        cause=f"{name} has tables of version {found}, and this program knows none after {VERSIONS[-1]}",
        cure="use the newer program that made them; nothing was changed. If there is none, keep a copy and move the"
        " store away, or empty its database: the next command makes it again from log and bodies",
    )


def version_of(connection: Connection) -> str | None:
    """The version of the tables; None where there is none yet, `unknown` where they are there and do not say."""
    present = OURS & set(inspect(connection).get_table_names())
    if VERSION_TABLE in present:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()  # noqa: S608 - ours
        newer = [str(each) for each in found if re.fullmatch("[0-9]{4}", str(each)) and str(each) > VERSIONS[-1]]
        if newer:
            return newer[0]
        return str(found[0]) if len(found) == 1 and found[0] in VERSIONS else _UNKNOWN
    if present:
        return _FIRST if present == {"entries"} else _UNKNOWN
    return None


def make_again(connection: Connection) -> bool:
    """Drop all tables and all that is foreign, and make them again, empty; in the transaction that is open.

    Gives False, and does nothing, where they are as they must be.
    """
    if version_of(connection) == VERSIONS[-1] and not foreign(connection):
        return False
    drop_all(connection)
    _make(connection)
    return True


def _make(connection: Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(text(VERSION_DDL))
    connection.execute(
        text(f"INSERT INTO {VERSION_TABLE} (version_num) VALUES (:version)"),  # noqa: S608 - ours
        {"version": VERSIONS[-1]},
    )


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a quarter of a second that only a migration should cost
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "modicum.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
