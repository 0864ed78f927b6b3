"""The mutation classes about cases: what people signed, what the law said, what left.

Here the log's own key signs the altered log anew, bodies and all, so nothing but people's signatures, the moves and a
kept checkpoint stands in the way. A change in what the gateway itself wrote, unsigned by any person, is seen by those
who kept a checkpoint; the classes of that kind say so by bringing one.
"""

import json
import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

from mutation_world import SALT, Attempt, World, flipped, some
from mutations_log import ANOTHER_HISTORY, CA1, COURT, Mutation, later
from seal_maker import rezip

from modicum_verify.canonical import digest
from modicum_verify.entry import body_file
from modicum_verify.package import DATAPACKAGE, KEY, MANIFEST, PROOF, READ_ME, TERMS

VOTES = ("review", "approved", "rejected")


def kept(world: World, files: Mapping[str, bytes | None], says: str = ANOTHER_HISTORY) -> Attempt:
    """Seen by a reader who kept a cosigned checkpoint."""
    return Attempt(says=says, files=files, seen=world.kept(CA1, COURT), witnesses=world.directory)


def body_altered(world: World, at: int, *path: str | int, to: Any) -> Attempt:
    """The body's file alone is altered, the leaf that commits to it is not."""
    content = deepcopy(world.events[at].content)
    place: Any = content
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    name = f"copy/bodies/{json.loads(world.leaves[at])['body']}.json"
    return Attempt(
        says=rf"^log entry {at}, body [0-9a-f]+: does not match its commitment",
        files={name: body_file(content, salt=SALT)[1]},
    )


def gateway_wrote(world: World, rng: random.Random, at: int, *path: str | int, to: Any) -> Attempt:
    """A change in what the gateway wrote: the body alone, or the log anew."""
    if rng.randrange(2):
        return body_altered(world, at, *path, to=to)
    return kept(world, world.changed(at, *path, to=to))


def approval_inserted(world: World, rng: random.Random) -> Attempt:
    """A copy of somebody's approval, in their name or another's, anywhere after its case was decided."""
    at = some(rng, world.at("review", "approved"))
    other = some(rng, world.at("filed", "review", "approved", "objected", "answered"))
    name = some(rng, [world.events[at].actor, world.events[other].actor, "cms/counsel"])
    signature = {**world.events[at].content["signature"], "person": name, "log_size": at}
    forged = replace(world.events[at], actor=name, content={**world.events[at].content, "signature": signature})
    place = rng.randrange(at + 1, world.size + 1)
    forged = replace(forged, at=world.events[place - 1].at)
    return Attempt(
        says=rf"^log entry {place}[:,] ", files=world.rewritten([*world.events[:place], forged, *world.events[place:]])
    )


def approval_removed(world: World, rng: random.Random) -> Attempt:
    """Taken out, or a harmless entry put in its place so that no number moves."""
    case = {each: world.events[each].case for each in world.at("review", "approved", "released")}
    later_release = {
        at: min((each for each in world.at("released") if each > at and case[each] == case[at]), default=None)
        for at in world.at("review", "approved")
    }
    at = some(rng, [each for each, release in later_release.items() if release is not None])
    release = later_release[at]
    if rng.randrange(2):
        filler = replace(world.events[1], at=world.events[at].at)
        says = rf"^log entry {release}: released cannot follow"
        return Attempt(says=says, files=world.with_event(at, filler))
    says = "^log entry (?:" + "|".join(str(each) for each in range(at, release)) + ")[:,] "
    return Attempt(says=says, files=world.rewritten([*world.events[:at], *world.events[at + 1 :]]))


def approval_by_another(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("review", "approved"))
    event = world.events[at]
    known = {
        each["organisation"] + "/" + each["person"]: each["public_key"] for each in world.events[0].content["people"]
    }
    name = some(rng, sorted(set(known) - {event.actor}))
    key = some(rng, [known[name], event.content["signature"]["public_key"]])
    signature = {**event.content["signature"], "person": name, "public_key": key}
    actor = some(rng, [name, name, event.actor])
    forged = replace(event, actor=actor, content={**event.content, "signature": signature})
    return Attempt(says=rf"^log entry {at}[:,] ", files=world.with_event(at, forged))


def decision_flipped(world: World, rng: random.Random) -> Attempt:
    """A vote turned into its contrary; or the gateway's verdict."""
    if rng.randrange(2):
        at = some(rng, world.at(*VOTES))
        event = world.events[at]
        if event.kind == "review":
            to = "reject" if event.content["verdict"] == "approve" else "approve"
            return Attempt(says=rf"^log entry {at}[:,] ", files=world.changed(at, "verdict", to=to))
        kind = "rejected" if event.kind == "approved" else "approved"
        return Attempt(says=rf"^log entry {at}[:,] ", files=world.with_event(at, replace(event, kind=kind)))
    at = some(rng, world.at("decided"))
    to = some(rng, ["forbidden", "conditional"])
    says = rf"^log entry {at}, body|{later(world, at)}|{ANOTHER_HISTORY}"
    return replace(gateway_wrote(world, rng, at, "decision", "verdict", to=to), says=says)


