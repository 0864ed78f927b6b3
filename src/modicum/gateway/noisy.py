"""The story of one question with noise: look for a kept answer, pay, compute, draw, keep; in this order.

1. the same question about the same version of the data was answered: that answer, and nothing is charged
2. the charge is entered in the log, durable, before anything is computed
3. the figures are computed and the noise is drawn
4. the answer is kept, sealed to the home's own key; only then does anybody see it

A crash between 2 and 4 loses the charge and no more: no answer that anybody saw was not paid for. All of it happens
under one lock of the home, so that a question that two ask at once is paid for once.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modicum.answer.advice import Advice, advice
from modicum.answer.grammar import is_noisy
from modicum.answer.noise import Sampler
from modicum.answer.noisy_document import KEPT_FORMAT, NoisyAnswer, kept_document
from modicum.answer.private_answer import Price, noisy_answer, price
from modicum.answer.questions import PrivateQuestion, private_question
from modicum.custody.engine import Engine
from modicum.gateway.budget import asking, population_of, spend, standing
from modicum.gateway.deciding import Decided
from modicum.gateway.home import Home
from modicum.model.errors import EvidenceError, NotFoundError
from modicum.seal.age import decrypt_stream, encrypt_stream, new_recipient, own_identity
from modicum_verify.canonical import canonical, parse_canonical

ANSWERS_KEY: Final = "keys/answers.key"
ANSWERS: Final = "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A question with noise as a case asks it."""

    case: str
    question: PrivateQuestion
    cost: Price
    dataset: str
    dataset_version: str


def question_of(decided: Decided) -> PrivateQuestion | None:
    """The question with noise that a decided request asks; None where its answer has none.

    Raises InvalidInputError: what the grammar does not hold.
    """
    if not is_noisy(decided.request, decided.form):
        return None
    pack = decided.pack
    return private_question(
        decided.request, decided.decision, pack.transformations, pack.traits, dataset=decided.dataset
    )


def advise(decided: Decided) -> Advice | None:
    """How near an answer with noise will be, and what it costs; None where the answer has none."""
    question = question_of(decided)
    return None if question is None else advice(question, price(question))


def remarks_on(home: Home, decided: Decided) -> list[str]:
    """What whoever asks should know before a question with noise is paid for: its accuracy, its price, what is left."""
    given = advise(decided)
    if given is None:
        return []
    left = standing(home, population_of(home, decided.dataset.name).name)
    enough = "" if given.rho <= left.rho_left else "; that is too little, so it will be refused"
    price_words = f"it costs rho {given.rho:.3g} of the {left.rho_left:.3g} that is left of the population"
    return [*given.words, f"{price_words} {left.population}{enough}"]


def asking_of(decided: Decided, question: PrivateQuestion, *, case: str) -> Asking:
    """The question with its price, ready to be paid for."""
    return Asking(
        case=case,
        question=question,
        cost=price(question),
        dataset=decided.dataset.name,
        dataset_version=decided.dataset.version,
    )


def answer_with_noise(home: Home, engine: Engine, asked: Asking, *, sampler: Sampler | None = None) -> NoisyAnswer:
    """Answer one question, paid for once. Raises BudgetSpentError: less is left than it costs."""

    def compute() -> list[dict[str, Any]]:
        return noisy_answer(engine, asked.question, asked.cost, sampler=sampler)

    kept, again = paid(home, asked, compute)
    planned = asked.question.plan
    return NoisyAnswer(
        kept=kept,
        question=planned.question,
        excluded_strata=planned.excluded_strata,
        rules=planned.rules,
        again=again,
    )


def paid(home: Home, asked: Asking, compute: Callable[[], list[dict[str, Any]]]) -> tuple[Mapping[str, Any], bool]:
    """The kept answer of a question, computed only after it was paid for; and whether it was there already."""
    with asking(home):
        home.ledger.refresh()  # another asker may have paid for it since this home was opened
        kept = find_kept(home, asked.question.sha256)
        if kept is not None:
            return kept, True
        population = population_of(home, asked.dataset).name
        entry = spend(
            home,
            case=asked.case,
            dataset=asked.dataset,
            dataset_version=asked.dataset_version,
            question_sha256=asked.question.sha256,
            charge=asked.cost.charge,
        )
        rows = compute()
        made = kept_document(asked.question, asked.cost, rows, population=population, entry=entry.index)
        keep(home, made)
        return made, False


def find_kept(home: Home, question_sha256: str) -> Mapping[str, Any] | None:
    """The kept answer of a question; None where there is none.

    Raises EvidenceError: one that does not open, or that no charge in the log paid for.
    """
    place = _place(question_sha256)
    if not home.folder.exists(place):
        return None
    try:
        identity = own_identity(home.folder.read(ANSWERS_KEY))
    except NotFoundError:
        raise EvidenceError(place=place, cause="has no key that opens it", cure="restore keys/answers.key") from None
    plain = io.BytesIO()
    decrypt_stream(io.BytesIO(home.folder.read(place)), plain, identity, place=place)
    try:
        found = parse_canonical(plain.getvalue())
        good = found["format"] == KEPT_FORMAT and found["question_sha256"] == question_sha256
    except (ValueError, KeyError, TypeError):
        good = False
    if not good or not _paid_for(home, found):
        raise EvidenceError(place=place, cause="is no answer that was paid for", cure="remove it, and ask anew")
    checked: Mapping[str, Any] = found
    return checked


def keep(home: Home, kept: Mapping[str, Any]) -> None:
    """Keep an answer, sealed; durable on return."""
    if not home.folder.exists(ANSWERS_KEY):
        new_recipient(home.folder, ANSWERS_KEY.removesuffix(".key"))
    recipient = own_identity(home.folder.read(ANSWERS_KEY)).recipient
    sealed = io.BytesIO()
    encrypt_stream(io.BytesIO(canonical(dict(kept))), sealed, recipient=recipient)
    home.folder.replace(_place(kept["question_sha256"]), sealed.getvalue())


def _paid_for(home: Home, kept: Mapping[str, Any]) -> bool:
    entry = kept["charged"]["entry"]
    budgets = home.journal.docket().budgets.values()
    return any(
        each.index == entry and each.question_sha256 == kept["question_sha256"]
        for budget in budgets
        for each in budget.spendings
    )


def _place(question_sha256: str) -> str:
    return f"{ANSWERS}/{question_sha256}.age"
