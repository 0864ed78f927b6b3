"""Ask witnesses, serve a log: what a home does with its witnesses. What a witness does itself stands in `witness`."""

from collections.abc import Sequence
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from modicum.gateway.home import Home
from modicum.gateway.kept_cosigned import keep
from modicum.gateway.outside import check_outside, write_out
from modicum.gateway.witness import cosign_file as cosign_file  # for doors: both sides in one place
from modicum.gateway.witness import listen_at
from modicum.gateway.witness import make_witness as make_witness
from modicum.gateway.witness import serve_witness as serve_witness
from modicum.gateway.witness import watch as watch
from modicum.ledger.cosigning import Asked, WitnessAddress, ask_all, cosigned
from modicum.ledger.serving import log_answers, server
from modicum_verify.witness_file import read_directory
from modicum_verify.witnessing import AddCheckpoint, WitnessPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """The witnesses of a home, and how many of their organisations must agree."""

    addresses: tuple[WitnessAddress, ...]
    policy: WitnessPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A checkpoint with the cosignatures that were given, what each witness said, and whether they suffice."""

    note: bytes
    asked: Sequence[Asked]
    met: bool
    organisations: int

    def as_document(self) -> dict[str, Any]:
        """As published JSON (docs/reference/schemas/cosigned.json)."""
        return {
            "schema": "modicum.cosigned/1",
            "note": self.note.decode(),
            "met": self.met,
            "organisations_needed": self.organisations,
            "witnesses": [{"name": each.name, "time": each.time, "said": each.why} for each in self.asked],
        }


def serve_log(home: Home, *, listen: str) -> ThreadingHTTPServer:
    """The log of a home on HTTP, as static files, bound to HOST:PORT and not yet running."""
    host, port = listen_at(listen)
    return server(log_answers(home.folder.path("log")), host=host, port=port)


def read_witnesses(path: Path) -> Witnesses:
    """Read a `witnesses.toml`; raises as `modicum_verify.witness_file.read_directory`."""
    found = read_directory(path)
    addresses = tuple(WitnessAddress(url, key) for url, key in zip(found.urls, found.keys, strict=True))
    return Witnesses(addresses=addresses, policy=found.policy)


def write_request(home: Home, *, out: Path, since: int) -> None:
    """Write what a witness without a network is brought: the present checkpoint, and the proof from what it saw last.

    since: the size that this witness cosigned last, 0 where none. Raises NotFoundError: the log never had that size.
    ConflictError: `out` is there already.
    """
    check_outside(out)
    proof = home.ledger.prove_continuation(since)
    body = AddCheckpoint(old_size=since, proof=tuple(proof), note=home.ledger.checkpoint_note).format()
    write_out(out, body)


def ask_witnesses(home: Home, witnesses: Witnesses) -> Outcome:
    """Ask all witnesses to cosign the present checkpoint of a home; `met` says whether enough organisations did."""
    note = home.ledger.checkpoint_note
    asked = ask_all(home.ledger, witnesses.addresses, now=int(home.journal.now().timestamp()))
    given = [each.name for each in asked if each.line is not None]
    whole = cosigned(note, asked)
    keep(home, whole)
    return Outcome(
        note=whole,
        asked=asked,
        met=witnesses.policy.met_by(given),
        organisations=witnesses.policy.organisations,
    )
