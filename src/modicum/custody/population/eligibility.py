"""The eligibility table of the people of one state: T-MSIS columns, and the dirt that real submissions have.

One row a person, and a stated few rows twice: same MSIS_IDENT_NUM, codes at odds. Nulls stand where a value is
missing; `~` and blanks stand where a state's system writes them. Text is text, as submitted; three dates are DATE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.custody.population import arrow
from modicum.custody.population import assumptions as assumed
from modicum.custody.population.arrow import Column
from modicum.custody.population.assumptions import DIRT
from modicum.custody.population.codes import BLANK, SEPARATE_CHIP, Codes, reported_status
from modicum.custody.population.households import RACES, People
from modicum.custody.population.identifiers import case_ids, medicare_ids, phones, ssns
from modicum.custody.population.reference import Flags, Ints, Reference, cumulative
from modicum.custody.population.status import FULL, SCOPES, Standing

AREA_CODES: Final[Mapping[str, tuple[int, ...]]] = {
    "CA": (213, 310, 408, 415, 510, 559, 619, 714, 818, 916),
    "DC": (202,),
    "IL": (217, 309, 312, 618, 708, 773, 815, 847),
    "WA": (206, 253, 360, 425, 509),
}
MAIL_DOMAINS: Final = ("@example.com", "@example.org", "@example.net")
# INVENTED: language by race and ethnicity, never by status.
LANGUAGES: Final = ("eng", "spa", "chi", "vie", "tgl", "kor", "rus", "ara", "amh")
SPOKEN: Final = np.array(
    [
        (96, 1, 0, 0, 0, 0, 2, 1, 0),
        (97, 1, 0, 0, 0, 0, 0, 0, 2),
        (55, 0, 18, 12, 8, 7, 0, 0, 0),
        (97, 3, 0, 0, 0, 0, 0, 0, 0),
        (96, 3, 1, 0, 0, 0, 0, 0, 0),
        (54, 46, 0, 0, 0, 0, 0, 0, 0),
    ],
    dtype=np.float64,
)  # rows: RACES
INCOME_SHARES: Final = (0.34, 0.22, 0.18, 0.13, 0.07, 0.03, 0.02, 0.01)  # INVENTED: INCM_CD 01 to 08
MARITAL_SHARES: Final = (
    0.46,
    0.34,
    0.05,
    0.03,
    0.10,
    0.02,
)  # INVENTED: MRTL_STUS_CD 01 to 06, their meaning not modelled
EARLIEST_ENROLMENT_DAYS: Final = 3_000
LARGEST_HOUSEHOLD: Final = 8  # HSEHLD_SIZE_CD 08: eight or more
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All that is known of the people of one state in one chunk."""

    people: People
    standing: Standing
    codes: Codes
    part2: Flags  # a claim line of substance use is on file
    positions: Ints  # in the whole file, the source of identifiers
    seed: int

    @property
    def count(self) -> int:
        """People."""
        return len(self.positions)


def tabulate(part: Part, ids: Column, reference: Reference, rng: np.random.Generator) -> dict[str, Column]:
    """The eligibility table; `ids` is MSIS_IDENT_NUM by person."""
    people, count = part.people, part.count
    names = _names(part, reference, rng)
    first_of_household = np.searchsorted(people.household, people.household)
    made: dict[str, Column] = {
        "SUBMTG_STATE_CD": arrow.words([people.state.fips], np.zeros(count, dtype=np.int64)),
        "MSIS_IDENT_NUM": ids,
        "SSN_NUM": _ssn(part, rng),
        **names,
        "BIRTH_DT": _births(people.birth, rng),
        "DEATH_DT": _deaths(part, rng),
        "SEX_CD": arrow.words(("M", "F"), people.female.astype(np.int64)),
        "RACE_ETHNICITY_FLAG": arrow.words(RACES, people.race),
        "PREFRD_LANG_CD": arrow.where(_some(rng, count, "language_missing"), None, _languages(people)),
        "MRTL_STUS_CD": _marital(people, rng),
        **_contact(part, names, reference, rng),
        "MSIS_CASE_NUM": case_ids(people.state.fips, part.positions[first_of_household], part.seed),
        "HSEHLD_SIZE_CD": _two_digits(np.minimum(people.members, LARGEST_HOUSEHOLD)),
        **_reported(part, rng),
    }
    return _repeat_some(part, made, rng)


def _some(rng: np.random.Generator, count: int, dirt: str) -> Flags:
    made: Flags = rng.random(count) < DIRT[dirt]
    return made


