"""`modicum member ...`: who takes part; enrolment, new keys, revocation."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from modicum.cli.options import DEFAULT_HOME, HomeOption, JsonOption, TextOption, acting_key, given_key
from modicum.cli.output import emit, show, table
from modicum.docket.signing import PersonKey
from modicum.gateway import case as cases
from modicum.gateway.case_document import people
from modicum.gateway.home import Home
from modicum.model.errors import InvalidInputError, NotFoundError

members = typer.Typer(no_args_is_help=True, help="Organisations and people: who takes part, with which key.")

HandleArgument = Annotated[str, typer.Argument(help="organisation/person.", metavar="WHO")]
SignersOption = Annotated[
    list[str] | None, typer.Option("--as", help="Somebody who signs; twice, two organisations.", metavar="WHO")
]
KeysOption = Annotated[
    list[str] | None,
    typer.Option("--key", help="A signer's key, as for `docket approve`; may be given twice.", metavar="KEY"),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(members, name="member")


@members.command("enrol")
def enrol(
    file: Annotated[Path, typer.Argument(help="TOML: [organisation] or [person] as in a roster.", metavar="FILE")],
    who: SignersOption = None,
    key: KeysOption = None,
    member_key: Annotated[
        str | None, typer.Option("--member-key", help="The new person's own key: a file, or agent:SHA256:...")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Enrol an organisation with its first person, or a person, signed by founders of two organisations.

    Example:  modicum member enrol uni.toml --as cms/privacy-officer --as ca-dhcs/data-officer --member-key uni.key
    """
    here = Home.open(home)
    own = None if member_key is None else given_key(member_key)
    enrolled = cases.enrol(here, _toml(file), signers=_signers(here, who, key), member_key=own)
    if as_json:
        emit({"schema": "modicum.member/1", "enrolled": enrolled})
    else:
        show(f"enrolled {', '.join(enrolled)}")


@members.command("rotate")
def rotate(
    person: HandleArgument,
    new_key: Annotated[
        str, typer.Option("--new-key", help="The person's new OpenSSH Ed25519 key: a file, or agent:SHA256:...")
    ],
    text: TextOption = "",
    who: SignersOption = None,
    key: KeysOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Put a new key in the place of a person's old one; what the old key signed before stands.

    The old key signs with --key (or --as); where it is lost, people of two founding organisations sign instead.

    Example:  modicum member rotate ca-dhcs/data-officer --new-key new.key --key old.key
    """
    here = Home.open(home)
    own = given_key(new_key)
    entry = cases.rotate(here, person, new_key=own, others=_signers(here, who, key), text=text)
    _entered(f"{person} has a new key", entry.index, as_json=as_json, person=person)


@members.command("revoke")
def revoke(
    person: HandleArgument,
    text: TextOption,
    who: SignersOption = None,
    key: KeysOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Take a person off the roster, signed by people of two founding organisations; what was signed before stands.

    Example:  modicum member revoke cms/steward --text "left the agency" --as cms/counsel --as ca-dhcs/data-officer
    """
    here = Home.open(home)
    entry = cases.revoke(here, person, signers=_signers(here, who, key), text=text)
    _entered(f"revoked {person}", entry.index, as_json=as_json, person=person)


@members.command("list")
def list_members(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the enrolled people, their organisations and roles.

    Example:  modicum member list
    """
    found = people(Home.open(home))
    if as_json:
        emit({"schema": "modicum.members/1", "people": found})
        return
    rows = [
        [
            each["person"], each["kind"], each["state"] or "-", ", ".join(each["roles"]),
            "enrolled" if each["active"] else "revoked",
        ]
        for each in found
    ]  # fmt: skip
    table("", ["person", "kind of organisation", "state", "roles", "standing"], rows)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFoundError(cause=f"there is no file {path}", cure="check the path") from None
    except (OSError, ValueError):
        raise InvalidInputError(cause=f"{path} is not TOML", cure="see docs/reference/roster.md") from None


def _signers(home: Home, who: list[str] | None, key: list[str] | None) -> list[PersonKey]:
    held = [acting_key(home, who=each, key=None) for each in who or []]
    return held + [given_key(each, home=home) for each in key or []]


def _entered(what: str, entry: int, *, as_json: bool, person: str) -> None:
    if as_json:
        emit({"schema": "modicum.member-changed/1", "person": person, "entry": entry})
    else:
        show(f"{what}, log entry {entry}")
