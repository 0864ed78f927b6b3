"""The outbox: where published packages lie, one for each attempt at a release."""

import hashlib
import shutil
from pathlib import Path

from modicum.gateway.home import Home
from modicum.gateway.lookback import release_name
from modicum.gateway.outside import check_out
from modicum.model.errors import EvidenceError
from modicum.storage import Folder
from modicum_verify.case_state import CaseState


def outbox_path(case: CaseState) -> str:
    """Where the package of the last attempt lies; each attempt has a name of its own."""
    return f"outbox/{release_name(case.id, len(case.releases))}.modicum"


def measure(path: Path) -> tuple[str, int]:
    """The SHA-256 (hex) of a file, and its size in bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def copy_out(home: Home, case: CaseState, *, sha256: str, out: Path) -> None:
    """Copy the package of a delivered case to `out`; the copy appears whole or not at all.

    Raises EvidenceError: it is gone, or not the package of that digest. Raises what `check_out` raises.
    """
    source = home.folder.path(outbox_path(case))
    if not source.is_file() or measure(source)[0] != sha256:
        raise EvidenceError(place=outbox_path(case), cause="is missing, or is not the package that was delivered")
    check_out(out)
    with Folder(out.absolute().parent).stage(out.name) as sink, source.open("rb") as file:
        shutil.copyfileobj(file, sink, 1 << 20)
