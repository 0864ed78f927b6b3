"""HTTP for the log and for a witness, on the standard library: read a log's files, or post a checkpoint.

A log is served as it lies: tiles never change and may be cached for ever, the checkpoint not at all. Only names that a
log has are answered, whatever else the folder holds.

Source: C2SP tlog-tiles, "Serving"; C2SP tlog-witness.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from modicum.ledger.witness import Witness
from modicum.model.errors import InvalidInputError
from modicum_verify.errors import EvidenceError, ModicumError
from modicum_verify.logdir import is_of_log
from modicum_verify.tiles import parse_tile_path
from modicum_verify.witnessing import MAX_REQUEST_BYTES, Refused, parse_request

_TIMEOUT_S: Final = 10
_FOREVER: Final = "public, max-age=31536000, immutable"
_NEVER: Final = "no-store"
_LATEST: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_BINARY, _TEXT, _SIZE = "application/octet-stream", "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: HTTP status, body, its type, whether it may be cached."""

    status: int
    body: bytes = b""
    kind: str = _TEXT
    cache: str = _NEVER


Answer = Callable[[str, str, bytes], Reply]
"""Method, path and body of a request to a reply."""


def log_answers(folder: Path) -> Answer:
    """Answer for the files of the `log/` folder of a home."""

    def answer(method: str, path: str, body: bytes) -> Reply:
        del body
        name = path.removeprefix("/")
        tile = parse_tile_path(name) is not None
        if method != "GET" or not is_of_log(name):
            return Reply(404 if method == "GET" else 405, b"not part of a log\n")
        try:
            data = (folder / name).read_bytes()
        except OSError:
            return Reply(404, b"not there\n")
        return Reply(200, data, _BINARY, _FOREVER) if tile else Reply(200, data)

    return answer


def witness_answers(witness: Witness) -> Answer:
    """Answer as a witness: `POST /add-checkpoint`, `GET /<sha256 of the origin>/checkpoint`."""

    def answer(method: str, path: str, body: bytes) -> Reply:
        if method == "GET" and (match := _LATEST.fullmatch(path)) is not None:
            note = witness.latest(match[1])
            return Reply(404, b"never cosigned\n") if note is None else Reply(200, note)
        if (method, path) != ("POST", "/add-checkpoint"):
            return Reply(404, b"a witness takes POST /add-checkpoint\n")
        try:
            found = witness.add_checkpoint(parse_request(body))
        except EvidenceError as error:
            return Reply(400, f"{error.cause}\n".encode())
        if not isinstance(found, Refused):
            return Reply(200, found.line)
        if found.size is not None:
            return Reply(found.status, f"{found.size}\n".encode(), _SIZE)
        return Reply(found.status, f"{found.why}\n".encode())

    return answer


def server(answer: Answer, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server that is bound and not yet running; port 0 takes a free one. Raises InvalidInputError: it cannot bind."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _TIMEOUT_S
        server_version, sys_version = "modicum", ""

        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
                self.close_connection = True
                self._send(Reply(413, b"too long, or of no stated length\n"))
                return
            self._reply(self.rfile.read(int(length)))

        def log_message(self, *_: object) -> None:
            """Keep no access log: who looks at a log is nobody's business."""

        def _reply(self, body: bytes) -> None:
            try:
                reply = answer(self.command, self.path, body)
            except ModicumError as error:
                reply = Reply(503, f"{error.cause}\n".encode())
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Cache-Control", reply.cache)
            self.end_headers()
            self.wfile.write(reply.body)

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise InvalidInputError(
            cause=f"{host}:{port} cannot be listened on", cure="name another --listen HOST:PORT"
        ) from error
