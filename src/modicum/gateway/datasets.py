"""Data sets in a home: registered, described, confirmed; each version is an entry of the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modicum.custody import catalogue, population
from modicum.custody.codes import check_codes
from modicum.custody.dictionary import propose_text
from modicum.custody.register import Registration, register
from modicum.docket import gateway_events
from modicum.gateway.case import enter
from modicum.gateway.catalogued import interrupted, logged_dataset, logged_datasets
from modicum.gateway.home import Home, vocabulary_of
from modicum.gateway.outside import check_outside
from modicum.gateway.progress import Report, silent
from modicum.model.dataset import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A data set, and what its codes say about themselves."""

    dataset: Dataset
    code_checks: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """As published JSON."""
        return {**self.dataset.as_document(), "code_checks": list(self.code_checks)}


def make_population(out: Path, *, people: int, seed: int, report: Report = silent) -> Mapping[str, int]:
    """Write the synthetic population; gives rows by table. Raises InvalidInputError: the folder lies in a home."""
    check_outside(out)
    return population.generate(out, people=people, seed=seed, progress=report).tables


def add(
    home: Home, name: str, paths: Sequence[Path], *, dictionary: Path | None, report: Report = silent
) -> Registration:
    """Register a data set and enter it in the log; what an interrupted registration of that name left goes first."""
    home.require_writable()
    with home.journal.locked():
        if name in interrupted(home, home.journal.docket()):
            home.folder.discard(_description_first(home.folder.list(f"data/{name}")))
        added = register(
            home.folder,
            name=name,
            paths=paths,
            dictionary=dictionary,
            vocabulary=vocabulary_of(home.pack()),
            progress=report,
        )
        enter(home, gateway_events.dataset(added.dataset))
    return added


def confirm(home: Home, name: str) -> Dataset:
    """Confirm the dictionary of a data set, and enter that in the log."""
    home.require_writable()
    with home.journal.locked():
        confirmed = catalogue.confirm(home.folder, name, vocabulary=vocabulary_of(home.pack()))
        enter(home, gateway_events.dataset(confirmed))
    return confirmed


def listed(home: Home) -> list[Dataset]:
    """All registered data sets, by name."""
    return logged_datasets(home, home.journal.docket())


def describe(home: Home, name: str) -> Described:
    """A data set with its code checks."""
    dataset = logged_dataset(home, home.journal.docket(), name)
    return Described(dataset=dataset, code_checks=tuple(check_codes(home.folder, dataset)))


def propose_dictionary(home: Home, name: str) -> str:
    """The dictionary of a registered data set, or a proposal for files that are not registered yet; TOML."""
    if name in catalogue.list_datasets(home.folder):
        return home.folder.read(f"data/{name}/dictionary.toml").decode("utf-8")
    return propose_text([Path(name)], vocabulary=vocabulary_of(home.pack()))


def registration_document(added: Registration) -> dict[str, Any]:
    """What was registered and what could not be read, as published JSON."""
    return {
        **added.dataset.as_document(),
        "unreadable": [{"file": each.file, "line": each.line, "reason": each.reason} for each in added.unreadable],
    }


def _description_first(paths: Sequence[str]) -> list[str]:
    """The order in which files of a data set go: with its description it is no longer there."""
    return sorted(paths, key=lambda path: not path.endswith("/dataset.json"))
