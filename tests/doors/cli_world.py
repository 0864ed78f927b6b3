"""A gateway at its doors: commands run in this process or in another, on a copy of a home that was made once.

The home holds 1,500 invented people and a confirmed dictionary. Recipients' keys are made by Modicum's own `age` doorway;
the stock programs come in where a test says so.
"""

import contextlib
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modicum.cli import run
from modicum.seal.age import new_recipient
from modicum.storage import Folder

EXAMPLES = Path(__file__).parents[2] / "examples"
CASE, SECOND, THIRD = (f"{datetime.now(UTC).year}-{number:04}" for number in (1, 2, 3))  # numbered within the year
PEOPLE = 1500

STATISTICS, RECORDS, RESEARCH, JUNE = "narrow-question", "oversight-records", "research", "june-2025"
NOISY = "noisy-question"
ASKER = {
    STATISTICS: "hhs-oig/analyst",
    RECORDS: "hhs-oig/analyst",
    NOISY: "hhs-oig/analyst",
    RESEARCH: "state-university/scientist",
    JUNE: "dhs/adviser",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command did."""

    arguments: tuple[str, ...]
    exit: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict), self
        assert "schema" in found, self
        return found

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(slots=True)
class World:
    """One home to play with, in a folder of its own that also takes requests, packages and keys."""

    folder: Path
    heard: list[Ran] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "gate"

    @property
    def trust(self) -> Path:
        return self.home / "trust.json"

    def run(self, *arguments: str | Path) -> Ran:
        """Run a command on this home in this process."""
        ran = command(*arguments, home=self.home)
        self.heard.append(ran)
        return ran

    def ok(self, *arguments: str | Path) -> Ran:
        ran = self.run(*arguments)
        assert ran.exit == 0, ran
        return ran

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        return self.ok(*arguments, "--json").document

    def identity(self, name: str) -> Path:
        return self.folder / "keys" / f"{name}.key"

    def recipient(self, name: str) -> str:
        """The public half of a recipient's identity, made at the first asking."""
        path = self.identity(name)
        if not path.exists():
            return new_recipient(Folder(path.parent), name)
        return path.read_text().splitlines()[0].removeprefix("# public key: ")

    def request(self, name: str, **changes: Any) -> Path:
        """An example request, with a recipient's key that we hold and fields changed; None takes a field out."""
        document = tomllib.loads((EXAMPLES / f"{name}.toml").read_text())
        for recipient in document["recipients"]:
            recipient["age_key"] = self.recipient(recipient["organisation"])
        for field_name, value in changes.items():
            document[field_name] = value
            if value is None:
                del document[field_name]
        path = self.folder / "requests" / f"{name}-{len(list(self.folder.glob('requests/*')))}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document, default=str))
        return path

    def file(self, name: str, **changes: Any) -> str:
        document = self.json("docket", "file", self.request(name, **changes), "--as", ASKER[name])
        return str(document["case"])

    def agree(self, case: str, *people: str) -> None:
        for person in people or ("cms/privacy-officer", "cms/counsel", "wa-hca/data-officer"):
            self.ok("docket", "approve", case, "--as", person)

    def attest_missing(self, case: str) -> list[str]:
        """Attest the first set of facts that the decision lists as missing, one by one; gives them."""
        attested = []
        document = self.json("docket", "show", case)
        while document["missing"]:
            fact = document["missing"][0][0]
            for person in ("cms/privacy-officer", "cms/counsel", "cms/official"):
                ran = self.run("fact", "attest", case, fact, "--as", person, "--text", "seen", "--json")
                if ran.exit == 0:
                    document = ran.document
                    break
                assert ran.exit == 7, ran
            attested.append(fact)
        return attested

    def agreed(self, name: str, **changes: Any) -> str:
        """A case that may be released."""
        case = self.file(name, **changes)
        self.attest_missing(case)
        self.agree(case)
        return case

    def state(self, case: str = CASE) -> str:
        return str(self.json("docket", "show", case)["state"])

    def kinds(self, case: str | None = CASE) -> list[str]:
        return [each["kind"] for each in self.json("docket", "show", case or CASE)["timeline"]]

    def holds(self) -> None:
        """The home verifies: from within, and as an outsider with the trust root sees it."""
        self.ok("log", "fsck")
        self.ok("verify", self.home, "--trust", self.trust)

    def copy_to(self, folder: Path) -> "World":
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return World(folder)


def command(*arguments: str | Path, home: Path | None = None) -> Ran:
    """Run a command in this process; `--home` is added where the command knows it."""
    given = [str(each) for each in arguments]
    if (
        home is not None
        and (given[0] not in {"verify", "open", "law"} or given[:2] == ["law", "install"])
        and "--home" not in given
        and given[:2] != ["data", "generate"]
    ):
        given += ["--home", str(home)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(given)
    return Ran(tuple(given), int(status), out.getvalue(), err.getvalue())


def start(*arguments: str | Path, home: Path, prelude: str = "", prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start a command in a process of its own. `prelude`: Python that runs there first, to hold or kill it midway."""
    program = f"import sys\n{prelude}\nfrom modicum.__main__ import main\nmain(sys.argv[1:])\n"
    given = [*prefix, sys.executable, "-c", program, *[str(each) for each in arguments], "--home", str(home)]
    return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def make_world(folder: Path, *, roster: str = "cms") -> World:
    """A home with the invented people in it, their dictionary confirmed."""
    world = World(folder)
    world.ok("init", "--evaluation", "--roster", roster)
    world.ok("data", "generate", "--people", str(PEOPLE), "--seed", "7", "--out", folder / "population")
    world.ok("data", "add", "medicaid", folder / "population")
    world.ok("data", "classify", "medicaid", "--confirm")
    return world


def tree(folder: Path, *, without: Sequence[str] = ()) -> dict[str, str]:
    """The digest of every file below a folder, save locks, staging and what is named."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        idle = any(part in {".locks", ".staging"} for part in path.relative_to(folder).parts)
        if path.is_file() and not idle and not any(name.startswith(each) for each in without):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@contextlib.contextmanager
def clock_at(moment: Any) -> Iterator[None]:
    """Let homes that are opened inside see another time."""
    from modicum.gateway.home import Home  # the only place where a test reaches behind the door

    defaults: Mapping[str, Any] = Home.open.__func__.__kwdefaults__  # type: ignore[attr-defined]
    before = defaults["clock"]
    defaults["clock"] = lambda: moment  # type: ignore[index]
    try:
        yield
    finally:
        defaults["clock"] = before  # type: ignore[index]
