"""Thirty-seven ways to alter evidence, each at random targets, and what `modicum-verify` says of each, offline.

Few targets a class by default; 50 a class, 1,850 in all, with MODICUM_PROVE=1. Every attempt must be refused with the
exit code for broken evidence, and the error must name the place; the untouched evidence passes in every test.
"""

import os
import random
import re
from pathlib import Path
from typing import Final

import pytest
from mutation_world import EARLIER, WITNESSES, Attempt, Said, World, altered_home, verdict, world
from mutations_case import CASE_CLASSES
from mutations_log import CA1, CA2, COURT, LOG_CLASSES
from test_schemas import faults

from modicum.gateway.logbook import fsck
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import leaf_bytes
from modicum_verify.errors import EvidenceError
from modicum_verify.logdir import Tree
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.note import Signer, vkey

CLASSES: Final = {**LOG_CLASSES, **CASE_CLASSES}
NEAREST: Final = {
    "time-lock start moved": "no case waits in this version: the times from which a wait would be counted are moved",
    "policy text changed": "the log holds a pack by its digest, in genesis and in each decision: the digest is changed",
    "witness directory altered": "it is the reader's own: one that came with the evidence is offered, or a broken one",
}
"""Classes that this version has in another shape, and what stands for them here."""
PROVE: Final = os.environ.get("MODICUM_PROVE") == "1"
TARGETS: Final = 50 if PROVE else 8
TRUNCATIONS: Final = 60
RAGGED: Final = (2, 3, 5, 23, 255, 257, 300, 511, 513, 700)


@pytest.fixture
def made() -> World:
    return world()


def untouched(made: World) -> None:
    for attempt in (
        Attempt(says=""),
        Attempt(says="", target="copy/log"),
        Attempt(says="", seen=made.kept(CA1, COURT), witnesses=made.directory),
        Attempt(says="", seen=made.kept(*WITNESSES, size=EARLIER), witnesses=made.directory),
        Attempt(says="", seen=made.kept()),
        *(Attempt(says="", target=name) for name in (*made.named, "account.json")),
    ):
        said = made.verify(attempt)
        assert said.exit == 0, (attempt, said)
        assert not faults(said.document)


def test_there_are_thirty_seven_classes() -> None:
    assert len(CLASSES) == 37
    assert set(NEAREST) <= set(CLASSES)


def test_control_untouched_evidence_passes(made: World) -> None:
    untouched(made)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_of_mutations_is_caught_and_its_place_named(made: World, name: str) -> None:
    rng = random.Random(f"modicum {name}")
    for number in range(TARGETS):
        attempt = CLASSES[name](made, rng)
        said = made.verify(attempt)
        assert said.exit == attempt.exit, (name, number, attempt, said)
        assert re.search(attempt.says, said.cause), (name, number, attempt.says, said.cause)
        assert not faults(said.document)
    assert made.verify(Attempt(says="")).exit == 0, "the copy was put right again"


def cut(made: World, rng: random.Random) -> tuple[int, Attempt]:
    size = rng.randrange(1, made.size)
    return size, Attempt(says="its tail was cut", files=made.relogged(made.leaves[:size]))


def test_a_log_cut_and_signed_again_is_caught_by_whoever_kept_a_newer_checkpoint(made: World) -> None:
    rng = random.Random(60)
    caught: list[Said] = []
    for _ in range(TRUNCATIONS):
        size, attempt = cut(made, rng)
        newer = rng.randrange(size + 1, made.size + 1)
        for seen, witnesses in ((made.kept(CA2, COURT, size=newer), made.directory), (made.kept(size=newer), None)):
            said = made.verify(Attempt(says="", files=attempt.files, seen=seen, witnesses=witnesses))
            assert said.exit == 5
            assert said.cause == (f"checkpoint: the log shows {size} entries, you have seen {newer}: its tail was cut")
            caught.append(said)
    assert len(caught) == 2 * TRUNCATIONS


def test_without_a_newer_checkpoint_a_cut_log_is_valid_and_never_complete(made: World) -> None:
    # The positive control: nothing but a checkpoint that somebody kept can see this, and the verdict does not pretend.
    rng = random.Random(60)
    for _ in range(TRUNCATIONS):
        size, attempt = cut(made, rng)
        older = made.kept(CA1, COURT, size=rng.randrange(1, size)) if size > 1 else None
        for seen in (None, older):
            said = made.verify(
                Attempt(says="", files=attempt.files, seen=seen, witnesses=made.directory if seen else None)
            )
            assert said.exit == 0
            assert said.document["log"]["size"] == size
            assert said.document["complete"] is False
            assert said.document["extent"].startswith(f"valid as of {made.events[size - 1].at}")


