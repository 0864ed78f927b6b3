"""The rules of the house that a machine can check: sizes, docstrings, doorways, words that must not stand here."""

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

import modicum

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src"
MODULE_LINES, EXPLAIN_LINES, FUNCTION_LINES = 500, 400, 60

# Each third-party library and the modules that may import it. One doorway each, save where a library's values are what
# the rooms hand to each other: Arrow tables and NumPy arrays (columns of data), Ed25519 keys (in signatures of functions).
# A name that ends in `.*` stands for a package with all its modules.
DOORWAYS: Final[Mapping[str, frozenset[str]]] = {
    "alembic": frozenset({"modicum.store.schema", "modicum.store.migrations.*"}),
    "cedarpy": frozenset({"modicum.law.cedar"}),
    "cryptography": frozenset(
        {
            "modicum.answer.pseudonym",
            "modicum.gateway.keys",
            "modicum.gateway.witness",
            "modicum.seal.manifest",
            "modicum.seal.package",
            "modicum_verify.ed25519",
            "modicum_verify.sshsig",
        }
    ),
    "duckdb": frozenset({"modicum.custody.engine"}),
    "highspy": frozenset({"modicum.answer.tables.solver"}),
    "ibis": frozenset({"modicum.custody.engine"}),
    "jinja2": frozenset({"modicum.paper.page"}),
    "markupsafe": frozenset({"modicum.paper.page"}),
    "numpy": frozenset(
        {
            "modicum.accounting.record",
            "modicum.answer.attacks.reconstruction",
            "modicum.answer.attacks.tables",
            "modicum.answer.pseudonym",
            "modicum.answer.records",
            "modicum.answer.selection",
            "modicum.answer.statistics",
            "modicum.answer.tables.*",
            "modicum.custody.population.*",
            "modicum.custody.register",
            "modicum.custody.staging",
            "modicum.gateway.answering",
            "modicum.gateway.finding",
            "modicum.law.*",
        }
    ),
    "pg8000": frozenset({"modicum.store.engine"}),
    "pyarrow": frozenset(
        {
            "modicum.answer.aggregates",
            "modicum.answer.memberships",
            "modicum.answer.named",
            "modicum.answer.pseudonym",
            "modicum.answer.selection",
            "modicum.custody.delimited",
            "modicum.custody.engine",
            "modicum.custody.parts",
            "modicum.custody.population.*",
            "modicum.custody.register",
            "modicum.custody.staging",
        }
    ),
    "opendp": frozenset({"modicum.answer.noise"}),
    "pydantic": frozenset(
        {
            "modicum.gateway.founding",
            "modicum.gateway.request_file",
            "modicum.gateway.statistics_table",
            "modicum.law.packfiles",
        }
    ),
    "pyrage": frozenset({"modicum.seal.age"}),
    "rich": frozenset({"modicum.cli.output"}),
    "sqlalchemy": frozenset(
        {
            "modicum.store.database",
            "modicum.store.engine",
            "modicum.store.foreign",
            "modicum.store.migrations.*",
            "modicum.store.schema",
            "modicum.store.tables",
        }
    ),
    "typer": frozenset({"modicum.cli.*"}),
    "yaml": frozenset({"modicum.law.vectors"}),
}

