"""The papers in a package: what the data files hold, on which terms, how to open them; each in its field's own form.

Pure: values in, bytes out. Names of columns, counts and digests only; no value of a row.

Source: Data Package v2 and Table Schema v2 (datapackage.org); ODRL 2.2 in JSON-LD (W3C, 15 February 2018).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modicum.model.forms import Form
from modicum.seal.manifest import Manifest
from modicum.seal.sealed import DataFile, Sealed, measure
from modicum_verify.package import DATAPACKAGE, KEY, READ_ME, TERMS

_FIELD_TYPES: Final[Mapping[str, str]] = {
    "text": "string",
    "integer": "integer",
    "decimal": "number",
    "date": "date",
}
_TERMS_NAMESPACE: Final = "https://modicum.example/terms#"
_ODRL: Final = "http://www.w3.org/ns/odrl.jsonld"
_IDENTITIES_HIDDEN: Final = frozenset({Form.STATISTICS, Form.MATCH, Form.VERIFICATION, Form.PSEUDONYMISED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A small file of the package, in memory."""

    name: str
    content: bytes

    @property
    def measure(self) -> Sealed:
        """Its digest and size, as manifest and container need them."""
        return measure(self.name, self.content)


def write_papers(manifest: Manifest, files: Sequence[tuple[DataFile, Sealed]]) -> tuple[Paper, ...]:
    """Write datapackage.json, terms.odrl.json and READ-ME-FIRST.txt for a release."""
    names = [file for file, _ in files]
    return (
        Paper(name=DATAPACKAGE, content=_json(datapackage(manifest, files))),
        Paper(name=TERMS, content=_json(terms(manifest))),
        Paper(name=READ_ME, content=read_me(manifest, names).encode()),
    )


def datapackage(manifest: Manifest, files: Sequence[tuple[DataFile, Sealed]]) -> dict[str, Any]:
    """Describe the data files as a Frictionless data package; paths are those inside the package, still sealed."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"modicum-{manifest.case}".lower(),
        "title": f"Release of case {manifest.case}, {manifest.form}",
        "created": manifest.created,
        "resources": [_resource(file, sealed) for file, sealed in sorted(files, key=lambda pair: pair[0].name)],
    }


def _resource(file: DataFile, sealed: Sealed) -> dict[str, Any]:
    stem, _, suffix = file.plain_name.rpartition(".")
    described: dict[str, Any] = {
        "name": stem.lower(),
        "title": file.title,
        "path": file.name,
        "format": suffix,
        "encryption": f"age, to the key in {KEY}",
        "bytes": sealed.size_bytes,
        "hash": f"sha256:{sealed.sha256}",
    }
    if file.rows is not None:
        described["rows"] = file.rows
    if file.columns:
        fields = [
            {"name": column.name, "type": _FIELD_TYPES.get(column.kind, "any"), "treatment": column.treatment}
            for column in file.columns
        ]
        described["schema"] = {"fields": fields}
    return described


def terms(manifest: Manifest) -> dict[str, Any]:
    """Write the terms as an ODRL agreement: use for the purpose alone, delete by the day, pass nothing on."""
    target = f"urn:modicum:release:{manifest.case}:{manifest.round}"
    assignees = [f"urn:modicum:organisation:{name}" for name in sorted({r.organisation for r in manifest.recipients})]
    delete = _constraint("dateTime", "lteq", {"@value": manifest.delete_by, "@type": "xsd:date"})
    forbidden = ["distribute", *(["modicum:identify"] if Form(manifest.form) in _IDENTITIES_HIDDEN else [])]
    return {
        "@context": [_ODRL, {"modicum": _TERMS_NAMESPACE, "xsd": "http://www.w3.org/2001/XMLSchema#"}],
        "@type": "Agreement",
        "uid": f"{target}:terms",
        "profile": _TERMS_NAMESPACE.rstrip("#"),
        "target": target,
        "assigner": "urn:modicum:custodian",
        "assignee": assignees,
        "permission": [{"action": "use", "constraint": [_constraint("purpose", "eq", manifest.purpose)]}],
        "obligation": [
            {"action": "delete", "constraint": [delete]},
            *({"action": f"modicum:{name}"} for name in manifest.obligations),
            *({"action": "modicum:safeguard", "modicum:text": text} for text in manifest.handling.safeguards),
        ],
        "prohibition": [{"action": action} for action in forbidden],
    }


def _constraint(left: str, operator: str, right: str | dict[str, str]) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def read_me(manifest: Manifest, files: Sequence[DataFile]) -> str:
    """Say in plain words what this is and which commands open and check it."""
    ordered = sorted(files, key=lambda file: file.name)
    opened = "\n".join(f"    age -d -i one-time.key {file.name} > {file.plain_name}" for file in ordered)
    who = "\n".join(f"  - {r.person}, {r.organisation}" for r in manifest.recipients)
    duties = "\n".join(f"  - {name}" for name in manifest.obligations) or "  - none beyond the above"
    objections = _objections(manifest.objections)
    return f"""READ ME FIRST

This package holds the answer to case {manifest.case}, in the form: {manifest.form}.
It may be used for this purpose alone: {manifest.purpose}.
Delete it, and every copy, by {manifest.delete_by}. Do not pass it on.

Only these people can open it, with their own private key:
{who}

To open it (needs the `age` program, and unzip):

    unzip {manifest.case}.modicum
    age -d -i my-key.txt {KEY} > one-time.key
{opened}
    rm one-time.key

my-key.txt is your age identity file, or your ssh-ed25519 private key.
With Modicum installed, one command does the same: modicum open {manifest.case}.modicum --identity my-key.txt

To check that nothing was changed, and that this release stands in the custodian's log:

    modicum verify {manifest.case}.modicum --trust trust.json

Get trust.json from the custodian by another way than this package.

Duties that the law attaches to this release (terms.odrl.json has them for machines):
{duties}

{objections}
Witnesses of the log entry: {manifest.witnesses}.
"""


def _objections(objections: Sequence[Mapping[str, Any]]) -> str:
    if not objections:
        return "No objection was filed against this release.\n"
    return f"Objections that stay attached to this release: {len(objections)}. The manifest lists them.\n"


def _json(document: Mapping[str, Any]) -> bytes:
    # Indented, since people open these two; the manifest covers every byte of them.
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False).encode() + b"\n"