def objection_removed(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("objected"))
    answered = next(each for each in world.at("answered") if each > at)
    released = next(each for each in world.at("released") if each > at)
    filler = replace(world.events[1], at=world.events[at].at)
    match rng.randrange(3):
        case 0:
            says = rf"^log entry {answered - 1}[:,] "
            return Attempt(says=says, files=world.rewritten([*world.events[:at], *world.events[at + 1 :]]))
        case 1:
            says = rf"^log entry {answered}: answers an objection that this case does not have"
            return Attempt(says=says, files=world.with_event(at, filler))
        case _:  # and its answer too
            events = [filler if each in (at, answered) else event for each, event in enumerate(world.events)]
            says = rf"^log entry {released}: does not carry every objection"
            return Attempt(says=says, files=world.rewritten(events))


def moved_in_time(world: World, rng: random.Random, at: int) -> Attempt:
    """Dated before its neighbour, after its follower, ahead of the witnesses, or within the same second's bounds."""
    event = world.events[at]
    when = datetime.fromisoformat(event.at)
    step = timedelta(seconds=rng.randrange(60, 10**7))
    if rng.randrange(2):
        early = f"{when - step:%Y-%m-%dT%H:%M:%SZ}"
        return Attempt(
            says=rf"^log entry {at}: is dated before the entry that it follows",
            files=world.with_event(at, replace(event, at=early)),
        )
    late = f"{when + step:%Y-%m-%dT%H:%M:%SZ}"
    if rng.randrange(2) and at + 1 < world.size:
        return Attempt(
            says=rf"^log entry {at + 1}: is dated before the entry that it follows",
            files=world.with_event(at, replace(event, at=late)),
        )
    # every later entry is dated on with it: only who kept a checkpoint sees it
    shifted = [
        each if number < at else replace(each, at=f"{datetime.fromisoformat(each.at) + step:%Y-%m-%dT%H:%M:%SZ}")
        for number, each in enumerate(world.events)
    ]
    return kept(world, world.rewritten(shifted), says=rf"{ANOTHER_HISTORY}|{later(world, at)}")


def objection_time_changed(world: World, rng: random.Random) -> Attempt:
    return moved_in_time(world, rng, some(rng, world.at("objected")))


def objection_text_changed(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("objected"))
    name = some(rng, ["text", "grounds"])
    text = world.events[at].content[name]
    to = some(rng, [text + " No.", text.upper(), text[:-1], "We agree."])
    if rng.randrange(2):
        return body_altered(world, at, name, to=to)
    says = rf"^log entry {at}: signature of {world.events[at].actor}: ssh signature: does not match the message"
    return Attempt(says=says, files=world.changed(at, name, to=to))


def policy_text_changed(world: World, rng: random.Random) -> Attempt:
    """The log holds a pack by its digest: another text is another digest, in genesis or in a decision."""
    other = sha256(rng.randbytes(8)).hexdigest()
    if rng.randrange(2):
        return Attempt(says="^log entry 0: is not the genesis", files=world.changed(0, "pack", "sha256", to=other))
    at = some(rng, world.at("decided"))
    says = rf"^log entry {at}: decides by another policy pack than the one in force"
    return Attempt(says=says, files=world.changed(at, "decision", "pack", "sha256", to=other))


def policy_id_reused(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("decided"))
    return gateway_wrote(
        world, rng, at, "decision", "because", 0, "id", to=some(rng, ["MCD-001", "HIP-001", "CUS-001"])
    )


def citation_removed(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("decided"))
    if rng.randrange(2):
        return gateway_wrote(world, rng, at, "decision", "because", 0, "cite", to="")
    return gateway_wrote(world, rng, at, "decision", "because", to=[])


def request_altered(world: World, rng: random.Random, field: str, to: Any, at: int) -> Attempt:
    """In the request alone; with its digest too; or in the body's file."""
    request = {**world.events[at].content["request"], field: to}
    match rng.randrange(3):
        case 0:
            says = rf"^log entry {at}: the request does not match its digest"
            return Attempt(says=says, files=world.changed(at, "request", to=request))
        case 1:
            content = {**world.events[at].content, "request": request, "request_sha256": digest(request)}
            says = rf"^log entry {at}: signature of {world.events[at].actor}: ssh signature: does not match the message"
            return Attempt(says=says, files=world.with_event(at, replace(world.events[at], content=content)))
        case _:
            return body_altered(world, at, "request", to=request)


def columns_widened(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("filed"))
    columns = world.events[at].content["request"]["columns"]
    more = some(rng, ["eligibility.BENE_SSN_NUM", "eligibility.IMGRTN_STUS_CD", "claims.PTNT_ZIP"])
    return request_altered(world, rng, "columns", [*columns, more], at)


