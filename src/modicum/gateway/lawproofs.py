"""Packs, put to the proof: what they guarantee, what attacks on them open, and what changes from one to another."""

from modicum.law.attack import Attack, attack
from modicum.law.difference import difference
from modicum.law.findings import Proof
from modicum.law.flips import Difference
from modicum.law.packs import load_pack
from modicum.law.proof import prove


def checked(pack: str) -> Proof:
    """Prove or break every guarantee of a pack (a shipped name or a folder)."""
    return prove(load_pack(pack))


def attacked(pack: str, *, trials: int, seed: int) -> Attack:
    """Attack a pack with random additions; the same seed gives the same trials."""
    return attack(load_pack(pack), trials=trials, seed=seed)


def compared(old: str, new: str) -> Difference:
    """Compare two packs over the space of both."""
    return difference(load_pack(old), load_pack(new))
