"""The printable page: one file, no script, nothing fetched, readable on a phone and on paper.

The doorway to Jinja2. Templates escape everything; the only markup let through is that of our own pictures. The style
sheet stands in the page and is named by its digest in the page's content security policy.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from modicum.model.request import Request
from modicum.paper.clock import clock
from modicum.paper.colours import LETTER
from modicum.paper.ladder import ladder
from modicum.paper.matrix import matrix
from modicum.paper.picture import Picture, Table
from modicum.paper.story import Story
from modicum.paper.svg import clean
from modicum.paper.words import FORMS, VERDICTS, day_words, person_words, purpose_words

Facts = Sequence[tuple[str, str]]

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def story_page(story: Story) -> str:
    """The story as one HTML document, the same bytes for the same story."""
    pictures = [(day, matrix(day.decision, story.form, story.group_strata_by)) for day in story.days]
    return render(
        "story.html.j2",
        "story.css.j2",
        story=story,
        asked=request_facts(story.asked),
        narrow=request_facts(story.narrow),
        days=pictures,
        sources=_all_sources([picture for _, picture in pictures]),
        ladder=ladder(story.rungs),
        clock=clock(story.events),
    )


def render(template: str, *styles: str, **values: object) -> str:
    """A page by its template; its style sheets, in order, stand in it and are named by their digest in its policy."""
    environment = _environment()
    style = "".join(environment.get_template(each).render() for each in styles)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - our own files, and their digest would not match anything else
        style_digest=digest,
        **values,
    )


def figure(picture: Picture) -> str:
    """One picture as an HTML `figure`: drawing for wide and narrow paper, finding, and the table to unfold."""
    return _environment().get_template("figure.html.j2").module.figure(picture)  # type: ignore[attr-defined,no-any-return]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("modicum.paper"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "drawn": Markup,  # made by paper.svg, which escapes
        "day": day_words,
        "form": lambda form: FORMS[form],
        "grouped": lambda value: f"{value:,}",
        "letter": lambda verdict: LETTER[verdict],
        "verdict": lambda verdict: VERDICTS[verdict],
        "numeric": _numeric,
        "person": person_words,
        "purpose": purpose_words,
        "ticked": _ticked,
        "spelled": lambda value: _NUMBERS[value] if value < len(_NUMBERS) else f"{value:,}",
    }
    return environment


def _ticked(text: str) -> Markup:
    """Words in which ids stand between backticks, these set as code."""
    parts = clean(text).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if at % 2 else escape(p) for at, p in enumerate(parts))


def _finalize(value: object) -> object:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _numeric(table: Table, column: int) -> bool:
    """Whether a column holds numbers (or marks of suppression beside numbers), to be set flush right."""
    cells = [str(row[column]) for row in table.rows]
    return any(cell.strip("$ ").replace(",", "").replace(".", "").isdigit() for cell in cells)


def _all_sources(pictures: Sequence[Picture]) -> Table | None:
    """The rules of all pictures in one table, each once."""
    given = [picture.sources for picture in pictures if picture.sources is not None]
    if not given:
        return None
    return Table(given[0].caption, given[0].headers, tuple(sorted({row for table in given for row in table.rows})))


def request_facts(request: Request) -> Facts:
    """A request as terms and what they say, in the order in which people ask."""
    recipients = "; ".join(person_words(f"{each.organisation}/{each.person}") for each in request.recipients)
    authorities = "; ".join(authority.citation for authority in request.authorities)
    form = "the lowest that will do" if request.form is None else FORMS[request.form].lower()
    return (
        ("The question", request.question.text),
        ("Asked by", person_words(request.requester.handle)),
        ("Asked of", request.custodian),
        ("For", purpose_words(request.purpose)),
        ("Legal basis claimed", authorities or "none"),
        ("About", _about(request)),
        ("Columns", f"{len(request.columns)}: {', '.join(request.columns)}" if request.columns else "none"),
        ("Form", form),
        ("To be given to", recipients),
        ("Kept for", f"{request.handling.retention_days:,} days"),
        *(() if request.deadline is None else (("Deadline", f"{request.deadline:%d %B %Y, %H:%M}"),)),
    )


def _about(request: Request) -> str:
    conditions = "; ".join(
        f"{each.column} {each.operator} {', '.join(each.values)}" for each in request.population.where
    )
    return f"everybody in {request.population.dataset}" + (f" with {conditions}" if conditions else "")
