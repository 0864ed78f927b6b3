"""What the state reported about a person: T-MSIS codes, right for most and wrong for a stated few.

Codes are kept as small numbers here and written as text by eligibility.py. A citizen or national (CTZNSHP_IND 1, 2)
goes with IMGRTN_STUS_CD 8, a non-citizen (0) with 1, 2 or 3, save for the stated share of wrong codes.

Source: T-MSIS data guide, elements ELG.003.040 and ELG.003.042, ELG.005.087, ELG.005.097.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.custody.population import assumptions as assumed
from modicum.custody.population.assumptions import CITIZEN, NOT_LAWFUL, OTHER
from modicum.custody.population.households import OLD, People
from modicum.custody.population.reference import Flags, Floats, Ints
from modicum.custody.population.status import EMERGENCY_ONLY, FULL, Standing

PARENT, PREGNANT, NEWBORN, CHILD, FOSTER, SSI, QMB, SLMB, CHIP, ADULT = 1, 5, 6, 7, 8, 11, 23, 25, 61, 72
NOT_CHIP, MEDICAID_CHIP, SEPARATE_CHIP = 1, 2, 3
CHILDBEARING: Final = (19, 44)
NOT_APPLICABLE: Final = 8  # IMGRTN_STUS_CD of citizens and nationals
BLANK: Final = 9  # of the code columns
SEPARATE: Final = frozenset({"WA"})  # which states run CHIP apart from Medicaid: a simplification


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """One entry a person."""

    group: Ints  # ELGBLTY_GRP_CD
    chip: Ints  # CHIP_CD
    dual: Ints  # DUAL_ELGBL_CD
    benefits: Ints  # RSTRCTD_BNFTS_CD
    citizenship: Ints  # CTZNSHP_IND, BLANK where missing
    citizenship_verified: Flags
    immigration: Ints  # IMGRTN_STUS_CD, BLANK where missing
    immigration_verified: Flags


def report(people: People, standing: Standing, rng: np.random.Generator) -> Codes:
    """The codes on file for the people of one state."""
    group, chip = _groups(people, rng)
    dual = np.where(standing.scope == FULL, _duals(people, group, rng), 0)
    benefits = np.where(np.isin(dual, (1, 3)), 3, 1)  # premiums and cost sharing only
    benefits = np.where(standing.scope == FULL, benefits, 2)  # restricted because of alien status
    citizenship, immigration = reported_status(people, standing, rng)
    count = len(people.age)
    return Codes(
        group=group,
        chip=chip,
        dual=dual,
        benefits=benefits,
        citizenship=citizenship,
        citizenship_verified=rng.random(count) < np.where(standing.status == CITIZEN, *assumed.CITIZENSHIP_VERIFIED),
        immigration=immigration,
        immigration_verified=(rng.random(count) < assumed.IMMIGRATION_VERIFIED) & (immigration != NOT_APPLICABLE),
    )


def reported_status(people: People, standing: Standing, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """CTZNSHP_IND and IMGRTN_STUS_CD as filed: the right pair, then the wrong ones on top."""
    count = len(people.age)
    citizen = standing.status == CITIZEN
    # 1. who is coded as the wrong kind; the pair stays consistent
    wrong = rng.random(count) < np.where(citizen, assumed.CITIZEN_CODED_ALIEN, assumed.ALIEN_CODED_CITIZEN)
    coded_citizen = citizen ^ wrong
    # 2. the pair. Emergency cover is code 3 whatever the truth: coverage says nothing of status, nor the code
    lawful_code = np.where(people.child & (standing.status == OTHER), 2, 1)
    restricted = (standing.status == NOT_LAWFUL) | (standing.scope == EMERGENCY_ONLY)
    immigration = np.where(coded_citizen, NOT_APPLICABLE, np.where(restricted, 3, lawful_code))
    national = rng.random(count) < assumed.NATIONALS
    citizenship = np.where(coded_citizen, np.where(national, 2, 1), 0)
    # 3. pairs at odds with each other, and blanks
    odds = rng.random(count) < assumed.CODES_AT_ODDS
    immigration = np.where(odds, np.where(coded_citizen, rng.integers(1, 4, count), NOT_APPLICABLE), immigration)
    citizenship = np.where(rng.random(count) < assumed.CODE_BLANK, BLANK, citizenship)
    immigration = np.where(rng.random(count) < assumed.CODE_BLANK, BLANK, immigration)
    return citizenship, immigration


def _groups(people: People, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """ELGBLTY_GRP_CD and CHIP_CD, by age and sex."""
    count = len(people.age)
    draw, chance = rng.random(count), rng.random(count)
    separate = people.state.name in SEPARATE
    in_chip = people.child & (draw < people.state.chip_of_children)
    childbearing = people.female & (people.age >= CHILDBEARING[0]) & (people.age <= CHILDBEARING[1])
    group = np.select(
        [
            in_chip & separate,
            in_chip,
            people.child & (people.age == 0) & (chance < assumed.DEEMED_NEWBORN),
            people.child & (chance > 1 - assumed.FOSTER),
            people.child,
            people.age >= OLD,
            chance < assumed.DISABLED,
            childbearing & (chance < assumed.DISABLED + assumed.PREGNANT),
            chance > 1 - assumed.EXPANSION,
        ],
        [CHIP, CHILD, NEWBORN, FOSTER, CHILD, _elders(chance), SSI, PREGNANT, ADULT],
        default=PARENT,
    )
    return group, np.where(in_chip, SEPARATE_CHIP if separate else MEDICAID_CHIP, NOT_CHIP)


def _elders(chance: Floats) -> Ints:
    return np.select([chance < assumed.ELDER_SSI, chance < assumed.ELDER_SSI + assumed.ELDER_QMB], [SSI, QMB], SLMB)


def _duals(people: People, group: Ints, rng: np.random.Generator) -> Ints:
    """DUAL_ELGBL_CD: 1 QMB only, 2 QMB with full Medicaid, 3 SLMB only, 4 SLMB with full Medicaid, 8 other full."""
    draw = rng.random(len(group))
    elder = people.age >= OLD
    return np.select(
        [
            (group == QMB) & (draw < assumed.QMB_FULL),
            group == QMB,
            (group == SLMB) & (draw < assumed.SLMB_FULL),
            group == SLMB,
            (group == SSI) & elder & (draw < assumed.ELDER_DUALS[0]),
            (group == SSI) & elder & (draw < assumed.ELDER_DUALS[1]),
            (group == SSI) & ~elder & ~people.child & (draw < assumed.YOUNGER_DUALS[0]),
            (group == SSI) & ~elder & ~people.child & (draw < assumed.YOUNGER_DUALS[1]),
        ],
        [2, 1, 4, 3, 2, 8, 2, 8],
        default=0,
    )
