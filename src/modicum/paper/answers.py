"""From documents of statistics to pictures: an answer with noise, an exact table with hidden cells, a budget.

A document is what leaves or is shown anyway; a picture of it tells nothing that it does not hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from modicum.model.errors import InvalidInputError
from modicum.paper.budget import Spend, Uncovered, budget
from modicum.paper.estimates import Estimate, estimates
from modicum.paper.picture import Picture
from modicum.paper.suppressed import SuppressedTable, suppressed

Document: TypeAlias = Mapping[str, Any]
_NOBODY: Final = "(none of these)"
_TOTAL: Final = "total"
_COUNT: Final = "persons"


def pictures_of(document: Document) -> dict[str, Picture]:
    """The pictures of a document, by name. Raises InvalidInputError: a document of another kind, or a broken one."""
    kind = str(document.get("schema"))
    if kind not in _KINDS:
        raise InvalidInputError(
            cause=f"there is no picture of a document {kind[:60]}",
            cure="give answer.json of statistics, or what `modicum budget show --json` prints",
        )
    try:
        return dict(_KINDS[kind](document))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise InvalidInputError(
            cause=f"the document {kind} is not as Modicum writes it", cure="give the file as it came"
        ) from None


def _noisy(document: Document) -> Iterator[tuple[str, Picture]]:
    """The answer with its intervals, a picture for each measure that has one value."""
    rows: Sequence[Document] = document["rows"]
    for place, measure in enumerate(rows[0]["measures"] if rows else ()):
        if "value" not in measure:
            continue
        given = [
            Estimate(
                label=", ".join(each["value"] or _NOBODY for each in row["group"]) or "everybody",
                value=float(row["measures"][place]["value"]),
                low=min(map(float, (row["measures"][place]["value"], row["measures"][place]["interval"][0]))),
                high=max(map(float, (row["measures"][place]["value"], row["measures"][place]["interval"][1]))),
            )
            for row in rows
        ]
        name = f"answer-{place + 1}-{measure['kind']}"
        yield name, estimates(given, unit=_unit(measure))


def _unit(measure: Document) -> str:
    if measure["kind"] == "count":
        return "people" if measure.get("of") == _COUNT else "rows"
    return f"{measure['kind']} of {measure['column']}"


def _exact(document: Document) -> Iterator[tuple[str, Picture]]:
    """The suppression view: groups down, counts and sums across; sums in whole units."""
    rows: list[Document] = [*document["rows"]]
    if isinstance(document["total"], Mapping):
        rows.append(document["total"])
    sums = list(rows[0]["sums"]) if rows else []
    cells = [[row["persons"], *(_whole(row["sums"][name]) for name in sums)] for row in rows]
    yield (
        "suppressed",
        suppressed(
            SuppressedTable(
                title=str(document["question"]),
                rows=tuple(", ".join(value or _NOBODY for value in row["group"].values()) or _TOTAL for row in rows),
                columns=("people", *sums),
                cells=tuple(tuple(row) for row in cells),
            )
        ),
    )


def _whole(amount: str | None) -> int | None:
    return None if amount is None else round(float(amount))


def _budgets(document: Document) -> Iterator[tuple[str, Picture]]:
    for each in document["populations"]:
        yield from _budget(each)


def _budget(document: Document) -> Iterator[tuple[str, Picture]]:
    """The burn-down of one population."""
    forms = [str(each["form"]) for each in document["not_covered"]]
    left, declared = document["left"], document["declared"]
    yield (
        f"budget-{document['population']}",
        budget(
            [
                Spend(
                    what=f"question {each['question_sha256'][:8]} on {each['dataset']}",
                    who=f"case {each['case']}",
                    at=str(each["at"])[:10],
                    spent=float(each["rho"]),
                )
                for each in document["questions"]
            ],
            whole=float(document["total"]["rho"]),
            population=str(document["population"]),
            means=f"As epsilon {float(left['epsilon']):.3g} of {float(declared['epsilon']):g}, at delta "
            f"{float(declared['delta']):.0e}.",
            uncovered=[
                Uncovered(what=f"{'release' if many == 1 else 'releases'} without noise, {form}", many=many)
                for form, many in ((form, forms.count(form)) for form in sorted(set(forms)))
            ],
        ),
    )


_KINDS: Final[Mapping[str, Callable[[Document], Iterator[tuple[str, Picture]]]]] = {
    "modicum.statistics-noise/1": _noisy,
    "modicum.statistics/1": _exact,
    "modicum.budget/1": _budgets,
}
