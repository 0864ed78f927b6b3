"""The vectors of every shipped pack hold, cover each rule twice, and notice whichever rule is wrong."""

import pytest

from modicum.gateway.vector_runs import MutationsRun, mutate, run
from modicum.law.packs import shipped_packs


@pytest.mark.parametrize("pack", shipped_packs())
def test_every_vector_holds_and_every_rule_has_both_kinds(pack: str) -> None:
    done = run(pack, None)
    assert [result for file in done.files for result in file.results if not result.agrees] == []
    assert done.coverage is not None
    assert (done.coverage.never_shown, done.coverage.never_nearly) == ((), ())


@pytest.mark.parametrize("pack", shipped_packs())
def test_leaving_out_inverting_or_moving_any_rule_is_noticed(pack: str) -> None:
    done = mutate(pack)
    assert isinstance(done, MutationsRun)
    assert [(fate.rule, fate.kind) for fate in done.report.survivors] == []