def _two_digits(values: Ints) -> Column:
    return arrow.fixed(len(values), arrow.digits(values, 2))


def _names(part: Part, reference: Reference, rng: np.random.Generator) -> dict[str, Column]:
    initial = arrow.fixed(part.count, arrow.letters(rng.integers(0, len(LETTERS), part.count), LETTERS))
    first = arrow.words(reference.first_names, part.people.first_name)
    last = arrow.words(reference.surnames, part.people.surname)
    lower, title = _some(rng, part.count, "name_lower"), _some(rng, part.count, "name_title")
    return {
        "ELGBL_1ST_NAME": _dirty_name(first, lower, title, rng),
        "ELGBL_MDL_INITL_NAME": arrow.where(_some(rng, part.count, "initial_missing"), None, initial),
        "ELGBL_LAST_NAME": _dirty_name(last, lower, title, rng),
    }


def _dirty_name(name: Column, lower: Flags, title: Flags, rng: np.random.Generator) -> Column:
    count = len(lower)
    name = arrow.where(lower, arrow.lower(name), name)
    name = arrow.where(title, arrow.title(name), name)
    name = arrow.where(_some(rng, count, "name_padded"), arrow.join(" ", name, "  ", between=""), name)
    name = arrow.where(_some(rng, count, "name_blank"), "", name)
    return arrow.where(_some(rng, count, "name_tilde"), "~", name)


def _ssn(part: Part, rng: np.random.Generator) -> Column:
    count, block = part.count, ssns(part.positions, part.seed)
    number = arrow.fixed(count, block)
    dashed = arrow.fixed(count, block[:, :3], "-", block[:, 3:5], "-", block[:, 5:])
    number = arrow.where(_some(rng, count, "ssn_dashes"), dashed, number)
    number = arrow.where(_some(rng, count, "ssn_tilde"), "~", number)
    number = arrow.where(_some(rng, count, "ssn_zeros"), "000000000", number)
    rate = np.where(part.standing.scope == FULL, DIRT["ssn_missing"], DIRT["ssn_missing_restricted"])
    return arrow.where(rng.random(count) < rate, None, number)


def _births(birth: Ints, rng: np.random.Generator) -> Column:
    """CCYY-MM-DD, and the forms that real files hold besides."""
    count = len(birth)
    right = arrow.iso(birth)
    made = arrow.where(_some(rng, count, "birth_compact"), arrow.without(right, "-"), right)
    year = arrow.part(right, 0, 4)
    made = arrow.where(_some(rng, count, "birth_impossible_day"), arrow.join(year, "02", "30", between="-"), made)
    made = arrow.where(
        _some(rng, count, "birth_future"), arrow.join("2091", arrow.part(right, 4, 10), between=""), made
    )
    made = arrow.where(_some(rng, count, "birth_zeros"), "00000000", made)
    made = arrow.where(_some(rng, count, "birth_end_of_time"), "9999-12-31", made)
    return arrow.where(_some(rng, count, "birth_missing"), None, made)


def _deaths(part: Part, rng: np.random.Generator) -> Column:
    """A few people died in the last month; text, null for the living."""
    died = rng.integers(assumed.day(assumed.LAST_SERVICE) + 1, assumed.day(assumed.AS_OF) + 1, part.count)
    dead = (rng.random(part.count) < assumed.DEAD) & (part.people.birth < assumed.day(assumed.LAST_SERVICE))
    return arrow.where(~dead, None, arrow.iso(died))


def _languages(people: People) -> Column:
    shares = np.array([cumulative(row) for row in SPOKEN])
    spoken = (shares[people.race] <= (people.taste / 10_000)[:, None]).sum(axis=1)
    return arrow.words(LANGUAGES, spoken)


def _marital(people: People, rng: np.random.Generator) -> Column:
    drawn = np.searchsorted(cumulative(MARITAL_SHARES), rng.random(len(people.age)), side="right") + 1
    return _two_digits(np.where(people.child, 1, drawn))


