"""Proofs that stand on the trust root alone: a log entry that carries itself."""

from dataclasses import replace

from modicum.gateway.home import Home
from modicum.ledger import Ledger
from modicum_verify.carried import proof_extra
from modicum_verify.entry import read_entry
from modicum_verify.proof import parse_proof


def prove_with_entry(
    home: Home, index: int, *, ledger: Ledger | None = None, under: bytes | None = None, body: bool = True
) -> bytes:
    """Prove an entry under the present checkpoint, in a tlog-proof whose `extra` holds the entry and its body.

    ledger: the log as it stood when it was opened, where that is wanted. under: an earlier checkpoint that covers it.
    body: False leaves the body out, and what the entry says is not shown.
    """
    log = ledger or home.ledger
    proof, leaf = parse_proof(log.prove(index, under=under)), log.leaf(index)
    said = home.folder.read(f"bodies/{read_entry(index, leaf, None).body}.json") if body else None
    return replace(proof, extra=proof_extra(leaf=leaf, body=said)).format()
