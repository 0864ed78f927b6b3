"""The columns that FHIR resources give, with the element each holds and the data class proposed for it."""

from typing import Final, NamedTuple


class FhirColumn(NamedTuple):
    """One column of a flattened resource."""

    name: str
    element: str
    data_class: str | None
    kind: str = "text"


DIAGNOSES: Final = 25  # an ExplanationOfBenefit holds 25 on an institutional claim; more go to diagnosis_more

_PATIENT: Final = (
    FhirColumn("id", "Patient.id", "other_identifier"),
    FhirColumn("ssn", "Patient.identifier:SS", "ssn"),
    FhirColumn("mbi", "Patient.identifier:MC", "medicare_id"),
    FhirColumn("medicaid_id", "Patient.identifier:MA", "medicaid_id"),
    FhirColumn("mrn", "Patient.identifier:MR", "other_identifier"),
    FhirColumn("driver_licence", "Patient.identifier:DL", "other_identifier"),
    FhirColumn("passport", "Patient.identifier:PPN", "other_identifier"),
    FhirColumn("identifier_other", "Patient.identifier", "other_identifier"),
    FhirColumn("family", "Patient.name.family", "name"),
    FhirColumn("given", "Patient.name.given", "name"),
    FhirColumn("prefix", "Patient.name.prefix", "name"),
    FhirColumn("suffix", "Patient.name.suffix", "name"),
    FhirColumn("name_other", "Patient.name", "name"),
    FhirColumn("birth_date", "Patient.birthDate", "dob", "date"),
    FhirColumn("deceased", "Patient.deceased[x]", "death_date"),
    FhirColumn("gender", "Patient.gender", "sex"),
    FhirColumn("birth_sex", "Patient.extension:us-core-birthsex", "sex"),
    FhirColumn("race", "Patient.extension:us-core-race", "race_ethnicity"),
    FhirColumn("ethnicity", "Patient.extension:us-core-ethnicity", "race_ethnicity"),
    FhirColumn("marital_status", "Patient.maritalStatus", "marital_status"),
    FhirColumn("language", "Patient.communication.language", "language"),
    FhirColumn("phone", "Patient.telecom:phone", "phone"),
    FhirColumn("email", "Patient.telecom:email", "email"),
    FhirColumn("telecom_other", "Patient.telecom", "phone"),
    FhirColumn("address_line", "Patient.address.line", "address"),
    FhirColumn("address_city", "Patient.address.city", "city"),
    FhirColumn("address_county", "Patient.address.district", "county"),
    FhirColumn("address_state", "Patient.address.state", "state"),
    FhirColumn("address_postal_code", "Patient.address.postalCode", "zip"),
    FhirColumn("address_country", "Patient.address.country", "address"),
    FhirColumn("address_other", "Patient.address", "past_address"),
    FhirColumn("latitude", "Patient.address.extension:geolocation", "geo_point", "decimal"),
    FhirColumn("longitude", "Patient.address.extension:geolocation", "geo_point", "decimal"),
)

_COVERAGE: Final = (
    FhirColumn("id", "Coverage.id", "other_identifier"),
    FhirColumn("beneficiary", "Coverage.beneficiary", "other_identifier"),
    FhirColumn("status", "Coverage.status", "insurance"),
    FhirColumn("type", "Coverage.type", "insurance"),
    FhirColumn("subscriber_id", "Coverage.subscriberId", "other_identifier"),
    FhirColumn("relationship", "Coverage.relationship", "household_members"),
    FhirColumn("period_start", "Coverage.period.start", "enrollment_dates", "date"),
    FhirColumn("period_end", "Coverage.period.end", "enrollment_dates", "date"),
    FhirColumn("payor", "Coverage.payor", "insurance"),
    FhirColumn("class_values", "Coverage.class.value", "insurance"),
)

