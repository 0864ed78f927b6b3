"""The engine says of every cell what Cedar says when it is asked about the whole: on packs that nobody wrote.

Each seed is a random pack on disk and a few random requests with audiences of one to three kinds. The oracle
(`law_oracle`) asks Cedar body by body; verdict, rules, what is missing, obligations and conflicts must be equal.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import cedarpy
import pytest
from law_oracle import UNKNOWN, Asked, differences, said_of
from random_packs import ATTRIBUTES, DAYS, FACTS, KINDS, PURPOSES, WORDS, dataset, request, write_files, write_pack

from modicum.law.decide import decide
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import Pack, load_pack
from modicum.law.tables import table
from modicum.model.dataset import Stratum
from modicum.model.decision import Cell, Verdict
from modicum.model.forms import DISCLOSING, Form

SEEDS = range(40)
CELLS = 14
_SEEN: Counter[str] = Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cell_of_a_decision_is_what_cedar_says(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    pack = load_pack(write_pack(random, tmp_path))
    for _ in range(2):
        asked, kinds = request(random)
        data, day = dataset(random), random.choice(DAYS)
        facts = frozenset(random.sample(sorted(pack.vocabulary.facts), random.choice([0, 0, 1, 2, len(FACTS)])))
        decision = decide(asked, pack=pack, dataset=data, kinds=kinds, facts=facts, as_of=day, hypothetical=False)
        given = Circumstances(
            action=asked.action, discloser=kinds.custodian, audience=(kinds.requester, *kinds.recipients),
            purpose=asked.purpose, named_persons=asked.population.named_persons_sha256 is not None, as_of=day, facts=facts,
        )  # fmt: skip
        every = [(s, c, form) for s in range(len(data.strata)) for c in range(len(data.columns)) for form in DISCLOSING]
        for s, c, form in random.sample(every, CELLS):
            cell = decision.cell(s, c, form)
            said = said_of(pack, given, Asked(form, data.columns[c].data_class, dict(data.strata[s])))
            assert not differences(said, cell, pack), (given, form, data.columns[c].data_class, data.strata[s])
            _SEEN[str(cell.verdict)] += 1
            _SEEN["missing"] += len(cell.missing) > 1
            _SEEN["obligations"] += bool(cell.obligations)
            _SEEN["conflicts"] += bool(cell.conflicts)
            _SEEN["unknown"] += UNKNOWN in dict(data.strata[s]).values() and cell.verdict is not Verdict.FORBIDDEN


def test_the_random_packs_show_what_a_pack_can_show() -> None:
    if sum(_SEEN[str(each)] for each in Verdict) < len(SEEDS) * 2 * CELLS:
        pytest.skip("the comparison was not run whole")
    for what in (*map(str, Verdict), "missing", "obligations", "conflicts", "unknown"):
        assert _SEEN[what] >= 20, (what, _SEEN)


Engine = Callable[[Pack, Circumstances, Form, str | None, Stratum], Cell]


def honest(pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
    return Judge(pack, given).cell(form, data_class, stratum)


def permit_beats_forbid(pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
    bodies = tuple(
        replace(body, policies=tuple(each for each in body.policies if each.effect != "forbid")) for body in pack.bodies
    )
    return honest(replace(pack, bodies=bodies), given, form, data_class, stratum)


def ignores_unknown(pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
    guessed = {
        n: domain[0] if dict(stratum).get(n, UNKNOWN) == UNKNOWN else dict(stratum)[n]
        for n, domain in ATTRIBUTES.items()
    }
    return honest(pack, given, form, data_class, tuple(sorted(guessed.items())))


def hears_one(pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
    return honest(pack, replace(given, audience=given.audience[:1]), form, data_class, stratum)


def forgets_the_day(pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum) -> Cell:
    return honest(pack, replace(given, as_of=DAYS[-1]), form, data_class, stratum)


def takes_facts_for_granted(
    pack: Pack, given: Circumstances, form: Form, data_class: str | None, stratum: Stratum
) -> Cell:
    return honest(pack, replace(given, facts=frozenset(pack.vocabulary.facts)), form, data_class, stratum)


BROKEN = (permit_beats_forbid, ignores_unknown, hears_one, forgets_the_day, takes_facts_for_granted)


def controls(folder: Path, seeds: range) -> Iterator[tuple[Pack, Circumstances, Form, str, dict[str, str]]]:
    """Cells of random packs, many of them with unknown attributes, half of them with every fact attested."""
    for seed in seeds:
        random = Random(seed)
        pack = load_pack(write_pack(random, folder / str(seed)))
        facts = frozenset(pack.vocabulary.facts) if random.random() < 0.5 else frozenset()
        given = Circumstances(
            action="disclose", discloser=random.choice(KINDS[:3]), audience=tuple(random.sample(KINDS[:3], 2)),
            purpose=random.choice(PURPOSES), named_persons=False, as_of=DAYS[1], facts=facts,
        )  # fmt: skip
        for _ in range(6):
            stratum = {name: random.choice([random.choice(domain), UNKNOWN]) for name, domain in ATTRIBUTES.items()}
            yield pack, given, random.choice(DISCLOSING), random.choice(WORDS["data_class"]), stratum


@pytest.mark.parametrize("engine", BROKEN, ids=lambda engine: engine.__name__)
def test_an_engine_that_is_broken_on_purpose_is_caught(engine: Engine, tmp_path: Path) -> None:
    """By a cell that it permits and that may not leave: nothing less would do."""
    for pack, given, form, data_class, stratum in controls(tmp_path, range(100, 220)):
        cell = engine(pack, given, form, data_class, tuple(sorted(stratum.items())))
        if cell.verdict is Verdict.PERMITTED:
            said = said_of(pack, given, Asked(form, data_class, stratum))
            if said.verdict is not Verdict.PERMITTED:
                assert differences(said, cell, pack)
                return
    pytest.fail("nothing differs, so the comparison would not catch it")


def test_on_the_same_cells_the_engine_as_it_is_differs_in_none(tmp_path: Path) -> None:
    for pack, given, form, data_class, stratum in controls(tmp_path, range(100, 112)):
        cell = honest(pack, given, form, data_class, tuple(sorted(stratum.items())))
        assert not differences(said_of(pack, given, Asked(form, data_class, stratum)), cell, pack)


NOTES = '@title("?")\n@cite("made up")\n@source("?")\n@verified("text-read")\n@from("2020-01-01")\n'
LOOKED_AT = {
    **{name: f'context.{name} != "{words[-1]}"' for name, words in WORDS.items()},
    "named_persons": "context.named_persons",
    "facts": 'context.facts.contains("signed")',
}


def one_forbid(attribute: str) -> list[tuple]:
    """A pack that permits everything, save for one `forbid` that looks at one attribute and holds."""
    text = (
        f'@id("applies")\n{NOTES}permit (principal, action == Action::"applies", resource);\n'
        f'@id("permits")\n{NOTES}permit (principal, action == Action::"disclose", resource);\n'
        f'@id("forbids")\n{NOTES}forbid (principal, action == Action::"disclose", resource)'
        f" when {{ {LOOKED_AT[attribute]} }};\n"
    )
    return [("one", "statutes/one.cedar", "law", True, True, text)]


GIVEN = Circumstances(
    action="disclose", discloser="agency", audience=("office",), purpose="care.treat", named_persons=True,
    as_of=DAYS[0], facts=frozenset({"signed"}),
)  # fmt: skip
CELL = (Form.MATCH, "name", (("flag", "yes"), ("region", "a"), ("status", "x")))


@pytest.fixture
def withhold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let Cedar never get one attribute of the situation, whoever asks; tables made before and after are forgotten."""
    ask = cedarpy.is_authorized_batch

    def keep_from_cedar(attribute: str) -> None:
        def asked(requests: list, *rest: object) -> list:
            less = [
                {**each, "context": {n: v for n, v in each["context"].items() if n != attribute}} for each in requests
            ]
            return ask(less, *rest)

        monkeypatch.setattr(cedarpy, "is_authorized_batch", asked)
        table.cache_clear()

    yield keep_from_cedar
    table.cache_clear()