# Written in two parts, so that this file does not hold what it forbids.
FORBIDDEN: Final = {
    "a path of one machine": re.compile(r"(?<![\w.-])(/wo" + r"rk/|/ho" + r"me/[a-z]|/Us" + "ers/)"),
    "a private folder": re.compile(r"\.lib" + "rary"),
    "who typed it": re.compile("sub" + "agent", re.IGNORECASE),
    "the host of a package registry": re.compile(
        "|".join(
            host.replace("_", "") for host in (r"python_hosted\.org", r"//py_pi\.org", r"crat_es\.io", r"npm_js\.org")
        )
    ),
    "a folder beside the repository": re.compile(r"\.\./sha" + "red"),
}
TEXT_SUFFIXES: Final = {
    "", ".cedar", ".cedarschema", ".cfg", ".css", ".csv", ".go", ".in", ".ini", ".j2", ".json", ".key", ".md", ".mk", ".py",
    ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
LARGE: Final = 2_000_000

SEEDED: Final = {
    "modicum.answer.attacks.reconstruction", "modicum.answer.attacks.tables", "modicum.answer.attacks.world",
    "modicum.law.attack", "modicum.law.attack_inputs", "modicum.law.attack_permits", "modicum.law.conditions",
}  # fmt: skip
DETERMINISTIC: Final = ("answer", "seal", "law", "docket", "model", "accounting")


def modules(*roots: str) -> list[Path]:
    """All Python files under some folders of the repository."""
    return sorted(path for root in roots for path in (ROOT / root).rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module under src/."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """The full names that a module imports, from packages by absolute name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_is_too_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in modules("src", "tests", "tools", "bench")}
    long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > MODULE_LINES}
    assert not long
    for path, lines in lengths.items():
        if lines > EXPLAIN_LINES:
            warnings.warn(
                f"{path.relative_to(ROOT)} has {lines} lines; above {EXPLAIN_LINES} a module explains why", stacklevel=1
            )


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest imports a file of tests by its name alone; of two, whichever comes second is an error."""
    names = [path.name for path in modules("tests") if path.name.startswith("test_")]
    assert [name for name in names if names.count(name) > 1] == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules("src", "tests", "tools", "bench")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long


def test_the_table_of_contents_names_every_room_and_no_other() -> None:
    listed = set(re.findall(r"^([a-z_]+) {2,}\S", modicum.__doc__ or "", re.MULTILINE))
    rooms = {path.name for path in (SOURCE / "modicum").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert listed == rooms


@pytest.mark.parametrize("path", modules("src"), ids=name_of)
def test_every_module_says_what_its_one_job_is(path: Path) -> None:
    said = ast.get_docstring(tree(path))
    assert said, "no docstring"
    assert len(said) > 20, "a docstring that says nothing"


def test_every_library_is_imported_through_its_doorway() -> None:
    found: dict[str, set[str]] = {}
    for path in modules("src"):
        for imported in imports(path):
            library = imported.split(".")[0]
            if library not in sys.stdlib_module_names and library not in {"modicum", "modicum_verify"}:
                found.setdefault(library, set()).add(name_of(path))
    for library, importers in found.items():
        allowed = DOORWAYS.get(library, frozenset())
        strays = {each for each in importers if not any(_within(each, door) for door in allowed)}
        assert not strays, f"{library} is imported outside its doorway"
        unused = {door for door in allowed if not any(_within(each, door) for each in importers)}
        assert not unused, f"the table of doorways names {unused} for {library}, which no longer import it"
    assert set(found) == set(DOORWAYS)


def _within(module: str, door: str) -> bool:
    if door.endswith(".*"):
        package = door.removesuffix(".*")
        return module == package or module.startswith(f"{package}.")
    return module == door


def test_the_foundation_needs_cryptography_alone() -> None:
    needed = {name.split(".")[0] for path in modules("src/modicum_verify") for name in imports(path)}
    assert {name for name in needed if name not in sys.stdlib_module_names} <= {"modicum_verify", "cryptography"}


def test_what_protects_a_person_is_no_assert() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("src")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert)
    ]
    assert not found


def test_nothing_is_left_to_do_in_the_source() -> None:
    unfinished = re.compile(r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bXX" + r"X\b:|Not" + "ImplementedError")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules("src", "tools", "bench")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if unfinished.search(line)
    ]
    assert not found


def test_rules_draw_no_random_numbers() -> None:
    # Salts and keys come from `secrets` and the sealing library, the synthetic population from a seeded NumPy generator.
    # `law attack` and `attack` draw their trials by the seed that they are given, and decide nothing.
    for room in DETERMINISTIC:
        for path in modules(f"src/modicum/{room}"):
            if name_of(path) in SEEDED:
                continue
            drawn = {
                name for name in imports(path) if name.split(".")[0] == "random" or name.startswith("numpy.random")
            }
            attributes = {
                node.attr
                for node in ast.walk(tree(path))
                if isinstance(node, ast.Attribute)
                and node.attr == "random"
                and isinstance(node.value, ast.Name)
                and node.value.id in {"np", "numpy"}
            }
            assert not drawn | attributes, path


def test_no_module_of_the_rules_reads_a_clock() -> None:
    clock = re.compile(r"\b(datetime\.now|date\.today|time\.time|utcnow)\(")
    for room in ("answer", "law", "docket", "model"):
        for path in modules(f"src/modicum/{room}"):
            assert not clock.search(path.read_text("utf-8")), path


def written() -> Iterator[Path]:
    """Every text file that belongs to the repository, by folder, since a checkout may come without git."""
    skipped = {
        ".git",
        ".venv",
        "__pycache__",
        ".pytest_cache",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        ".import_linter_cache",
    }
    tops = [
        path
        for path in ROOT.iterdir()
        if path.is_file()
        or path.name in {"src", "packages", "tests", "docs", "examples", "tools", "bench", "requirements", ".ci"}
    ]
    for top in tops:
        for path in [top] if top.is_file() else top.rglob("*"):
            if (
                path.is_file()
                and path.suffix in TEXT_SUFFIXES
                and not skipped & set(path.parts)
                and path.stat().st_size < LARGE
            ):
                yield path


def test_no_word_of_a_machine_or_a_registry_stands_in_the_repository() -> None:
    found = []
    for path in written():
        text = path.read_text("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not found


@pytest.mark.parametrize("name", ["project.lock.txt", "uv.lock.txt"])
def test_a_lock_file_pins_by_digest_and_names_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    pinned = re.findall(r"^[a-z0-9._-]+(?:\[[a-z0-9,._-]+\])?==\S+", text, re.MULTILINE | re.IGNORECASE)
    assert pinned
    assert len(re.findall(r"^[a-z0-9._-]+\S*", text, re.MULTILINE | re.IGNORECASE)) == len(pinned), (
        "a line without a pin"
    )
    assert text.count("--hash=sha256:") >= len(pinned)
