"""Flatten FHIR R4 resources into table rows: one row per resource, and one per line of an ExplanationOfBenefit.

Rules it keeps: every value stays the text it was (dates keep their offset, decimals their digits); a repeated element
that has no columns of its own joins its values with `|`; a reference keeps the id alone, so that it joins; a
resource's person stands in the column that the schema below says. Patient, Coverage and ExplanationOfBenefit give the
columns listed here and no others (`contact`, `photo`, narrative are left where they are); every other type gives a
column for each path that holds a scalar.

Source: HL7 FHIR R4 (4.0.1); US Core; CARIN Blue Button.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from modicum.custody.fhir_columns import DIAGNOSES, FHIR_TABLES

Resource: TypeAlias = Mapping[str, Any]
Row: TypeAlias = dict[str, str | None]

PERSON_REFERENCES: Final = ("patient", "subject", "beneficiary")
_US_CORE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/"
_SUBMITTED: Final = "submitted"


def rows_of(resource: Resource) -> Iterator[tuple[str, Row]]:
    """The rows of one resource, each with its table. The resource has a `resourceType` that is text."""
    kind = resource["resourceType"]
    match kind:
        case "Patient":
            yield "patient", _patient(resource)
        case "Coverage":
            yield "coverage", _coverage(resource)
        case "ExplanationOfBenefit":
            yield "explanation_of_benefit", _benefit(resource)
            for item in _list(resource, "item"):
                yield "explanation_of_benefit_item", _item(resource, item)
        case _:
            yield table_of(kind), _generic(resource)


def table_of(kind: str) -> str:
    """The table of a resource type: `AllergyIntolerance` gives `allergy_intolerance`."""
    return re.sub(r"[^0-9a-z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()).strip("_") or "resource"


def declared_columns(table: str) -> tuple[str, ...] | None:
    """The columns of a table whose schema is fixed; None for a generic one."""
    declared = FHIR_TABLES.get(table)
    return None if declared is None else tuple(column.name for column in declared)


def bare_id(reference: str | None) -> str | None:
    """The id that a reference names: without `urn:uuid:`, `Patient/`, an absolute URL, a version, a `#`.

    A search reference (`Organization?identifier=system|value`) gives its value.
    """
    if not reference:
        return None
    if "?" in reference:
        return reference.rsplit("|", 1)[-1] or None
    path = reference.split("/_history/", 1)[0].rstrip("/")
    return path.rsplit("/", 1)[-1].removeprefix("urn:uuid:").removeprefix("#") or None


def _patient(resource: Resource) -> Row:
    name = _preferred(_list(resource, "name"), ("official", "usual"))
    address = _preferred(_list(resource, "address"), ("home",))
    old_addresses = [each for each in _list(resource, "address") if each is not address]
    row = _blank("patient") | {
        "id": _text(resource.get("id")),
        "family": _text(name.get("family")),
        "given": _joined(name.get("given"), " "),
        "prefix": _joined(name.get("prefix"), " "),
        "suffix": _joined(name.get("suffix"), " "),
        "birth_date": _text(resource.get("birthDate")),
        "deceased": _text(resource.get("deceasedDateTime", resource.get("deceasedBoolean"))),
        "gender": _text(resource.get("gender")),
        "address_line": _joined(address.get("line"), ", "),
        "address_city": _text(address.get("city")),
        "address_state": _text(address.get("state")),
        "address_county": _text(address.get("district")),
        "address_postal_code": _text(address.get("postalCode")),
        "address_country": _text(address.get("country")),
        "address_other": _joined([_whole(each) for each in old_addresses], "|"),
        "name_other": _joined([_whole_name(each) for each in _list(resource, "name") if each is not name], "|"),
        "marital_status": _code(resource.get("maritalStatus")),
        "language": _joined([_code(each.get("language")) for each in _list(resource, "communication")], "|"),
    }
    return row | _identifiers(resource) | _telecom(resource) | _extensions(resource, address)


def _identifiers(resource: Resource) -> Row:
    found: dict[str, list[str | None]] = {}
    for each in _list(resource, "identifier"):
        found.setdefault(_identifier_column(each), []).append(_text(each.get("value")))
    return {column: _joined(values, "|") for column, values in found.items()}


def _identifier_column(identifier: Resource) -> str:
    system = str(identifier.get("system", ""))
    codes = {str(each.get("code")) for each in _list(_dict(identifier, "type"), "coding")}
    if "SS" in codes or system.endswith(("us-ssn", "2.16.840.1.113883.4.1")):
        return "ssn"
    if "MC" in codes or system.endswith(("us-mbi", "us-medicare", "/mbi-id")):
        return "mbi"
    if "MA" in codes or system.endswith("us-medicaid"):
        return "medicaid_id"
    if "MR" in codes:
        return "mrn"
    if "DL" in codes:
        return "driver_licence"
    return "passport" if "PPN" in codes else "identifier_other"


def _telecom(resource: Resource) -> Row:
    found: dict[str, list[str | None]] = {"phone": [], "email": [], "telecom_other": []}
    for each in _list(resource, "telecom"):
        system = each.get("system")
        column = system if system in {"phone", "email"} else "phone" if system in {"sms", "fax"} else "telecom_other"
        found[column].append(_text(each.get("value")))
    return {column: _joined(values, "|") for column, values in found.items()}


def _extensions(resource: Resource, address: Resource) -> Row:
    by_url = {str(each.get("url", "")): each for each in _list(resource, "extension")}
    geo = {str(each.get("url", "")).rsplit("/", 1)[-1]: each for each in _list(address, "extension")}
    parts = {str(each.get("url")): each for each in _list(geo.get("geolocation", {}), "extension")}
    return {
        "race": _omb(by_url.get(_US_CORE + "us-core-race", {})),
        "ethnicity": _omb(by_url.get(_US_CORE + "us-core-ethnicity", {})),
        "birth_sex": _text(by_url.get(_US_CORE + "us-core-birthsex", {}).get("valueCode")),
        "latitude": _text(parts.get("latitude", {}).get("valueDecimal")),
        "longitude": _text(parts.get("longitude", {}).get("valueDecimal")),
    }


def _omb(extension: Resource) -> str | None:
    codes = [_dict(each, "valueCoding").get("code") for each in _list(extension, "extension")]
    return _joined(codes, "|")


def _coverage(resource: Resource) -> Row:
    period = _dict(resource, "period")
    return _blank("coverage") | {
        "id": _text(resource.get("id")),
        "beneficiary": _reference(resource, "beneficiary"),
        "status": _text(resource.get("status")),
        "type": _code(resource.get("type")),
        "subscriber_id": _text(resource.get("subscriberId")),
        "relationship": _code(resource.get("relationship")),
        "period_start": _text(period.get("start")),
        "period_end": _text(period.get("end")),
        "payor": _joined([_party(each) for each in _list(resource, "payor")], "|"),
        "class_values": _joined([_text(each.get("value")) for each in _list(resource, "class")], "|"),
    }


def _benefit(resource: Resource) -> Row:
    period = _dict(resource, "billablePeriod")
    totals = {_first_code(each.get("category")): _dict(each, "amount") for each in _list(resource, "total")}
    contained = [each for each in _list(resource, "contained") if each.get("resourceType") == "Coverage"]
    payors = [_party(payor) for each in contained for payor in _list(each, "payor")]
    row = _blank("explanation_of_benefit") | {
        "id": _text(resource.get("id")),
        "patient": _reference(resource, "patient"),
        "status": _text(resource.get("status")),
        "type": _code(resource.get("type")),
        "use": _text(resource.get("use")),
        "billable_period_start": _text(period.get("start")),
        "billable_period_end": _text(period.get("end")),
        "created": _text(resource.get("created")),
        "insurer": _party(_dict(resource, "insurer")),
        "provider": _party(_dict(resource, "provider")),
        "facility": _party(_dict(resource, "facility")),
        "claim": _reference(resource, "claim"),
        "outcome": _text(resource.get("outcome")),
        "coverage_payor": _joined(payors, "|"),
        "coverage": _joined([_reference(each, "coverage") for each in _list(resource, "insurance")], "|"),
        "total_submitted": _text(totals.get(_SUBMITTED, {}).get("value")),
        "payment_amount": _text(_dict(_dict(resource, "payment"), "amount").get("value")),
        "payment_date": _text(_dict(resource, "payment").get("date")),
    }
    return row | _diagnoses(resource)


def _diagnoses(resource: Resource) -> Row:
    codes = [_first_code(each.get("diagnosisCodeableConcept")) for each in _list(resource, "diagnosis")]
    systems = [_first_system(each.get("diagnosisCodeableConcept")) for each in _list(resource, "diagnosis")]
    references = [_reference(each, "diagnosisReference") for each in _list(resource, "diagnosis")]
    numbered = {f"diagnosis_{place}": code for place, code in enumerate(codes[:DIAGNOSES], start=1)}
    return numbered | {
        "diagnosis_more": _joined(codes[DIAGNOSES:], "|"),
        "diagnosis_system": _joined(sorted({each for each in systems if each}), "|"),
        "diagnosis_condition": _joined(references, "|"),
    }


def _item(resource: Resource, item: Resource) -> Row:
    period = _dict(item, "servicedPeriod")
    day = item.get("servicedDate")
    amounts = {_first_code(each.get("category")): _dict(each, "amount") for each in _list(item, "adjudication")}
    submitted = amounts.get(_SUBMITTED, {}).get("value", _dict(item, "net").get("value"))
    paid = amounts.get("benefit", amounts.get("paidtoprovider", {})).get("value")
    return _blank("explanation_of_benefit_item") | {
        "explanation_of_benefit": _text(resource.get("id")),
        "patient": _reference(resource, "patient"),
        "sequence": _text(item.get("sequence")),
        "category": _code(item.get("category")),
        "product_or_service_code": _first_code(item.get("productOrService")),
        "product_or_service_system": _first_system(item.get("productOrService")),
        "serviced_start": _text(period.get("start", day)),
        "serviced_end": _text(period.get("end", day)),
        "quantity": _text(_dict(item, "quantity").get("value")),
        "amount_submitted": _text(submitted),
        "amount_paid": _text(paid),
        "location": _first_code(item.get("locationCodeableConcept")),
    }


def _generic(resource: Resource) -> Row:
    found: dict[str, list[str]] = {}
    _walk(resource, (), found)
    row: Row = {column: "|".join(values) for column, values in found.items()}
    for name in PERSON_REFERENCES:
        if name in resource:
            row[name] = _reference(resource, name)
    return row


def _walk(value: Any, path: tuple[str, ...], found: dict[str, list[str]]) -> None:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if path or name not in ("resourceType", *PERSON_REFERENCES):
                _walk(inner, (*path, table_of(name)), found)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, path, found)
    elif value is not None:
        text = _text(value)
        if path[-1] == "reference":
            text = bare_id(text)
        if text is not None:
            found.setdefault("_".join(path), []).append(text)


def _blank(table: str) -> Row:
    return {column.name: None for column in FHIR_TABLES[table]}


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    if value is None or value == "" or isinstance(value, Mapping | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _joined(values: Any, by: str) -> str | None:  # noqa: ANN401 - any JSON value
    texts = [text for text in map(_text, values if isinstance(values, list) else []) if text is not None]
    return by.join(texts) or None


def _list(value: Resource, name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _dict(value: Resource, name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _preferred(values: list[dict[str, Any]], uses: tuple[str, ...]) -> dict[str, Any]:
    for use in uses:
        for each in values:
            if each.get("use") == use:
                return each
    return values[0] if values else {}


def _first_coding(concept: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    coding = _list(concept, "coding") if isinstance(concept, dict) else []
    return coding[0] if coding else {}


def _first_code(concept: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return _text(_first_coding(concept).get("code"))


def _first_system(concept: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return _text(_first_coding(concept).get("system"))


def _code(concept: Any) -> str | None:  # noqa: ANN401 - any JSON value
    return _first_code(concept) or (_text(concept.get("text")) if isinstance(concept, dict) else None)


def _reference(value: Resource, name: str) -> str | None:
    return bare_id(_text(_dict(value, name).get("reference")))


def _party(value: Resource) -> str | None:
    identifier = _text(_dict(value, "identifier").get("value"))
    return _text(value.get("display")) or bare_id(_text(value.get("reference"))) or identifier


def _whole(address: Resource) -> str | None:
    parts = [_joined(address.get("line"), ", "), *(address.get(part) for part in ("city", "state", "postalCode"))]
    return _joined(parts, ", ")


def _whole_name(name: Resource) -> str | None:
    return _joined([_joined(name.get("given"), " "), name.get("family")], " ") or _text(name.get("text"))
