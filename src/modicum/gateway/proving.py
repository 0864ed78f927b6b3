"""Proofs that stand on the trust root alone: a log entry that carries itself."""

from dataclasses import replace

from modicum.gateway.home import Home
from modicum.ledger import Ledger
from modicum_verify.carried import proof_extra
from modicum_verify.entry import read_entry
from modicum_verify.proof import parse_proof


def prove_with_entry(home: Home, index: int, *, ledger: Ledger | None = None, under: bytes | None = None) -> bytes:
    """Prove an entry under the present checkpoint, in a tlog-proof whose `extra` holds the entry and its body.

    ledger: the log as it stood when it was opened, where that is wanted. under: an earlier checkpoint that covers it.
    """
    log = ledger or home.ledger
    leaf = log.leaf(index)
    body = home.folder.read(f"bodies/{read_entry(index, leaf, None).body}.json")
    return replace(parse_proof(log.prove(index, under=under)), extra=proof_extra(leaf=leaf, body=body)).format()
