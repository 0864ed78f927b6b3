"""A witness, on the side of the outsider who runs it: its key, the logs that it was told of, what it cosigned last.

It stands in a folder of its own, on a machine of its own, and knows no home, no case and no body, only checkpoints. A
log that it is to watch is told to it by its verifier key, by another way than the log itself.
"""

import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.gateway.keys import openssh_bytes
from modicum.gateway.outside import check_out, check_outside, write_out
from modicum.ledger.serving import server, witness_answers
from modicum.ledger.witness import Cosigned, Witness
from modicum.model.errors import ConflictError, InvalidInputError, NotFoundError
from modicum.storage import Folder
from modicum_verify.cosignature import Cosigner, WitnessKey
from modicum_verify.errors import EvidenceError
from modicum_verify.note import Verifier
from modicum_verify.sshsig import load_private_key
from modicum_verify.witnessing import Refused, parse_request

KEY: Final = "witness.key"
NAME: Final = "witness.name"
LOGS: Final = "logs"


def make_witness(state: Path, *, name: str) -> WitnessKey:
    """Make the key of a new witness in an empty folder; gives what others must know of it.

    Raises ConflictError: there is one already. InvalidInputError: a name with blanks or plus signs.
    """
    check_outside(state)
    folder, key = Folder(state), Ed25519PrivateKey.generate()
    try:
        Cosigner(name, key).cosign("probe\n", time=1)
    except ValueError:
        raise InvalidInputError(
            cause="the name of a witness may hold no blank and no plus sign", cure="write it as example.org/witness"
        ) from None
    if folder.exists(KEY):
        raise ConflictError(cause=f"{state} holds a witness already", cure="name another --state folder")
    folder.write_new(NAME, name.encode() + b"\n")
    folder.write_new(KEY, openssh_bytes(key))
    return WitnessKey(name, key.public_key())


def watch(state: Path, *, log_vkey: str) -> str:
    """Tell a witness of a log, by the verifier key that it signs with; gives the log's origin.

    Raises InvalidInputError: no verifier key. ConflictError: it watches a log of that origin under another key.
    """
    _cosigner(state)
    try:
        verifier = Verifier.parse(log_vkey.strip())
    except EvidenceError as error:
        raise InvalidInputError(
            cause=f"the verifier key {error.cause}", cure="copy it from the log's log.vkey"
        ) from None
    folder = Folder(state)
    known = _logs(folder)
    if verifier.name in known:
        if [(each.name, each.key_id) for each in known[verifier.name]] == [(verifier.name, verifier.key_id)]:
            return verifier.name
        raise ConflictError(
            cause=f"the witness watches {verifier.name} under another key", cure="a log with a new key has a new origin"
        )
    folder.write_new(f"{LOGS}/{verifier.key_id.hex()}.vkey", log_vkey.strip().encode() + b"\n")
    return verifier.name


def _seconds() -> int:
    return int(time.time())


def open_witness(state: Path, *, clock: Callable[[], int] = _seconds) -> Witness:
    """Open a witness on its folder; clock: seconds since 1970. Raises NotFoundError: none there."""
    folder = Folder(state)
    return Witness(folder, cosigner=_cosigner(state), logs=_logs(folder), clock=clock)


def serve_witness(state: Path, *, listen: str, clock: Callable[[], int] = _seconds) -> ThreadingHTTPServer:
    """A witness on HTTP, bound to HOST:PORT and not yet running."""
    host, port = listen_at(listen)
    return server(witness_answers(open_witness(state, clock=clock)), host=host, port=port)


def cosign_file(state: Path, *, request: Path, out: Path) -> Cosigned | Refused:
    """Answer one request from a file, for a witness without a network; writes the cosignature to a new file.

    Raises NotFoundError, EvidenceError: no such request. ConflictError: `out` is there already.
    """
    check_out(out)
    try:
        body = request.read_bytes()
    except OSError:
        raise NotFoundError(cause=f"there is no request {request}", cure="check the path") from None
    found = open_witness(state).add_checkpoint(parse_request(body))
    if isinstance(found, Cosigned):
        write_out(out, found.line)
    return found


def _cosigner(state: Path) -> Cosigner:
    folder = Folder(state)
    if not folder.exists(KEY):
        raise NotFoundError(
            cause=f"there is no witness in {state}", cure="make one: modicum log witness init --name NAME"
        )
    return Cosigner(folder.read(NAME).decode().strip(), load_private_key(folder.read(KEY)))


def _logs(folder: Folder) -> dict[str, list[Verifier]]:
    found: dict[str, list[Verifier]] = {}
    for name in folder.list(LOGS):
        verifier = Verifier.parse(folder.read(name).decode().strip())
        found.setdefault(verifier.name, []).append(verifier)
    return found


def listen_at(listen: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`. Raises InvalidInputError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the largest port
        raise InvalidInputError(cause=f"{listen} is no HOST:PORT", cure="write --listen 127.0.0.1:8101")
    return host, int(port)
