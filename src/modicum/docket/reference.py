"""The page docs/reference/docket.md, made from the tables.

Written by `python -m modicum.docket.reference > docs/reference/docket.md`; a test compares.
"""

import sys
from collections.abc import Iterator

from modicum_verify.events import KINDS, ROLES, SIGNED_KINDS, VERB_OF
from modicum_verify.moves import AMENDMENT, ENDS, MOVES, PERMISSIONS, START, State
from modicum_verify.statement import Verb, namespace

_HEAD = """\
# The docket: moves and permissions

Generated from `modicum_verify.moves` by `python -m modicum.docket.reference`; do not edit.

A case is the fold of its log entries. An entry that the first table does not foresee, or that is signed by somebody
whom the second does not name, is broken evidence: `modicum verify` and `modicum log fsck` end with exit code 5.
"""

_MOVES = """\
## Moves

*agreed* is never set by hand. Where an event is marked **if agreed**, the case is agreed when, with this event counted
in, the decision of the present round permits and is not hypothetical, no blocking objection is unanswered, nobody's
rejection stands, no hold on its list of persons is left, and enough reviewers approve, every role of the quorum among
them, from at least two organisations; the asker's organisation never counts. An approval counts only if its maker had
seen the answer to every blocking objection. Any new decision, and any fact, resets the votes.

A list of persons whose lines stand for too many matters under one name is **held**. Counsel of the custodian attests
`bulk-hold-reviewed`, and somebody of another organisation, neither asker nor recipient, `bulk-hold-agreed`; together
they lift it.
"""

_WORDS = """\
`objected`, `answered` and `directed` are possible in every state, also after the end, `notified` and `served` before a
release; they are drawn only where they can move the case.

**First reviews are sealed.** Where genesis fixes the rules of review, the first vote of each person in a round is a
`review`: the leaf says who reviewed, and how they voted is told only when as many people, of as many organisations, as
the quorum asks for have reviewed. From then on votes are `approved` and `rejected`, in the open.

**Locks.** Where the rules ask for a wait and genesis names witnesses, an agreed case is not released from *agreed*:
`locked` carries a checkpoint over the agreement that the witnesses cosigned, and the wait runs from the latest time in
it. `released` (or `amended`) then carries a later one, in which even the earliest time has passed the end. The
statutory wait cannot be shortened. The discretionary one ends at the deadline of a directive by the custodian's own
accountable official. An evaluation home has no witnesses, so nobody could check its times: it shows the waits and holds
nothing. An aborted release keeps its lock; whatever takes the agreement away ends it.

**Changes of the rules.** `amendment` opens a case about pack, rules of review or witnesses: decided by the event that
opens it, voted on by the quorum that the rules in force ask for, locked for as long as the longest wait in force, in
force from `amended` on. Whoever proposes it does not vote on it. What was agreed under the old rules cannot be
released under the new ones: it is decided, and voted on, anew.

**Notices.** With a decision the gateway enters `notified` for the states whose people it is about, as far as they have
an enrolled organisation; nothing is locked or released before. `served` adds how a state was told.

From *logged*, `delivered` follows in an evaluation home alone. Where genesis names witnesses, `cosigned` comes first: a
checkpoint over the release, cosigned by witnesses of as many organisations as genesis asks for.
"""

_EVERYWHERE = frozenset({"objected", "answered", "directed", "notified", "served"})

_PERMISSIONS = """\
## Permissions

Every act below is signed with the person's own Ed25519 key, as an SSHSIG in the namespace given. What the gateway
writes is unsigned, and the fold ties it to what people signed:
{gateway}.
"""


def render() -> str:
    """The whole page, in Markdown."""
    gateway = ", ".join(f"`{kind}`" for kind in KINDS if kind not in SIGNED_KINDS)
    parts = [_HEAD, _MOVES, _diagram(), _WORDS, _table(), _PERMISSIONS.format(gateway=gateway), _matrix(), _notes()]
    return "\n".join(parts)


def _diagram() -> str:
    arrows: dict[tuple[str, str], list[str]] = {
        ("[*]", str(State.FILED)): [START],
        ("[*]", str(State.DECIDED)): [AMENDMENT],
    }
    for (state, kind), move in MOVES.items():
        for target in move.targets:
            if target is state and kind in _EVERYWHERE:
                continue
            label = kind if len(move.targets) == 1 or target is move.to else f"{kind}, if agreed"
            arrows.setdefault((str(state), str(target)), []).append(label)
    lines = [f"    {source} --> {target}: {' / '.join(labels)}" for (source, target), labels in arrows.items()]
    ends = [f"    {state} --> [*]" for state in State if state in ENDS]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, *ends, "```", ""])


def _table() -> str:
    kinds = [kind for kind in KINDS if any(kind == moved for _, moved in MOVES)]
    rows = [[f"**{state}**", *(_cell(state, kind) for kind in kinds)] for state in State]
    return _markdown(["state", *(f"`{kind}`" for kind in kinds)], rows)


def _cell(state: State, kind: str) -> str:
    move = MOVES.get((state, kind))
    if move is None:
        return ""
    return str(move.to) if len(move.targets) == 1 else f"{move.to}, {move.when_agreed} if agreed"


def _matrix() -> str:
    kind_of = {verb: kind for kind, verb in VERB_OF.items()}
    rows = [
        [f"**{verb}**", f"`{kind_of[verb]}`", *("yes" if role in PERMISSIONS[verb].roles else "" for role in ROLES)]
        for verb in Verb
    ]
    return _markdown(["verb", "event", *ROLES], rows)


def _notes() -> str:
    return "\n".join([*_note_lines(), ""])


def _note_lines() -> Iterator[str]:
    for verb in Verb:
        permission = PERMISSIONS[verb]
        limits = [
            "people of the custodian only" if permission.custodian_only else "",
            "people of the asker only" if permission.asker_only else "",
            "never the asker's organisation" if permission.never_the_asker else "",
            permission.note,
        ]
        told = "; ".join(each for each in limits if each)
        yield f"- **{verb}** (`{namespace(verb)}`){': ' + told if told else ''}"


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), ""])


if __name__ == "__main__":
    sys.stdout.write(render())
