"""The manifest: what a package holds, why it left, on whose word, and until when, signed by the gateway's key.

An in-toto Statement whose subjects are all files of the package save the manifest itself and the log's proof (which
holds the manifest's digest in turn). Readers check it with `modicum_verify.package`.

Source: in-toto Attestation Framework, Statement v1; DSSE v1.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.model.decision import PackRef
from modicum.model.request import Handling, Recipient
from modicum.seal.sealed import Sealed
from modicum_verify import dsse
from modicum_verify.canonical import canonical
from modicum_verify.events import UNWITNESSED
from modicum_verify.package import MANIFEST_SCHEMA, PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a release says of itself; all of it is public to the package's reader, none of it is about one person.

    columns: `{name, treatment, ...}` per column, as decided; approvals: `{person, organisation, entry}`; objections and
    directives: as the docket holds them, each with its `entry` (an objection stays attached for ever).
    signed_with: the home's trust root as a claim, so that damage shows even to a reader who brought none.
    created: UTC, RFC 3339, whole seconds. rows: all rows of all data files.
    """

    case: str
    round: int
    form: str
    request_sha256: str
    decision_sha256: str
    pack: PackRef
    dataset: str
    dataset_version: str
    as_of: str
    recipients: Sequence[Recipient]
    columns: Sequence[Mapping[str, Any]]
    rows: int
    obligations: Sequence[str]
    approvals: Sequence[Mapping[str, Any]]
    objections: Sequence[Mapping[str, Any]]
    directives: Sequence[Mapping[str, Any]]
    purpose: str
    handling: Handling
    delete_by: str
    created: str
    signed_with: Mapping[str, Any]
    witnesses: str = UNWITNESSED

    def predicate(self) -> dict[str, Any]:
        """As published JSON, schema `modicum.manifest/1`."""
        return {
            "schema": MANIFEST_SCHEMA,
            "case": self.case,
            "round": self.round,
            "form": self.form,
            "request_sha256": self.request_sha256,
            "decision_sha256": self.decision_sha256,
            "pack": {"name": self.pack.name, "version": self.pack.version, "sha256": self.pack.sha256},
            "dataset": {"name": self.dataset, "version": self.dataset_version},
            "as_of": self.as_of,
            "purpose": self.purpose,
            "recipients": [recipient_document(each) for each in self.recipients],
            "columns": [dict(each) for each in self.columns],
            "rows": self.rows,
            "obligations": list(self.obligations),
            "approvals": [dict(each) for each in self.approvals],
            "objections": [dict(each) for each in self.objections],
            "directives": [dict(each) for each in self.directives],
            "handling": {
                "retention_days": self.handling.retention_days,
                "safeguards": list(self.handling.safeguards),
                "delete_by": self.delete_by,
            },
            "witnesses": self.witnesses,
            "created": self.created,
            "signed_with": dict(self.signed_with),
        }


def recipient_document(recipient: Recipient) -> dict[str, str]:
    """A recipient as manifest and `released` entry both write it, letter for letter."""
    return {
        "organisation": recipient.organisation,
        "person": recipient.person,
        "age_key": recipient.age_key.strip(),
    }


def sign_manifest(manifest: Manifest, files: Sequence[Sealed], *, key: Ed25519PrivateKey) -> bytes:
    """Make `manifest.dsse.json`: the statement over these files, in a DSSE envelope, canonical to the byte.

    files: every file of the package save the manifest and the proof; order does not matter.
    """
    statement: dict[str, Any] = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": each.name, "digest": {"sha256": each.sha256}} for each in sorted(files, key=lambda file: file.name)
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": manifest.predicate(),
    }
    return dsse.sign(canonical(statement), PAYLOAD_TYPE, key)
