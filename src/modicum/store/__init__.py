"""The store: one transaction accepts an entry and rewrites the rows of what it changes; tables that people can query.

The log stays the truth. What the store accepted and the log lacks was cut off by a crash, and is entered next; every
other row is a projection, which `modicum rebuild` makes again from log and bodies.

Rows are made without a database (`rows`, `dump`); whatever imports SQLAlchemy is imported when a store is opened, since
most commands only read.
"""

from modicum.store.address import Address, parse_address
from modicum.store.cure import CURE
from modicum.store.dump import DUMPED, Difference, Sketch, differences, digest_of, logged_row
from modicum.store.position import Position
from modicum.store.rows import (
    CASE_TABLES,
    PROJECTIONS,
    Change,
    EntryRow,
    Row,
    changes,
    leaf_of,
    rows_of_case,
    rows_of_docket,
)
from modicum.store.store import OpenStore, Store

__all__ = [
    "CASE_TABLES",
    "CURE",
    "DUMPED",
    "PROJECTIONS",
    "Address",
    "Change",
    "Difference",
    "EntryRow",
    "OpenStore",
    "Position",
    "Row",
    "Sketch",
    "Store",
    "changes",
    "differences",
    "digest_of",
    "leaf_of",
    "logged_row",
    "parse_address",
    "rows_of_case",
    "rows_of_docket",
]
