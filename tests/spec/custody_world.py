"""What the tests of custody share: the pack's words, a home, and an independent way to count records."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

from modicum.custody.dictionary import Vocabulary
from modicum.custody.register import Registration, register
from modicum.storage import Folder

DATA = Path(__file__).parents[1] / "data"
CLASSES = [
    "name",
    "address",
    "past_address",
    "city",
    "zip",
    "county",
    "state",
    "geo_point",
    "phone",
    "email",
    "dob",
    "death_date",
    "ssn",
    "medicaid_id",
    "medicare_id",
    "a_number",
    "other_identifier",
    "citizenship",
    "immigration_status",
    "sex",
    "race_ethnicity",
    "language",
    "marital_status",
    "household_members",
    "eligibility_group",
    "benefit_scope",
    "enrollment_dates",
    "income",
    "insurance",
    "claims",
    "diagnosis",
    "procedure",
    "drug",
    "sud_record",
    "service_dates",
    "provider",
    "payment",
    "clinical_other",
    "administrative",
]
STATES = [
    "AL",
    "AK",
    "AZ",
    "AR",
    "CA",
    "CO",
    "CT",
    "DE",
    "DC",
    "FL",
    "GA",
    "HI",
    "ID",
    "IL",
    "IN",
    "IA",
    "KS",
    "KY",
    "LA",
    "ME",
    "MD",
    "MA",
    "MI",
    "MN",
    "MS",
    "MO",
    "MT",
    "NE",
    "NV",
    "NH",
    "NJ",
    "NM",
    "NY",
    "NC",
    "ND",
    "OH",
    "OK",
    "OR",
    "PA",
    "RI",
    "SC",
    "SD",
    "TN",
    "TX",
    "UT",
    "VT",
    "VA",
    "WA",
    "WV",
    "WI",
    "WY",
    "PR",
    "GU",
    "VI",
    "AS",
    "MP",
]
STATUSES = [
    "us_citizen",
    "citizen_in_mixed_status_household",
    "lpr",
    "lawfully_present_other",
    "daca_recipient",
    "not_lawfully_present",
]
VOCABULARY = Vocabulary(
    classes=frozenset(CLASSES),
    attributes={
        "origin_state": frozenset([*STATES, "unknown"]),
        "immigration": frozenset([*STATUSES, "unknown"]),
        "part2": frozenset(["yes", "no", "unknown"]),
        "enrolment_role": frozenset(["beneficiary", "applicant", "non_applicant", "unknown"]),
    },
)

Add = Callable[..., Registration]


def add(home: Path, *paths: Path, name: str = "d", dictionary: Path | None = None) -> Registration:
    return register(Folder(home), name=name, paths=paths, dictionary=dictionary, vocabulary=VOCABULARY)


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def records(path: Path) -> int:
    """Records of a clean file, counted without any code of ours."""
    text = unpacked(path).decode("utf-8-sig")
    if ".ndjson" in path.name:
        return sum(1 for line in text.splitlines() if "resourceType" in json.loads(line))
    return sum(1 for row in csv.reader(io.StringIO(text, newline="")) if row) - 1


def mended(text: str) -> str:
    return text.replace("\r\n", "\n")
