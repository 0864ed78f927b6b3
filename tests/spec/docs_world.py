"""One short case, played through the command line in a temporary home: what the documentation's tests look at."""

import atexit
import contextlib
import io
import json
import shutil
import sqlite3
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import typer

from modicum.cli import app, run
from modicum.law.packs import SHIPPED

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
PEOPLE: Final = 1500


@dataclass(frozen=True, slots=True)
class Said:
    """What one command with `--json` printed, and how it ended."""

    command: str
    exit: int
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A folder with two homes (`cms`, `state`) and all that the commands said, in order."""

    folder: Path
    said: list[Said]

    def play(self, command: str, *, home: str | None = "cms") -> Said:
        """Run one command with `--json`; words are parted at blanks, `~` stands for the world's folder."""
        words = [word.replace("~", str(self.folder)) for word in command.split()]
        if home is not None:
            words += ["--home", str(self.folder / home)]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([*words, "--json"])
        said = Said(command=command, exit=int(code), document=json.loads(out.getvalue()))
        self.said.append(said)
        return said

    def done(self, command: str, *, home: str | None = "cms") -> dict[str, Any]:
        """Run a command that must succeed."""
        said = self.play(command, home=home)
        if said.exit:
            raise RuntimeError(f"{command}: exit {said.exit}: {said.document}")
        return said.document


