"""`--receipt FILE`: whoever acts keeps a proof of what they entered, which `modicum verify` checks."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.options import outside
from modicum.cli.output import say
from modicum.gateway.home import Home
from modicum.gateway.logbook import give_receipt
from modicum.gateway.outside import check_out

ReceiptOption = Annotated[
    Path | None,
    typer.Option(
        "--receipt",
        metavar="FILE",
        help="Your receipt, a new file: the proof of the entry made, with its body.",
        callback=outside,
    ),
]


def ready(home: Home, receipt: Path | None) -> Home:
    """The home, once it is seen that a receipt may be written there where one is wanted: before anything is entered."""
    if receipt is not None:
        check_out(receipt)
    return home


def hand_over(home: Home, entry: int, receipt: Path | None) -> None:
    """Write the receipt of an entry, where one is wanted, and say how to check it."""
    if receipt is not None:
        give_receipt(home, entry, out=receipt)
        say(f"wrote {receipt}; check it with: modicum verify {receipt} --trust trust.json")
