"""Durations as people write them in a pack: ISO 8601, days and what is shorter ("P30D", "PT72H", "P1DT12H")."""

import re
from typing import Final

_FORM: Final = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?")
_SECONDS: Final = (86_400, 3_600, 60, 1)


def seconds_in(text: str) -> int:
    """The seconds in a duration. Months and years have no fixed length and are not read.

    Raises ValueError: another text, or a duration without a part.
    Source: ISO 8601-1, 5.5.2.
    """
    found = _FORM.fullmatch(text)
    if found is None or not any(found.groups()) or text.endswith("T"):
        raise ValueError(f"{text!r} is no duration; write P30D, PT72H or P1DT12H")
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True))


def duration_of(seconds: int) -> str:
    """The shortest way to write it: 259200 as "P3D"; 0 as "PT0S"."""
    parts, rest = [], seconds
    for unit in _SECONDS:
        count, rest = divmod(rest, unit)
        parts.append(count)
    days, hours, minutes, left = parts
    time = "".join(f"{count}{name}" for count, name in ((hours, "H"), (minutes, "M"), (left, "S")) if count)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}" if days or time else "PT0S"
