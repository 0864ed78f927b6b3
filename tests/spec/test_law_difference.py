"""Two packs compared: the flips are those that the engine would find one by one, counted exactly."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from small_pack import FIRST, VOCABULARY, small, write

from modicum.law.difference import difference
from modicum.law.editing import replaced
from modicum.law.findings import Situation
from modicum.law.packs import Pack, load_pack
from modicum.law.space import space_of
from modicum.model.decision import Verdict
from modicum.model.forms import DISCLOSING

PACK = load_pack("us_medicaid")
LATER = [(name, mark, "2003-06-01" if name == "NO-HUNT" else since, *rest) for name, mark, since, *rest in FIRST]
MORE = (
    '@id("HUNT") @title("t") @cite("c") @source("s") @verified("text-read") @from("2004-01-01")\n'
    'permit (principal, action == Action::"disclose", resource) when { context.recipient == "b" };'
)


def walked(old: Pack, new: Pack) -> Counter:
    """Verdicts of both for every situation with no fact attested: the naive count of flips."""
    space = space_of([old, new])
    found: Counter = Counter()
    axes = [[v for kind in axis.kinds for v in kind] for axis in (*space.request, *space.cell)]
    names = [axis.name for axis in (*space.request, *space.cell)]
    for interval in space.intervals:
        for values in _product(axes):
            words = dict(zip(names, values, strict=True))
            situation = Situation(
                interval=interval,
                request={axis.name: words[axis.name] for axis in space.request},
                form=next(form for form in DISCLOSING if str(form) == words["form"]),
                data_class=words["data_class"],
                stratum={"status": words["status"]},
                facts=frozenset(),
            )
            before, after = (_verdict(situation, pack) for pack in (old, new))
            if before is not after:
                found[before, after] += 1
    return found


def _product(axes: list[list]) -> list[tuple]:
    from itertools import product

    return list(product(*axes))


def _verdict(situation: Situation, pack: Pack) -> Verdict:
    known = all(situation.request[name] in pack.lexicon.domains[name] for name in ("action", "purpose"))
    return situation.judged(pack).verdict if known else Verdict.FORBIDDEN


def counted(old: Pack, new: Pack) -> Counter:
    found: Counter = Counter()
    for flip in difference(old, new).flips:
        found[flip.before, flip.after] += flip.situations
    return found


def test_a_pack_does_not_differ_from_itself() -> None:
    found = difference(PACK, PACK)
    assert found.flipped == 0
    assert found.flips == ()
    assert not any(found.rules.values())
    assert found.words == {}


def test_flips_are_counted_as_by_walking_through_all_situations(tmp_path: Path) -> None:
    old, new = small(tmp_path / "old"), small(tmp_path / "new", first=LATER, more=MORE)
    found = difference(old, new)
    assert found.rules == {"added": ("HUNT",), "removed": (), "changed": ("NO-HUNT",)}
    assert counted(old, new) == walked(old, new)
    assert {name for flip in found.flips for name in flip.rules} == {"HUNT", "NO-HUNT"}


def test_words_that_one_pack_does_not_know_count_as_unknown_there(tmp_path: Path) -> None:
    old = small(tmp_path / "old")
    root = write(tmp_path / "new")
    words = VOCABULARY.replace('b = "B"', 'b = "B"\nc = "C"').replace('sum = "Sum"', 'sum = "Sum"\nage = "Age"')
    (root / "vocabulary.toml").write_text(
        (root / "vocabulary.toml").read_text("utf-8").replace(VOCABULARY, words), encoding="utf-8"
    )
    strata = root / "strata.toml"
    strata.write_text(strata.read_text("utf-8").replace('"y"', '"y", "z"'), encoding="utf-8")
    new = load_pack(root)
    found = difference(old, new)
    assert found.words["recipient"] == ("+c",)
    assert found.words["data_class"] == ("+age",)
    assert found.words["status"] == ("+z",)
    assert counted(old, new) == walked(old, new)
    assert difference(new, old).flipped == found.flipped


def test_a_rule_that_is_dropped_is_named_with_a_cell_that_the_engine_confirms() -> None:
    new = replaced(PACK, "HIP-014", None)
    found = difference(PACK, new)
    assert found.rules["removed"] == ("HIP-014",)
    for flip in found.flips:
        assert "HIP-014" in flip.rules
        assert flip.example.judged(PACK).verdict is flip.before
        assert flip.example.judged(new).verdict is flip.after
        assert "HIP-014" in flip.because_before
    assert 0 < found.flipped < found.situations


def test_a_mark_that_is_raised_is_a_flip(tmp_path: Path) -> None:
    old = small(tmp_path)
    order = next(p for body in old.bodies for p in body.policies if p.id == "ORDER")
    new = replaced(old, "ORDER", replace(order, verified="text-read"))
    assert counted(old, new) == walked(old, new)
