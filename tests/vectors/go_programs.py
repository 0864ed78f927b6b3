"""Programs in Go that tests talk to, built offline from the sources that the system's package brought."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GO = shutil.which("go")
GOPATH = Path("/usr/share/gocode")

needs_go = [
    pytest.mark.skipif(GO is None, reason="Go (golang-go) is not installed"),
    pytest.mark.skipif(
        not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="golang.org/x/mod (golang-golang-x-mod-dev) is not installed",
    ),
]


def built(name: str, folder: Path) -> Path:
    """Build `tests/vectors/NAME/main.go` into a folder; gives the program."""
    own = {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "GOPROXY": "off",
    }
    source = Path(__file__).parent / name / "main.go"
    made = subprocess.run(
        [str(GO), "build", "-o", str(folder / name), str(source)],
        env={**os.environ, **own},
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr.decode()
    return folder / name
