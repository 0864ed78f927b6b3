"""`modicum log freeze|rotate`: end a log, and go on in another."""

from pathlib import Path
from typing import Annotated

import typer

from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, StoreOption, TextOption, given_key, outside_others
from modicum.cli.output import emit, progress, say, show
from modicum.gateway.freezing import freeze as freeze_home
from modicum.gateway.home import system_clock
from modicum.gateway.keys import person_key
from modicum.gateway.rotating import Rotated
from modicum.gateway.rotating import rotate as rotate_home
from modicum.storage import Folder


def register(group: typer.Typer) -> None:
    """Add the commands of this module."""
    group.command("freeze")(freeze)
    group.command("rotate")(rotate)


def freeze(
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line; it stands in the successor's genesis.")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Freeze a home whose log is damaged, or whose key may be in other hands. Nothing takes this back.

    From then on nothing is recorded and nothing leaves, objections neither: they are entered in its successor.

    Example:  modicum log freeze --reason "a flipped bit in tile/0/000, see the report of 26 November"
    """
    frozen = freeze_home(home, reason=reason, clock=system_clock)
    if as_json:
        emit(frozen.as_document())
        return
    show(f"frozen on {frozen.at}: nothing is recorded in {home} and nothing leaves it any more")
    say("make its successor: modicum log rotate --to DIR; objections are entered there")


def rotate(
    to: Annotated[Path, typer.Option("--to", help="A new folder for the successor's home.", callback=outside_others)],
    who: Annotated[
        list[str] | None,
        typer.Option("--as", help="Somebody who signs; twice, two founding organisations.", metavar="WHO"),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="A signer's key, a file or agent:SHA256:...; may be given twice.", metavar="KEY"),
    ] = None,
    text: TextOption = "",
    store: StoreOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make the successor of a home, with the same people, pack and data sets, and a log and keys of its own.

    The old log ends with an entry that names it; it stays where it is. Exit 4 while cases are open. In a frozen home
    they are listed instead, to be filed anew.

    Example:  modicum log rotate --to gate-2027 --key privacy.key --key agent:SHA256:...
    """
    keys = [*(person_key(Folder(home), each) for each in who or []), *(given_key(each) for each in key or [])]
    with progress(quiet=as_json) as report:
        done = rotate_home(home, to=to, keys=keys, clock=system_clock, text=text, store=store, report=report)
    if as_json:
        emit(done.as_document())
    else:
        _tell(done, home)


def _tell(done: Rotated, old: Path) -> None:
    show(f"made the home {done.home} (log {done.origin}); it continues {done.before} at {done.size} entries")
    say(f"keep {old}: verify both with: modicum verify {done.home} --trust {done.home}/trust.json --before {old}")
    say(f"verifiers need {done.home / 'trust.json'}, brought by another way than the log")
    if done.witnesses:
        say(f"bring each witness the log's key: modicum log witness watch {done.home / 'log' / 'log.vkey'}")
    for case in done.file_anew:
        show(f"  file anew: case {case} of {done.before}")
    for name in done.register_anew:
        show(f"  register anew: data set {name}")