def test_complete_is_said_as_of_the_witnesses_time_and_by_how_many_organisations(made: World) -> None:
    names = {(CA1, COURT): 2, (CA1, CA2, COURT): 2, (CA1, CA2): 1}
    for given, organisations in names.items():
        said = made.verify(Attempt(says="", seen=made.kept(*given), witnesses=made.directory))
        if organisations < 2:
            assert (said.exit, said.cause) == (
                5,
                "checkpoint: is cosigned by 1 of the 2 organisations that you ask for",
            )
            continue
        assert said.document["complete"] is True
        assert said.document["cosigned"]["organisations"] == organisations
        assert said.document["extent"] == (
            f"complete as of {said.document['cosigned']['at']}, cosigned by 2 organisations ({made.size} entries)"
        )


def test_the_time_is_one_at_which_enough_organisations_had_signed(made: World) -> None:
    text = made.checkpoint().text()
    times = {CA1: made.cosigned_at - 20, CA2: made.cosigned_at - 5, COURT: made.cosigned_at - 60}
    note = made.kept() + b"".join(made.cosigners[name].cosign(text, time=at) for name, at in times.items())
    said = made.verify(Attempt(says="", seen=note, witnesses=made.directory))
    alone = made.verify(Attempt(says="", seen=made.kept(COURT, CA1, at=times[COURT]), witnesses=made.directory))
    assert said.document["cosigned"] == alone.document["cosigned"]


def test_a_cosignature_from_the_future_and_an_entry_dated_ahead_are_refused(made: World) -> None:
    ahead = made.kept(CA1, COURT, at=made.cosigned_at + 10_000_000)
    said = made.verify(Attempt(says="", seen=ahead, witnesses=made.directory))
    assert (said.exit, said.cause) == (5, f"cosignature of {CA1}: is of a time that has not come yet")
    early = made.kept(CA1, COURT, at=made.cosigned_at - 10_000)
    said = made.verify(Attempt(says="", seen=early, witnesses=made.directory))
    assert said.exit == 5
    assert re.match(
        rf"log entry {made.size - 1}: is dated after .*, when witnesses had cosigned it already", said.cause
    )


@pytest.mark.parametrize("suffix", ["bits", "json"])
def test_a_record_of_persons_that_was_altered_is_named(made: World, suffix: str) -> None:
    home = altered_home(made)
    assert fsck(home).releases == 2
    (path,) = home.glob(f"accounting/*/*-0001-1.{suffix}")
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(EvidenceError) as caught:
        fsck(home)
    assert caught.value.place == path.relative_to(home).as_posix()


def test_an_account_says_nothing_that_its_entries_do_not(made: World) -> None:
    said = made.verify(Attempt(says="", target="account.json"))
    assert [each["entry"] for each in said.document["releases"]] == made.at("released")
    assert made.account["person"] not in str(said.document)


def a_leaf(body: str) -> bytes:
    return leaf_bytes(kind="dataset", at="2026-11-23T09:30:00Z", case=None, actor="gateway", body=body)


@pytest.mark.parametrize("size", RAGGED)
def test_an_entry_changed_with_its_tile_is_caught_in_a_log_of_any_size(tmp_path: Path, size: int) -> None:
    # Readers that trust hash tiles let this pass where the size is no multiple of 256: a ragged tree shares subtrees.
    key, origin = Ed25519PrivateKey.generate(), "ragged.example/log"
    leaves = [a_leaf(f"{number:064x}") for number in range(size)]
    tree = Tree(leaves)
    text = Checkpoint(origin=origin, size=size, root=root([leaf_hash(each) for each in leaves])).text()
    written = {name: tree.expected(name) for name in tree.required()}
    written |= {
        "checkpoint": Signer(origin, key).sign(text),
        "log.vkey": vkey(origin, key.public_key()).encode() + b"\n",
    }
    for name, data in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data or b"")
    assert verdict([str(tmp_path)]).exit == 0
    rng = random.Random(size)
    for at in {0, size - 1, *(rng.randrange(size) for _ in range(6))}:
        altered = Tree([*leaves[:at], a_leaf("f" * 64), *leaves[at + 1 :]])
        together = [
            *(name for name in written if name.startswith(f"tile/entries/{at // 256:03}")),
            *(name for name in written if name.startswith(f"tile/0/{at // 256:03}")),
        ]
        assert len(together) == 2
        for name in together:
            (tmp_path / name).write_bytes(altered.expected(name) or b"")
        said = verdict([str(tmp_path)])
        assert (said.exit, said.cause.split(": ")[0]) == (
            5,
            "tile/entries and tile/0 (changed together), or checkpoint",
        )
        for name in together:
            (tmp_path / name).write_bytes(written[name] or b"")
    assert verdict([str(tmp_path)]).exit == 0