@cache
def prepared() -> World:
    """Two evaluation homes with a registered, confirmed data set `medicaid` of invented people."""
    folder = Path(tempfile.mkdtemp(prefix="modicum-docs-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world = World(folder=folder, said=[])
    world.done(f"data generate --people {PEOPLE} --seed 1 --out ~/population", home=None)
    for name in ("cms", "state"):
        world.done(f"init --evaluation --roster {name}", home=name)
        world.done("data add medicaid ~/population", home=name)
        world.done("data classify medicaid --confirm", home=name)
    return world


@cache
def played() -> World:
    """The narrow question agreed, released, opened, verified; the request of June refused; a few errors."""
    world = prepared()
    narrow, june, research = (EXAMPLES / f"{name}.toml" for name in ("narrow-question", "june-2025", "research"))
    for command in ("data list", "data describe medicaid", "data classify medicaid", f"request check {narrow}"):
        world.done(command)
    world.done(f"propose {narrow}")
    world.done(f"propose {narrow} --for asker")
    world.play(f"propose {june}")
    world.play(f"decide {june} --as-of 2025-08-13")
    world.play(f"decide {june} --as-of 2026-01-07 --explain 0/eligibility.SSN_NUM/identified")
    world.play(f"decide {research} --explain 0/eligibility.BIRTH_DT/pseudonymised")
    case = world.done(f"docket file {narrow} --as hhs-oig/analyst")["case"]
    world.done(f"docket object {case} --grounds reasons --text wait --as cms/counsel --receipt ~/receipt")
    entry = world.done(f"docket show {case}")["objections"][0]["entry"]
    world.done(f"docket answer {case} --objection {entry} --text settled --as cms/privacy-officer")
    world.done(f"docket approve {case} --as cms/privacy-officer")
    world.done(f"docket approve {case} --as ca-dhcs/data-officer")
    world.done(f"release {case} --out ~/answer.modicum")
    world.done(
        "open ~/answer.modicum --identity " + f"{EXAMPLES / 'recipient.key'} --out ~/opened --trust ~/cms/trust.json",
        home=None,
    )
    world.done("verify ~/answer.modicum --trust ~/cms/trust.json", home=None)
    refused = world.done(f"docket file {june} --as dhs/adviser")["case"]
    world.done(f"docket direct {refused} --text now --deadline today --as cms/official")
    world.done(f"docket reject {refused} --text no --as cms/counsel")
    world.play(f"release {refused} --out ~/june.modicum")
    asked = world.done(f"docket file {research} --as state-university/scientist")["case"]
    world.done(f"fact attest {asked} dua-in-force --text signed --as cms/privacy-officer")
    world.done(f"docket decide {asked}")
    _ask(world)
    _enrol(world)
    _renew(world)
    world.done(f"docket withdraw {asked} --text later --as state-university/scientist")
    for command in ("docket list", "member list", "log checkpoint", "log prove 3", "log fsck", "doctor"):
        world.done(command)
    _rebuild(world)
    world.done("log export --out ~/copy --bodies")
    _ask_witnesses(world)
    world.done("verify ~/copy --trust ~/cms/trust.json", home=None)
    world.done("verify ~/copy/log", home=None)
    world.done("law impact")
    world.play("law impact --as-of 2001-01-01 --out ~/notices")
    for command in ("law list", "law print", "law vectors"):
        world.done(command, home=None)
    small = ROOT / "tests" / "data" / "small_pack"
    world.done(f"law vectors --mutations --pack {small}", home=None)
    world.done(f"law check --pack {small}", home=None)
    world.done(f"law attack --trials 60 --pack {small}", home=None)
    world.done(f"law diff {small} {small}", home=None)
    _look_back(world)
    _succeed(world)
    world.done("demo --people 1000 --home ~/demo", home=None)
    world.play("docket show 2026-9999")
    world.play("docket approve", home=None)
    world.play("account nobody-of-this-key")
    return world


def _prove(world: World) -> None:
    """The proof of one entry, with its body and without, checked by whoever was given it."""
    world.done("log prove 3 --out ~/plain")
    for proof in ("~/plain", "~/receipt"):
        world.done(f"verify {proof} --trust ~/cms/trust.json", home=None)


def _look_back(world: World) -> None:
    """What people are told after the rules were changed, what time does to cases, and what an attacker finds."""
    _prove(world)
    _change_rules(world)
    _account(world)
    _wait(world)
    _attack(world)


def _wait(world: World) -> None:
    """What time does to cases."""
    world.done("docket expire")
    first = world.done("docket list")["cases"][0]["case"]
    world.play(f"docket notify {first} --state CA --text letter --as cms/privacy-officer")


def _change_rules(world: World) -> None:
    """Another pack, proposed, agreed and in force; other witnesses, which an evaluation home has none of; recalls."""
    pack = world.folder / "new-pack"
    shutil.copytree(SHIPPED / "us_medicaid", pack)
    with (pack / "pack.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a word more\n")
    case = world.done(f"law install {pack} --text order --as cms/privacy-officer")["case"]
    for person in ("cms/counsel", "ca-dhcs/data-officer"):
        world.done(f"docket approve {case} --as {person}")
    world.done(f"docket enact {case}")
    world.play(f"log appoint {world.folder / 'witnesses.toml'} --text more --as cms/counsel")
    world.done("recall --order us_medicaid --text order --out ~/recalled --as cms/counsel")
    first = world.done("docket list")["cases"][0]["case"]
    world.done(f"recall {first} --text mistaken --as cms/counsel")


def commands() -> list[str]:
    """The names of all commands that print JSON, as people type them, in the order of `modicum --help`."""
    return list(_speaking("", typer.main.get_command(app)))


def _speaking(words: str, command: Any) -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _speaking(f"{words} {name}".strip(), inner)
    if any("--json" in option.opts for option in command.params):
        yield words


def _ask(world: World) -> None:
    """About a list of persons, and with noise."""
    _name_persons(world)
    _ask_with_noise(world)


def _ask_with_noise(world: World) -> None:
    """A question with noise, paid for once; how its budget stands."""
    noisy = EXAMPLES / "noisy-question.toml"
    world.done(f"request check {noisy}")
    world.done(f"propose {noisy}")
    case = world.done(f"docket file {noisy} --as hhs-oig/analyst")["case"]
    world.done(f"docket approve {case} --as cms/privacy-officer")
    world.done(f"docket approve {case} --as ca-dhcs/data-officer")
    world.done(f"release {case} --out ~/noisy.modicum")
    opening = f"--identity {EXAMPLES / 'recipient.key'} --out ~/noisy --trust ~/cms/trust.json"
    world.done(f"open ~/noisy.modicum {opening}", home=None)
    world.done("budget show")


def _name_persons(world: World) -> None:
    """A list of two invented persons: one line has all that it must have, one lacks the order's number."""
    rows = (
        "first_name,last_name,medicaid_id,official,instrument_number,instrument_date,instrument_names,issued_by",
        "Ana,Torres,SYN1,A. Detective,26-mc-17,2026-02-03,ANA TORRES,D. Md.",
        "Bo,Lind,SYN2,A. Detective,,2026-02-03,Bo Lind,D. Md.",
    )
    (world.folder / "persons.csv").write_text("\n".join(rows) + "\n", "utf-8")
    salted = world.done("request lines ~/persons.csv --out ~/persons.lines")
    request = tomllib.loads((EXAMPLES / "oversight-records.toml").read_text("utf-8"))
    request |= {
        "purpose": "law_enforcement.process",
        "columns": ["eligibility.ELGBL_1ST_NAME", "eligibility.ELGBL_LAST_NAME", "eligibility.MSIS_IDENT_NUM"],
        "authorities": [{"kind": "court_order", "citation": "D. Md. 1:26-mc-00017"}],
        "population": {"dataset": "medicaid", "named_persons_sha256": salted["named_persons_sha256"]},
    }
    (world.folder / "named.json").write_text(json.dumps(request), "utf-8")
    world.done("request check ~/named.json --lines ~/persons.lines")
    world.done("docket file ~/named.json --lines ~/persons.lines --as hhs-oig/analyst")


def _enrol(world: World) -> None:
    made = world.folder / "new-member.toml"
    made.write_text(
        '[organisation]\nid = "other-university"\nkind = "researcher"\nname = "Another university"\n\n'
        '[person]\norganisation = "other-university"\nperson = "scholar"\nroles = ["requester"]\n',
        "utf-8",
    )
    key = world.folder / "state" / "keys" / "people" / "state-university.scientist"
    world.done(f"member enrol {made} --as cms/privacy-officer --as ca-dhcs/data-officer --member-key {key}")


def _renew(world: World) -> None:
    """A new key for one person, and another one taken off the roster."""
    key = world.folder / "state" / "keys" / "people" / "state-university.scientist"
    new = world.folder / "state" / "keys" / "people" / "ca-dhcs.privacy-officer"
    world.done(f"member rotate other-university/scholar --new-key {new} --key {key}")
    world.done("member revoke other-university/scholar --text left --as cms/privacy-officer --as ca-dhcs/data-officer")


def _ask_witnesses(world: World) -> None:
    """One witness that is not there: what the command says of it is of a schema too."""
    vkey = world.done("log witness init --name court.example/w --state ~/witness", home=None)["vkey"]
    path = world.folder / "witnesses.toml"
    path.write_text(
        f'organisations = 1\n[[witness]]\norganisation = "court"\nurl = "http://127.0.0.1:1"\nvkey = "{vkey}"\n',
        "utf-8",
    )
    world.play(f"log checkpoint --witnesses {path}")


def _attack(world: World) -> None:
    """The attacks on statistics, small; pictures of a budget; a table that is not fit to be shared."""
    for name in ("averaging --questions 60", "differencing", "tracker", "reconstruction"):
        world.play(f"attack {name} --targets 20")
    (world.folder / "budget.json").write_text(json.dumps(world.done("budget show")), "utf-8")
    world.done("draw ~/budget.json --out ~/pictures", home=None)
    world.play(f"lint {EXAMPLES / 'shared' / 'by-county.csv'}", home=None)


def _succeed(world: World) -> None:
    """A log that ends and is continued; its successor is frozen and continued."""
    signers = "--as ca-dhcs/privacy-officer --as cms/privacy-officer"
    world.done("init --evaluation --roster state", home="first")
    world.done(f"log rotate --to ~/second {signers}", home="first")
    world.done("log freeze --reason damaged", home="second")
    world.done(f"log rotate --to ~/third {signers}", home="second")
    world.done("verify ~/third --trust ~/third/trust.json --before ~/second --before ~/first", home=None)


def _rebuild(world: World) -> None:
    """The tables as they are; with a row that somebody wrote; made again."""
    world.done("rebuild --check")
    with contextlib.closing(sqlite3.connect(world.folder / "cms" / "store.db")) as database:
        database.execute("UPDATE cases SET state = 'agreed'")
        database.commit()
    world.play("rebuild --check")
    world.done("rebuild")


def _account(world: World) -> None:
    """What one person is told, and whether it holds."""
    account = world.done(f"account {_somebody(world)}")
    (world.folder / "account.json").write_text(json.dumps(account), "utf-8")
    world.done("verify ~/account.json --trust ~/cms/trust.json", home=None)


def _somebody(world: World) -> str:
    import pyarrow.parquet as pq

    table = pq.read_table(world.folder / "population" / "eligibility.parquet", columns=["MSIS_IDENT_NUM"])
    return str(table.column(0)[0].as_py())
