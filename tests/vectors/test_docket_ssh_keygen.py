"""An approval in the log is checked by the stock `ssh-keygen`, with nothing of ours but the statement's bytes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spec"))

from docket_world import CASE, World

from modicum_verify.events import text_sha256
from modicum_verify.statement import Statement, namespace

SSH_KEYGEN = shutil.which("ssh-keygen")


@pytest.mark.skipif(SSH_KEYGEN is None, reason="ssh-keygen is not here")
@pytest.mark.parametrize(("verb", "good"), [("approve", True), ("reject", False)])
def test_ssh_keygen_checks_an_approval(tmp_path: Path, verb: str, good: bool) -> None:  # noqa: FBT001
    world = World()
    world.file()
    world.decide()
    content = world.entries[world.approve("cms/privacy")].content
    assert content is not None
    signature = content["signature"]
    statement = Statement(
        verb=verb,
        case=CASE,
        round=signature["round"],
        decision_sha256=content["decision_sha256"],
        organisation="cms",
        text_sha256=text_sha256("approved", content),
        log_size=signature["log_size"],
    )
    (tmp_path / "signers").write_text(f"cms/privacy {signature['public_key']}\n")
    (tmp_path / "sig").write_text(signature["sshsig"])
    command = [
        str(SSH_KEYGEN),
        "-Y",
        "verify",
        "-f",
        "signers",
        "-I",
        "cms/privacy",
        "-n",
        namespace(verb),
        "-s",
        "sig",
    ]
    done = subprocess.run(command, input=statement.message(), cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode == 0) is good