_BENEFIT: Final = (
    FhirColumn("id", "ExplanationOfBenefit.id", "other_identifier"),
    FhirColumn("patient", "ExplanationOfBenefit.patient", "other_identifier"),
    FhirColumn("status", "ExplanationOfBenefit.status", "claims"),
    FhirColumn("type", "ExplanationOfBenefit.type", "claims"),
    FhirColumn("use", "ExplanationOfBenefit.use", "claims"),
    FhirColumn("billable_period_start", "ExplanationOfBenefit.billablePeriod.start", "service_dates", "date"),
    FhirColumn("billable_period_end", "ExplanationOfBenefit.billablePeriod.end", "service_dates", "date"),
    FhirColumn("created", "ExplanationOfBenefit.created", "service_dates", "date"),
    FhirColumn("insurer", "ExplanationOfBenefit.insurer", "insurance"),
    FhirColumn("provider", "ExplanationOfBenefit.provider", "provider"),
    FhirColumn("facility", "ExplanationOfBenefit.facility", "provider"),
    FhirColumn("claim", "ExplanationOfBenefit.claim", "other_identifier"),
    FhirColumn("outcome", "ExplanationOfBenefit.outcome", "claims"),
    FhirColumn("coverage", "ExplanationOfBenefit.insurance.coverage", "other_identifier"),
    FhirColumn("coverage_payor", "ExplanationOfBenefit.contained:Coverage.payor", "insurance"),
    FhirColumn("total_submitted", "ExplanationOfBenefit.total:submitted", "payment", "decimal"),
    FhirColumn("payment_amount", "ExplanationOfBenefit.payment.amount", "payment", "decimal"),
    FhirColumn("payment_date", "ExplanationOfBenefit.payment.date", "payment", "date"),
    *(
        FhirColumn(f"diagnosis_{place}", "ExplanationOfBenefit.diagnosis.diagnosisCodeableConcept", "diagnosis")
        for place in range(1, DIAGNOSES + 1)
    ),
    FhirColumn("diagnosis_more", "ExplanationOfBenefit.diagnosis.diagnosisCodeableConcept", "diagnosis"),
    FhirColumn("diagnosis_system", "ExplanationOfBenefit.diagnosis.diagnosisCodeableConcept.system", "claims"),
    FhirColumn("diagnosis_condition", "ExplanationOfBenefit.diagnosis.diagnosisReference", "diagnosis"),
)

_ITEM: Final = (
    FhirColumn("explanation_of_benefit", "ExplanationOfBenefit.id", "other_identifier"),
    FhirColumn("patient", "ExplanationOfBenefit.patient", "other_identifier"),
    FhirColumn("sequence", "ExplanationOfBenefit.item.sequence", "claims", "integer"),
    FhirColumn("category", "ExplanationOfBenefit.item.category", "claims"),
    FhirColumn("product_or_service_code", "ExplanationOfBenefit.item.productOrService", "procedure"),
    FhirColumn("product_or_service_system", "ExplanationOfBenefit.item.productOrService.system", "claims"),
    FhirColumn("serviced_start", "ExplanationOfBenefit.item.serviced[x]", "service_dates", "date"),
    FhirColumn("serviced_end", "ExplanationOfBenefit.item.serviced[x]", "service_dates", "date"),
    FhirColumn("quantity", "ExplanationOfBenefit.item.quantity", "claims", "decimal"),
    FhirColumn("amount_submitted", "ExplanationOfBenefit.item.adjudication:submitted", "payment", "decimal"),
    FhirColumn("amount_paid", "ExplanationOfBenefit.item.adjudication:benefit", "payment", "decimal"),
    FhirColumn("location", "ExplanationOfBenefit.item.location[x]", "provider"),
)

FHIR_TABLES: Final[dict[str, tuple[FhirColumn, ...]]] = {
    "patient": _PATIENT,
    "coverage": _COVERAGE,
    "explanation_of_benefit": _BENEFIT,
    "explanation_of_benefit_item": _ITEM,
}
