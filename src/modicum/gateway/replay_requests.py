"""The requests of the replay: the one of June 2025 as it was reported, and the narrow question behind it.

The columns are those of the synthetic population that stand for what the reports name: names, addresses, Social
Security numbers, claims and immigration status of people in California, Illinois, Washington and Washington, D.C.
"""

from typing import Any, Final

from modicum.model.request import REQUEST_SCHEMA

DATASET: Final = "medicaid"
STATES: Final = {"06": "California", "11": "District of Columbia", "17": "Illinois", "53": "Washington"}

JUNE_COLUMNS: Final = (
    "eligibility.ELGBL_1ST_NAME",
    "eligibility.ELGBL_LAST_NAME",
    "eligibility.ELGBL_LINE_1_ADR",
    "eligibility.ELGBL_CITY_NAME",
    "eligibility.ELGBL_ZIP_CD",
    "eligibility.ELGBL_PHNE_NUM",
    "eligibility.BIRTH_DT",
    "eligibility.SSN_NUM",
    "eligibility.MSIS_IDENT_NUM",
    "eligibility.CTZNSHP_IND",
    "eligibility.IMGRTN_STUS_CD",
    "claims.ORGNL_CLM_NUM",
    "claims.SRVC_BGNNG_DT",
    "claims.DGNS_1_CD",
    "claims.PRCDR_CD",
    "claims.TOT_MDCD_PD_AMT",
)

_STATED: Final = "Are Medicaid benefits paid for people who are not entitled to them?"


def june(age_key: str) -> dict[str, Any]:
    """The request of June 2025 as reported: everything about everybody, for immigration enforcement, in 54 minutes."""
    return {
        "schema": REQUEST_SCHEMA,
        "title": "Medicaid records of four jurisdictions for immigration enforcement (June 2025, as reported)",
        "custodian": "cms",
        "requester": {"organisation": "dhs", "person": "adviser"},
        "question": {"text": _STATED, "asks": {"kind": "statistics", "by": ["eligibility.SUBMTG_STATE_CD"]}},
        "purpose": "immigration_enforcement.civil",
        "authorities": [{"kind": "statute", "citation": "8 U.S.C. 1360(b)"}],
        "population": {"dataset": DATASET},
        "columns": list(JUNE_COLUMNS),
        "form": "identified",
        "recipients": [{"organisation": "dhs", "person": "adviser", "age_key": age_key}],
        "handling": {"retention_days": 3650, "safeguards": []},
    }


def narrow(age_key: str) -> dict[str, Any]:
    """The question behind it, asked by the programme's inspector: how many people, how many federal dollars."""
    return {
        "schema": REQUEST_SCHEMA,
        "title": "People enrolled and federal dollars paid, by state",
        "custodian": "cms",
        "requester": {"organisation": "hhs-oig", "person": "analyst"},
        "question": {
            "text": "How many people are enrolled, and how many federal dollars were paid for them, in each state?",
            "asks": {
                "kind": "statistics",
                "count_persons": True,
                "by": ["eligibility.SUBMTG_STATE_CD"],
                "sums": ["claims.FED_PD_AMT"],
            },
        },
        "purpose": "health_oversight",
        "authorities": [{"kind": "statute", "citation": "Inspector General Act, 5 U.S.C. 401-424"}],
        "population": {"dataset": DATASET},
        "columns": ["eligibility.SUBMTG_STATE_CD", "claims.FED_PD_AMT"],
        "recipients": [{"organisation": "hhs-oig", "person": "analyst", "age_key": age_key}],
        "handling": {"retention_days": 365, "safeguards": ["access by named staff only"]},
    }


def whole(age_key: str) -> dict[str, Any]:
    """The same question with June's columns, to show on the ladder what each form would disclose."""
    return {**narrow(age_key), "columns": ["eligibility.SUBMTG_STATE_CD", *JUNE_COLUMNS]}
