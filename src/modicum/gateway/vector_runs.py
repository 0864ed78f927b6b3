"""A pack put before its vectors: whether it reproduces them, they cover it, and they notice when it is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.law.coverage import Coverage, coverage
from modicum.law.decisions import DecisionResult, read_decisions, run_decisions
from modicum.law.mutation import MutationReport, run_mutations
from modicum.law.packs import Pack, load_pack
from modicum.law.vectors import VectorResult, read_case, read_vectors, run_case
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

    @property
    def good(self) -> bool:
        """Whether the pack reproduces all of them."""
        return not self.differing

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

    @property
    def good(self) -> bool:
        """Whether the vectors noticed all of them."""
        return not self.report.survivors

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/mutations.json)."""
        return {
            "schema": "modicum.mutations/1",
            "pack": _pack(self.pack),
            "rules": self.report.rules,
            "mutants": len(self.report.fates),
            "killed": len(self.report.fates) - len(self.report.survivors),
            "fates": [{"rule": each.rule, "mutant": each.kind, "killer": each.killer} for each in self.report.fates],
            "equal": [{"rule": rule, "mutant": kind} for rule, kind in self.report.equal],
        }


def run(pack: str, file: Path | None) -> VectorsRun:
    """Run a pack (a shipped name or a folder) on one vectors file, or on every file of its own.

    Raises NotFoundError, InvalidInputError: no such pack or file, one that is not well formed, a pack without vectors.
    """
    found = load_pack(pack)
    if file is not None:
        return VectorsRun(pack=found.ref, files=(_run(found, file.name, read_vectors(file)),), coverage=None)
    return _run_own(found, _own(found))


def mutate(pack: str) -> MutationsRun | VectorsRun:
    """Put every mutant of a pack's rules before the pack's own vectors.

    Answers with the run on the vectors where the pack itself differs: then nothing follows from a difference. Raises
    NotFoundError, InvalidInputError as `run` does.
    """
    found = load_pack(pack)
    own = _own(found)
    plain = _run_own(found, own)
    if plain.differing:
        return plain
    decisions = [result.vector for each in plain.files for result in each.decisions]
    case = [vector for document in own.values() if not _decisions(document) for vector in read_case(document)]
    return MutationsRun(pack=found.ref, report=run_mutations(found, decisions, case))


def _run_own(pack: Pack, own: Mapping[str, Mapping[str, Any]]) -> VectorsRun:
    files = tuple(_run(pack, name, document) for name, document in own.items())
    vectors = [result.vector for each in files for result in each.decisions]
    return VectorsRun(pack=pack.ref, files=files, coverage=coverage(pack, vectors))


def _own(pack: Pack) -> dict[str, Mapping[str, Any]]:
    """The vectors files of a pack, by name. Raises InvalidInputError: it has none."""
    files = sorted((pack.root / "vectors").glob("*.yaml"))
    if not files:
        raise InvalidInputError(cause=f"the pack {pack.ref.name} has no vectors", cure="write vectors/decisions.yaml")
    return {path.name: read_vectors(path) for path in files}


def _decisions(document: Mapping[str, Any]) -> bool:
    return "decisions" in document


def _run(pack: Pack, name: str, document: Mapping[str, Any]) -> FileRun:
    if _decisions(document):
        return FileRun(name=name, decisions=run_decisions(pack, read_decisions(document, pack, file=name)))
    return FileRun(name=name, case=run_case(pack, read_case(document)))


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
