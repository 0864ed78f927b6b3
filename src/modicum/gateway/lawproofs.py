"""Packs, put to the proof: what they guarantee, what attacks on them open, and what changes from one to another."""

from modicum.law.attack import Attack, attack
from modicum.law.difference import difference
from modicum.law.findings import Proof
from modicum.law.flips import Difference
from modicum.law.packs import Pack, load_pack
from modicum.law.proof import prove


def checked(pack: str) -> Proof:
    """Prove or break every guarantee of a pack (a shipped name or a folder)."""
    return prove(load_pack(pack))


def attacked(pack: str, *, trials: int, seed: int) -> Attack:
    """Attack a pack with random additions; the same seed gives the same trials."""
    return attack(load_pack(pack), trials=trials, seed=seed)


def changed(old: Pack, new: Pack) -> list[str]:
    """What another pack changes, in a few lines: rules, and how many situations flip."""
    found = difference(old, new)
    rules = [f"rules {kind}: {', '.join(names)}" for kind, names in found.rules.items() if names]
    flips = [
        f"{each.situations:,}  {each.before} -> {each.after}, because of {', '.join(each.rules)}"
        for each in found.flips
    ]
    return [*rules, f"{found.flipped:,} of {found.situations:,} situations flip", *flips[:3]]


def compared(old: str, new: str) -> Difference:
    """Compare two packs over the space of both."""
    return difference(load_pack(old), load_pack(new))
