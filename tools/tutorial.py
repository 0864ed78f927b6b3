"""Play the commands of pages and write what they printed below each, so that their output is real.

Usage: python tools/tutorial.py [PAGE]     (fills all of PAGES, or one; a test plays them and compares)

In a block that begins with ```console, a line that begins with `$ ` is a command; what follows is its output. Commands
run in a folder beside copies of `examples/` and the small pack of the tests, as if on a terminal 110 columns wide.
Digests are shortened to their first eight digits.
"""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from modicum.cli import output, run

ROOT: Final = Path(__file__).parents[1]
TUTORIAL: Final = ROOT / "docs" / "tutorials" / "first-case.md"
PAGES: Final = (
    TUTORIAL,
    ROOT / "docs" / "how-to" / "read-a-decision.md",
    ROOT / "docs" / "how-to" / "write-a-rule.md",
    ROOT / "docs" / "how-to" / "check-a-table.md",
    ROOT / "docs" / "tutorials" / "statistics-for-statisticians.md",
)
WIDTH: Final = 110
_BLOCK: Final = re.compile(r"(```console\n)(.*?)(```)", re.DOTALL)


def commands(block: str) -> list[str]:
    """The commands of a console block."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def played(text: str) -> str:
    """The text with the output of its commands as they print it now."""
    with _place():
        last = [0]

        def fill(found: re.Match[str]) -> str:
            parts = []
            for command in commands(found[2]):
                printed, last[0] = (f"{last[0]}\n", 0) if command == "echo $?" else _run(command)
                parts.append(f"$ {command}\n{shown(printed)}")
            return found[1] + "".join(parts) + found[3]

        return _BLOCK.sub(fill, text)


def shown(printed: str) -> str:
    """Output as the page shows it: long digests shortened, no blanks at the ends of lines."""
    short = re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1…", printed)
    return "".join(f"{line.rstrip()}\n" for line in short.rstrip("\n").split("\n")) if short.strip() else ""


def settled(text: str) -> str:
    """Output without what differs from one run to the next: digests, keys, times, noise, and the blanks of tables."""
    for pattern, word in (
        (r"(,(?:count|sum|mean),[^,\n]*,[a-z]*),-?[\d.]+,-?[\d.]+,-?[\d.]+(?=\n)", r"\1,NOISE"),
        (r"(protected|unprotected) +\d[\d,]* of [\d,]+ \([\d.]+%\)", r"\1 SHARE"),
        (r"\bp = [\de.+-]+", "CHANCE"),
        (r"\b[\d.]+ seconds", "SECONDS"),
        (r"[A-Za-z0-9+/]{43,}={0,2}", "BASE64"),
        (r"\b[0-9a-f]{8,64}…?", "HEX"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r"\b20\d\d-\d\d-\d\d\b", "DAY"),
        (r"\b[A-Z][a-z]+ \d{1,2}, 20\d\d\b", "DATE"),
        (r"\b20\d\d-(?=\d{4}\b)", "YEAR-"),
        (r"[ ━─]+", " "),
    ):
        text = re.sub(pattern, word, text)
    return text


@contextlib.contextmanager
def _place() -> Iterator[None]:
    before, width, home = Path.cwd(), output._PIPE_WIDTH, os.environ.pop("MODICUM_HOME", None)  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        for part in ("examples", "tests/data/small_pack"):
            shutil.copytree(ROOT / part, Path(folder) / part)
        (Path(folder) / "try").mkdir()
        os.chdir(Path(folder) / "try")
        output._PIPE_WIDTH = WIDTH  # type: ignore[misc] # noqa: SLF001
        try:
            yield
        finally:
            output._PIPE_WIDTH = width  # type: ignore[misc] # noqa: SLF001
            os.environ.pop("MODICUM_HOME", None)
            if home is not None:
                os.environ["MODICUM_HOME"] = home
            os.chdir(before)


def _run(command: str) -> tuple[str, int]:
    # Cases are numbered within the year, and the page may be older than that.
    command = re.sub(r"\b20\d\d-(?=\d{4}\b)", f"{datetime.now(UTC).year}-", command)
    if command.startswith("export "):
        name, _, value = command.removeprefix("export ").partition("=")
        os.environ[name] = value
        return "", 0
    if not command.startswith("modicum "):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr, done.returncode
    line, _, target = command.partition(" > ")
    both, data = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(both), contextlib.redirect_stdout(data if target else both):
        code = run(shlex.split(line)[1:])
    if target:
        Path(target).write_text(data.getvalue(), "utf-8")
    return both.getvalue(), int(code)


if __name__ == "__main__":
    for page in [Path(each) for each in sys.argv[1:]] or PAGES:
        page.write_text(played(page.read_text("utf-8")), "utf-8")
