"""The policy packs that a home keeps: the one that it was made with, and each that a change of the rules brings.

The log names packs by digest, the one in force now and those that old decisions were made by. So a pack that was ever
in force stays in the home, under `packs/DIGEST/`, and is found by what it is and never by where it came from.
"""

from pathlib import Path
from typing import Final

from modicum.law.packs import SHIPPED, Pack, load_pack, pack_sha256, shipped_packs
from modicum.model.errors import ConflictError, EvidenceError
from modicum.storage import Folder

OWN_PACK: Final = "./pack"
"""What the settings call a pack that came from a folder: its copy in the home, so that the home needs nothing else."""
PACKS: Final = "packs"


def copy_pack(folder: Folder, pack: Pack, to: str) -> None:
    """Copy a pack into a home, file by file, and read it again; what lies there under these names is replaced.

    Raises ConflictError: it changed meanwhile, or something else lies there too.
    """
    paths = sorted(path for path in pack.root.rglob("*") if path.is_file())
    folder.replace_all({f"{to}/{path.relative_to(pack.root).as_posix()}": path.read_bytes() for path in paths})
    if load_pack(folder.root / to).ref != pack.ref:
        raise ConflictError(
            cause=f"the pack {pack.ref.name} changed while it was copied", cure="try again when it is at rest"
        )


def keep_pack(folder: Folder, pack: Pack) -> None:
    """Keep a pack under its digest, where it does not lie there already. Raises ConflictError: see `copy_pack`."""
    place = f"{PACKS}/{pack.ref.sha256}"
    if not folder.exists(f"{place}/pack.toml") or pack_sha256(folder.root / place) != pack.ref.sha256:
        copy_pack(folder, pack, place)


def kept_pack(root: Path, sha256: str, *, settings: str) -> Pack:
    """The pack of that digest: one that the home keeps, the one that its settings name, or a shipped one.

    Raises EvidenceError: none of them is it.
    """
    named = SHIPPED / settings if settings in shipped_packs() else root / OWN_PACK
    others = (SHIPPED / name for name in shipped_packs())
    for place in (root / PACKS / sha256, named, *others):
        if (place / "pack.toml").is_file() and pack_sha256(place) == sha256:
            return load_pack(place)
    raise EvidenceError(
        place=f"policy pack {sha256[:12]}",
        cause="is not here, though the log names it, and nothing is decided by another",
        cure=f"restore it in {PACKS}/{sha256} of the home; a change of pack is a case",
    )
