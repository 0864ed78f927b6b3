"""Draw docs/pictures/accuracy.svg and its table: error against epsilon for the demo's question, by state.

Usage: python tools/accuracy_picture.py     (the same code and people give the same bytes)

The people are those of `modicum demo`, the question is its narrow one, asked with noise: how many people are enrolled,
and how many federal dollars were paid for them, in each state. Errors are the mechanism's own, as `modicum propose`
tells them before anything is spent; nothing is drawn at random here. What the bounds on contributions cut off is
computed exactly, and stands beside.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from modicum.answer.advice import Nearness, advice
from modicum.answer.noise import Noise
from modicum.answer.private_answer import noisy_answer, price
from modicum.answer.questions import PrivateQuestion
from modicum.custody.engine import Engine, table_path
from modicum.gateway import datasets
from modicum.gateway.deciding import decide_request
from modicum.gateway.founding import create_home
from modicum.gateway.home import Home, system_clock
from modicum.gateway.noisy import question_of
from modicum.gateway.replay import SEED
from modicum.gateway.replay_requests import DATASET, STATES, narrow
from modicum.gateway.request_file import parse_request
from modicum.paper import AccuracyLine, Picture, accuracy_picture
from modicum.paper.accuracy import percent_words
from modicum.seal.age import OneTimeIdentity

DOCS: Final = Path(__file__).parents[1] / "docs"
TARGET: Final = DOCS / "pictures" / "accuracy.svg"
PAGE: Final = DOCS / "explanation" / "accuracy.md"
PEOPLE: Final = 20_000
EPSILONS: Final = ("0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "4")
DELTA: Final = "1e-9"
UPPER, ROWS = "1000", 4


@dataclass(frozen=True)
class Truth:
    """One state: people, dollars, and dollars as far as the bounds let them count."""

    people: int
    dollars: Decimal
    bounded: Decimal


class _Silent:
    """A sampler that adds none: for the exact figures of invented people, in this picture alone."""

    def add(self, values: Sequence[int], *, noise: Noise, scale: float) -> list[int]:
        del noise, scale
        return list(values)

    def select(self, counts: Mapping[str, int], *, scale: float, threshold: int) -> dict[str, int]:
        del scale, threshold
        return dict(counts)


def question(home: Home, epsilon: str) -> PrivateQuestion:
    """The demo's narrow question with noise, decided today, ready to be priced."""
    document = narrow(OneTimeIdentity.generate().recipient)
    by, paid = "eligibility.SUBMTG_STATE_CD", "claims.FED_PD_AMT"
    document["question"] = {**document["question"], "asks": {"kind": "statistics"}}
    document["statistics"] = {
        "mechanism": "noise",
        "epsilon": epsilon,
        "delta": DELTA,
        "by": [{"column": by}],
        "measures": [{"kind": "count"}, {"kind": "sum", "column": paid, "lower": "0", "upper": UPPER}],
        "max_rows_per_person": ROWS,
    }
    decided = decide_request(home, parse_request(document), docket=home.journal.docket())
    asked = question_of(decided)
    if asked is None:
        raise SystemExit("the question is answered without noise")
    return asked


def truths(home: Home) -> dict[str, Truth]:
    """By state what is true of the invented people; the bounded dollars from the answer's own path, without noise."""
    asked = question(home, "1")
    dataset = datasets.describe(home, DATASET).dataset
    with Engine.open(home.folder, dataset) as engine:
        rows = noisy_answer(engine, asked, price(asked), sampler=_Silent())
        everything = engine.run(
            "SELECT e.state, sum(c.paid) FROM"
            " (SELECT _modicum_person AS person, min(SUBMTG_STATE_CD) AS state FROM read_parquet($1) GROUP BY 1) e"
            " JOIN (SELECT _modicum_person AS person, sum(try_cast(FED_PD_AMT AS DECIMAL(18, 2))) AS paid"
            " FROM read_parquet($2) GROUP BY 1) c USING (person) GROUP BY 1",
            [str(home.root / path) for path in _files(dataset.version)],
        )
    dollars = {str(state): Decimal(total) for state, total in everything}
    found = {}
    for row in rows:
        code = row["group"][0]["value"]
        if code in STATES:
            people, bounded = (Decimal(each["value"]) for each in row["measures"])
            found[STATES[code]] = Truth(people=int(people), dollars=dollars[code], bounded=bounded)
    return found


def _files(version: str) -> list[str]:
    return [table_path(DATASET, version, table) for table in ("eligibility", "claims")]


def drawn(home: Home, found: Mapping[str, Truth]) -> Picture:
    """The picture of both figures of the largest and the smallest state."""
    within = {epsilon: [float(each.within) for each in advised(home, epsilon)] for epsilon in EPSILONS}
    named = sorted(found, key=lambda name: -found[name].people)
    lines = [
        AccuracyLine(
            label=f"{what} in {name}",
            points=tuple((float(epsilon), 100 * within[epsilon][place] / size(found[name])) for epsilon in EPSILONS),
        )
        for place, what, size in ((0, "people", _people), (1, "dollars", _dollars))
        for name in (named[0], named[-1])
    ]
    return accuracy_picture(lines, caption="How far 95 of 100 answers are from the truth at most, by epsilon")


def advised(home: Home, epsilon: str) -> Sequence[Nearness]:
    """How near the two figures are at an epsilon."""
    asked = question(home, epsilon)
    return advice(asked, price(asked)).nearness


def _people(truth: Truth) -> float:
    return float(truth.people)


def _dollars(truth: Truth) -> float:
    return float(truth.dollars)


def page(text: str, picture: Picture, found: Mapping[str, Truth]) -> str:
    """The page with its tables as they are now."""
    errors = _markdown(picture.table.headers, picture.table.rows)
    cut = [
        (
            name,
            f"{each.people:,}",
            f"{each.dollars:,.2f}",
            percent_words(float(100 * (1 - each.bounded / each.dollars))),
        )
        for name, each in sorted(found.items())
    ]
    bounds = _markdown(("State", "People", "Dollars", "Cut off by the bounds"), cut)
    for name, table in (("errors", errors), ("bounds", bounds)):
        begin = text.index(f"<!-- {name} -->\n") + len(f"<!-- {name} -->\n")
        text = text[:begin] + table + text[text.index("<!-- end -->", begin) :]
    return text


def _markdown(headers: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def made() -> tuple[str, str]:
    """The drawing and the page as they should be."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        home = create_home(folder / "home", roster="cms", pack_name="us_medicaid", clock=system_clock)
        datasets.make_population(folder / "population", people=PEOPLE, seed=SEED)
        dictionary = folder / "population" / "dictionary.toml"
        datasets.add(home, DATASET, [folder / "population"], dictionary=dictionary)
        found = truths(home)
        picture = drawn(home, found)
    return picture.svg + "\n", page(PAGE.read_text("utf-8"), picture, found)


if __name__ == "__main__":
    drawing, written = made()
    TARGET.write_text(drawing, "utf-8")
    PAGE.write_text(written, "utf-8")
    sys.stdout.write(f"{TARGET}\n{PAGE}\n")
