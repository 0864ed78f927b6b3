"""Every document that Modicum prints or writes is of a published JSON Schema, and holds nothing that it does not name."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from docs_world import EXAMPLES, ROOT, commands, played
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from modicum.gateway.request_file import parse_request, read_request
from modicum.model.errors import InvalidInputError
from modicum_verify.canonical import canonical, parse_canonical
from modicum_verify.evidence import read_evidence
from modicum_verify.statement import Statement, Verb
from modicum_verify.trust import parse_trust

FOLDER: Final = ROOT / "docs" / "reference" / "schemas"
BASE: Final = "https://modicum.example/schemas/"
SHARED: Final = {"common"}


def _load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


SCHEMAS: Final = {path.stem: _load(path) for path in sorted(FOLDER.glob("*.json"))}
REGISTRY: Final = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)


def faults(document: dict[str, Any], name: str | None = None) -> list[str]:
    """What is wrong with a document by the schema that it names, or by another one."""
    wanted = name or re.fullmatch(r"modicum\.([a-z-]+)/[0-9]+", document["schema"])[1]  # type: ignore[index]
    validator = Draft202012Validator(SCHEMAS[wanted], registry=REGISTRY)
    return [f"{wanted}{error.json_path[1:]}: {error.message[:300]}" for error in validator.iter_errors(document)]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All subschemas that describe an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" or "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def named_in_source() -> set[str]:
    texts = (path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    return {name for text in texts for name in re.findall(r'"modicum\.([a-z-]+)/[0-9]+"', text)}


def test_every_kind_of_document_has_a_schema_and_no_schema_is_left_over() -> None:
    assert set(SCHEMAS) - SHARED == named_in_source()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_itself_well_formed(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"{BASE}{name}.json"
    assert schema["title"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_schema_lets_an_unknown_field_pass(name: str) -> None:
    for each in objects(SCHEMAS[name]):
        if name in SHARED and "$defs" in each:
            continue
        assert "additionalProperties" in each, each
        assert each["additionalProperties"] is not True
        assert set(each.get("required", [])) <= set(each.get("properties", {}))


def test_what_every_command_prints_is_of_its_schema() -> None:
    found = {each.command: faults(each.document) for each in played().said}
    assert not {command: wrong for command, wrong in found.items() if wrong}


def test_an_error_s_document_names_the_exit_code_that_it_ends_with() -> None:
    errors = [each for each in played().said if each.document["schema"] == "modicum.error/1"]
    assert errors
    assert [each.document["exit"] for each in errors] == [each.exit for each in errors]


def test_every_command_with_json_was_played() -> None:
    said = " ".join(each.command for each in played().said)
    for command in commands():
        assert re.search(rf"(^| ){command}( |$)", said), f"{command} is not looked at"


def test_what_the_homes_hold_is_of_its_schema() -> None:
    home = played().folder / "cms"
    for pattern in (
        "decisions/*.json",
        "data/*/dataset.json",
        "data/*/unreadable.json",
        "accounting/*/*.json",
        "trust.json",
    ):
        found = list(home.glob(pattern))
        assert found, pattern
        for path in found:
            assert not faults(_load(path))


def test_genesis_and_filed_requests_are_of_their_schemas() -> None:
    home = played().folder / "cms"
    entries = read_evidence(home / "log", home / "bodies", parse_trust((home / "trust.json").read_bytes()).log_vkey)
    contents = [(each.kind, each.content or {}) for each in entries]
    assert contents[0][0] == "genesis"
    assert not faults(contents[0][1])
    filed = [content["request"] for kind, content in contents if kind == "filed"]
    assert filed
    for request in filed:
        assert not faults(request)


def test_the_answer_in_a_package_is_of_its_schema() -> None:
    for opened in ("opened", "noisy"):
        answer = played().folder / opened / "answer.json"
        assert not faults(parse_canonical(answer.read_bytes()))


def test_a_recall_notice_is_of_its_schema() -> None:
    found = sorted((played().folder / "notices").glob("*.json"))
    assert found
    for path in found:
        assert not faults(parse_canonical(path.read_bytes()))


def test_settings_of_a_home_are_of_their_schema() -> None:
    import tomllib

    assert not faults(tomllib.loads((played().folder / "cms" / "modicum.toml").read_text("utf-8")))


def test_a_salted_list_is_of_its_schema() -> None:
    assert not faults(_load(played().folder / "persons.lines"))


def test_a_statement_is_of_its_schema() -> None:
    said = Statement(
        verb=Verb.APPROVE, case="2026-0001", round=1, decision_sha256="0" * 64, organisation="cms", text_sha256="1" * 64, log_size=7
    )  # fmt: skip
    assert not faults(parse_canonical(said.message()))
    verbs = SCHEMAS["statement"]["properties"]["verb"]["enum"]
    assert set(verbs) == {str(verb) for verb in Verb}


def test_every_schema_is_shown_by_a_real_document() -> None:
    shown = {each.document["schema"].split(".")[1].split("/")[0] for each in played().said}
    shown |= {
        "home",
        "genesis",
        "request",
        "registration",
        "accounting",
        "trust",
        "statistics",
        "statistics-noise",
        "budgets",  # a file that people write; tests/spec/test_budget.py reads one
        "statement",
        "manifest",
        "recall-notice",
        "lines",
        "kept-table",  # written by a release of an exact table, which the doors play
        "lines-outcome",  # written by a release about named persons, which the doors play
    }
    shown |= {"table"}  # the twins of pictures, below
    assert set(SCHEMAS) - SHARED - shown == set()


def test_a_picture_s_twin_is_of_its_schema() -> None:
    from modicum.paper.picture import Table, to_json

    table = Table(caption="Who asked", headers=("who", "times"), rows=(("an agency", 2), ("a scientist", 1)))
    assert not faults(json.loads(to_json(table)))


def _tidy(document: Any) -> Any:
    """TOML gives dates; JSON has them as text."""
    if isinstance(document, dict):
        return {name: _tidy(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_tidy(value) for value in document]
    return document.isoformat() if isinstance(document, date) else document


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_an_example_is_of_the_schema_as_written_and_as_filed(path: Path) -> None:
    import tomllib

    assert not faults(_tidy(tomllib.loads(path.read_text("utf-8"))))
    filed = read_request(path).as_document()
    assert not faults(filed)
    assert parse_request(json.loads(canonical(filed))) == read_request(path)


def _changed() -> Iterator[tuple[str, dict[str, Any]]]:
    """A good request with one fault at each of many places."""
    good = read_request(EXAMPLES / "research.toml").as_document()
    for name in good:
        if name not in {"action", "form", "deadline"}:
            yield f"without {name}", {key: value for key, value in good.items() if key != name}
        yield f"{name} is a number", {**good, name: 1.5}
    yield "unknown field", {**good, "colour": "red"}
    for name in ("requester", "question", "population", "handling"):
        yield f"unknown field in {name}", {**good, name: {**good[name], "colour": "red"}}
    for name in ("authorities", "recipients"):
        yield f"unknown field in {name}", {**good, name: [{**good[name][0], "colour": "red"}]}
        yield f"no {name}", {**good, name: []}
    yield "no such form", {**good, "form": "everything"}
    yield "another action", {**good, "action": "sell"}
    yield "no age key", {**good, "recipients": [{**good["recipients"][0], "age_key": "my key"}]}
    yield "kept for nothing", {**good, "handling": {"retention_days": 0, "safeguards": []}}
    yield "a condition without value", {**good, "population": {"dataset": "medicaid", "where": [{"column": "c"}]}}
    yield "column twice", {**good, "columns": [*good["columns"], good["columns"][0]]}


CHANGED: Final = dict(_changed())


@pytest.mark.parametrize("what", CHANGED)
def test_schema_and_gateway_refuse_the_same_requests(what: str) -> None:
    assert faults(CHANGED[what], "request")
    with pytest.raises(InvalidInputError):
        parse_request(CHANGED[what])