def _contact(
    part: Part, names: Mapping[str, Column], reference: Reference, rng: np.random.Generator
) -> dict[str, Column]:
    people, count = part.people, part.count
    street = arrow.join(arrow.numbers(people.house_number), arrow.words(reference.streets, people.street))
    line = arrow.where(people.unit > 0, arrow.join(street, "APT", arrow.numbers(people.unit)), street)
    zip_code = arrow.words(reference.zip_codes, people.zip_code)
    longer = arrow.join(zip_code, arrow.fixed(count, arrow.digits(people.house_number, 4)), between="-")
    zip_code = arrow.where(_some(rng, count, "zip_plus_4"), longer, zip_code)
    zip_code = arrow.where(_some(rng, count, "zip_tilde"), "~", zip_code)
    area_codes = np.array(AREA_CODES[people.state.name])
    phone = phones(arrow.digits(area_codes[people.taste % len(area_codes)], 3), people.taste)
    local = arrow.join(names["ELGBL_1ST_NAME"], names["ELGBL_LAST_NAME"], between=".")
    local = arrow.lower(arrow.without(arrow.without(local, " "), "~"))
    domain = arrow.words(MAIL_DOMAINS, rng.integers(0, len(MAIL_DOMAINS), count))
    mail = arrow.join(local, arrow.numbers(part.positions), domain, between="")
    return {
        "ELGBL_LINE_1_ADR": line,
        "ELGBL_CITY_NAME": arrow.words(reference.cities, people.zip_code),
        "ELGBL_CNTY_CD": arrow.words(reference.counties, people.zip_code),
        "ELGBL_ZIP_CD": arrow.where(_some(rng, count, "zip_missing"), None, zip_code),
        "ELGBL_PHNE_NUM": arrow.where(_some(rng, count, "phone_missing"), None, phone),
        "ELGBL_EMAIL_ADR": arrow.where(_some(rng, count, "email_missing"), None, mail),
    }


def _coded(values: Ints) -> Column:
    return arrow.words(("0", "1", "2", "3", "4", "5", "6", "7", "8", None), values)  # the last: codes.BLANK


def _reported(part: Part, rng: np.random.Generator) -> dict[str, Column]:
    people, standing, codes, count = part.people, part.standing, part.codes, part.count
    as_of, open_end = assumed.day(assumed.AS_OF), assumed.day(assumed.OPEN_END)
    since = np.maximum(as_of - rng.integers(120, EARLIEST_ENROLMENT_DAYS, count), people.birth)
    income = np.searchsorted(cumulative(INCOME_SHARES), rng.random(count), side="right") + 1
    on_medicare = codes.dual > 0
    part2 = np.where(_some(rng, count, "part2_missing"), BLANK, part.part2.astype(np.int64))
    return {
        "CTZNSHP_IND": _coded(codes.citizenship),
        "CTZNSHP_VRFCTN_IND": _coded(codes.citizenship_verified.astype(np.int64)),
        "IMGRTN_STUS_CD": _coded(codes.immigration),
        "IMGRTN_VRFCTN_IND": _coded(codes.immigration_verified.astype(np.int64)),
        "ELGBLTY_GRP_CD": _two_digits(codes.group),
        "RSTRCTD_BNFTS_CD": _coded(codes.benefits),
        "DUAL_ELGBL_CD": _two_digits(codes.dual),
        "MDCR_BENE_ID": arrow.where(~on_medicare, None, medicare_ids(part.positions, part.seed)),
        "CHIP_CD": _coded(codes.chip),
        "ENRLMT_TYPE_CD": _coded(np.where(codes.chip == SEPARATE_CHIP, 2, 1)),
        "ENRLMT_EFCTV_DT": arrow.days(since),
        "ENRLMT_END_DT": arrow.days(np.where(standing.ended > 0, standing.ended, open_end)),
        "INCM_CD": arrow.where(_some(rng, count, "income_missing"), None, _two_digits(income)),
        "FUNDING_SCOPE": arrow.words(SCOPES, standing.scope),
        "PART2_RECORD_IND": _coded(part2),
    }


def _repeat_some(part: Part, made: Mapping[str, Column], rng: np.random.Generator) -> dict[str, Column]:
    """Append a few rows once more, with codes drawn anew and the name in another case."""
    twice = np.flatnonzero(_some(rng, part.count, "repeated_row"))
    citizenship, immigration = reported_status(part.people, part.standing, rng)
    # The second submission has its status codes wrong far more often than the first.
    flipped = rng.random(len(twice)) < assumed.REPEATED_AT_ODDS
    anew: dict[str, Column] = {
        "CTZNSHP_IND": _coded(np.where(flipped, np.where(citizenship[twice] == 0, 1, 0), citizenship[twice])),
        "IMGRTN_STUS_CD": _coded(np.where(flipped, np.where(citizenship[twice] == 0, 8, 1), immigration[twice])),
        "ELGBL_LAST_NAME": arrow.title(arrow.take(made["ELGBL_LAST_NAME"], twice)),
    }
    return {name: arrow.stack(column, anew.get(name, arrow.take(column, twice))) for name, column in made.items()}
