"""What a release says of itself: the manifest to its recipients, the line to the people in it."""

from datetime import timedelta
from typing import Any

from modicum.gateway.answering import Answered
from modicum.gateway.deciding import Decided
from modicum.gateway.home import Home
from modicum.seal.manifest import Manifest
from modicum_verify.case_state import CaseState
from modicum_verify.cosigned import said_of


def manifest_of(home: Home, case: CaseState, decided: Decided, answered: Answered) -> Manifest:
    """What the release of an agreed case says of itself, but for the digests of its files."""
    request, today = decided.request, home.journal.now().date()
    return Manifest(
        case=case.id,
        round=case.round,
        form=str(decided.form),
        request_sha256=request.sha256,
        decision_sha256=case.decision_sha256 or "",
        pack=decided.decision.pack,
        dataset=decided.dataset.name,
        dataset_version=decided.dataset.version,
        as_of=decided.decision.as_of.isoformat(),
        recipients=request.recipients,
        columns=[
            {"name": column.name, "treatment": column.treatment}
            for file, _ in answered.files
            for column in file.columns
        ],
        rows=answered.rows,
        obligations=decided.overall().obligations,
        approvals=[{"person": v.person, "organisation": v.organisation, "entry": v.index} for v in case.approvals],
        objections=[
            {"person": o.person, "grounds": o.grounds, "text": o.text, "answered": o.answered, "entry": o.index}
            for o in case.objections
        ],
        directives=[
            {"person": d.person, "text": d.text, "deadline": d.deadline, "entry": d.index} for d in case.directives
        ],
        purpose=request.purpose,
        handling=request.handling,
        delete_by=(today + timedelta(days=request.handling.retention_days)).isoformat(),
        created=home.journal.timestamp(),
        signed_with=home.trust.as_document(),
        witnesses=said_of(home.journal.docket().roster.witnesses),
    )


def line_of(manifest: Manifest, decided: Decided) -> dict[str, Any]:
    """What each person in the release will be told."""
    return {
        "at": manifest.created,
        "recipients": [
            {"organisation": each.organisation, "person": each.person} for each in decided.request.recipients
        ],
        "purpose": manifest.purpose,
        "columns": [each["name"] for each in manifest.columns],
        "authority": "; ".join(each.citation for each in decided.request.authorities),
        "form": manifest.form,
    }
