"""P1, the rung ladder: which answer is given, and why not a smaller or a larger one."""

from collections.abc import Sequence
from dataclasses import dataclass

from modicum.model.decision import Verdict
from modicum.model.forms import Form
from modicum.paper.colours import HAIR, INK, PAPER, QUIET, RUNG, WASH, ink_on
from modicum.paper.marks import HALF, definitions, placed
from modicum.paper.picture import Picture, Table, key_of
from modicum.paper.svg import advance, drawing, element, shorten, words, wrap
from modicum.paper.words import FORM_MEANS, FORMS, VERDICTS

_NO_LEAVE = "needs nobody's leave"


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung as the answer wing saw it.

    verdict: of the whole rung; None for a refusal. people: a count or a bound in words, already fit for the reader.
    columns: how many would leave about a person. why: one or two sentences. chosen: at most one step is.
    """

    form: Form
    verdict: Verdict | None
    people: str
    columns: int
    why: str
    chosen: bool = False


def ladder(rungs: Sequence[LadderStep]) -> Picture:
    """Draw the rungs, the most disclosing on top, the chosen one filled; the table lists the lowest first."""
    steps = sorted(rungs, key=lambda step: step.form.rung)
    table = Table(
        "The ladder of answers, lowest rung first",
        ("Form of answer", "What it is", "The law says", "People", "Columns about a person", "Why", "Chosen"),
        tuple(_row(step) for step in steps),
    )
    finding = _finding(steps)
    alt = f"A ladder of {len(steps)} forms of answer; a higher rung discloses more about each person. {finding}"
    key = key_of("ladder", table)
    return Picture(
        svg=_draw(steps, finding=finding, alt=alt, key=key, width=960),
        narrow=_draw(steps, finding=finding, alt=alt, key=f"{key}n", width=300),
        table=table,
        finding=finding,
        alt=alt,
    )


def _row(step: LadderStep) -> tuple[str | int, ...]:
    chosen = "yes" if step.chosen else "no"
    says = _NO_LEAVE if step.verdict is None else VERDICTS[step.verdict]
    return (FORMS[step.form], FORM_MEANS[step.form], says, step.people, step.columns, step.why, chosen)


def _finding(steps: Sequence[LadderStep]) -> str:
    chosen = next((step for step in steps if step.chosen), None)
    if chosen is None:
        return "No rung of the ladder has been chosen."
    if chosen.form is Form.REFUSAL:
        return "No rung above a refusal can be given: nothing leaves."
    name = FORMS[chosen.form].lower()
    if chosen.columns == 0:
        return f"The lowest rung that answers the question is {name}: no column about any one person leaves."
    return f"The lowest rung that answers the question is {name}: {_columns(chosen.columns)} leave for each person."


def _columns(count: int) -> str:
    return f"{count:,} column{'' if count == 1 else 's'}"


def _draw(steps: Sequence[LadderStep], *, finding: str, alt: str, key: str, width: int) -> str:
    parts = [definitions(key)]
    top = 12.0
    for step in reversed(steps):
        drawn, height = _wide(step, key, top) if width > 600 else _slim(step, key, top)  # noqa: PLR2004 - two layouts
        parts.append(drawn)
        top += height + 14
    if not steps:
        parts.append(words("No rungs.", x=2, y=36, fill=QUIET))
        top = 60
    return drawing(*parts, width=width, height=top + 4, title=finding, description=alt, key=key)


def _wide(step: LadderStep, key: str, top: float) -> tuple[str, float]:
    reasons = wrap(step.why, size=14.5, limit=372, lines=8)
    reach = 168 + 26 * step.form.rung  # a higher rung reaches further
    says = _NO_LEAVE if step.verdict is None else VERDICTS[step.verdict]
    verdict, counts = wrap(says, size=14, limit=168, lines=2, bold=True), _counts(step, 168)
    height = max(96.0, 22 * len(reasons) + 34, 20 * (len(verdict) + len(counts)) + 28)
    middle = top + height / 2
    begin = middle - 10 * (len(verdict) + len(counts) - 1) + 5
    parts = [
        _card(step, top=top, width=956, height=height),
        element("rect", x=2, y=top, width=reach, height=height, rx=6, fill=RUNG[step.form], stroke=INK),
        _name(step, x=20, top=middle - 9, room=reach - 28),
        "" if step.verdict is None else placed(step.verdict, key, x=348, y=middle),
        *(
            words(line, x=374, y=begin + 20 * place, bold=place < len(verdict), fill=ink)
            for place, (line, ink) in enumerate([(line, INK) for line in verdict] + [(line, QUIET) for line in counts])
        ),
        *(
            words(line, x=568, y=middle - 11 * (len(reasons) - 1) + 5 + 22 * place, size=14.5)
            for place, line in enumerate(reasons)
        ),
        _badge(step, x=842, y=top),
    ]
    return "".join(parts), height


def _slim(step: LadderStep, key: str, top: float) -> tuple[str, float]:
    reasons = wrap(step.why, size=14, limit=266, lines=12)
    says = _NO_LEAVE if step.verdict is None else VERDICTS[step.verdict]
    counts = _counts(step, 292)
    height = 120 + 20 * len(counts) + 20 * len(reasons)
    reach = 201 + 19 * step.form.rung
    left = 18 if step.verdict is None else 28 + 2 * HALF
    parts = [
        _card(step, top=top, width=296, height=height),
        element("rect", x=2, y=top, width=reach, height=56, rx=6, fill=RUNG[step.form], stroke=INK),
        _name(step, x=18, top=top + 20, room=reach - 24),
        "" if step.verdict is None else placed(step.verdict, key, x=20 + HALF, y=top + 80),
        words(shorten(says, size=13, limit=292 - left, bold=True), x=left, y=top + 85, size=13, bold=True),
        *(words(line, x=18, y=top + 116 + 20 * place, fill=QUIET) for place, line in enumerate(counts)),
        *(words(line, x=18, y=top + 124 + 20 * (len(counts) + place), size=14) for place, line in enumerate(reasons)),
        _badge(step, x=214, y=top),
    ]
    return "".join(parts), height


def _counts(step: LadderStep, room: float) -> list[str]:
    return [*wrap(step.people, size=14, limit=room, lines=2), _columns(step.columns)]


def _card(step: LadderStep, *, top: float, width: float, height: float) -> str:
    fill, stroke, weight = (WASH, INK, 2.5) if step.chosen else (PAPER, HAIR, 1.5)
    return element("rect", x=2, y=top, width=width, height=height, rx=6, fill=fill, stroke=stroke, stroke_width=weight)


def _name(step: LadderStep, *, x: float, top: float, room: float) -> str:
    ink = ink_on(RUNG[step.form])
    name = f"{step.form.rung} · {FORMS[step.form]}"
    means = wrap(FORM_MEANS[step.form], size=12, limit=room, lines=2)
    shift = 0 if len(means) == 1 else -6
    return words(name, x=x, y=top + 5 + shift, size=15, bold=True, fill=ink) + "".join(
        words(line, x=x, y=top + 24 + shift + 15 * place, size=12, fill=ink) for place, line in enumerate(means)
    )


def _badge(step: LadderStep, *, x: float, y: float) -> str:
    if not step.chosen:
        return ""
    text = "chosen"
    room = advance(text, size=12, bold=True) + 24
    plate = element("rect", x=x, y=y - 11, width=room, height=22, rx=11, fill=INK, stroke=PAPER, stroke_width=2)
    return plate + words(text, x=x + room / 2, y=y + 4, size=12, bold=True, fill=PAPER, text_anchor="middle")
