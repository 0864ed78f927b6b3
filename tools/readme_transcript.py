"""Write the transcript of `modicum demo` into README.md; a test compares the two (tests/doors/test_demo.py)."""

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

from modicum.cli import run

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"(<!-- transcript: modicum demo -->\n```text\n)(.*?)(\n```\n)", re.DOTALL)


def played(folder: Path) -> str:
    """What `modicum demo --home demo-out` prints when it is run in `folder`."""
    before, said = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            code = run(["demo", "--home", "demo-out"])
    finally:
        os.chdir(before)
    if code:
        raise SystemExit(f"the demo ended with exit {int(code)}")
    return said.getvalue().rstrip("\n")


def main() -> None:
    """Play the demo and write what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        said = played(Path(folder))
    README.write_text(BLOCK.sub(lambda found: found[1] + said + found[3], README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
