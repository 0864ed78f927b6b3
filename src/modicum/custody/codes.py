"""Check a data set against the documented T-MSIS codes of citizenship and immigration status.

CITIZENSHIP-IND 0 (no citizen) goes with IMMIGRATION-STATUS 1, 2 or 3; 1 and 2 (citizen, national) go with 8 in T-MSIS,
which TAF publishes as 0. A finding says that a code is not what it seems; it evidences nobody's status. Counts under
11 are not told (CMS cell size suppression policy).

Source: T-MSIS Data Guide, ELG.003.040 CITIZENSHIP-IND and ELG.003.042 IMMIGRATION-STATUS; TAF valid values.
"""

from typing import Final

from modicum.custody.engine import Engine, quoted, quoted_text, table_path
from modicum.custody.persons import plain
from modicum.model.dataset import Dataset
from modicum.storage import Folder

SMALL: Final = 11
_CITIZENSHIP: Final = ("CITIZENSHIP-IND", {"CTZNSHP_IND", "CITIZENSHIP_IND"})
_STATUS: Final = ("IMMIGRATION-STATUS", {"IMGRTN_STUS_CD", "IMMIGRATION_STATUS"})


def check_codes(folder: Folder, dataset: Dataset) -> list[str]:
    """What the citizenship and immigration codes of each table say about themselves, in words, without values."""
    findings: list[str] = []
    with Engine.open(folder, dataset, expressions=False) as engine:
        for table in dataset.tables:
            citizenship, status = (_column(dataset, table.name, *each) for each in (_CITIZENSHIP, _STATUS))
            if citizenship and status:
                path = quoted_text(str(folder.path(table_path(dataset.name, dataset.version, table.name))))
                findings += _findings(engine, table.name, f"read_parquet({path})", citizenship, status)
    return findings


def shown(count: int) -> str:
    """A count of rows as it may be told; none and few are told alike."""
    return f"under {SMALL}" if count < SMALL else f"{count:,}"


def _column(dataset: Dataset, table: str, element: str, names: set[str]) -> str | None:
    for column in dataset.columns:
        if column.table == table and (column.element == element or plain(column.name) in names):
            return column.name
    return None


def _findings(engine: Engine, table: str, source: str, citizenship: str, status: str) -> list[str]:
    cells = f"CAST({quoted(citizenship)} AS VARCHAR) AS citizen, CAST({quoted(status)} AS VARCHAR) AS status"
    counts = engine.run(
        "SELECT count(*) FILTER (citizen = '0' AND status NOT IN ('1', '2', '3')), "  # noqa: S608 - quoted
        "count(*) FILTER (citizen IN ('1', '2') AND status NOT IN ('8', '0')), "
        "count(*) FILTER (citizen IN ('1', '2') AND status = '8'), "
        "count(*) FILTER (citizen IN ('1', '2') AND status = '0'), "
        "count(*) FILTER (citizen NOT IN ('0', '1', '2') OR status NOT IN ('0', '1', '2', '3', '8')), "
        "count(*) FILTER (citizen IS NULL OR status IS NULL) "
        f"FROM (SELECT {cells} FROM {source})"
    )[0]
    aliens, citizens, tmsis, taf, undocumented, missing = (int(each) for each in counts)
    told = [
        f"{table}: {shown(aliens)} rows with CITIZENSHIP-IND 0 and an IMMIGRATION-STATUS other than 1, 2, 3",
        f"{table}: {shown(citizens)} rows with CITIZENSHIP-IND 1 or 2 and an IMMIGRATION-STATUS other than 8 (TAF: 0)",
        f"{table}: {shown(undocumented)} rows with a code that is not documented",
        f"{table}: {shown(missing)} rows without one of the two codes",
    ]
    if tmsis >= SMALL and taf >= SMALL:
        told.append(f"{table}: citizens are coded both 8 (T-MSIS, {shown(tmsis)} rows) and 0 (TAF, {shown(taf)} rows)")
    return told
