"""What becomes of a released value: kept, a year, three digits of a ZIP code, a keyed pseudonym.

Every treatment is an Ibis expression, so that it runs where the rows are. What cannot be read becomes null: never the
value itself, and never an error, which could quote it.

Source: 45 CFR 164.514(b)(2)(i)(B) for ZIP codes, (C) for dates and for ages over 89.
"""

import csv
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

from modicum.custody.engine import Expression

SMALL_AREA_PERSONS: Final = 20_000
SMALL_AREA: Final = "000"
AGE_CAP: Final = 90
AMOUNT_TYPE: Final = "decimal(38, 6)"  # amounts are exact to a millionth; more digits are rounded half up
ADDEND_TYPE: Final = "decimal(24, 6)"

_MONTH: Final = "(0[1-9]|1[0-2])"
_DAY: Final = "(0[1-9]|[12][0-9]|3[01])"
ISO_DATE: Final = rf"^[0-9]{{4}}-{_MONTH}-{_DAY}([T ][0-9:.Z+-]*)?$"
COMPACT_DATE: Final = rf"^[0-9]{{4}}{_MONTH}{_DAY}$"  # T-MSIS: CCYYMMDD
NAMED_DATE: Final = rf"^{_DAY}-?[A-Z]{{3}}-?[0-9]{{4}}$"  # SAS, as in TAF and RIF: DDMMMYYYY, DD-MMM-YYYY
ZIP: Final = r"^[0-9]{5}(-?[0-9]{4})?$"
AMOUNT: Final = r"^[+-]?[0-9]{1,30}([.][0-9]{0,20})?$"
_COMPACT_LENGTH: Final = 8
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


Keyed: TypeAlias = Callable[[Expression, str], Expression]
"""Makes keyed pseudonyms of a column of text, which holds values of a data class (or keys of persons)."""


class Treatment(StrEnum):
    """What a pack says becomes of a class in a form."""

    KEEP = "keep"
    DROP = "drop"
    YEAR = "year"
    ZIP3 = "zip3"
    PSEUDONYM = "pseudonym"


def treated(
    value: Expression,
    treatment: Treatment,
    *,
    data_class: str | None,
    as_of: date,
    keyed: Keyed | None,
) -> Expression:
    """The value as it leaves. `keyed` makes a pseudonym of text; without it a pseudonym cannot be asked for."""
    match treatment:
        case Treatment.KEEP:
            return value
        case Treatment.YEAR:
            return year(value, as_of=as_of)
        case Treatment.ZIP3:
            return zip3(value)
        case Treatment.PSEUDONYM if keyed is not None:
            return keyed(text(value), data_class or "")
        case _:
            raise ValueError(f"no value leaves by way of {treatment}")


def text(value: Expression) -> Expression:
    """A value as text, the way conditions compare it."""
    return value if value.type().is_string() else value.cast("string")


def iso_date(value: Expression) -> Expression:
    """A date as `YYYY-MM-DD` text, from ISO, compact or SAS text or a date type; null where it is none of them."""
    plain = text(value)
    compact = plain.substr(0, 4) + "-" + plain.substr(4, 2) + "-" + plain.substr(6, 2)
    return _by_spelling(value, iso=plain.left(10), compact=compact, named=_named_as_iso(plain))


def year(value: Expression, *, as_of: date) -> Expression:
    """The year of a date; one group, `YYYY or earlier`, for what lies 90 years back or more.

    The rule speaks of ages over 89; any date that old tells such an age, so all classes of date are capped alike.
    """
    oldest = as_of.year - AGE_CAP
    last = f"{oldest:04d}-{as_of.month:02d}-{as_of.day:02d}"
    plain = text(value)
    named = _named_as_iso(plain)

    def capped(day: Expression, edge: str) -> Expression:
        return (day <= edge).ifelse(f"{oldest:04d} or earlier", day.left(4))

    return _by_spelling(
        value,
        iso=capped(plain.left(10), last),
        compact=capped(plain, last.replace("-", "")),
        named=capped(named, last),
    )


def _by_spelling(value: Expression, *, iso: Expression, compact: Expression, named: Expression) -> Expression:
    """Choose by how a date is written; null where it is no date. The cheap test of its length comes first."""
    kind, plain = value.type(), text(value)
    if kind.is_date() or kind.is_timestamp():
        return plain.re_search(ISO_DATE).ifelse(iso, None)  # a year beyond 9999 is none
    is_compact = (plain.length() == _COMPACT_LENGTH) & plain.re_search(COMPACT_DATE)
    is_named = plain.upper().re_search(NAMED_DATE)
    return is_compact.ifelse(compact, plain.re_search(ISO_DATE).ifelse(iso, is_named.ifelse(named, None)))


def _named_as_iso(plain: Expression) -> Expression:
    """`DDMMMYYYY` as ISO text; null where the letters are no month."""
    months = [(name, f"-{place:02d}-") for place, name in enumerate(_MONTHS, start=1)]
    letters = plain.upper().re_extract("[A-Z]{3}", 0)
    return plain.right(4) + letters.cases(*months, else_=None) + plain.left(2)


def zip3(value: Expression) -> Expression:
    """The first three digits of a ZIP code, `000` where 20,000 people or fewer live; null if it is no ZIP code."""
    code = text(value)
    if value.type().is_integer():
        code = code.lpad(5, "0")  # a number has lost its leading noughts
    area = code.substr(0, 3)
    return code.re_search(ZIP).ifelse(area.isin(small_areas()).ifelse(SMALL_AREA, area), None)


def amount(value: Expression) -> Expression:
    """A number, exact; null where the text is none."""
    if value.type().is_numeric():
        return value.try_cast(AMOUNT_TYPE)
    plain = text(value).strip()
    return plain.re_search(AMOUNT).ifelse(plain, None).try_cast(AMOUNT_TYPE)


def addend(value: Expression) -> Expression:
    """A number to be added up, exact; null where it is none, or has more than 18 digits before the point.

    So no sum of fewer than 10**14 of them is too large for the engine, whose failure would tell what the rows hold.
    """
    return amount(value).try_cast(ADDEND_TYPE).cast(AMOUNT_TYPE)


@cache
def small_areas() -> tuple[str, ...]:
    """The three digits that stand for no area of more than 20,000 people by the 2020 Census: small, or not in use."""
    table = files("modicum.answer").joinpath("reference/zip3_population.csv").read_text(encoding="ascii")
    people = {row["zip3"]: int(row["population"]) for row in csv.DictReader(table.splitlines())}
    every = (f"{number:03d}" for number in range(1000))
    return tuple(area for area in every if people.get(area, 0) <= SMALL_AREA_PERSONS)
