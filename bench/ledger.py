"""Appends to the ledger beside a SQLite commit and one fdatasync, proofs from a large log, memory; all in one run.

Floor, SQLite (WAL, synchronous=FULL, one entry a commit) and ledger take turns, so that a slow moment of the disk meets
all. An append writes bundle, tiles, checkpoint and its copy as files of their own, each synced with its folder, so a
single one costs several fdatasyncs; a batch costs about as much as one entry. Then a log of --entries entries: the time
of a proof, and how much memory it took to grow it, by quarters.

    python bench/ledger.py [--entry-bytes N] [--rounds N] [--entries N] [--folder DIR]
"""

import argparse
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from machine import file_system, peak_rss_mib, print_machine

from modicum.ledger import create_ledger, open_ledger
from modicum.storage import Folder
from modicum_verify.logdir import read_log
from modicum_verify.note import vkey

BATCHES = (1, 100, 1000)
GROWTH = 4096
INSERT = "INSERT INTO entry (leaf) VALUES (?)"


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entry-bytes", type=int, default=250)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--entries", type=int, default=1_000_000, help="size of the large log (0: leave it out)")
    options.add_argument("--folder", type=Path, default=None, help="where to write (default: the temporary folder)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        root = Path(name)
        print_machine(**{"file system": file_system(root), "entry": f"{chosen.entry_bytes} bytes"})
        key = Ed25519PrivateKey.generate()
        ledger = create_ledger(Folder(root / "home"), origin="bench.example/log", key=key)
        print(
            f"{'batch':>6}{'append ms':>11}{'p99 ms':>9}{'entries/s':>11}{'fdatasync ms':>14}{'ratio':>7}"
            f"{'SQLite commits/s':>18}{'entries to a commit':>21}"
        )
        for batch in BATCHES:
            measure(root, ledger.append, batch=batch, rounds=chosen.rounds, entry_bytes=chosen.entry_bytes)
        print()
        opened = timed(lambda: open_ledger(Folder(root / "home"), key=key, vkey=ledger.vkey))
        checked = timed(lambda: read_log(root / "home/log", ledger.vkey))
        print(f"log of {ledger.size:,} entries: open {opened * 1e3:.1f} ms, full check {checked * 1e3:.0f} ms")
        if chosen.entries:
            large(root / "large", entries=chosen.entries, entry_bytes=chosen.entry_bytes)
    return 0


def measure(root: Path, append: Callable[[list[bytes]], object], *, batch: int, rounds: int, entry_bytes: int) -> None:
    floor, ours, commits = [], [], []
    handle = os.open(root / f"floor-{batch}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    database = sqlite3.connect(root / f"plain-{batch}.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")
    try:
        for _ in range(rounds):
            leaves = [os.urandom(entry_bytes) for _ in range(batch)]
            floor.append(timed(lambda leaves=leaves: (os.write(handle, b"".join(leaves)), os.fdatasync(handle))))
            commits.append(timed(lambda leaves=leaves: database.execute(INSERT, (leaves[0],))))
            ours.append(timed(lambda leaves=leaves: append(leaves)))
    finally:
        os.close(handle)
        database.close()
    typical, least = statistics.median(ours), statistics.median(floor)
    slow = statistics.quantiles(ours, n=100)[98]
    rate, plain = batch * rounds / sum(ours), rounds / sum(commits)
    print(f"{batch:>6}{typical * 1e3:>11.2f}{slow * 1e3:>9.2f}{rate:>11,.0f}{least * 1e3:>14.2f}", end="")
    print(f"{typical / least:>7.1f}{plain:>18,.0f}{rate / plain:>20.1f}x")


def large(root: Path, *, entries: int, entry_bytes: int) -> None:
    key = Ed25519PrivateKey.generate()
    ledger = create_ledger(Folder(root), origin="bench.example/large", key=key)
    print(f"growing a log to {entries:,} entries")
    for quarter in range(1, 5):
        while ledger.size < entries * quarter // 4:
            many = min(GROWTH, entries * quarter // 4 - ledger.size)
            ledger.append([os.urandom(entry_bytes) for _ in range(many)])
        print(f"  {ledger.size:>10,} entries: peak memory {peak_rss_mib():.0f} MiB")
    chosen = random.Random(1)
    reader = open_ledger(Folder(root), key=None, vkey=vkey("bench.example/large", key.public_key()))
    times = [timed(lambda: reader.prove(chosen.randrange(entries))) for _ in range(2000)]
    slow = statistics.quantiles(times, n=100)[98]
    print(f"  one proof: median {statistics.median(times) * 1e3:.2f} ms, p99 {slow * 1e3:.2f} ms")


if __name__ == "__main__":
    sys.exit(main())