@pytest.mark.parametrize("attribute", LOOKED_AT)
def test_an_attribute_that_cedar_lacks_denies_the_cell(
    attribute: str, tmp_path: Path, withhold: Callable[[str], None]
) -> None:
    """Cedar skips the forbid that it cannot evaluate, and would permit: the engine denies and says why."""
    write_files(tmp_path, one_forbid(attribute))
    before = Judge(load_pack(tmp_path), GIVEN).cell(*CELL)
    assert [each.id for each in before.because] == ["forbids"]
    withhold(attribute)
    pack = load_pack(tmp_path)
    bare = cedarpy.is_authorized_batch(
        [{"principal": 'Asker::"a"', "action": 'Action::"disclose"', "resource": 'Cell::"c"', "context": {}}],
        (tmp_path / "statutes" / "one.cedar").read_text(), [],
    )[0]  # fmt: skip
    assert bare.allowed, "the control: Cedar alone permits"
    cell = Judge(pack, GIVEN).cell(*CELL)
    assert cell.verdict is Verdict.FORBIDDEN
    assert [each.id for each in cell.because] == [f"{pack.defaults.error.id}:forbids"]
    assert not cell.missing


@pytest.mark.parametrize("seed", range(200, 212))
def test_wherever_an_attribute_is_missing_the_cell_is_denied(
    seed: int, tmp_path: Path, withhold: Callable[[str], None]
) -> None:
    random = Random(seed)
    write_pack(random, tmp_path)
    erred = 0
    for attribute in LOOKED_AT:
        withhold(attribute)
        pack = load_pack(tmp_path)
        given = replace(GIVEN, audience=tuple(random.sample(KINDS[:3], 2)), facts=frozenset())
        for form in random.sample(DISCLOSING, 2):
            stratum = {name: random.choice(domain) for name, domain in ATTRIBUTES.items()}
            said = said_of(pack, given, Asked(form, "code", stratum))
            cell = Judge(pack, given).cell(form, "code", tuple(sorted(stratum.items())))
            assert not differences(said, cell, pack), (attribute, form, stratum)
            erred += said.because == {pack.defaults.error.id}
    assert erred