def purpose_changed(world: World, rng: random.Random) -> Attempt:
    at = some(rng, world.at("filed"))
    return request_altered(world, rng, "purpose", some(rng, ["immigration_enforcement", "research", "payment"]), at)


def recipient_changed(world: World, rng: random.Random) -> Attempt:
    if rng.randrange(2):
        at = some(rng, world.at("filed"))
        first, *others = world.events[at].content["request"]["recipients"]
        changed = some(rng, [{**first, "person": "somebody-else"}, {**first, "age_key": "age1other"}])
        return request_altered(world, rng, "recipients", some(rng, [[changed, *others], [first, *others, changed]]), at)
    at = some(rng, world.at("released"))
    first = {**world.events[at].content["recipients"][0], "person": "somebody-else"}
    says = rf"^log entry {at}: goes to other recipients than the request names"
    return Attempt(says=says, files=world.changed(at, "recipients", 0, to=first))


def manifest_digest_changed(world: World, rng: random.Random) -> Attempt:
    """In the log's entry; in the entry that a package carries; or a digest within the manifest."""
    at = some(rng, world.at("released"))
    other = sha256(rng.randbytes(8)).hexdigest()
    which = rng.randrange(3)
    if which == 0:
        return gateway_wrote(world, rng, at, "manifest_sha256", to=other)
    name = f"{world.events[at].case}.modicum"
    parts = members(world, name)
    part = PROOF if which == 1 else MANIFEST
    forged = {**parts, part: flipped(rng, parts[part])}
    return Attempt(says=rf"^{name}, {part}", files={name: rezip(list(forged.items()))}, target=name)


def package_swapped(world: World, rng: random.Random) -> Attempt:
    """Parts of one package put in another of the same custodian, container and all made whole again."""
    mine, other = rng.sample(world.named, 2)
    ours, theirs = members(world, mine), members(world, other)
    same = {name for name in ours if ours[name] == theirs[name]}
    loose = [each for each in ours if each not in same]
    taken = rng.sample(loose, rng.randrange(1, len(loose)))
    if set(taken) >= set(loose) - {READ_ME, TERMS, DATAPACKAGE} and len(taken) == len(loose):
        taken = [KEY]
    forged = {name: theirs[name] if name in taken else data for name, data in ours.items()}
    return Attempt(says=rf"^{mine}, ", files={mine: rezip(list(forged.items()))}, target=mine)


def members(world: World, name: str) -> dict[str, bytes]:
    from zipfile import ZipFile

    with ZipFile(BytesIO(world.files[name])) as opened:
        return {each: opened.read(each) for each in opened.namelist()}


def accounting_removed(world: World, rng: random.Random) -> Attempt:
    """The `accounted` entry taken out; or a person's own account with a line that tells of another release.

    That a line is missing from an account cannot be seen in it: `log fsck` at the custodian's sees the record
    (`test_a_record_of_persons_that_was_altered_is_named`).
    """
    if rng.randrange(2):
        at = some(rng, world.at("accounted"))
        filler = replace(world.events[1], at=world.events[at].at)
        return kept(world, world.with_event(at, filler))
    account = deepcopy(world.account)
    number = rng.randrange(2)
    line, other = account["releases"][number], account["releases"][1 - number]
    field, value = some(
        rng,
        [
            ("recipient", "nobody, nowhere"),
            ("form", "identified"),
            ("entry", other["entry"]),
            ("release", other["release"]),
            ("proof", other["proof"]),
            ("proof", flipped(rng, line["proof"].encode()).decode("latin-1")),
            ("at", "2099-01-01T00:00:00Z"),
        ],
    )
    line[field] = value
    data = json.dumps(account).encode()
    says = rf"^account, release {number + 1}(, proof)?: "
    return Attempt(says=says, files={"account.json": data}, target="account.json")


def lock_start_moved(world: World, rng: random.Random) -> Attempt:
    """No case waits in this version; what a wait would be counted from is the time of decision and votes."""
    return moved_in_time(world, rng, some(rng, world.at("decided", "review", "approved")))


CASE_CLASSES: Final[Mapping[str, Mutation]] = {
    "approval inserted": approval_inserted,
    "approval removed": approval_removed,
    "approval's signer changed": approval_by_another,
    "decision flipped": decision_flipped,
    "objection removed": objection_removed,
    "objection's time changed": objection_time_changed,
    "objection's text changed": objection_text_changed,
    "policy text changed": policy_text_changed,
    "policy id re-used": policy_id_reused,
    "citation removed": citation_removed,
    "request columns widened": columns_widened,
    "purpose changed": purpose_changed,
    "recipient changed": recipient_changed,
    "manifest digest changed": manifest_digest_changed,
    "package swapped": package_swapped,
    "accounting line removed": accounting_removed,
    "time-lock start moved": lock_start_moved,
}
