"""Numbers in smallest units are exact in typed columns too."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modicum.answer.bounds import in_units
from modicum.custody.engine import Engine
from modicum.storage import Folder


@pytest.mark.parametrize(("precision", "scale", "digits"), [(12, 2, 2), (12, 3, 2), (14, 2, 0), (14, 0, 2), (20, 6, 2)])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.lists(st.integers(-(10**12) + 1, 10**12 - 1), min_size=40, max_size=60))
def test_typed_decimals_are_rounded_half_up_to_whole_units(
    tmp_path: Path, precision: int, scale: int, digits: int, raw: list[int]
) -> None:
    values = [Decimal(abs(each) % 10**precision).scaleb(-scale) * (1 if each > 0 else -1) for each in raw]
    table = pa.table({"paid": pa.array([*values, None], pa.decimal128(precision, scale))})
    with Engine.open(Folder(tmp_path), None, threads=1) as engine:
        rows = engine.memory_table("given", table)
        found = engine.arrow(rows.select(units=in_units(rows["paid"], digits)))["units"].to_pylist()
    wanted = [int((each.scaleb(digits)).quantize(Decimal(1), ROUND_HALF_UP)) for each in values]
    assert found == [*wanted, None]
