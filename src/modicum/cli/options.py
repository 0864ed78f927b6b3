"""Options that many commands share, each written once."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from modicum.gateway.home import Home
from modicum.gateway.keys import key_file, person_key
from modicum.model.errors import InvalidInputError

DEFAULT_HOME = Path("modicum-home")

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="MODICUM_HOME", help="The gateway's home folder.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document with a schema field.")]
AsOption = Annotated[
    str | None,
    typer.Option("--as", help="organisation/person of an evaluation home, whose key the home holds.", metavar="WHO"),
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help="The person's own OpenSSH Ed25519 private key.", metavar="FILE")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Decide as of another day (hypothetical).")
]
TextOption = Annotated[str, typer.Option("--text", help="Words that stay with the case.")]


def acting_key(home: Home, *, who: str | None, key: Path | None) -> Ed25519PrivateKey:
    """The key of the person who acts; exactly one of `--as` and `--key` names it."""
    if (who is None) == (key is None):
        raise InvalidInputError(
            cause="who acts is not clear",
            cure="give either --key FILE, or --as organisation/person in an evaluation home",
        )
    return key_file(key) if key is not None else person_key(home.folder, who or "")


def day_of(text: str | None, *, option: str = "--as-of") -> date | None:
    """The day that an option names. Raises InvalidInputError: no date."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(cause=f"{option} is not a date", cure="write it as 2025-08-13") from None
