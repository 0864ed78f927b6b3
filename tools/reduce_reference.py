"""Reduce the public population references to the small tables that the synthetic population is drawn from.

Usage: python tools/reduce_reference.py SOURCE_FOLDER [OUT_FOLDER]

SOURCE_FOLDER holds the files named in src/modicum/custody/population/reference/README.md; OUT_FOLDER is that
folder unless another is given. Same sources, same bytes.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow.parquet as pq

STATES = {"CA": "06", "DC": "11", "IL": "17", "WA": "53"}
MONTH = "202510"
SURNAMES = 4000
FIRST_NAMES = 3000
STREETS = 1500
OUT = Path(__file__).resolve().parents[1] / "src" / "modicum" / "custody" / "population" / "reference"
RACES = ("pctwhite", "pctblack", "pctapi", "pctaian", "pct2prace", "pcthispanic")
OTHERS = "ALL OTHER NAMES"
TYPES = frozenset({"ST", "AVE", "BLVD", "CT", "DR", "LN", "PL", "RD", "TER", "WAY", "CIR", "PKWY"})


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def write(path: Path, header: Sequence[str], body: Iterable[Sequence[object]]) -> None:
    """Write one reduced table: header first, LF line ends."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(body)


def surnames(source: Path, out: Path) -> None:
    """The most frequent surnames with their count and whole per cents of race and ethnicity."""
    table = pq.read_table(source / "us_surnames_2020.parquet").to_pylist()
    kept = [row for row in table if row["name"] != OTHERS][:SURNAMES]
    header = ("name", "count", "white", "black", "api", "aian", "multiple", "hispanic")
    write(
        out / "surnames.csv",
        header,
        ([row["name"], row["count"], *(round(row[race]) for race in RACES)] for row in kept),
    )


def first_names(source: Path, out: Path) -> None:
    """The most frequent first names with the counts of men and of women who bear them."""
    table = pq.read_table(source / "us_first_names_2020.parquet").to_pylist()
    kept = [row for row in table if row["name"] != OTHERS][:FIRST_NAMES]
    body = (
        [row["name"], round(row["count"] * row["pctmale"] / 100), round(row["count"] * row["pctfemale"] / 100)]
        for row in kept
    )
    write(out / "first_names.csv", ("name", "male", "female"), body)


def zip_codes(source: Path, out: Path) -> None:
    """ZCTAs with people, in our states; a ZCTA that crosses a county line keeps the first county of its state."""
    body = []
    for row in rows(source / "zcta_population_2020_ca_il_wa_dc.csv"):
        state = next(name for name in row["state_usps"].split("|") if name in STATES)
        counties = [fips for fips in row["county_fips"].split("|") if fips.startswith(STATES[state])]
        if int(row["pop"]) and counties:
            body.append([row["zip"], row["pop"], state, counties[0][2:], row["city"]])
    write(out / "zip_codes.csv", ("zip", "people", "state", "county", "city"), sorted(body))


def ages(source: Path, out: Path) -> None:
    """Civilian population of 2021 by single year of age (85 = 85 and over), one column a state and sex."""
    wanted = {
        (row["STATE"], row["SEX"], int(row["AGE"])): row["POPEST2021_CIV"]
        for row in rows(source / "age_sex_2021_us_ca_il_wa_dc.csv")
    }
    pairs = [(state, sex) for state in STATES for sex in ("1", "2")]
    header = ["age", *(f"{state}_{'M' if sex == '1' else 'F'}" for state, sex in pairs)]
    body = ([age, *(wanted[str(int(STATES[state])), sex, age] for state, sex in pairs)] for age in range(86))
    write(out / "ages.csv", header, body)


def enrolment(source: Path, out: Path) -> None:
    """Enrolment of the latest month, all, children and CHIP; the updated row where there is one."""
    latest: dict[str, dict[str, str]] = {}
    for row in rows(source / "medicaid_chip_enrolment_monthly_ca_il_wa_dc.csv"):
        state = row["State Abbreviation"]
        if row["Reporting Period"] == MONTH and (state not in latest or row["Preliminary or Updated"] == "U"):
            latest[state] = row
    body = (
        [
            state,
            MONTH,
            latest[state]["Preliminary or Updated"],
            int(float(latest[state]["Total Medicaid and CHIP Enrollment"])),
            int(float(latest[state]["Medicaid and CHIP Child Enrollment"])),
            int(float(latest[state]["Total CHIP Enrollment"])),
        ]
        for state in STATES
    )
    write(out / "enrolment.csv", ("state", "month", "row", "people", "children", "chip"), body)


def streets(source: Path, out: Path) -> None:
    """Street names of Chicago and San Francisco with their type, thinned evenly over the alphabet."""
    chicago = {f"{row['Street '].strip()} {row['Suffix'].strip()}" for row in rows(source / "street_names_chicago.csv")}
    francisco = {
        f"{row['StreetName'].strip()} {row['StreetType'].strip()}"
        for row in rows(source / "street_names_san_francisco.csv")
    }
    # Ramps and expressways of the Chicago file (types ER, XR, EXPY) are no addresses.
    names = sorted(
        name for name in chicago | francisco if name.replace(" ", "").isalnum() and name.split()[-1] in TYPES
    )
    kept = [names[position * len(names) // STREETS] for position in range(STREETS)]
    write(out / "streets.csv", ("street",), ([name] for name in kept))


def main(arguments: Sequence[str]) -> int:
    """Make all six tables."""
    source, out = Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else OUT
    for reduce in (surnames, first_names, zip_codes, ages, enrolment, streets):
        reduce(source, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
