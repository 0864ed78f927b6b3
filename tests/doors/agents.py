"""ssh-agents for tests: OpenSSH's own, with keys in it, and false ones that answer what they are told."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

PROGRAMS = ("ssh-agent", "ssh-add", "ssh-keygen")
needs_ssh = pytest.mark.skipif(
    any(shutil.which(each) is None for each in PROGRAMS), reason="ssh-agent (openssh-client) is not here"
)


@contextlib.contextmanager
def real_agent(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """OpenSSH's agent in the foreground, its socket in a short path of its own; gives the path."""
    folder = tempfile.mkdtemp(prefix="agent")
    path = f"{folder}/socket"
    started = subprocess.Popen(
        ["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    try:
        deadline = time.monotonic() + 10
        while not Path(path).exists():
            assert time.monotonic() < deadline, "ssh-agent did not start"
            time.sleep(0.01)
        yield path
    finally:
        started.terminate()
        started.wait()
        shutil.rmtree(folder)


def add(path: str, key: Path, *options: str) -> None:
    """Put a private key file into the agent."""
    key.chmod(0o600)
    done = subprocess.run(
        ["ssh-add", *options, str(key)], env={**os.environ, "SSH_AUTH_SOCK": path}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def passphrase(key: Path, words: str) -> None:
    """Give a private key file a passphrase."""
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", words, "-f", str(key)], check=True, capture_output=True)


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


@contextlib.contextmanager
def false_agent(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[str]:
    """Answers each connection, in order, with bytes (framed already) or as told; the last answer stands for all later."""
    folder = tempfile.mkdtemp(prefix="agent")
    path = f"{folder}/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.bind(path)
        door.listen()

        def serve() -> None:
            served = 0
            while True:
                try:
                    talk, _ = door.accept()
                except OSError:
                    return
                answer = answers[min(served, len(answers) - 1)]
                served += 1
                with talk, contextlib.suppress(OSError):
                    talk.recv(1 << 16)
                    talk.sendall(answer) if isinstance(answer, bytes) else answer(talk)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        door.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)
    shutil.rmtree(folder)
