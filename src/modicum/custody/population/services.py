"""Diagnoses, procedures and prices that claim lines are drawn from. The codes are public; every weight is INVENTED.

Diagnoses are ICD-10-CM (National Center for Health Statistics, public domain), written without the dot as in T-MSIS.
Procedures are HCPCS level II, and a few numbers of level I without their descriptions.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from modicum.custody.population.reference import Floats, Ints, cumulative

OUTPATIENT, EMERGENCY, INPATIENT, DRUGS = range(4)
FILE_TYPES: Final = ("OT", "OT", "IP", "RX")  # T-MSIS claim files: other, other, inpatient, pharmacy
KIND_SHARES: Final = (0.62, 0.08, 0.02, 0.28)
EMERGENCY_KIND_SHARES: Final = (0.0, 0.8, 0.2, 0.0)
PRICES: Final = ((4.6, 0.7), (6.3, 0.6), (9.0, 0.7), (3.9, 1.0))  # log of dollars, and its spread
CHEAPEST_CENTS: Final = 100

DIAGNOSES: Final[Mapping[str, Mapping[str, float]]] = {
    "child": {
        "Z00129": 30, "J069": 14, "H6690": 8, "J4520": 6, "F909": 5, "F840": 4, "L309": 4, "R509": 6, "A084": 3,
        "J029": 6, "K5900": 3, "Z23": 8, "J351": 1, "F419": 2,
    },
    "adult": {
        "I10": 12, "E119": 9, "F411": 7, "F329": 7, "M545": 8, "Z0000": 9, "J069": 5, "E785": 5, "J4590": 4,
        "K219": 4, "R109": 5, "N390": 3, "O80": 1, "Z3490": 3, "G43909": 3, "B20": 0.5, "F209": 1, "F319": 1.5,
    },
    "elder": {
        "I10": 18, "E119": 13, "E785": 9, "I509": 5, "I4891": 5, "J449": 6, "N183": 4, "M179": 6, "G309": 3,
        "F0390": 3, "I2510": 6, "Z0000": 5, "H2510": 3, "R29898": 1,
    },
    "emergency": {
        "O80": 18, "R1031": 8, "K3580": 6, "I219": 5, "S0990XA": 8, "R079": 10, "N186": 9, "J189": 7, "A419": 5,
        "O9989": 3, "I639": 4, "E1010": 3,
    },
    "sud": {
        "F1020": 24, "F1120": 30, "F1220": 8, "F1420": 7, "F1520": 17, "F1920": 8, "F1010": 4, "F1320": 2,
        "F1110": 3, "F17210": 8, "F1821": 0.5, "F1620": 0.5,
    },
}  # fmt: skip
GROUPS: Final = tuple(DIAGNOSES)
CHILD, ADULT, ELDER, URGENT, SUD = range(5)

PROCEDURES: Final[tuple[Mapping[str, float], ...]] = (
    {"99213": 26, "99214": 20, "T1015": 16, "G0438": 4, "90834": 8, "D0120": 8, "D1110": 6, "T2003": 4, "S5125": 8},
    {"99283": 40, "99284": 36, "99285": 18, "A0429": 10},
    {"": 1},
    {"": 1},
    {"H0020": 26, "H0015": 14, "H0004": 18, "H0005": 12, "G2067": 10, "H0001": 8, "H0010": 4, "H0033": 8},
)  # by kind; the last: treatment of substance use
SUD_PROCEDURES: Final = 4
PRODUCTS: Final = 400  # fictitious drugs


class Draws:
    """Several weighted tables, searched at once: table g answers to numbers from g to g + 1."""

    def __init__(self, *tables: Mapping[str, float]) -> None:
        self.vocabulary: tuple[str | None, ...] = tuple(code or None for table in tables for code in table)
        self._edges: Floats = np.concatenate([place + cumulative(list(t.values())) for place, t in enumerate(tables)])

    def draw(self, table: Ints, chance: Floats) -> Ints:
        """Indexes into the vocabulary for uniform numbers below 1."""
        found: Ints = np.searchsorted(self._edges, table + chance, side="right")
        return np.minimum(found, len(self.vocabulary) - 1)
