"""`modicum log serve`, `log witness ...`: the log for outsiders, and the outsiders themselves."""

from contextlib import closing, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.exits import Exit
from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, outside
from modicum.cli.output import emit, say, show
from modicum.gateway import witnessing
from modicum.gateway.home import Home
from modicum_verify.witnessing import Refused

group = typer.Typer(no_args_is_help=True, help="A witness: cosigns checkpoints of logs that only grow.")

StateOption = Annotated[Path, typer.Option("--state", help="The folder of the witness: its key, what it saw.")]
NewStateOption = Annotated[
    Path, typer.Option("--state", help="The folder of the witness: its key, what it saw.", callback=outside)
]
ListenOption = Annotated[str, typer.Option("--listen", help="HOST:PORT; port 0 takes a free one.")]


def register(log: typer.Typer) -> None:
    """Add the commands of this module to `modicum log`."""
    log.command("serve")(serve)
    log.add_typer(group, name="witness")


def serve(listen: ListenOption = "127.0.0.1:8100", home: HomeOption = DEFAULT_HOME) -> None:
    """Serve the log of a home as static files, until Ctrl-C; bodies are not served.

    Example:  modicum log serve --listen 127.0.0.1:8100
    """
    _run(witnessing.serve_log(Home.open(home), listen=listen), "serving the log on")


@group.command("init")
def init(
    name: Annotated[str, typer.Option("--name", help="The witness's name, such as oag.example.gov/witness.")],
    state: NewStateOption = Path("witness"),
    as_json: JsonOption = False,
) -> None:
    """Make the key of a witness and print the verifier key that logs are given.

    Example:  modicum log witness init --name oag.example.gov/witness
    """
    key = witnessing.make_witness(state, name=name)
    if as_json:
        emit({"schema": "modicum.witness/1", "name": key.name, "vkey": key.vkey()})
    else:
        show(key.vkey())


@group.command("watch")
def watch(
    vkey: Annotated[str, typer.Argument(help="The log's verifier key (log/log.vkey), or a file with it.")],
    state: StateOption = Path("witness"),
) -> None:
    """Tell a witness of a log. Take the key from the custodian by another way than the log itself.

    Example:  modicum log witness watch log.vkey
    """
    path = Path(vkey)
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else vkey
    show(f"watching {witnessing.watch(state, log_vkey=text)}")


@group.command("run")
def run(listen: ListenOption = "127.0.0.1:8101", state: StateOption = Path("witness")) -> None:
    """Run a witness on HTTP, until Ctrl-C.

    Example:  modicum log witness run --listen 127.0.0.1:8101
    """
    _run(witnessing.serve_witness(state, listen=listen), "witness on")


@group.command("sign")
def sign(
    request: Annotated[Path, typer.Argument(help="A request that `log checkpoint --request` wrote.")],
    out: Annotated[
        Path, typer.Option("--out", help="Where the cosignature goes; nothing is overwritten.", callback=outside)
    ],
    state: StateOption = Path("witness"),
) -> None:
    """Answer one request from a file: a witness without a network.

    Example:  modicum log witness sign request --out cosignature
    """
    found = witnessing.cosign_file(state, request=request, out=out)
    if isinstance(found, Refused):
        told = "" if found.size is None else f" (it saw {found.size} entries last)"
        say(f"not cosigned: {found.why}{told}")
        raise typer.Exit(int(Exit.VERIFICATION_FAILED))
    show(f"wrote {out}: cosigned at {found.size} entries")


def _run(server: ThreadingHTTPServer, what: str) -> None:
    host, port = server.server_address[:2]
    with closing(server.socket):
        say(f"{what} http://{host!s}:{port}; Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
