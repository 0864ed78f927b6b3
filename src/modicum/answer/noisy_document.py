"""An answer with noise as it leaves: JSON, and a CSV that no spreadsheet runs. Pure.

The figures are those of the question, whoever asked it first; the words, rules and strata are those of the case.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modicum.answer.grammar import check_privacy
from modicum.answer.private_answer import Price
from modicum.answer.questions import PrivateQuestion
from modicum.answer.statistics_answer import safe_cell
from modicum.model.dataset import Stratum
from modicum.model.decision import Because
from modicum_verify.canonical import canonical

NOISY_SCHEMA: Final = "modicum.statistics-noise/1"
KEPT_FORMAT: Final = 1
COVERAGE: Final = "95 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisyAnswer:
    """Figures with noise, fit to leave, and what was charged for them.

    kept: the document that is kept with the question, `kept_document`. again: whether it was paid for earlier.
    """

    kept: Mapping[str, Any]
    question: str
    excluded_strata: tuple[Stratum, ...]
    rules: tuple[Because, ...]
    again: bool

    @property
    def rows(self) -> int:
        """Groups of the answer."""
        return len(self.kept["rows"])

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/statistics-noise.json)."""
        return {
            "schema": NOISY_SCHEMA,
            "question": self.question,
            "question_sha256": self.kept["question_sha256"],
            "rows": self.kept["rows"],
            "mechanism": self.kept["mechanism"],
            "epsilon": self.kept["epsilon"],
            "delta": self.kept["delta"],
            "interval": COVERAGE,
            "bounds": self.kept["bounds"],
            "charged": {**self.kept["charged"], "again": self.again},
            "suppressed": 0,
            "excluded_strata": [dict(stratum) for stratum in self.excluded_strata],
            "rules": [rule.as_document() for rule in self.rules],
            "entry": self.kept["charged"]["entry"],
        }

    def as_json(self) -> bytes:
        """The document in canonical form."""
        return canonical(self.as_document())

    def as_csv(self) -> bytes:
        """`answer.csv`: a line a value, with its interval; UTF-8, RFC 4180. No text can be a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        rows = self.kept["rows"]
        groups = [each["column"] for each in rows[0]["group"]] if rows else []
        writer.writerow([safe_cell(name) for name in (*groups, "measure", "column", "part", "value", "low", "high")])
        for row in rows:
            key = [safe_cell(each["value"] or "") for each in row["group"]]
            for measure in row["measures"]:
                head = [measure["kind"], safe_cell(measure["column"] or "")]
                writer.writerows([*key, *head, *part] for part in _parts(measure))
        return out.getvalue().encode("utf-8")


def kept_document(
    question: PrivateQuestion, cost: Price, rows: list[dict[str, Any]], *, population: str, entry: int
) -> dict[str, Any]:
    """What is kept of an answer, to be given to whoever asks the same question of the same version."""
    epsilon, delta = check_privacy(question.statistics)
    return {
        "format": KEPT_FORMAT,
        "question_sha256": question.sha256,
        "rows": rows,
        "mechanism": f"{question.noise} noise",
        "epsilon": format(epsilon, "f"),
        "delta": format(delta, "f"),
        "bounds": {"groups_per_person": question.groups, "rows_per_person": question.max_rows},
        "charged": {
            "population": population,
            "rho": format(cost.charge.rho, "f"),
            "delta": format(cost.charge.delta, "f"),
            "entry": entry,
        },
    }


def _parts(measure: Mapping[str, Any]) -> Iterator[list[Any]]:
    if "bins" in measure:
        for each in measure["bins"]:
            yield [f"{each['from']} to below {each['to']}", each["value"], *each["interval"]]
    elif "at" in measure:
        for each in measure["at"]:
            yield [each["quantile"], each["value"], *each["interval"]]
    else:
        yield [measure.get("of", ""), measure["value"], *measure["interval"]]
