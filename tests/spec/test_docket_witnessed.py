"""A home with witnesses, by the fold alone: nothing is delivered that the witnesses of genesis did not cosign by then."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from docket_world import CASE, CUSTODIAN, World, by, genesis, key, released

from modicum.docket import gateway_events
from modicum.docket.commands import Event, object_
from modicum.model.errors import ConflictError, InvalidInputError
from modicum_verify.checkpoint import Checkpoint
from modicum_verify.cosignature import Cosigner
from modicum_verify.cosigned import check_checkpoints
from modicum_verify.entry import Entry
from modicum_verify.errors import EvidenceError
from modicum_verify.fold import fold
from modicum_verify.logdir import VerifiedLog
from modicum_verify.merkle import leaf_hash, root
from modicum_verify.moves import State
from modicum_verify.note import Signer
from modicum_verify.note import vkey as vkey_of
from modicum_verify.trust import Trust, parse_trust
from modicum_verify.witness_set import WitnessSet, parse_witness_set

ORIGIN = "cms.modicum.example/test"
LOG = Signer(ORIGIN, key("the log").private)
COSIGNERS = {
    "inspector": Cosigner("ig.example/w", key("inspector's witness").private),
    "inspector-2": Cosigner("ig.example/w2", key("inspector's other witness").private),
    "court": Cosigner("court.example/w", key("court's witness").private),
}
NOW = 1_795_426_000  # 2026-11-23, some hours after the world began


def document(organisations: int = 2, **changes: Any) -> dict[str, Any]:
    witnesses = [
        {"organisation": name.removesuffix("-2"), "vkey": each.public.vkey()} for name, each in COSIGNERS.items()
    ]
    return {"organisations": organisations, "witnesses": witnesses, **changes}


def witness_set(organisations: int = 2) -> WitnessSet:
    return parse_witness_set(document(organisations), place="test")


@pytest.fixture
def world() -> World:
    """A case whose release is logged."""
    made = World(founded=False)
    made.do(genesis(witnesses=witness_set()))
    made.file()
    made.agreed()
    made.release()
    return made


def root_of(world: World, size: int) -> bytes:
    return root([leaf_hash(str(entry.index).encode()) for entry in world.entries[:size]])


def note(
    world: World,
    names: Sequence[str] = ("inspector", "court"),
    *,
    size: int | None = None,
    origin: str = ORIGIN,
    at: int | None = None,
    text: str | None = None,
) -> bytes:
    """A checkpoint of the log as it stands, cosigned by these."""
    size = len(world.entries) if size is None else size
    said = text or Checkpoint(origin=origin, size=size, root=root_of(world, size)).text()
    signed = Signer(origin, LOG.private_key).sign(said)
    time = at or NOW - 3600
    return signed + b"".join(COSIGNERS[name].cosign(said, time=time) for name in names)


def entry(world: World, kind: str, content: dict[str, Any]) -> Entry:
    return replace(world.entry(Event(kind, content, CASE)), at="2026-11-23T12:00:00Z")


def cosigned(world: World, data: bytes) -> Entry:
    return entry(world, "cosigned", {"checkpoint": data.decode()})


DELIVERED = {"package_sha256": "55" * 32, "size_bytes": 9}


def test_logged_cosigned_delivered(world: World) -> None:
    assert world.case().state is State.LOGGED
    assert world.case().releases[-1].content["witnesses"] == "cosigned"
    with pytest.raises(EvidenceError, match="before the witnesses cosigned"):
        world.enter(entry(world, "delivered", DELIVERED))
    made = gateway_events.cosigned(world.docket, CASE, checkpoint=note(world))
    world.enter(entry(world, made.kind, dict(made.content)))
    assert world.case().state is State.COSIGNED
    assert world.case().why_not_agreed == ("The case was released in entry 5.",)
    world.enter(entry(world, "delivered", DELIVERED))
    assert world.case().state is State.DELIVERED
    with pytest.raises(ConflictError):
        gateway_events.cosigned(world.docket, CASE, checkpoint=note(world))


def test_what_was_cosigned_can_still_be_aborted(world: World) -> None:
    world.enter(cosigned(world, note(world)))
    world.enter(entry(world, "aborted", {"reason": "interrupted"}))
    assert world.case().state is State.AGREED
    assert world.case().release is None


def test_people_object_while_a_release_waits(world: World) -> None:
    said = object_(world.docket, CASE, by=by("il-hfs/origin"), grounds="scope", text="wait", strata=None)
    world.do(said)
    assert world.case().state is State.LOGGED
    world.do(gateway_events.aborted(world.docket, CASE, reason="too few witnesses cosigned it"))
    assert world.case().state is State.IN_REVIEW


def test_a_checkpoint_that_does_not_count_is_refused(world: World) -> None:
    size = len(world.entries)
    text = Checkpoint(origin=ORIGIN, size=size, root=root_of(world, size)).text()
    other = Checkpoint(origin=ORIGIN, size=size, root=b"x" * 32).text()
    stranger = Cosigner("stranger.example/w", key("stranger").private)
    forged = Cosigner("court.example/w", key("stranger").private)
    wrong = {
        "by nobody": (note(world, ()), "0 of the 2 organisations"),
        "by one": (note(world, ("court",)), "1 of the 2"),
        "by two witnesses of one organisation": (note(world, ("inspector", "inspector-2")), "1 of the 2"),
        "twice by one": (note(world, ("court", "court")), "twice by one witness"),
        "of a log before the release": (note(world, size=size - 1), "does not cover the release"),
        "of a log that is not there yet": (note(world, size=size + 1), "none yet"),
        "of another log": (note(world, origin="other.example/log"), "another log"),
        "with more to say": (note(world, text=f"{text}more\n"), "another log, or says more"),
        "from a later time": (note(world, at=NOW + 86_400 * 300), "time that has not come"),
        "by a stranger too": (note(world) + stranger.cosign(text, time=NOW), "signed by others"),
        "by a forger": (note(world, ("inspector",)) + forged.cosign(text, time=NOW - 3600), "signed by others"),
        "over another root": (
            note(world, ("inspector",)) + COSIGNERS["court"].cosign(other, time=NOW - 3600),
            "does not match the checkpoint",
        ),
        "no note": (b"nonsense\n", "is not text, a blank line"),
    }
    for data, match in wrong.values():
        before = world.docket
        with pytest.raises(EvidenceError, match=match):
            fold([cosigned(world, data)], before)
        assert world.docket == before
    world.enter(cosigned(world, note(world)))


def test_a_release_says_of_its_witnesses_what_genesis_says() -> None:
    fresh = World(founded=False)
    fresh.do(genesis(witnesses=witness_set()))
    fresh.file()
    fresh.agreed()
    honest = released(fresh.docket)
    with pytest.raises(EvidenceError, match="another thing of its witnesses"):
        fresh.enter(fresh.entry(honest._replace(content={**honest.content, "witnesses": "unwitnessed"})))
    without = World()
    without.file()
    without.agreed()
    assert released(without.docket).content["witnesses"] == "unwitnessed"
    with pytest.raises(EvidenceError, match="another thing of its witnesses"):
        without.enter(without.entry(honest))
    without.release()
    with pytest.raises(EvidenceError, match="no witnesses"):
        without.enter(cosigned(without, note(without)))
    without.enter(entry(without, "delivered", DELIVERED))


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"organisations": 0}, "number of organisations"),
        ({"organisations": True}, "number of organisations"),
        ({"organisations": 3}, "more organisations than"),
        ({"witnesses": []}, "1 to 32"),
        ({"more": 1}, "alone"),
        ({"witnesses": [{"organisation": "court", "vkey": "x"}], "organisations": 1}, "witness key"),
        ({"witnesses": [{"organisation": "The Court", "vkey": "x"}]}, "1 to 32"),
        ({"witnesses": [{"organisation": "court", "vkey": "x", "url": "http://x"}]}, "1 to 32"),
        ({"witnesses": document()["witnesses"] * 2}, "twice"),
        ({"witnesses": {}}, "1 to 32"),
    ],
)
def test_witnesses_are_named_strictly(wrong: dict[str, Any], match: str) -> None:
    with pytest.raises(EvidenceError, match=match):
        parse_witness_set(document(**wrong), place="test")


def test_one_key_under_two_names_is_one_witness_too_many() -> None:
    again = Cosigner("other.example/w", COSIGNERS["court"].private_key).public.vkey()
    listed = [*document()["witnesses"], {"organisation": "other", "vkey": again}]
    with pytest.raises(EvidenceError, match="twice"):
        parse_witness_set(document(witnesses=listed), place="test")


def test_genesis_names_outside_witnesses_or_none() -> None:
    own = parse_witness_set(
        document(1, witnesses=[{"organisation": CUSTODIAN, "vkey": COSIGNERS["court"].public.vkey()}]), place="test"
    )
    with pytest.raises(InvalidInputError, match="custodian runs itself"):
        genesis(witnesses=own)
    named = Cosigner(ORIGIN, key("court's witness").private).public.vkey()
    by_the_logs_name = parse_witness_set(
        document(1, witnesses=[{"organisation": "court", "vkey": named}]), place="test"
    )
    with pytest.raises(InvalidInputError, match="name of the log"):
        genesis(witnesses=by_the_logs_name)
    content = genesis(witnesses=witness_set()).content
    assert content["evaluation"] is False
    for changed in ({**content, "evaluation": True}, {k: v for k, v in content.items() if k != "witnesses"}):
        world = World(founded=False)
        with pytest.raises(EvidenceError, match="must either name witnesses"):
            world.enter(world.entry(Event("genesis", changed, None)))
    relaxed = {**content, "witnesses": document(1)}
    with pytest.raises(EvidenceError, match="does not match the message"):
        World(founded=False).enter(World(founded=False).entry(Event("genesis", relaxed, None)))


def test_the_trust_root_carries_the_witnesses() -> None:
    from modicum_verify.canonical import canonical

    trust = Trust(
        origin=ORIGIN,
        log_vkey=vkey_of(ORIGIN, LOG.private_key.public_key()),
        genesis_sha256="0" * 64,
        manifest_key="1" * 64,
        witnesses=witness_set(),
    )
    assert parse_trust(canonical(trust.as_document())) == trust
    assert parse_trust(canonical(trust.as_document())).witnesses != replace(trust, witnesses=None).witnesses
    for wrong in (None, {}, document(9)):
        with pytest.raises(EvidenceError, match="trust file"):
            parse_trust(canonical({**trust.as_document(), "witnesses": wrong}))


def test_what_was_cosigned_is_the_history_that_is_shown(world: World) -> None:
    size = len(world.entries)
    world.enter(cosigned(world, note(world)))
    leaves = [str(each.index).encode() for each in world.entries]
    vkey, cases = vkey_of(ORIGIN, LOG.private_key.public_key()), world.docket.cases.values()

    def shown(leaves: list[bytes]) -> VerifiedLog:
        hashes = [leaf_hash(leaf) for leaf in leaves]
        checkpoint = Checkpoint(origin=ORIGIN, size=len(leaves), root=root(hashes))
        return VerifiedLog(checkpoint=checkpoint, note=b"", leaves=leaves)

    assert check_checkpoints(shown(leaves), cases, log_vkey=vkey) == 1
    with pytest.raises(EvidenceError, match="another history"):
        check_checkpoints(shown([b"another", *leaves[1:]]), cases, log_vkey=vkey)
    with pytest.raises(EvidenceError, match="another history"):
        check_checkpoints(shown(leaves[: size - 1]), cases, log_vkey=vkey)
    stranger = vkey_of(ORIGIN, key("stranger").private.public_key())
    with pytest.raises(EvidenceError):
        check_checkpoints(shown(leaves), cases, log_vkey=stranger)
