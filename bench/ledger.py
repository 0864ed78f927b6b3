"""Appends to the ledger against the floor: one write and fdatasync of the same entries, in the same run.

Floor and ledger take turns, so that a slow moment of the disk meets both. An append writes bundle, tiles, checkpoint
and its copy as files of their own, each synced with its folder, so its ratio to one fdatasync is well above 1; what
should be seen is that a batch costs about as much as one entry, and that the cost does not grow with the log.

    python bench/ledger.py [--entry-bytes N] [--rounds N] [--folder DIR]
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from machine import file_system, print_machine

from modicum.ledger import create_ledger, open_ledger
from modicum.storage import Folder
from modicum_verify.logdir import read_log

BATCHES = (1, 100)


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entry-bytes", type=int, default=250)
    options.add_argument("--rounds", type=int, default=300)
    options.add_argument("--folder", type=Path, default=None, help="where to write (default: the temporary folder)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        root = Path(name)
        print_machine(**{"file system": file_system(root), "entry": f"{chosen.entry_bytes} bytes"})
        key = Ed25519PrivateKey.generate()
        ledger = create_ledger(Folder(root / "home"), origin="bench.example/log", key=key)
        print(f"{'batch':>6}{'appends':>9}{'append ms':>11}{'p99 ms':>9}{'entries/s':>11}{'floor ms':>10}{'ratio':>8}")
        for batch in BATCHES:
            measure(root, ledger.append, batch=batch, rounds=chosen.rounds, entry_bytes=chosen.entry_bytes)
        print()
        opened = timed(lambda: open_ledger(Folder(root / "home"), key=key, vkey=ledger.vkey))
        checked = timed(lambda: read_log(root / "home/log", ledger.vkey))
        proved = timed(lambda: ledger.prove(ledger.size // 2))
        print(
            f"log of {ledger.size:,} entries: open {opened * 1e3:.1f} ms, full check {checked * 1e3:.0f} ms, ", end=""
        )
        print(f"one proof {proved * 1e3:.2f} ms")
    return 0


def measure(root: Path, append: Callable[[list[bytes]], object], *, batch: int, rounds: int, entry_bytes: int) -> None:
    floor, ours = [], []
    handle = os.open(root / f"floor-{batch}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(rounds):
            leaves = [os.urandom(entry_bytes) for _ in range(batch)]
            floor.append(timed(lambda leaves=leaves: (os.write(handle, b"".join(leaves)), os.fdatasync(handle))))
            ours.append(timed(lambda leaves=leaves: append(leaves)))
    finally:
        os.close(handle)
    typical, least = statistics.median(ours), statistics.median(floor)
    slow = statistics.quantiles(ours, n=100)[98]
    rate = batch * rounds / sum(ours)
    print(f"{batch:>6}{rounds:>9}{typical * 1e3:>11.2f}{slow * 1e3:>9.2f}{rate:>11,.0f}", end="")
    print(f"{least * 1e3:>10.2f}{typical / least:>8.1f}")


if __name__ == "__main__":
    sys.exit(main())
