"""How commands speak: data to stdout, talk to stderr, one JSON document with `--json`."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from modicum_verify.harmless import harmless as harmless  # commands print with it too

_PIPE_WIDTH: Final = 240

Report = Callable[[str, float | None], None]
"""Progress: what is being done, and the share that is done (0 to 1), or None where it cannot be known."""


def out() -> Console:
    """Where data goes. Made anew for each use, so that tests and pipes see the stream of the moment."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True, **_manner(sys.stdout))


def err() -> Console:
    """Where talk goes."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True, **_manner(sys.stderr))


def _manner(stream: TextIO) -> dict[str, Any]:
    """No colour where nobody sees it; wide lines where no terminal folds them."""
    tty = stream.isatty()
    return {"no_color": not tty or "NO_COLOR" in os.environ, "width": None if tty else _PIPE_WIDTH}


def emit(document: Mapping[str, Any]) -> None:
    """Print one JSON document to stdout; it carries its `schema`."""
    if "schema" not in document:
        raise ValueError("a document without a schema field")
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def emit_bytes(document: bytes) -> None:
    """Print one JSON document that is written already, and a newline: of what is large, or is known by its digest."""
    sys.stdout.write(document.decode("utf-8") + "\n")


def show_page(page: str) -> None:
    """Print a page to stdout, to the byte: what it holds was made harmless where it was drawn."""
    sys.stdout.write(page)


def say(text: str = "") -> None:
    """Print a line of plain talk to stderr."""
    err().print(harmless(text), markup=False)


def show(text: str = "") -> None:
    """Print a line of data to stdout."""
    out().print(harmless(text), markup=False)


def table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout."""
    heading = Text(harmless(title), style="table.title") if title else None
    made = Table(title=heading, title_justify="left", show_edge=False, pad_edge=False, header_style="bold")
    for header in headers:
        made.add_column(header, overflow="fold")
    for row in rows:
        made.add_row(*[Text(harmless(str(cell))) for cell in row])
    out().print(made, markup=False)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Report]:
    """Show a bar on stderr while long work runs; nothing where stderr is no terminal or with `--json`."""
    if quiet or not sys.stderr.isatty():
        yield lambda _what, _share: None
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=1.0)

        def report(what: str, share: float | None) -> None:
            bar.update(task, description=what, completed=share or 0.0, total=None if share is None else 1.0)

        yield report
