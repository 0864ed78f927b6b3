"""Plain words for the ids that packs and data sets use; an id that is not listed is shown as it stands."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Final

from modicum.model.decision import Verdict
from modicum.model.forms import Form

FORMS: Final[Mapping[Form, str]] = MappingProxyType(
    {
        Form.REFUSAL: "Refusal",
        Form.STATISTICS: "Statistics",
        Form.MATCH: "Match",
        Form.VERIFICATION: "Verification",
        Form.PSEUDONYMISED: "Pseudonymised records",
        Form.IDENTIFIED: "Identified records",
    }
)
FORM_MEANS: Final[Mapping[Form, str]] = MappingProxyType(
    {
        Form.REFUSAL: "nothing leaves",
        Form.STATISTICS: "counts and sums, no rows",
        Form.MATCH: "how many people two lists share",
        Form.VERIFICATION: "yes, no or can't say, for one person",
        Form.PSEUDONYMISED: "a row per person, without names",
        Form.IDENTIFIED: "a row per person, with names",
    }
)
VERDICTS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.PERMITTED: "permitted",
        Verdict.CONDITIONAL: "permitted on conditions",
        Verdict.FORBIDDEN: "forbidden",
    }
)
CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "name",
        "address": "home address",
        "past_address": "past address",
        "zip": "ZIP code",
        "dob": "date of birth",
        "death_date": "date of death",
        "ssn": "Social Security number",
        "medicaid_id": "Medicaid number",
        "medicare_id": "Medicare number",
        "a_number": "A-number",
        "immigration_status": "immigration status",
        "race_ethnicity": "race and ethnicity",
        "household_members": "household",
        "eligibility_group": "eligibility group",
        "benefit_scope": "scope of benefits",
        "enrollment_dates": "enrolment dates",
        "sud_record": "substance-use record",
        "service_dates": "dates of service",
        "clinical_other": "other health data",
        "other_identifier": "other number",
        "marital_status": "marital status",
        "geo_point": "map position",
        "email": "e-mail",
    }
)
ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "origin_state": "state of origin",
        "immigration": "immigration status",
        "part2": "substance-use programme",
        "enrolment_role": "enrolled as",
    }
)
VALUES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("immigration", "us_citizen"): "citizens",
        ("immigration", "citizen_in_mixed_status_household"): "citizens in mixed households",
        ("immigration", "lpr"): "permanent residents",
        ("immigration", "lawfully_present_other"): "others lawfully present",
        ("immigration", "daca_recipient"): "DACA recipients",
        ("immigration", "not_lawfully_present"): "not lawfully present",
        ("immigration", "unknown"): "status unknown",
        ("part2", "yes"): "substance-use programme records",
        ("part2", "no"): "no substance-use programme",
        ("part2", "unknown"): "substance-use programme unknown",
        ("enrolment_role", "beneficiary"): "enrolled",
        ("enrolment_role", "applicant"): "applied",
        ("enrolment_role", "non_applicant"): "did not apply",
        ("enrolment_role", "unknown"): "role unknown",
        ("origin_state", "unknown"): "state unknown",
    }
)
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {"CA": "California", "IL": "Illinois", "WA": "Washington", "DC": "District of Columbia"}
    | {"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CO": "Colorado", "CT": "Connecticut"}
    | {"DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IN": "Indiana"}
    | {"IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland"}
    | {"MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri"}
    | {"MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey"}
    | {"NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio"}
    | {"OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina"}
    | {"SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia"}
    | {"WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "PR": "Puerto Rico", "GU": "Guam"}
    | {"VI": "U.S. Virgin Islands", "AS": "American Samoa", "MP": "Northern Mariana Islands"}
)


def class_words(data_class: str | None) -> str:
    """A data class in plain words; a column without one says so."""
    return "no data class" if data_class is None else CLASSES.get(data_class, data_class.replace("_", " "))


def attribute_words(attribute: str) -> str:
    """A row attribute in plain words."""
    return ATTRIBUTES.get(attribute, attribute.replace("_", " "))


def value_words(attribute: str, value: str) -> str:
    """A value of a row attribute in plain words; of an attribute that is not listed here, with the attribute's name."""
    if attribute == "origin_state" and value in STATES:
        return STATES[value]
    plain = VALUES.get((attribute, value), value.replace("_", " "))
    return plain if attribute in ATTRIBUTES or is_code(value) else f"{attribute_words(attribute)}: {plain}"


def is_code(value: str) -> bool:
    """Whether a value is a code of two letters, as of a State or a country, which needs no more words in a list."""
    return len(value) == 2 and value.isalpha() and value.isupper()  # noqa: PLR2004 - two letters


def purpose_words(purpose: str) -> str:
    """A purpose of the pack's list in plain words: `immigration enforcement: civil`."""
    return purpose.replace(".", ": ").replace("_", " ")


def person_words(handle: str) -> str:
    """A handle `organisation/person` as people say it: `person, organisation`."""
    organisation, slash, person = handle.partition("/")
    return f"{person}, {organisation}" if slash and person and "/" not in person else handle


def day_words(day: date) -> str:
    """A day as people write it: 13 August 2025."""
    return f"{day.day} {day:%B %Y}"


def duration_words(minutes: float) -> str:
    """A length of time in its two largest units, rounded down: `3 days 4 hours`; under a minute in seconds."""
    if minutes < 1:
        return _count(int(minutes * 60), "second")
    whole = int(minutes)
    days, hours, rest = whole // 1440, whole // 60 % 24, whole % 60
    parts = [_count(days, "day"), _count(hours, "hour"), _count(rest, "minute")]
    counts = (days, hours, rest)
    first = next(index for index, count in enumerate(counts) if count)
    return " ".join(part for part, count in list(zip(parts, counts, strict=True))[first : first + 2] if count)


def _count(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def time_words(at: str) -> str:
    """A time in RFC 3339 as people write it, in UTC: `13 August 2025, 14:05 UTC`; other words as they stand."""
    try:
        when = datetime.fromisoformat(at)
        utc = when.astimezone(UTC)
    except (ValueError, OverflowError):
        return at
    if when.tzinfo is None:
        return at
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"
