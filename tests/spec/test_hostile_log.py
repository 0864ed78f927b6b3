"""A log that lies, and files made to hurt their reader: the verifier refuses, in no time, in little memory."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from hostile_proofs import CONSISTENCY, INCLUSION, ORIGIN, VKEY, consistency, forged, hashes, honest, signed
from mutation_world import world

from modicum_verify.merkle import consistency_proof, root
from modicum_verify.note import Verifier
from modicum_verify.witnessing import AddCheckpoint, Refused, Seen, judge

FORGED: Final = 200
SECONDS: Final = 2.0
BYTES: Final = 100 * 1_000_000
# The process may not take more, whatever it does: address space, processor time.
LIMITED: Final = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (400, 400))
from modicum_verify.errors import EvidenceError
from modicum_verify.merkle import verify_consistency
from modicum_verify.proof import verify_proof
raw = bytes.fromhex
said = []
for line in sys.stdin:
    call = json.loads(line)
    vkey = sys.argv[1]
    before = time.process_time()
    try:
        if call["call"] == "proof":
            verify_proof(raw(call["proof"]), raw(call["leaf"]), vkey)
        else:
            (old, size), (old_root, new) = call["sizes"], map(raw, call["roots"])
            path = [raw(each) for each in call["proof"]]
            verify_consistency(old_size=old, size=size, old_root=old_root, root=new, proof=path)
        verdict = "accepted"
    except EvidenceError:
        verdict = "refused"
    except Exception as error:
        verdict = type(error).__name__
    said.append([verdict, time.process_time() - before])
# Not ru_maxrss: Linux keeps in it what the process that started this one held.
with open("/proc/self/status") as status:
    peak = next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(json.dumps({"said": said, "peak_bytes": peak}))
"""


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and peaks are measured as Linux gives them")


def judged(calls: list[dict[str, Any]]) -> tuple[list[str], float, int]:
    """What the verifier says of each call, the most seconds that one took, the most bytes that the process held."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, VKEY],
        input="".join(f"{json.dumps(each)}\n" for each in calls),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = json.loads(done.stdout)
    return [each for each, _ in found["said"]], max(each for _, each in found["said"]), found["peak_bytes"]


def test_two_hundred_forged_proofs_are_refused_in_little_time_and_memory() -> None:
    named = list(forged(FORGED))
    said, slowest, peak = judged([call for _, call in named])
    accepted = [kind for (kind, _), verdict in zip(named, said, strict=True) if verdict != "refused"]
    assert accepted == []
    assert said == ["refused"] * FORGED
    assert slowest < SECONDS
    assert peak < BYTES
    assert len(Counter(kind for kind, _ in named)) == len(INCLUSION) + len(CONSISTENCY)


def test_control_true_proofs_are_accepted_under_the_same_limits() -> None:
    said, slowest, peak = judged(list(honest(60)))
    assert said == ["accepted"] * 60
    assert slowest < SECONDS
    assert peak < BYTES


def test_control_a_reader_that_never_looks_would_be_noticed() -> None:
    # The counting itself: what is true passes as "accepted", so a verifier that accepts all gives two hundred of them.
    tree = hashes(9)
    true = consistency(4, 9, root(tree[:4]), root(tree), consistency_proof(tree, 4))
    said, _, _ = judged([true, {**true, "sizes": [5, 9]}, {"call": "proof", "proof": "zz", "leaf": ""}])
    assert said == ["accepted", "refused", "ValueError"]


@pytest.mark.parametrize("kind", CONSISTENCY, ids=lambda kind: kind.__name__)
def test_a_witness_takes_none_of_them(kind: Any) -> None:
    import random

    rng = random.Random(kind.__name__)
    keys = [Verifier.parse(VKEY)]
    for _ in range(20):
        call = kind(rng)
        (old, size), (old_root, new) = call["sizes"], map(bytes.fromhex, call["roots"])
        proof = tuple(bytes.fromhex(each) for each in call["proof"])
        if not 0 <= size < 2**63 or old < 0 or len(new) != 32 or (old == 0 and not proof):
            continue  # no checkpoint says so; or a first checkpoint, which needs no proof
        said = judge(
            AddCheckpoint(old_size=old, proof=proof, note=signed(size, new)), Seen(size=old, root=old_root), keys
        )
        assert isinstance(said, Refused), (ORIGIN, call)


@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "large"])
@pytest.mark.parametrize("what", ["body", "bundle", "checkpoint", "log.vkey"])
def test_a_file_of_another_kind_in_a_copied_folder_is_refused_at_once(tmp_path: Path, kind: str, what: str) -> None:
    # A pipe that nobody writes to would hold its reader for ever; a link leads to what the folder does not hold.
    made = world()
    copy = tmp_path / "copy"
    shutil.copytree(made.folder / "copy", copy)
    log = copy / "log"
    path = {
        "body": next((copy / "bodies").iterdir()),
        "bundle": log / f"tile/entries/000.p/{made.size}",
        "checkpoint": log / "checkpoint",
        "log.vkey": log / "log.vkey",
    }[what]
    path.rename(tmp_path / "elsewhere")
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(1 << 30)
    for trust in (["--trust", str(made.folder / "bring" / "trust.json")], []):
        done = subprocess.run(
            [sys.executable, "-m", "modicum_verify", str(copy), *trust],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in ({2, 5} if what == "checkpoint" else {5}), done
        assert "plain file" in done.stderr or "missing" in done.stderr or "neither" in done.stderr
