"""The tables: complete, without dead ends, and drawn as they stand. Statements and trust files byte by byte."""

import json
from pathlib import Path

import pytest

from modicum.docket.reference import render
from modicum_verify.canonical import canonical
from modicum_verify.errors import EvidenceError
from modicum_verify.events import KINDS, OUTSIDE_CASES, ROLES, SIGNED_KINDS, VERB_OF, check_content
from modicum_verify.moves import (
    AMENDMENT,
    ENDS,
    EVERYBODY,
    MOVES,
    PERMISSIONS,
    REVIEWERS,
    START,
    State,
    why_not_permitted,
)
from modicum_verify.statement import Statement, Verb, namespace
from modicum_verify.trust import Trust, parse_trust

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "docket.md"


def reachable(start: State) -> set[State]:
    found, ahead = {start}, [start]
    while ahead:
        here = ahead.pop()
        new = {target for (state, _), move in MOVES.items() if state is here for target in move.targets} - found
        found |= new
        ahead += new
    return found


def test_every_state_can_be_reached() -> None:
    assert reachable(State.FILED) | reachable(State.DECIDED) == set(State)


@pytest.mark.parametrize("state", [state for state in State if state not in ENDS])
def test_every_open_state_can_be_left_and_leads_to_an_end(state: State) -> None:
    assert any(target is not state for (at, _), move in MOVES.items() if at is state for target in move.targets)
    assert reachable(state) & ENDS


@pytest.mark.parametrize("state", sorted(ENDS))
def test_an_end_is_never_left(state: State) -> None:
    recalled = {State.RECALLED} if state is State.ACCOUNTED else set()
    assert reachable(state) == {state} | recalled  # only what was released can still be recalled


def test_only_a_release_of_an_agreed_case_leads_out_of_the_house() -> None:
    assert {
        (state, kind)
        for (state, kind), move in MOVES.items()
        if State.LOGGED in move.targets and state is not State.LOGGED
    } == {(State.AGREED, "released"), (State.LOCKED, "released")}
    assert {
        kind for (state, kind), move in MOVES.items() if State.AGREED in move.targets and state is not State.AGREED
    } == {"review", "approved", "aborted"}


@pytest.mark.parametrize("state", list(State))
def test_what_people_say_is_recorded_in_every_state(state: State) -> None:
    assert {"objected", "answered", "directed"} <= {kind for at, kind in MOVES if at is state}


def test_a_directive_never_moves_a_case() -> None:
    assert all(move.targets == (state,) for (state, kind), move in MOVES.items() if kind == "directed")


def test_every_kind_of_event_has_its_place() -> None:
    moved = {kind for _, kind in MOVES}
    assert moved | OUTSIDE_CASES | {START, AMENDMENT} == set(KINDS)
    assert set(VERB_OF) <= SIGNED_KINDS <= set(KINDS)
    assert set(VERB_OF.values()) == set(Verb) == set(PERMISSIONS)


def test_roles_are_those_that_are_known() -> None:
    assert set(ROLES) == EVERYBODY
    assert all(permission.roles <= EVERYBODY for permission in PERMISSIONS.values())
    assert PERMISSIONS[Verb.APPROVE].roles >= REVIEWERS
    assert "requester" not in PERMISSIONS[Verb.APPROVE].roles


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("role", ROLES)
def test_the_matrix_is_what_is_enforced(verb: Verb, role: str) -> None:
    permission = PERMISSIONS[verb]
    asker = "cms" if permission.asker_only else "hhs-oig"
    reason = why_not_permitted(verb, roles=frozenset({role}), organisation="cms", custodian="cms", asker=asker)
    assert (reason is None) == (role in permission.roles)
    if permission.asker_only or permission.never_the_asker:
        other = "hhs-oig" if permission.asker_only else "cms"
        assert why_not_permitted(verb, roles=EVERYBODY, organisation="cms", custodian="cms", asker=other) is not None


def test_the_reference_page_is_what_the_tables_give() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m modicum.docket.reference > docs/reference/docket.md"


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_content_and_an_unknown_field_are_refused(kind: str) -> None:
    for content in ({}, [], None, "text", {"whatever": 1}):
        with pytest.raises(EvidenceError, match=kind):
            check_content(kind, content)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(EvidenceError, match="does not know"):
        check_content("bypassed", {})


def test_the_statement_is_canonical_and_the_namespace_names_the_verb() -> None:
    statement = Statement(
        verb=Verb.APPROVE,
        case="2026-0001",
        round=1,
        decision_sha256="aa" * 32,
        organisation="cms",
        text_sha256="bb" * 32,
        log_size=7,
    )
    assert statement.message() == (
        b'{"case":"2026-0001","decision_sha256":"' + b"aa" * 32 + b'","log_size":7,"organisation":"cms","round":1,'
        b'"schema":"modicum.statement/1","text_sha256":"' + b"bb" * 32 + b'","verb":"approve"}'
    )
    assert statement.namespace == namespace("approve") == "modicum-approve@v1"


TRUST = Trust(
    origin="cms.example/x", log_vkey="cms.example/x+01234567+AQ==", genesis_sha256="aa" * 32, manifest_key="bb" * 32
)


def test_a_trust_file_reads_back_in_any_spacing() -> None:
    assert parse_trust(canonical(TRUST.as_document())) == TRUST
    assert parse_trust(json.dumps(TRUST.as_document(), indent=2).encode()) == TRUST


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "modicum.trust/2"},
        {"origin": 1},
        {"origin": "another"},
        {"genesis_sha256": "AA" * 32},
        {"manifest_key": ""},
        {"more": "x"},
    ],
)
def test_another_trust_file_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(EvidenceError, match="trust file"):
        parse_trust(json.dumps({**TRUST.as_document(), **change}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b'{"schema":1,"schema":1}', b"[" * 60_000, b" " * 70_000])
def test_what_is_no_trust_file_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError, match="trust file"):
        parse_trust(data)
