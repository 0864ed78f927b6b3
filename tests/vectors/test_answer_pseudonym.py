"""A pseudonym is the AES-256-CMAC of SP 800-38B: by its published examples, and by another implementation."""

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from modicum.answer.pseudonym import class_key, pseudonymiser, recipients_key
from modicum.model.errors import InvalidInputError

# NIST SP 800-38B, examples for AES-256 (csrc.nist.gov, AES_CMAC.pdf). Of its messages, only the empty one is text.
NIST_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
NIST_EMPTY = "028962f61b7bf89efc6b551f4667d983"


def reference(key: bytes, words: str) -> str:
    mac = CMAC(AES256(key))
    mac.update(words.encode())
    return mac.finalize().hex()


def test_the_published_example() -> None:
    assert pseudonymiser(NIST_KEY)(pa.array([""])).to_pylist() == [NIST_EMPTY]


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=70), max_size=30),
    st.binary(min_size=32, max_size=32),
)
def test_agrees_with_cryptography_for_every_text(words: list[str], key: bytes) -> None:
    expected = [reference(key, each) for each in words]
    function = pseudonymiser(key)
    assert function(pa.array(words, pa.string())).to_pylist() == expected
    assert function(pa.chunked_array([words[:3], words[3:]], pa.string())).to_pylist() == expected
    assert function(pa.array(["left out", *words], pa.string())[1:]).to_pylist() == expected


@pytest.mark.parametrize("width", [1, 11, 15, 16, 17, 32, 33])
def test_texts_of_one_length_take_a_shorter_way_to_the_same(width: int) -> None:
    words = [f"{number:0{width}d}"[-width:] for number in range(50)]
    key = bytes(range(32))
    assert pseudonymiser(key)(pa.array(words)).to_pylist() == [reference(key, each) for each in words]


def test_keys_differ_by_recipients_and_class_and_not_by_order() -> None:
    master = bytes(32)
    assert recipients_key(master, ["b", "a", "a"]) == recipients_key(master, ["a", "b"])
    keys = {recipients_key(master, names) for names in (["a"], ["b"], ["a", "b"], ["ab"])}
    assert len(keys) == 4
    assert class_key(master, "ssn") != class_key(master, "medicaid_id") != master
    with pytest.raises(InvalidInputError):
        recipients_key(master, [])
    with pytest.raises(InvalidInputError):
        recipients_key(master, ["a|b"])
    with pytest.raises(ValueError, match="32 bytes"):
        pseudonymiser(b"short")
