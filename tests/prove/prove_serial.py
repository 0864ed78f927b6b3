"""A serial model of the docket: one pass over the log as it stands, in dictionaries, by the rules as design states them.

It shares no line with the fold of `modicum_verify`; it reads entries and bodies only. What it says of each case is held
against what the gateway did: nothing was released that was not agreed at that very entry, and nobody counted twice.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from modicum_verify.entry import Entry

REVIEWING = {"privacy_officer", "counsel", "accountable_official", "origin"}


class Serial:
    """The model, after the entries that were read."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.roles: dict[str, set[str]] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self.texts: Counter[str] = Counter()
        for entry in entries:
            self._read(entry)

    def agreed(self, case: str) -> bool:
        """Whether a case can be released after the entries read."""
        found = self.cases[case]
        if found["state"] != "open" or found["verdict"] != "permitted" or found["stale"]:
            return False
        quorum = found["quorum"]
        if any(each["answered"] is None for each in found["objections"]):
            return False
        seen = max((each["answered"] for each in found["objections"]), default=-1)
        votes = {who: vote for who, vote in found["votes"].items() if self._counts(who, vote, found, seen)}
        if any(not vote["yes"] for vote in votes.values()):
            return False
        organisations = {who.split("/")[0] for who in votes}
        given = set().union(*(self.roles[who] for who in votes)) if votes else set()
        return (
            len(votes) >= quorum["approvals"]
            and len(organisations) >= max(2, quorum["organisations"])
            and set(quorum["roles"]) <= given
        )

    def _counts(self, who: str, vote: dict[str, Any], case: dict[str, Any], seen: int) -> bool:
        return who.split("/", maxsplit=1)[0] != case["asker"] and vote["size"] > seen and self._reviews(who, case)

    def _reviews(self, who: str, case: dict[str, Any]) -> bool:
        named = set(case["quorum"]["roles"]) if case["quorum"] else set()
        return bool(self.roles[who] & (REVIEWING | named))

    def _read(self, entry: Entry) -> None:
        said = entry.content or {}
        if entry.kind == "genesis":
            self.roles = {f"{p['organisation']}/{p['person']}": set(p["roles"]) for p in said["people"]}
        elif entry.kind == "filed":
            self.cases[entry.case or ""] = {
                "asker": entry.actor.split("/")[0], "state": "open", "verdict": None, "stale": False, "quorum": None,
                "votes": {}, "objections": [], "released": 0, "delivered": 0, "at": entry.index,
            }  # fmt: skip
        elif entry.case is not None:
            self.texts[str(said.get("text", ""))] += 1
            self._move(entry, self.cases[entry.case], said)

    def _move(self, entry: Entry, case: dict[str, Any], said: dict[str, Any]) -> None:
        match entry.kind:
            case "decided":
                case |= {"votes": {}, "verdict": said["decision"]["verdict"], "quorum": said["quorum"], "stale": False}
            case "fact":
                case["stale"] = True
            case "approved" | "rejected" | "review":
                size, yes = said["signature"]["log_size"], said.get("verdict") == "approve" or entry.kind == "approved"
                case["votes"][entry.actor] = {"yes": yes, "size": size}
            case "objected":
                if self._reviews(entry.actor, case):
                    case["objections"].append({"entry": entry.index, "answered": None})
            case "answered":
                for each in case["objections"]:
                    if each["entry"] == said["objection"]:
                        each["answered"] = entry.index
            case "withdrawn" | "refused":
                case["state"] = "ended"
            case _:
                self._leave(entry, case)

    def _leave(self, entry: Entry, case: dict[str, Any]) -> None:
        if entry.kind == "released":
            if not self.agreed(entry.case or ""):
                self.problems.append(f"entry {entry.index} releases {entry.case}, which was not agreed there")
            case["state"], case["released"] = "leaving", case["released"] + 1
        elif entry.kind == "aborted":
            case["state"], case["released"] = "open", case["released"] - 1
        elif entry.kind == "delivered":
            case["delivered"] += 1
        elif entry.kind == "accounted":
            case["state"] = "ended"
        if case["released"] > 1 or case["delivered"] > 1:
            self.problems.append(f"entry {entry.index}: {entry.case} left more than once")

    def numbering(self) -> list[str]:
        """Gaps in the numbers of cases, which run from 1 in the order of filing."""
        numbers = [int(case.split("-")[1]) for case in self.cases]
        return [] if numbers == list(range(1, len(numbers) + 1)) else [f"case numbers have a gap: {numbers}"]


def against(entries: Sequence[Entry], agreed: dict[str, bool], tags: Iterable[str]) -> list[str]:
    """What differs between the serial model of these entries and what the gateway says of each case.

    tags: words that one acknowledged act each had used; each must stand in the log just once.
    """
    model = Serial(entries)
    found = [*model.problems, *model.numbering()]
    found += [
        f"{case}: the model says {model.agreed(case)}, the gateway {said}"
        for case, said in agreed.items()
        if model.agreed(case) != said
    ]
    return found + [f"the words {tag!r} stand {model.texts[tag]} times" for tag in tags if model.texts[tag] != 1]
