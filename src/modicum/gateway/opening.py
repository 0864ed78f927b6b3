"""Open a package as its recipient: verify first, decrypt into a new folder, all files or none."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.gateway.outside import check_new_folder
from modicum.gateway.progress import Report, silent
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.seal.package import open_package
from modicum.storage import Folder
from modicum_verify.package import PackageReport, verify_package
from modicum_verify.verdict import read_trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The plain files, and what the package said of itself."""

    files: tuple[str, ...]
    out: Path
    report: PackageReport

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {
            "schema": "modicum.opened/1",
            "out": str(self.out),
            "files": list(self.files),
            "trusted": self.report.trusted,
            "case": self.report.case,
            "form": self.report.form,
        }


def open_release(
    package: Path, *, identity: Path, out: Path, trust_file: Path | None, report: Report = silent
) -> Opened:
    """Verify `package`, then open its data with the identity file into the new folder `out`.

    Raises NotFoundError, ConflictError (`out` is there), EvidenceError (damaged), NotPermittedError (no recipient).
    """
    if not package.is_file():
        raise NotFoundError(cause=f"there is no package {package}", cure="check the path")
    check_new_folder(out)
    try:
        key = identity.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no identity file {identity}", cure="check the path") from None
    except OSError:
        raise InvalidInputError(cause=f"{identity} cannot be read", cure="check that it is a readable file") from None
    report("verifying the package", 0.2)
    found = verify_package(package, trust=None if trust_file is None else read_trust(trust_file))
    report("opening the data", 0.6)
    try:
        files = open_package(package, found, identity_file=key, into=Folder(out).stage)
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    return Opened(files=tuple(files), out=out, report=found)
