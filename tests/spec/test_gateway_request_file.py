"""A request file: what it says is what is asked, and whatever is wrong in it is told by field, never by value."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modicum.gateway.request_file import parse_request, read_request
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.request import Request
from modicum_verify.canonical import canonical, not_text

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
CANARY = "Qx7canary"
JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(CANARY) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def example(name: str = "narrow-question") -> dict[str, Any]:
    return tomllib.loads(next(path for path in EXAMPLES if path.stem == name).read_text())


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *[place for key, value in inner for place in places(value, (*path, key))]]


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = dict(document) if isinstance(document, dict) else list(document)
    changed[path[0]] = put(document[path[0]], path[1:], value)
    return changed


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_request_survives_its_own_document(path: Path, tmp_path: Path) -> None:
    request = read_request(path)
    again = tmp_path / "again.json"
    again.write_text(json.dumps(request.as_document()))
    assert read_request(again) == request
    assert read_request(again).sha256 == request.sha256


@settings(max_examples=150)
@given(data=st.data())
def test_junk_in_any_place_is_told_without_its_value_or_accepted_as_it_stands(data: st.DataObject) -> None:
    document = example(data.draw(st.sampled_from([path.stem for path in EXAMPLES])))
    place = data.draw(st.sampled_from(places(document)))
    junk = data.draw(JUNK)
    found = _read(put(document, place, junk))
    if isinstance(found, InvalidInputError):
        # The name of a field that the schema does not know is told: somebody must be able to find it.
        named = {str(key) for path in places(junk) for key in path}
        assert CANARY in named or CANARY not in f"{found.cause}{found.cure}"
        assert found.__cause__ is None
    else:
        assert parse_request(json.loads(json.dumps(found.as_document()))) == found


def _read(document: Any) -> Request | InvalidInputError:
    try:
        return parse_request(document)
    except InvalidInputError as error:
        return error


@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_no_field_may_be_added_anywhere(name: str) -> None:
    document = example(name)
    tables = [place for place in places(document) if isinstance(_at(document, place), dict)]
    for place in tables:
        if "claims" in place:
            continue  # what an authority claims is free text that no rule trusts
        with pytest.raises(InvalidInputError, match="urgency"):
            parse_request(put(document, place, {**_at(document, place), "urgency": 54}))


def test_files_that_are_no_requests(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_request(tmp_path / "none.toml")
    for content in (b"", b"\xff", b"{", b"[" * 100_000, b"title = "):
        path = tmp_path / "request.json"
        path.write_bytes(content)
        with pytest.raises(InvalidInputError):
            read_request(path)


@given(
    value=st.recursive(
        st.text(st.characters(), max_size=3),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(), max_size=2), inner),
    )
)
def test_what_utf8_cannot_write_is_no_text(value: Any) -> None:
    try:
        canonical(value)
    except UnicodeEncodeError:
        assert not_text(value) is not None
    else:
        assert not_text(value) is None


def test_the_place_of_what_is_no_text_is_named_and_its_value_is_not() -> None:
    assert not_text({"question": {"text": "secret\ud800"}}) == ".question.text"
    assert not_text({"columns": ["a", "\udc80"]}) == ".columns[1]"
    assert not_text("\U0001f600") is None


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document
