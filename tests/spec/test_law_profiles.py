"""A profile of a pack names exactly the bodies that can bear on its custodian: no more, no fewer."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from shutil import copytree

import pytest
from law_world import PACK

from modicum.law.editing import replaced, with_policy
from modicum.law.judge import Circumstances, Judge
from modicum.law.packs import Pack, Profile, load_pack
from modicum.law.profiles import bearing
from modicum.model.errors import InvalidInputError
from modicum.model.forms import DISCLOSING

BY_ID = {profile.id: profile for profile in PACK.profiles}
STRANGER = """
@id("TEST-STRANGER")
@title("Made up")
@cite("made up")
@source("made up")
@verified("text-read")
@from("1900-01-01")
@until("1900-01-01")
forbid (principal, action == Action::"disclose", resource)
when {
  context.discloser == "state_medicaid_agency" && context.named_persons && context.purpose == "political" &&
  context.data_class == "sex" && context.facts.contains("irb-waiver")
};
"""


@pytest.mark.parametrize("name", ["state", "cms"])
def test_a_profile_names_the_bodies_that_can_bear_on_its_custodian(name: str) -> None:
    assert BY_ID[name].bodies == bearing(PACK, BY_ID[name].custodian)


def test_a_body_that_bears_in_one_corner_alone_is_found() -> None:
    pack = with_policy(PACK, "ice-11066-2", STRANGER)
    assert set(bearing(pack, "state_medicaid_agency")) - set(BY_ID["state"].bodies) == {"ice-11066-2"}
    assert bearing(pack, "cms") == BY_ID["cms"].bodies


def test_a_body_that_no_longer_applies_bears_on_nobody() -> None:
    assert "privacy-act" not in bearing(replaced(PACK, "PA-APPLIES", None), "cms")


def circumstances(random: Random, custodian: str) -> Circumstances:
    words = PACK.vocabulary
    return Circumstances(
        action=random.choice(sorted(words.actions)),
        discloser=custodian,
        audience=(random.choice(sorted(words.kinds)),),
        purpose=random.choice(sorted(words.purposes)),
        named_persons=random.random() < 0.5,
        as_of=random.choice([date(1990, 1, 1), date(2025, 9, 1), date(2026, 2, 1), date(2026, 11, 23)]),
        facts=frozenset(random.sample(sorted(words.facts), random.choice([0, 5, len(words.facts)]))),
    )


def cells(pack: Pack, given: Circumstances, random: Random) -> list[object]:
    judge = Judge(pack, given)
    where = {name: random.choice(sorted(domain)) for name, domain in PACK.attributes.items()}
    return [
        judge.cell(form, data_class, tuple(sorted(where.items())))
        for form in DISCLOSING
        for data_class in random.sample(sorted(PACK.vocabulary.classes), 6)
    ]


@pytest.mark.parametrize("profile", PACK.profiles, ids=lambda profile: profile.id)
@pytest.mark.parametrize("seed", range(12))
def test_bodies_outside_a_profile_change_no_cell(profile: Profile, seed: int) -> None:
    given = circumstances(Random(seed), profile.custodian)
    listed = replace(PACK, bodies=tuple(body for body in PACK.bodies if body.id in profile.bodies))
    assert cells(PACK, given, Random(seed)) == cells(listed, given, Random(seed))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('"hipaa", "part-2"', '"hippo", "part-2"', "profile state: no body hippo"),
        ('custodian = "cms"', 'custodian = "csm"', "profile cms: no kind csm"),
        ('id = "cms"\n', 'id = "state"\n', "two profiles"),
    ],
)
def test_a_profile_in_words_that_the_pack_does_not_know_is_refused(
    before: str, after: str, told: str, tmp_path: Path
) -> None:
    copytree(PACK.root, tmp_path / "pack")
    head = tmp_path / "pack" / "pack.toml"
    text = head.read_text()
    assert before in text
    head.write_text(text.replace(before, after, 1))
    with pytest.raises(InvalidInputError, match=told):
        load_pack(tmp_path / "pack")
