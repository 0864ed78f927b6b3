"""`modicum-verify` as an outsider has it: its own wheel, `cryptography`, the standard library, and nothing else."""

import json
import subprocess
import sys
import sysconfig
import tomllib
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from zipfile import ZipFile

import pytest
from docs_world import ROOT
from mutation_world import Attempt, World, verdict, world
from mutations_log import CA1, COURT
from test_schemas import faults

from modicum.cli import run
from modicum.cli.exits import exit_of
from modicum_verify.door import EXIT, OUR_FAULT
from modicum_verify.errors import EvidenceError, InvalidInputError, ModicumError, NotFoundError

FOUNDATION: Final = ROOT / "packages" / "modicum-verify"
BUILD: Final = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
# Isolated from everything that is installed: the path holds the standard library, the wheel, and one folder more.
PROGRAM: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from modicum_verify.door import run
status = run(sys.argv[2:])
sys.stdout.flush()
print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)
sys.exit(status)
"""
NEEDED: Final = ("cryptography", "cffi", "_cffi_backend", "pycparser", "_openssl")


@cache
def wheel(project: Path) -> Path:
    """Build a project's wheel, without a network."""
    out = Path(mkdtemp(prefix="modicum-wheel-"))
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=project, capture_output=True, text=True, check=True
    )
    return out / built.stdout.split()[-1]


@cache
def alone() -> list[str]:
    """A path for imports on which there is the wheel, unpacked, and `cryptography`, and the standard library."""
    folder = Path(mkdtemp(prefix="modicum-alone-"))
    with ZipFile(wheel(FOUNDATION)) as opened:
        opened.extractall(folder)
    installed = Path(str(distribution("cryptography").locate_file("")))
    for path in installed.iterdir():
        if path.name.split(".")[0] in NEEDED:
            (folder / path.name).symlink_to(path)
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    dynamic = [each for each in sys.path if each.endswith("lib-dynload")]
    return [str(folder), *dict.fromkeys([*standard, *dynamic])]


def run_alone(*arguments: str | Path) -> tuple[int, dict[str, Any], set[str]]:
    """Exit code, document and top-level modules of `modicum-verify` in a process that has nothing else."""
    given = [sys.executable, "-I", "-S", "-c", PROGRAM, json.dumps(alone()), *map(str, arguments), "--json"]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture
def made() -> World:
    return world()


def test_the_wheel_holds_the_foundation_alone() -> None:
    names = [name.split("/")[0] for name in ZipFile(wheel(FOUNDATION)).namelist()]
    assert {name.split("-")[0] for name in names} == {"modicum_verify"}
    files = {path.name for path in (ROOT / "src" / "modicum_verify").iterdir() if path.is_file()}
    assert {
        name.split("/")[1] for name in ZipFile(wheel(FOUNDATION)).namelist() if name.startswith("modicum_verify/")
    } == files


def test_the_gateways_wheel_holds_no_second_copy_and_asks_for_the_first() -> None:
    names = ZipFile(wheel(ROOT)).namelist()
    assert "modicum/cli/__init__.py" in names
    assert [name for name in names if "modicum_verify" in name] == []
    gateway, foundation = (
        tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"] for folder in (ROOT, FOUNDATION)
    )
    assert f"modicum-verify=={foundation['version']}" in gateway["dependencies"]
    assert gateway["version"] == foundation["version"]
    assert [each.split(">")[0] for each in foundation["dependencies"]] == ["cryptography"]


def test_alone_it_verifies_what_the_gateway_made(made: World) -> None:
    bring = made.folder / "bring"
    (bring / "seen").write_bytes(made.kept(CA1, COURT))
    (bring / "witnesses").write_text(made.directory)
    trust = ["--trust", bring / "trust.json"]
    for target, more in (
        (made.named[0], []),
        ("copy/log", []),
        ("copy", ["--seen", bring / "seen", "--witnesses", bring / "witnesses"]),
        ("account.json", []),
    ):
        status, document, modules = run_alone(made.folder / target, *trust, *more)
        assert (status, document["trusted"]) == (0, True), document
        assert not faults(document)
        assert (
            document
            == made.verify(
                Attempt(
                    says="",
                    target=target,
                    **({"seen": made.kept(CA1, COURT), "witnesses": made.directory} if more else {}),
                )
            ).document
        )
        strange = modules - set(sys.stdlib_module_names) - {"__main__", "modicum_verify", *NEEDED}
        assert strange == set()


def test_alone_it_says_what_is_wrong(made: World, tmp_path: Path) -> None:
    broken = tmp_path / "broken.modicum"
    broken.write_bytes(made.packages[0][:-1])
    status, document, _ = run_alone(broken, "--trust", made.folder / "bring" / "trust.json")
    assert (status, document["code"], document["exit"]) == (5, "evidence-broken", 5)
    assert document["cause"].startswith("broken.modicum, end record: ")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["nothing-here"], 8, "not-found"),
        ([], 2, "usage"),
        (["--force", "x"], 2, "usage"),
        (["{package}", "--trust", "nothing-here"], 8, "not-found"),
        (["{package}", "--trust", "{account}"], 2, "invalid-input"),
        (["{package}", "--trust", "{bodies}"], 2, "invalid-input"),
        (["{bodies}"], 2, "invalid-input"),
        (["{account}"], 2, "invalid-input"),
        (["{package}", "--seen", "{package}"], 2, "invalid-input"),
        (["{log}", "--witnesses", "{trust}"], 2, "invalid-input"),
        (["{log}", "--seen", "nothing-here"], 8, "not-found"),
        (["{log}", "--seen", "{trust}"], 2, "invalid-input"),
    ],
)
def test_both_doors_end_alike(made: World, arguments: list[str], status: int, code: str) -> None:
    places = {
        "package": made.folder / made.named[0],
        "log": made.folder / "copy" / "log",
        "bodies": made.folder / "copy" / "bodies",
        "account": made.folder / "account.json",
        "trust": made.folder / "bring" / "trust.json",
    }
    given = [each.format(**places) for each in arguments]
    said = verdict(given)
    assert (said.exit, said.document["code"]) == (status, code), said
    assert not faults(said.document)
    other = verdict(["verify", *given], by=run)
    assert (other.exit, other.document["code"]) == (status, code)
    if code != "usage":
        assert other.document == said.document


def test_the_exit_codes_are_those_of_the_gateway() -> None:
    for kind in (EvidenceError, InvalidInputError, NotFoundError, ModicumError):
        error = kind.__new__(kind)
        assert EXIT.get(error.code, OUR_FAULT) == exit_of(error)


def test_it_talks_to_people_without_json(made: World) -> None:
    trust = str(made.folder / "bring" / "trust.json")
    given = [sys.executable, "-m", "modicum_verify", str(made.folder / "copy"), "--trust", trust]
    done = subprocess.run(given, capture_output=True, text=True, check=True)
    first, second, third = done.stdout.splitlines()
    assert first.startswith(f"verified: {made.size} entries of {made.origin}, root ")
    assert second.startswith("valid as of ")
    assert third == "bodies, signatures and moves of 3 cases hold"
    help_text = subprocess.run([*given[:3], "--help"], capture_output=True, text=True, check=True).stdout
    assert "examples:" in help_text
    assert "exit codes: 0 verified" in help_text
