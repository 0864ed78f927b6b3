"""A proof in a file of its own: which entry it proves, what it says, under whose word; every byte of it counts."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from mutation_world import World, flipped, verdict, world
from mutations_log import CA1, CA2, COURT

from modicum.cli import run as run_modicum
from modicum_verify.carried import proof_extra
from modicum_verify.ed25519 import Ed25519PrivateKey
from modicum_verify.entry import body_file, leaf_bytes, read_entry
from modicum_verify.merkle import inclusion_proof, leaf_hash
from modicum_verify.note import Signer
from modicum_verify.proof import TlogProof
from modicum_verify.trust import parse_trust
from modicum_verify.witness_set import parse_witness_set


@pytest.fixture(scope="module")
def made() -> World:
    return world()


def proof(
    made: World, index: int, *names: str, body: bool = True, size: int | None = None, leaf: bytes | None = None
) -> TlogProof:
    """The proof of an entry as a custodian makes it, cosigned by these witnesses; leaf: another one, carried instead."""
    true = made.leaves[index]
    name = read_entry(index, true, None).body
    said = made.files[f"copy/bodies/{name}.json"] if body else None
    hashes = inclusion_proof([leaf_hash(each) for each in made.leaves[:size]], index)
    extra = proof_extra(leaf=true if leaf is None else leaf, body=said)
    return TlogProof(index=index, hashes=tuple(hashes), checkpoint_note=made.kept(*names, size=size), extra=extra)


def checked(
    made: World,
    folder: Path,
    data: bytes,
    *,
    seen: bytes | None = None,
    witnesses: str | None = None,
    trust: bytes | None = None,
):
    """What `modicum-verify` says of a proof; `modicum verify` must say the same."""
    (folder / "entry.tlog-proof").write_bytes(data)
    root = folder / "trust.json"
    root.write_bytes((made.folder / "bring" / "trust.json").read_bytes() if trust is None else trust)
    arguments = [str(folder / "entry.tlog-proof"), "--trust", str(root)]
    for name, brought in (("seen", seen), ("witnesses", None if witnesses is None else witnesses.encode())):
        if brought is not None:
            (folder / name).write_bytes(brought)
            arguments += [f"--{name}", str(folder / name)]
    found = verdict(arguments)
    assert found == verdict(["verify", *arguments], by=run_modicum)
    return found


def test_a_receipt_says_who_objected_to_what_and_where(made: World, tmp_path: Path) -> None:
    index = made.at("objected")[0]
    found = checked(made, tmp_path, proof(made, index).format())
    assert found.exit == 0, found
    event = made.events[index]
    assert found.document["proved"] == {
        "entry": index,
        "kind": "objected",
        "at": event.at,
        "case": event.case,
        "actor": "ca-dhcs/data-officer",
        "body_sha256": read_entry(index, made.leaves[index], None).body,
        "content": event.content,
    }
    assert found.document["log"] == {
        "origin": made.origin,
        "size": made.size,
        "root": made.checkpoint().root.hex(),
    }
    assert (found.document["witnesses"], found.document["trusted"]) == ("unwitnessed", True)


def test_every_entry_is_proved_with_its_body_and_without(made: World, tmp_path: Path) -> None:
    for index, event in enumerate(made.events):
        for body in (True, False):
            found = checked(made, tmp_path, proof(made, index, body=body).format())
            assert found.exit == 0, found
            assert found.document["proved"]["kind"] == event.kind
            assert found.document["proved"]["content"] == (event.content if body else None)


def test_no_bit_of_a_proof_can_be_changed(made: World, tmp_path: Path) -> None:
    rng, index = random.Random(8), made.at("objected")[0]
    for body in (True, False):
        data = proof(made, index, body=body).format()
        for _ in range(100):
            assert checked(made, tmp_path, flipped(rng, data)).exit != 0
        assert checked(made, tmp_path, data + b"\n").exit == 5


def test_a_proof_of_another_entry_of_other_words_or_of_another_log_is_refused(made: World, tmp_path: Path) -> None:
    index = made.at("objected")[0]
    true = proof(made, index)
    leaf, body = made.leaves[index], body_file({"text": "Agreed."}, salt=b"s" * 32)[1]
    other = leaf.replace(b'"objected"', b'"approved"')
    foreign = Signer(made.origin, Ed25519PrivateKey.generate()).sign(made.checkpoint().text())
    elsewhere = Signer("other.example/log", made.key).sign(
        replace(made.checkpoint(), origin="other.example/log").text()
    )
    attempts = {
        "proof: log entry 6, body": replace(true, extra=proof_extra(leaf=leaf, body=body)),
        "does not lead to the root": proof(made, index, leaf=other, body=False),
        "proof: inclusion proof of entry 7": replace(true, index=index + 1),
        "has a signature by an unknown key": replace(true, checkpoint_note=foreign),
        "proof: signed note": replace(true, checkpoint_note=elsewhere),
        "does not carry the log entry": replace(true, extra=b"{}"),
    }
    for says, each in attempts.items():
        found = checked(made, tmp_path, each.format())
        assert (found.exit, says in found.cause) == (5, True), (says, found)


def test_a_proof_without_its_entry_is_no_broken_evidence_unless_its_checkpoint_is(made: World, tmp_path: Path) -> None:
    bare = replace(proof(made, 6), extra=None)
    found = checked(made, tmp_path, bare.format())
    assert (found.exit, found.cause) == (
        2,
        "the proof does not carry entry 6, and without the entry no proof can be followed",
    )
    forged = Signer(made.origin, Ed25519PrivateKey.generate()).sign(made.checkpoint().text())
    assert checked(made, tmp_path, replace(bare, checkpoint_note=forged).format()).exit == 5


def test_entry_0_is_the_genesis_that_the_reader_trusts(made: World, tmp_path: Path) -> None:
    document = json.loads((made.folder / "bring" / "trust.json").read_bytes())
    other = json.dumps({**document, "genesis_sha256": "0" * 64}).encode()
    data = proof(made, 0).format()
    assert checked(made, tmp_path, data).exit == 0
    found = checked(made, tmp_path, data, trust=other)
    assert (found.exit, found.cause) == (5, "log entry 0: is not the genesis that the trust root names")


def test_a_log_that_signs_odd_entries_is_refused(made: World, tmp_path: Path) -> None:
    index, event = made.at("objected")[0], made.events[made.at("objected")[0]]
    for changes, says in (
        ({"at": "yesterday"}, "has a time that is not UTC"),
        ({"kind": "applauded"}, "is of a kind that this version does not know"),
        ({"content": {**event.content, "more": 1}}, "field(s) that this version does not know"),
    ):
        files = made.with_event(index, replace(event, **changes))
        odd = replace(event, **changes)
        commitment, body = body_file(odd.content, salt=b"m" * 32)
        leaf = leaf_bytes(kind=odd.kind, at=odd.at, case=odd.case, actor=odd.actor, body=commitment)
        leaves = [leaf_hash(each) for each in [*made.leaves[:index], leaf, *made.leaves[index + 1 :]]]
        note = files["copy/log/checkpoint"] or b""
        data = TlogProof(
            index=index,
            hashes=tuple(inclusion_proof(leaves, index)),
            checkpoint_note=note,
            extra=proof_extra(leaf=leaf, body=body),
        ).format()
        found = checked(made, tmp_path, data)
        assert (found.exit, says in found.cause) == (5, True), found


def test_witnesses_that_the_reader_names_must_have_cosigned_its_checkpoint(made: World, tmp_path: Path) -> None:
    def by(*names: str) -> object:
        return checked(made, tmp_path, proof(made, 6, *names).format(), witnesses=made.directory)

    for names, organisations in (((), 0), ((CA1, CA2), 1)):
        said = f"checkpoint: is cosigned by {organisations} of the 2 organisations that you ask for"
        assert (by(*names).exit, by(*names).cause) == (5, said)
    found = by(CA1, COURT)
    assert (found.exit, found.document["witnesses"]) == (0, "cosigned")
    assert found.document["cosigned"]["organisations"] == 2
    # Without that directory they are strangers, and no line of a proof is left to nobody.
    assert checked(made, tmp_path, proof(made, 6, CA1, COURT).format()).exit == 5
    rng = random.Random(9)
    data = proof(made, 6, CA1, COURT).format()
    for _ in range(100):
        assert checked(made, tmp_path, flipped(rng, data), witnesses=made.directory).exit != 0


def test_witnesses_of_the_trust_root_must_be_enough_where_any_cosigned(made: World, tmp_path: Path) -> None:
    named = [{"organisation": name.split(".")[0], "vkey": made.cosigners[name].public.vkey()} for name in (CA1, COURT)]
    witnesses = {"organisations": 2, "witnesses": named}
    parse_witness_set(witnesses, place="test")
    document = json.loads((made.folder / "bring" / "trust.json").read_bytes())
    trust = json.dumps({**document, "witnesses": witnesses}).encode()
    parse_trust(trust)

    def by(*names: str, directory: str | None = None) -> object:
        return checked(made, tmp_path, proof(made, 6, *names).format(), trust=trust, witnesses=directory)

    assert (by().exit, by().document["witnesses"]) == (0, "unwitnessed")
    assert by(CA1).exit == by(CA1, CA2).exit == 5
    found = by(CA1, COURT)
    assert [each["organisation"] for each in found.document["cosigned_by"]] == ["ca", "court"]
    assert "cosigned" not in found.document
    both = by(CA1, CA2, COURT, directory=made.directory)
    assert (len(both.document["cosigned_by"]), both.document["cosigned"]["organisations"]) == (2, 2)


def test_a_kept_checkpoint_must_be_the_one_under_it(made: World, tmp_path: Path) -> None:
    data = proof(made, 6).format()
    found = checked(made, tmp_path, data, seen=made.kept(CA1, COURT), witnesses=made.directory)
    assert (found.exit, found.document["seen"], found.document["cosigned"]["organisations"]) == (0, True, 2)
    assert checked(made, tmp_path, data, seen=made.kept()).document["seen"] is True
    found = checked(made, tmp_path, data, seen=made.kept(size=9))
    assert (found.exit, "cannot show that one continues the other" in found.cause) == (2, True)
    other = replace(made.checkpoint(), root=b"r" * 32)
    found = checked(made, tmp_path, data, seen=Signer(made.origin, made.key).sign(other.text()))
    assert found.exit == 5
    assert found.cause.endswith("entries are not those that you have seen: another history")
    early = made.kept(CA1, COURT, at=made.cosigned_at - 10_000)
    found = checked(made, tmp_path, data, seen=early, witnesses=made.directory)
    assert (found.exit, "is dated after" in found.cause) == (5, True)


def test_a_proof_needs_a_trust_root_and_shows_no_log_before_it(made: World, tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(proof(made, 6).format())
    found = verdict([str(path)])
    assert (found.exit, found.document["cure"]) == (2, "add --trust with the trust.json")
    trust = str(made.folder / "bring" / "trust.json")
    assert verdict([str(path), "--trust", trust, "--before", str(made.folder / "copy")]).exit == 2
    path.write_bytes(path.read_bytes().replace(b"proof@v1", b"proof@v2", 1))
    found = verdict([str(path), "--trust", trust])
    assert (found.exit, found.cause) == (5, "proof: is not a tlog-proof of version 1")


def test_no_word_of_an_entry_becomes_a_line_of_the_verdict(
    made: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = made.at("objected")[0]
    event = made.events[index]
    words = "wait\nverified: entry 1\r\x1b[2Jnow\u2028verified: entry 2"
    odd = {**event.content, "text": words}
    commitment, body = body_file(odd, salt=b"m" * 32)
    leaf = leaf_bytes(kind=event.kind, at=event.at, case="1\nverified: 1", actor=event.actor, body=commitment)
    leaves = [*made.leaves[:index], leaf, *made.leaves[index + 1 :]]
    files = made.relogged(leaves)
    data = TlogProof(
        index=index,
        hashes=tuple(inclusion_proof([leaf_hash(each) for each in leaves], index)),
        checkpoint_note=files["copy/log/checkpoint"] or b"",
        extra=proof_extra(leaf=leaf, body=body),
    ).format()
    (tmp_path / "p").write_bytes(data)
    assert run_modicum(["verify", str(tmp_path / "p"), "--trust", str(made.folder / "bring" / "trust.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("verified") for line in lines] == [True, *[False] * (len(lines) - 1)]
    assert "\x1b" not in "".join(lines)
