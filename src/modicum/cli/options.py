"""Options that many commands share, each written once."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from modicum.docket.signing import PersonKey
from modicum.gateway.case import enrolled_keys
from modicum.gateway.home import Home
from modicum.gateway.keys import person_key
from modicum.gateway.outside import check_around, check_outside
from modicum.gateway.person_keys import find_key
from modicum.gateway.ssh_agent import SshAgent
from modicum.model.errors import InvalidInputError

DEFAULT_HOME = Path("modicum-home")


def outside(path: Path | None) -> Path | None:
    """The callback of every option that names what a command writes: no path in a home gets any further."""
    if path is not None:
        check_outside(path)
    return path


def outside_others(root: Path) -> Path:
    """The callback of every option that names a home, or a folder with homes, to be made: it lies in no other home."""
    check_around(root)
    return root


HomeOption = Annotated[
    Path, typer.Option("--home", envvar="MODICUM_HOME", help="The gateway's home folder.", show_default=True)
]
NewHomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="MODICUM_HOME",
        help="The gateway's home folder.",
        show_default=True,
        callback=outside_others,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document with a schema field.")]
AsOption = Annotated[
    str | None,
    typer.Option("--as", help="organisation/person of an evaluation home, whose key the home holds.", metavar="WHO"),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The person's OpenSSH Ed25519 key: a private key file; or, for a key in their ssh-agent, a .pub file, "
        "agent, or agent:SHA256:...",
        metavar="KEY",
    ),
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Decide as of another day (hypothetical).")
]
TextOption = Annotated[str, typer.Option("--text", help="Words that stay with the case.")]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", help="An empty PostgreSQL database for the store, instead of store.db in the home."),
]


def acting_key(home: Home, *, who: str | None, key: str | None) -> PersonKey:
    """The key of the person who acts; exactly one of `--as` and `--key` names it."""
    if (who is None) == (key is None):
        raise InvalidInputError(
            cause="who acts is not clear",
            cure="give either --key KEY, or --as organisation/person in an evaluation home",
        )
    return person_key(home.folder, who or "") if key is None else given_key(key, home=home)


def given_key(key: str, *, home: Home | None = None) -> PersonKey:
    """The key that an option names; home: where its owner is enrolled, if they are."""
    agent = SshAgent(os.environ.get("SSH_AUTH_SOCK"))
    return find_key(key, agent=agent, enrolled=lambda: [] if home is None else enrolled_keys(home))


def day_of(text: str | None, *, option: str = "--as-of") -> date | None:
    """The day that an option names. Raises InvalidInputError: no date."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(cause=f"{option} is not a date", cure="write it as 2025-08-13") from None
