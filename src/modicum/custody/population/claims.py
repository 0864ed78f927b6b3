"""Claim lines of the people of one state, and what the federation paid of each.

One row a line. A line without federal money is one that the state pays alone; the same people's emergency care draws
federal money, which is why they are in the federal file at all. There are no capitation payments here: every line is
priced as if paid for the service.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from modicum.custody.population import arrow
from modicum.custody.population import assumptions as assumed
from modicum.custody.population import services as sold
from modicum.custody.population.arrow import Column
from modicum.custody.population.codes import ADULT, NOT_CHIP, Codes
from modicum.custody.population.households import OLD, People
from modicum.custody.population.identifiers import npis
from modicum.custody.population.reference import FIPS, STATES, Flags, Floats, Ints
from modicum.custody.population.status import EMERGENCY_ONLY, SCOPES, STATE_MONEY, Standing

PROVIDERS: Final = 4_000  # a state
PREVALENCE_SHAPE: Final = 0.8  # of the gamma that spreads lines over people: few have many
LONGEST_STAY: Final = 9
DIAGNOSES: Final = sold.Draws(*sold.DIAGNOSES.values())
PROCEDURES: Final = sold.Draws(*sold.PROCEDURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """One entry a claim line; `person` is the row of its person within the state and chunk."""

    person: Ints
    claim: Ints  # 0.. within the state and chunk
    number: Ints  # of the line in its claim, from 1
    scope: Ints  # how the line was paid for, index into SCOPES
    kind: Ints
    begin: Ints
    end: Ints
    diagnosis: Ints
    procedure: Ints
    product: Ints
    provider: Ints
    total: Ints  # cents
    federal: Ints  # cents


def bill(people: People, standing: Standing, codes: Codes, rng: np.random.Generator) -> tuple[Lines, Flags]:
    """Draw the lines; the second value says of each person whether any of their lines is one of substance use."""
    per_person = _rate(people, standing) * rng.gamma(PREVALENCE_SHAPE, 1 / PREVALENCE_SHAPE, len(people.age))
    person = np.repeat(np.arange(len(people.age)), rng.poisson(per_person))
    count = len(person)
    first = _first_lines(person, rng)
    scope = standing.scope[person]
    scope = np.where((scope == STATE_MONEY) & (rng.random(count) < assumed.STATE_ONLY_EMERGENCY), EMERGENCY_ONLY, scope)
    scope = scope[first]
    urgent = scope == EMERGENCY_ONLY
    shares = np.cumsum([sold.KIND_SHARES, sold.EMERGENCY_KIND_SHARES], axis=1)
    kind = (shares[urgent.astype(int)] < rng.random(count)[:, None]).sum(axis=1)[first]
    kind = np.minimum(kind, sold.DRUGS)
    sud = _substance_use(people, rng)[person] & ~urgent & (rng.random(count) < assumed.SUD_LINES)
    begin, end = _dates(kind, first, rng, born=people.birth[person], ended=standing.ended[person])
    total = _prices(kind, rng)
    lines = Lines(
        person=person,
        claim=np.cumsum(first == np.arange(count)) - 1,
        number=np.arange(count) - first + 1,
        scope=scope,
        kind=kind,
        begin=begin,
        end=end,
        diagnosis=DIAGNOSES.draw(_diagnosis_group(people, person, urgent, sud), rng.random(count)),
        procedure=PROCEDURES.draw(
            np.where(sud & (kind == sold.OUTPATIENT), sold.SUD_PROCEDURES, kind), rng.random(count)
        ),
        product=rng.integers(0, sold.PRODUCTS, count),
        provider=np.floor(PROVIDERS * rng.random(count) ** 2).astype(np.int64)[first],
        total=total,
        federal=total * _federal_share(people, codes, scope, person) // assumed.BASIS,
    )
    return lines, np.bincount(person[sud], minlength=len(people.age)) > 0


def columns(lines: Lines, ids: Column, state: str, first_claim: int) -> dict[str, Column]:
    """The claims table; nulls stand in PRCDR_CD and NDC_CD alone. `ids`: MSIS_IDENT_NUM by person."""
    count, fips = len(lines.person), FIPS[STATES.index(state)]
    drug = lines.kind == sold.DRUGS
    ndc = arrow.fixed(count, "00000", arrow.digits(1000 + lines.product, 4), arrow.digits(lines.product % 3, 2))
    return {
        "SUBMTG_STATE_CD": arrow.words([fips], np.zeros(count, dtype=np.int64)),
        "MSIS_IDENT_NUM": arrow.take(ids, lines.person),
        "ORGNL_CLM_NUM": arrow.fixed(count, "SYN", fips, arrow.digits(first_claim + lines.claim, 12)),
        "ORGNL_LINE_NUM": arrow.integers(lines.number),
        "FIL_TYPE_CD": arrow.words(sold.FILE_TYPES, lines.kind),
        "SRVC_BGNNG_DT": arrow.days(lines.begin),
        "SRVC_ENDG_DT": arrow.days(lines.end),
        "DGNS_1_CD": arrow.words(DIAGNOSES.vocabulary, lines.diagnosis),
        "PRCDR_CD": arrow.words(PROCEDURES.vocabulary, lines.procedure),
        "NDC_CD": arrow.where(~drug, None, ndc),
        "BLG_PRVDR_NPI_NUM": npis(lines.provider + PROVIDERS * STATES.index(state)),
        "TOT_MDCD_PD_AMT": arrow.money(lines.total),
        "FED_PD_AMT": arrow.money(lines.federal),
        "LINE_FUNDING_SCOPE": arrow.words(SCOPES, lines.scope),
    }


def _rate(people: People, standing: Standing) -> Floats:
    rates = assumed.LINES
    by_age = np.where(people.child, rates["child"], np.where(people.age >= OLD, rates["elder"], rates["adult"]))
    return np.where(standing.scope == EMERGENCY_ONLY, rates["emergency"], by_age)


def _first_lines(person: Ints, rng: np.random.Generator) -> Ints:
    """For each line the position of the first line of its claim."""
    count = len(person)
    starts = rng.random(count) >= assumed.SAME_CLAIM
    starts[1:] |= person[1:] != person[:-1]
    starts[:1] = True
    made: Ints = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    return made


def _substance_use(people: People, rng: np.random.Generator) -> Flags:
    youngest, oldest = assumed.SUD_AGES
    made: Flags = (people.age >= youngest) & (people.age <= oldest) & (rng.random(len(people.age)) < assumed.SUD_PEOPLE)
    return made


def _dates(kind: Ints, first: Ints, rng: np.random.Generator, *, born: Ints, ended: Ints) -> tuple[Ints, Ints]:
    """First and last day of service: a stay in hospital has several; none before birth or after the programme."""
    start, stop = assumed.day(assumed.FIRST_SERVICE), assumed.day(assumed.LAST_SERVICE)
    last = np.where(ended > 0, np.minimum(ended, stop), stop)
    begin = start + np.floor(rng.random(len(kind)) * (last - start + 1)).astype(np.int64)
    begin = np.maximum(begin, born)
    stay = np.where(kind == sold.INPATIENT, rng.integers(1, LONGEST_STAY, len(kind)), 0)
    return begin[first], (begin + stay)[first]


def _prices(kind: Ints, rng: np.random.Generator) -> Ints:
    mean, spread = np.array(sold.PRICES).T
    dollars = np.exp(mean[kind] + spread[kind] * rng.standard_normal(len(kind)))
    cents: Ints = np.maximum(np.rint(dollars * 100).astype(np.int64), sold.CHEAPEST_CENTS)
    return cents


def _diagnosis_group(people: People, person: Ints, urgent: Flags, sud: Flags) -> Ints:
    by_age = np.where(people.child, sold.CHILD, np.where(people.age >= OLD, sold.ELDER, sold.ADULT))[person]
    return np.where(sud, sold.SUD, np.where(urgent, sold.URGENT, by_age))


def _federal_share(people: People, codes: Codes, scope: Ints, person: Ints) -> Ints:
    """Basis points: the state's FMAP, more for CHIP, 90 % for expansion adults, nothing for state-only lines.

    Source: 42 U.S.C. 1396d(b) and (y), 1397ee(b); 1396b(v) for the emergency care of people without status.
    """
    regular = assumed.FMAP[people.state.name]
    chip = regular + (assumed.BASIS - regular) * assumed.CHIP_SHARE_OF_STATE_PART // assumed.BASIS
    share = np.where(codes.group == ADULT, assumed.EXPANSION_FMAP, np.where(codes.chip != NOT_CHIP, chip, regular))
    made: Ints = np.where(scope == STATE_MONEY, 0, share[person])
    return made
