"""The how-to on another pack runs as it stands."""

import re
import shlex
from pathlib import Path

from cli_world import command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "use-another-pack.md").read_text("utf-8")


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    lines = [line for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("modicum ") and " docket " not in line]
    assert len(lines) == 5
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        words = [str(ROOT / word) if word.startswith("examples/") else word for word in words]
        at = words.index("--home")
        ran = command(*words[:at], *words[at + 2 :], home=tmp_path / words[at + 1])
        wanted = re.search(r"exit (\d)", line)
        assert ran.exit == (int(wanted[1]) if wanted else 0), ran.said
    assert "EHDS-068-1" in ran.out
    assert "data-permit-issued" in ran.said
