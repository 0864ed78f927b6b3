"""A policy pack as a printable page: the same words as the Markdown document, in the manner of the other pages."""

from modicum.law.reading import Entry, PackRead
from modicum.paper.pack_markdown import KINDS
from modicum.paper.page import render
from modicum.paper.picture import Table


def pack_page(pack: PackRead) -> str:
    """The page as one HTML document, the same bytes for the same pack."""
    return render(
        "pack.html.j2",
        "story.css.j2",
        "decision.css.j2",
        pack=pack,
        kinds=KINDS,
        parts=(("The law", pack.law), ("The custodian’s own policy, which is no law", pack.own_policy)),
        placed=[rule for rule in pack.elsewhere if rule.effect == "placed"],
        absent=[rule for rule in pack.elsewhere if rule.effect == "not-encoded"],
        glossary=[
            Table(title, ("Word", "Title", *(("More",) if any(each.more for each in entries) else ())), _rows(entries))
            for title, entries in pack.glossary.items()
        ],
    )


def _rows(entries: tuple[Entry, ...]) -> tuple[tuple[str, ...], ...]:
    more = any(each.more for each in entries)
    return tuple((each.id, each.title, *((each.more,) if more else ())) for each in entries)
