"""A home with two witnesses of two organisations, and witnesses of every kind: honest, down, slow, hanging, lying.

Each person signs with a key of their own, outside the home; each witness keeps its state in the world's folder, so that
a copy of the world has witnesses that saw just what that copy shows.
"""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any

from cli_world import EXAMPLES, STATISTICS, Ran, World, command
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from modicum.gateway.keys import openssh_bytes
from modicum.gateway.person_keys import key_file
from modicum.gateway.witnessing import serve_witness
from modicum.ledger.witness import Witness
from modicum.storage import Folder
from modicum_verify.ed25519 import Ed25519PrivateKey

WITNESSES = {"inspector": "ig.example/witness", "court": "clerk.example/witness"}
FOUNDERS = ("cms/privacy-officer", "cms/counsel", "ca-dhcs/data-officer")
NOWHERE = "http://127.0.0.1:9"
_SCHEMAS = [json.loads(path.read_text("utf-8")) for path in (EXAMPLES.parent / "docs/reference/schemas").glob("*.json")]
_REGISTRY = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in _SCHEMAS)


def faults(document: dict[str, Any], name: str | None = None) -> list[str]:
    """What is wrong with a document by the schema that it names, or by another one."""
    wanted = name or document["schema"].removeprefix("modicum.").removesuffix("/1")
    schema = next(each for each in _SCHEMAS if each["$id"].endswith(f"/{wanted}.json"))
    return [error.message for error in Draft202012Validator(schema, registry=_REGISTRY).iter_errors(document)]


class Witnessed(World):
    """A home with witnesses. `--as WHO` becomes `--key FILE`, since such a home holds nobody's key."""

    def run(self, *arguments: str | Path) -> Ran:
        given = list(arguments)
        while "--as" in given:
            at = given.index("--as")
            given[at : at + 2] = ["--key", self.key(str(given[at + 1]))]
        return super().run(*given)

    def key(self, person: str) -> Path:
        path = self.folder / "people" / person.replace("/", ".")
        if not path.exists():
            Folder(path.parent).write_new(path.name, openssh_bytes(Ed25519PrivateKey.generate()))
        return path

    def state(self, organisation: str) -> Path:
        return self.folder / "witnesses" / organisation

    def copy_to(self, folder: Path) -> "Witnessed":
        return Witnessed(World.copy_to(self, folder).folder)

    def moved(self, **urls: str) -> None:
        """Say where the witnesses are now; who they are stays."""
        path = self.home / "witnesses.toml"
        text = path.read_text()
        for organisation, url in urls.items():
            text = re.sub(rf'(organisation = "{organisation}"\nurl = ")[^"]*', rf"\g<1>{url}", text)
        path.write_text(text)

    @contextlib.contextmanager
    def honest(self, *organisations: str) -> Iterator[None]:
        """Run the witnesses of these organisations (all, where none is named) on their states, in this process."""
        named = organisations or tuple(WITNESSES)
        with contextlib.ExitStack() as stack:
            for each in named:
                url = stack.enter_context(serving(serve_witness(self.state(each), listen="127.0.0.1:0")))
                self.moved(**{each: url})
            yield

    @contextlib.contextmanager
    def processes(self) -> Iterator[None]:
        """Run both witnesses as their operators do, as processes."""
        with contextlib.ExitStack() as stack:
            for each in WITNESSES:
                self.moved(**{each: stack.enter_context(witness_process(self.state(each)))})
            yield

    def packages(self) -> list[Path]:
        """Whatever could be handed to somebody: packages, copies of them, half a package, sealed data left staged.

        Only what a cut-off write left in `.staging` may lie there for an hour: ciphertext to a key that is nowhere.
        """
        held = []
        for path in self.home.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            sealed = data.startswith(b"age-encryption.org") and ".staging" not in path.parts
            if sealed or (data.startswith(b"PK") and b"key.age" in data):
                held.append(path)
        return [*held, *self.folder.glob("answer*")]


@contextlib.contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def witness_process(state: Path) -> Iterator[str]:
    arguments = ["log", "witness", "run", "--state", str(state), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen([sys.executable, "-m", "modicum", *arguments], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    url = re.search(r"http://\S+(?=;)", process.stderr.readline())
    assert url is not None
    try:
        yield url[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """Takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def answering(status: int, body: bytes, *, after_s: float = 0.0) -> Iterator[str]:
    """Says the same to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(after_s)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


def make_witnessed(folder: Path, *, population: Path, organisations: int = 2, pack: Path | None = None) -> Witnessed:
    """A home with witnesses, the invented people in it, and one agreed case."""
    world = Witnessed(folder)
    text = resources.files("modicum.gateway").joinpath("rosters/cms.toml").read_text("utf-8")
    for person in tomllib.loads(text)["people"]:
        handle = f"{person['organisation']}/{person['person']}"
        line = key_file(world.key(handle)).public_key
        head = f'organisation = "{person["organisation"]}"\nperson = "{person["person"]}"\n'
        assert text.count(head) == 1
        text = text.replace(head, f'{head}public_key = "{line}"\n')
    (folder / "roster.toml").write_text(text)
    listed = f"organisations = {organisations}\n"
    for organisation, name in WITNESSES.items():
        made = command("log", "witness", "init", "--name", name, "--state", world.state(organisation))
        listed += f'[[witness]]\norganisation = "{organisation}"\nurl = "{NOWHERE}"\nvkey = "{made.out.strip()}"\n'
    (folder / "witnesses.toml").write_text(listed)
    given = [] if pack is None else ["--pack", pack]
    keys = [part for founder in FOUNDERS for part in ("--founder-key", world.key(founder))]
    world.ok("init", "--roster", folder / "roster.toml", "--witnesses", folder / "witnesses.toml", *keys, *given)
    for organisation in WITNESSES:
        watching = ("log", "witness", "watch", world.home / "log" / "log.vkey", "--state", world.state(organisation))
        assert command(*watching).exit == 0
    world.ok("data", "add", "medicaid", population)
    world.ok("data", "classify", "medicaid", "--confirm")
    world.agreed(STATISTICS)
    return world


Clock = Callable[[], int]


def lying_clock(clock: Clock) -> Callable[..., Witness]:
    """The constructor of a witness whose clock is another."""

    def make(*arguments: object, **named: object) -> Witness:
        return Witness(*arguments, **{**named, "clock": clock})  # type: ignore[arg-type]

    return make
