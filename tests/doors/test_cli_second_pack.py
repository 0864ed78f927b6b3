"""The how-to on another pack runs as it stands."""

import re
import shlex
from pathlib import Path

from cli_world import command

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "use-another-pack.md").read_text("utf-8")


def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    lines = [line for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("modicum ")]
    assert len(lines) == 6
    home = tmp_path / "ehds-gate"
    for line in lines[:-1]:
        words = shlex.split(line, comments=True)[1:]
        words = [str(ROOT / word) if word.startswith("examples/") else word for word in words]
        at = words.index("--home")
        ran = command(*words[:at], *words[at + 2 :], home=tmp_path / words[at + 1])
        wanted = re.search(r"exit (\d)", line)
        assert ran.exit == (int(wanted[1]) if wanted else 0), ran.said
    assert "EHDS-068-1" in ran.out
    assert "data-permit-issued" in ran.said
    # The objection needs a case; the number on the page is one of 2029.
    request = ROOT / "examples" / "ehds" / "records.toml"
    filed = command("docket", "file", request, "--as", "university/scientist", "--json", home=home)
    case = filed.document["case"]
    words = shlex.split(lines[-1].replace("2029-0001", case))[1:]
    ran = command(*words[: words.index("--home")], "--json", home=home)
    assert ran.exit == 0, ran.said
    assert [each["text"] for each in ran.document["objections"]] == ["not these"]


def test_a_stratum_that_is_none_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "gate"
    command("init", "--evaluation", "--pack", "eu_ehds", "--roster", "ehds", home=home)
    for given in (["member_state"], ["=NL"], ["member_state=NL", "member_state=BE"]):
        options = [word for each in given for word in ("--stratum", each)]
        who = "university-hospital/data-officer"
        ran = command("docket", "object", "2026-0001", "--text", "t", *options, "--as", who, home=home)
        assert ran.exit == 2, ran.said
        assert "attribute=value" in ran.err
