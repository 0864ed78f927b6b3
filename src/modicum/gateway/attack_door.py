"""The gateway as an attacker meets it: questions of the closed grammar, kept answers, one budget for all askers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from modicum.answer.attacks.asking import Asked, Heard
from modicum.answer.attacks.world import SCOPE, World
from modicum.answer.noise import Sampler
from modicum.answer.private_answer import Price, price, scales_of
from modicum.answer.questions import PrivateQuestion, private_question
from modicum.custody.engine import Engine
from modicum.gateway.attack_stage import CLASSES, TABLE, Stage
from modicum.gateway.noisy import Asking, answer_with_noise
from modicum.model.dataset import Dataset
from modicum.model.decision import Basis, Because, Cell, Decision, PackRef, Verdict
from modicum.model.errors import BudgetSpentError
from modicum.model.forms import DISCLOSING, Form
from modicum.model.request import Asks, Condition, Handling, Operator, Person, Population, Question, Request
from modicum.model.statistics import Grouping, Measure, MeasureKind, Mechanism, Statistics

_BECAUSE: Final = Because(
    id="attack", cite="an attack on figures, not on law", basis=Basis.DEFAULT, verified="text-read"
)
_NONE: Final = "0" * 64
_KEPT: Final = {(Form.STATISTICS, name): "keep" for name in CLASSES}


@dataclass(slots=True, kw_only=True)
class GatewayDoor:
    """Asks the gateway of a stage; each question at one epsilon and delta.

    sampler, priced: the gateway's own where None; a test puts broken ones in.
    """

    stage: Stage
    engine: Engine
    dataset: Dataset
    world: World
    epsilon: Decimal
    delta: Decimal
    sampler: Sampler | None = None
    priced: Callable[[PrivateQuestion], Price] = price
    cost: Price | None = None
    scale: float = 0.0

    def ask(self, asked: Asked) -> Heard | None:
        """The answer, kept or paid for; None where the budget has not enough left."""
        self.stage.clock.day = max(self.stage.clock.day, asked.day)
        question = private_question(self._request(asked), _decision(self.dataset), _KEPT, None, dataset=self.dataset)
        if self.cost is None:  # of all questions of this door, since all hold one count at one epsilon
            self.cost, self.scale = self.priced(question), scales_of(question, price(question))[0]
        asking = Asking(
            case=self.stage.cases[asked.asker],
            question=question,
            cost=self.cost,
            dataset=self.dataset.name,
            dataset_version=self.dataset.version,
        )
        try:
            answer = answer_with_noise(self.stage.home, self.engine, asking, sampler=self.sampler)
        except BudgetSpentError:
            return None
        values = [int(row["measures"][0]["value"]) for row in answer.kept["rows"]]
        counts = values[: len(self.world.cohorts)] if asked.cohorts is None else values[:1]
        return Heard(counts=counts, token=question.sha256, noise=question.noise, scale=self.scale)

    def _request(self, asked: Asked) -> Request:
        """The question in the grammar. Another wording adds a condition that everybody meets."""
        where = [Condition(column=f"{TABLE}.flag", operator=Operator.EQ, values=("Y",))]
        if asked.wording:
            filler = (SCOPE, f"other {asked.wording}")
            where.append(Condition(column=f"{TABLE}.scope", operator=Operator.IN, values=filler))
        if asked.cohorts is not None:
            names = tuple(self.world.cohorts[place] for place in sorted(asked.cohorts))
            where.append(Condition(column=f"{TABLE}.cohort", operator=Operator.IN, values=names))
        by = (Grouping(column=f"{TABLE}.cohort", values=self.world.cohorts),) if asked.cohorts is None else ()
        return Request(
            title="attack",
            custodian="cms",
            action="disclose",
            requester=Person(organisation="asker", person=f"a{asked.asker}"),
            question=Question(text="How many people are flagged?", asks=Asks.STATISTICS),
            purpose="health_oversight",
            authorities=(),
            population=Population(dataset=self.dataset.name, where=tuple(where)),
            columns=(),
            form=Form.STATISTICS,
            recipients=(),
            handling=Handling(retention_days=1),
            statistics=Statistics(
                mechanism=Mechanism.NOISE,
                measures=(Measure(kind=MeasureKind.COUNT),),
                by=by,
                epsilon=str(self.epsilon),
                delta=str(self.delta),
            ),
        )


def _decision(dataset: Dataset) -> Decision:
    """Everything is permitted, so that nothing but figures is attacked."""
    return Decision(
        request_sha256=_NONE,
        pack=PackRef(name="attack", version="0", sha256=_NONE),
        catalogue_sha256=_NONE,
        facts_sha256=_NONE,
        dataset_version=dataset.version,
        as_of=date(2026, 1, 1),
        hypothetical=True,
        columns=dataset.columns,
        strata=dataset.strata,
        forms=DISCLOSING,
        classes=(Cell(verdict=Verdict.PERMITTED, because=(_BECAUSE,)),),
        cells=[0] * (len(dataset.columns) * len(dataset.strata) * len(DISCLOSING)),
        lowest_form=Form.STATISTICS,
    )
