"""A pack put before its vectors: whether it reproduces them, they cover it, and they notice when it is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.law.coverage import Coverage, coverage
from modicum.law.decisions import DecisionResult, DecisionVector, read_decisions, run_decisions
from modicum.law.mutation import MutationReport, run_mutations
from modicum.law.packs import Pack, load_pack
from modicum.law.vectors import CaseVector, VectorResult, read_case, read_vectors, run_case
from modicum.model.decision import PackRef
from modicum.model.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRun:
    """One vectors file and what the pack says of each of its vectors: of a case (orders alone), or decisions."""

    name: str
    case: tuple[VectorResult, ...] = ()
    decisions: tuple[DecisionResult, ...] = ()

    @property
    def kind(self) -> str:
        """What it holds: `case` or `decisions`."""
        return "case" if self.case else "decisions"

    @property
    def results(self) -> Sequence[VectorResult | DecisionResult]:
        """Its vectors, in their order."""
        return self.case or self.decisions

    @property
    def differing(self) -> int:
        """How many of them the pack does not reproduce."""
        return sum(1 for each in self.results if not each.agrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorsRun:
    """A pack and its vectors files. `coverage` is there where all the files of the pack were run."""

    pack: PackRef
    files: tuple[FileRun, ...]
    coverage: Coverage | None

    @property
    def vectors(self) -> int:
        """How many vectors there were."""
        return sum(len(each.results) for each in self.files)

    @property
    def differing(self) -> int:
        """How many of them the pack does not reproduce."""
        return sum(each.differing for each in self.files)

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/vectors.json)."""
        return {
            "schema": "modicum.vectors/2",
            "pack": _pack(self.pack),
            "vectors": self.vectors,
            "differing": self.differing,
            "files": [_file(each) for each in self.files],
            "coverage": None if self.coverage is None else _coverage(self.coverage),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationsRun:
    """A pack whose vectors were put before every mutant of its rules."""

    pack: PackRef
    report: MutationReport

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/mutations.json)."""
        return {
            "schema": "modicum.mutations/1",
            "pack": _pack(self.pack),
            "rules": self.report.rules,
            "mutants": len(self.report.fates),
            "killed": len(self.report.fates) - len(self.report.survivors),
            "fates": [{"rule": each.rule, "mutant": each.kind, "killer": each.killer} for each in self.report.fates],
        }


def run(pack: str, file: Path | None) -> VectorsRun:
    """Run a pack (a shipped name or a folder) on one vectors file, or on every file of its own.

    Raises NotFoundError, InvalidInputError: no such pack or file, one that is not well formed, a pack without vectors.
    """
    found = load_pack(pack)
    files = tuple(_run(found, path) for path in ([file] if file is not None else _own(found)))
    vectors = [result.vector for each in files for result in each.decisions]
    covered = coverage(found, vectors) if file is None else None
    return VectorsRun(pack=found.ref, files=files, coverage=covered)


def mutate(pack: str) -> MutationsRun:
    """Put every mutant of a pack's rules before the pack's own vectors.

    Raises InvalidInputError: the pack itself does not reproduce them, so that nothing follows from a difference.
    """
    wrong = [result for each in run(pack, None).files for result in each.results if not result.agrees]
    if wrong:
        raise InvalidInputError(
            cause=f"{len(wrong)} vectors differ under the pack as it is",
            cure="see `modicum law vectors`, mend these first",
        )
    found = load_pack(pack)
    decisions: list[DecisionVector] = []
    case: list[CaseVector] = []
    for path in _own(found):
        document = read_vectors(path)
        if "decisions" in document:
            decisions.extend(read_decisions(document, found))
        else:
            case.extend(read_case(document))
    return MutationsRun(pack=found.ref, report=run_mutations(found, decisions, case))


def _own(pack: Pack) -> list[Path]:
    files = sorted((pack.root / "vectors").glob("*.yaml"))
    if not files:
        raise InvalidInputError(cause=f"the pack {pack.ref.name} has no vectors", cure="write vectors/decisions.yaml")
    return files


def _run(pack: Pack, path: Path) -> FileRun:
    document = read_vectors(path)
    if "decisions" in document:
        return FileRun(name=path.name, decisions=run_decisions(pack, read_decisions(document, pack)))
    return FileRun(name=path.name, case=run_case(pack, read_case(document)))


def _pack(ref: PackRef) -> dict[str, str]:
    return {"name": ref.name, "version": ref.version, "sha256": ref.sha256}


def _file(run: FileRun) -> dict[str, Any]:
    results = [_barred(each) for each in run.case] or [_decided(each) for each in run.decisions]
    return {
        "file": run.name,
        "kind": run.kind,
        "vectors": len(results),
        "differing": run.differing,
        "results": results,
    }


def _barred(result: VectorResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "agrees": result.agrees,
        "expected": result.expected,
        "got": result.got,
        "rules": list(result.rules),
    }


def _decided(result: DecisionResult) -> dict[str, Any]:
    return {
        "id": result.vector.id,
        "agrees": result.agrees,
        "rule": result.vector.rule,
        "shows": result.vector.shows,
        "shown": result.shown,
        "differing": list(result.differing),
        "expected": result.vector.expected.as_document(),
        "got": result.got.as_document(),
    }


def _coverage(covered: Coverage) -> dict[str, Any]:
    return {
        "rules": len(covered.rules),
        "covered": covered.covered,
        "never_shown": list(covered.never_shown),
        "never_nearly": list(covered.never_nearly),
    }
