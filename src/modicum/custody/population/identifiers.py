"""Identifiers that no real person, phone, provider or drug can have.

- SSN: area 900-999 with group 00-49. The Social Security Administration never issues areas 900-999; the taxpayer
  numbers that begin with 9 have groups 50 and over (ITIN 50-65, 70-88, 90-92, 94-99; ATIN 93). 50,000,000 numbers.
- Medicare beneficiary identifier: second character S, which the MBI format excludes (as CMS does in its test data).
- Phone: exchange 555, line 0100-0199, reserved for fiction by the North American Numbering Plan.
- NPI: ten digits whose check digit is wrong by five. NDC: labeler 00000.
- Person and case identifiers begin with SYN.

Numbers are permutations of a person's position in the file, so they are unique without being remembered.
"""

from typing import Final

import numpy as np

from modicum.custody.population.arrow import Bytes, Column, digits, fixed, letters
from modicum.custody.population.reference import Ints

SSN_NUMBERS: Final = 50_000_000
_AREAS, _GROUPS, _SERIALS = 900, 50, 10_000
_GOLDEN: Final = 0.6180339887498949
_ID_NUMBERS: Final = 1_000_000_000
_MBI_ALPHABET: Final = "ACDEFGHJKMNPQRTUVWXY"  # the MBI format leaves out S, L, O, I, B, Z
_MBI_NUMBERS: Final = 80_000_000
_NPI_PREFIX_SUM: Final = 24  # what the constant prefix 80840 adds to the Luhn sum


def spread(positions: Ints, modulus: int, seed: int) -> Ints:
    """A permutation of 0..modulus-1 that differs by seed."""
    # The step ends in 9 and the moduli have no factors but 2 and 5, so it is coprime to them.
    step = int(modulus * _GOLDEN) // 10 * 10 + 9
    offset = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]) % modulus
    return (positions * step + offset) % modulus


def person_ids(fips: str, positions: Ints, seed: int) -> Column:
    """MSIS_IDENT_NUM: SYN, the state, nine digits."""
    return fixed(len(positions), "SYN", fips, digits(spread(positions, _ID_NUMBERS, seed), 9))


def case_ids(fips: str, positions: Ints, seed: int) -> Column:
    """MSIS_CASE_NUM: SYNC, the state, nine digits; `positions` are those of the households' first members."""
    return fixed(len(positions), "SYNC", fips, digits(spread(positions, _ID_NUMBERS, seed + 1), 9))


def ssns(positions: Ints, seed: int) -> Bytes:
    """Nine digits a person, unique."""
    number = spread(positions, SSN_NUMBERS, seed)
    serial, rest = number % _SERIALS, number // _SERIALS
    return np.hstack([digits(_AREAS + rest // _GROUPS, 3), digits(rest % _GROUPS, 2), digits(serial, 4)])


def medicare_ids(positions: Ints, seed: int) -> Column:
    """Eleven characters, beginning 1S00, unique up to 80,000,000."""
    number = spread(positions, _MBI_NUMBERS, seed)
    one, two = number % 20, number // 20 % 20
    three, rest = number // 400 % 20, number // 8000
    return fixed(
        len(positions),
        "1S00",
        letters(one, _MBI_ALPHABET),
        digits(rest % 100, 2),
        letters(two, _MBI_ALPHABET),
        letters(three, _MBI_ALPHABET),
        digits(rest // 100, 2),
    )


def phones(area: Bytes, positions: Ints) -> Column:
    """Ten digits: an area code of the state, 555, 01xx."""
    return fixed(len(positions), area, "55501", digits(positions % 100, 2))


def npis(providers: Ints) -> Column:
    """Ten digits, the last of which fails the Luhn check of 45 CFR 162.406."""
    body = digits(100_000_000 + providers, 9)
    worth = body.astype(np.int64) - ord("0")
    doubled = worth[:, ::2] * 2
    total = _NPI_PREFIX_SUM + (doubled - 9 * (doubled > 9)).sum(axis=1) + worth[:, 1::2].sum(axis=1)  # noqa: PLR2004 - Luhn
    wrong = ((10 - total % 10) % 10 + 5) % 10
    return fixed(len(providers), body, digits(wrong, 1))
