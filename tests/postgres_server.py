"""A real PostgreSQL for tests: one server a process, in a folder of its own, gone when the process ends.

As root it runs as an unprivileged user, since PostgreSQL refuses root. It keeps its durable settings (fsync, full-page
writes, synchronous_commit), so what a test sees of durability is what an operator would get. Absent: tests skip, named.
"""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

PASSWORD = "a-password-of-the-tests"
MISSING = "PostgreSQL's initdb and postgres are not here"


def programs() -> Path | None:
    """The newest folder with `initdb` and `postgres`; None where there is none."""
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    root = Path("/usr/lib/postgresql")
    if root.is_dir():
        candidates += sorted((each / "bin" for each in root.iterdir() if each.name.isdecimal()), reverse=True)
    return next((each for each in candidates if (each / "initdb").exists() and (each / "postgres").exists()), None)


class PostgresServer:
    """One server with a password for `modicum`; databases are made one a test."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._owner = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="modicum-pg-"))
        self._data = self.folder / "data"
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if self._owner is not None:
            for path in (self.folder, password):
                shutil.chown(path, self._owner.pw_uid, self._owner.pw_gid)
        atexit.register(self.close)
        self._run(
            "initdb", "--no-sync", "--username=modicum", f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C", f"--pgdata={self._data}",
        )  # fmt: skip
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self.folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` in good order, `immediate` as a crash, from which the next start recovers."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def pause(self) -> None:
        """Stop the postmaster's clock: it takes no new connection, and refuses none."""
        os.kill(self.pid(), signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid(), signal.SIGCONT)

    def database(self, name: str | None = None) -> str:
        """Make an empty database; gives its SQLAlchemy URL, with the password in it."""
        name = name or f"t{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql+pg8000://modicum:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements, each in a transaction of its own, as somebody with full access."""
        import pg8000.dbapi

        connection = pg8000.dbapi.connect(
            "modicum", host="127.0.0.1", port=self.port, database=database, password=PASSWORD
        )
        with closing(connection):
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)

    def close(self) -> None:
        """Stop it and remove its folder."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        who: dict[str, object] = {}
        if self._owner is not None:
            who = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": list[int]()}
        command: Sequence[str] = [str(self._bin / program), *arguments]
        # The server inherits these; a pipe that it keeps open would never end. Timeouts end a hang, never a slow start.
        said = self.folder / "said"
        with said.open("ab") as out:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder, timeout=120, check=False,
                **who,  # type: ignore[call-overload]
            )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"{program} failed:\n{said.read_text(errors='replace')[-2000:]}")


@cache
def _server() -> PostgresServer | None:
    found = programs()
    return None if found is None else PostgresServer(found)


def postgres_server() -> PostgresServer:
    """This process's server, started with the first call; skips the test where PostgreSQL is not installed."""
    found = _server()
    if found is None:
        pytest.skip(MISSING)
    return found


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("run as root, and there is no unprivileged user to run PostgreSQL as")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
