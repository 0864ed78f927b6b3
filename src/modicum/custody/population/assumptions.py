"""Every number of the synthetic population that is not a public marginal, in one place, with where it comes from.

REPORTED: a published figure, rounded, from secondary sources, as docs/explanation/the-synthetic-population.md tells.
INVENTED: chosen by us so that the kinds of record that matter occur at all; it says nothing about the world.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

EPOCH: Final = date(1970, 1, 1)
AS_OF: Final = date(2025, 10, 31)  # the month of the enrolment table; ages are of this day
FIRST_SERVICE: Final = date(2025, 1, 1)
LAST_SERVICE: Final = date(2025, 9, 30)
OPEN_END: Final = date(9999, 12, 31)  # how T-MSIS writes an enrolment that has not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """People whom a state covers with its own money, whatever their status."""

    people: int
    youngest: int
    oldest: int
    ended: date | None = None


# REPORTED. California: full-scope Medi-Cal, May 2025. Illinois: HBIA (42-64, ended 2025-07-01) and HBIS (65 and over).
# Washington: Apple Health Expansion (its cap). District: Health Care Alliance (21 and over) and Immigrant
# Children's Program.
STATE_ONLY: Final[Mapping[str, tuple[Cohort, ...]]] = {
    "CA": (Cohort(people=1_600_000, youngest=0, oldest=200),),
    "DC": (Cohort(people=28_000, youngest=21, oldest=200), Cohort(people=5_000, youngest=0, oldest=20)),
    "IL": (
        Cohort(people=16_500, youngest=65, oldest=200),
        Cohort(people=32_000, youngest=42, oldest=64, ended=date(2025, 6, 30)),
    ),
    "WA": (Cohort(people=13_000, youngest=19, oldest=200),),
}

# Washington REPORTED: about 49,000 people with an ineligible status in all, less the 13,000. The others INVENTED.
EMERGENCY: Final[Mapping[str, float]] = {"CA": 0.010, "DC": 0.005, "IL": 0.015, "WA": 36_000 / 1_787_864}

# INVENTED: what is true of people in each programme. Neither can be read off the other.
STATUSES: Final = ("us_citizen", "lpr", "lawfully_present_other", "not_lawfully_present", "daca_recipient")
CITIZEN, LPR, OTHER, NOT_LAWFUL, DACA = range(5)
TRUE_STATUS: Final[Mapping[str, tuple[float, ...]]] = {
    "state_only": (0.000, 0.03, 0.07, 0.86, 0.04),
    "emergency": (0.050, 0.16, 0.22, 0.55, 0.02),
}
DACA_AGES: Final = (18, 44)
# INVENTED: of full-scope enrolment, those who are permanent residents, and those otherwise lawfully present.
LAWFUL_SHARES: Final[Mapping[str, tuple[float, float]]] = {
    "CA": (0.100, 0.030),
    "DC": (0.070, 0.030),
    "IL": (0.060, 0.020),
    "WA": (0.060, 0.025),
}
# INVENTED: how strongly status runs in a household, and how much likelier a child is a citizen.
HOUSEHOLD_PULL: Final = 0.8
CHILD_OFFSET: Final = 1.2

# INVENTED: households.
COUPLES: Final = 0.35  # of the pairs of adults next to each other in age
PARENTS: Final = 0.7  # of the households whose head is 19 to 64
CHILD_ALONE: Final = 0.08  # children whose parents are not enrolled
PARENT_GAP_YEARS: Final = (28.0, 6.0)
SAME_SURNAME: Final = 0.85
SAME_ADDRESS: Final = 0.97
UNITS: Final = 0.35  # addresses with an apartment

# REPORTED (statute): federal share in basis points. Illinois is "a little above 50 %": the exact figure is INVENTED.
FMAP: Final[Mapping[str, int]] = {"CA": 5000, "DC": 7000, "IL": 5100, "WA": 5000}
EXPANSION_FMAP: Final = 9000
CHIP_SHARE_OF_STATE_PART: Final = 3000  # section 2105(b): the regular share plus 30 % of the state's, for CHIP
BASIS: Final = 10_000

# INVENTED: eligibility groups by age and sex; 72 is the expansion group.
DISABLED: Final = 0.12
EXPANSION: Final = 0.62
PREGNANT: Final = 0.06  # of women 19 to 44
DEEMED_NEWBORN: Final = 0.40
FOSTER: Final = 0.01
ELDER_SSI: Final = 0.45
ELDER_QMB: Final = 0.40
# INVENTED: who has Medicare too: of QMB and SLMB with full Medicaid, of SSI recipients (QMB, then other full duals).
QMB_FULL: Final = 0.70
SLMB_FULL: Final = 0.50
ELDER_DUALS: Final = (0.60, 0.85)
YOUNGER_DUALS: Final = (0.30, 0.40)
# INVENTED: share with a verified code, of citizens and of others; of non-citizens' immigration codes.
CITIZENSHIP_VERIFIED: Final = (0.95, 0.30)
IMMIGRATION_VERIFIED: Final = 0.70

# INVENTED: what status checks cover, and how often they are stale.
CHECKED: Final = (0.60, 0.85, 0.80, 0.45, 0.70)  # by STATUSES
CHECKED_BY_DOCUMENT: Final = 0.15  # by the state, from a paper
CHECK_STALE: Final = 0.01
CHECK_TWICE: Final = 0.02  # a second, later response
CHECK_DISAGREES: Final = 0.15  # of the second responses

# INVENTED: wrong codes, among people.
CITIZEN_CODED_ALIEN: Final = 0.004
ALIEN_CODED_CITIZEN: Final = 0.020
CODES_AT_ODDS: Final = 0.003
CODE_BLANK: Final = 0.010
NATIONALS: Final = 0.0005

# INVENTED: claim lines per person in nine months, and substance use.
LINES: Final[Mapping[str, float]] = {"emergency": 0.6, "child": 1.6, "adult": 2.2, "elder": 3.6}
SUD_PEOPLE: Final = 0.10  # of people 15 to 64
SUD_AGES: Final = (15, 64)
SUD_LINES: Final = 0.5  # of their lines
SAME_CLAIM: Final = 0.20  # a line that continues the claim before it
STATE_ONLY_EMERGENCY: Final = 0.12  # lines of state-only people that are emergency care, which draws federal money

# INVENTED: dirt, each a share of the rows.
DIRT: Final[Mapping[str, float]] = {
    "ssn_missing": 0.010,
    "ssn_missing_restricted": 0.700,
    "ssn_dashes": 0.010,
    "ssn_tilde": 0.001,
    "ssn_zeros": 0.0005,
    "zip_plus_4": 0.050,
    "zip_missing": 0.003,
    "zip_tilde": 0.0005,
    "name_lower": 0.005,
    "name_title": 0.010,
    "name_padded": 0.003,
    "name_blank": 0.0005,
    "name_tilde": 0.0005,
    "birth_zeros": 0.0005,
    "birth_end_of_time": 0.0002,
    "birth_missing": 0.0005,
    "birth_impossible_day": 0.0002,
    "birth_future": 0.0002,
    "birth_compact": 0.003,
    "phone_missing": 0.120,
    "email_missing": 0.450,
    "language_missing": 0.050,
    "income_missing": 0.080,
    "initial_missing": 0.250,
    "part2_missing": 0.005,
    "repeated_row": 0.002,
}
DEAD: Final = 0.004
REPEATED_AT_ODDS: Final = 0.5  # of the repeated rows: citizenship the other way round


def day(when: date) -> int:
    """Days since 1970-01-01."""
    return (when - EPOCH).days
