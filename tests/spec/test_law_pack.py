"""A pack loads whole or not at all, and says where it fails."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modicum.law.packs import SHIPPED, load_pack, shipped_packs
from modicum.model.errors import InvalidInputError, NotFoundError
from modicum.model.forms import DISCLOSING, Form
from modicum_verify.holds import LIFTING

HIPAA = "statutes/hipaa.cedar"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "us_medicaid", tmp_path / "pack"))


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return act


FAULTS = {
    "no pack field": (replaced("pack.toml", 'version = "0.1.0"\n', ""), ("pack.toml", "version")),
    "a strange field": (replaced("pack.toml", "jurisdiction", "jurisdikshun"), ("pack.toml", "jurisdikshun")),
    "not TOML": (replaced("strata.toml", "[attributes", "[[[attributes"), ("strata.toml",)),
    "no unknown": (replaced("strata.toml", '"yes", "no", "unknown"', '"yes", "no"'), ("strata.toml", "part2")),
    "one organisation": (replaced("reviews.toml", "organisations = 2", "organisations = 1"), ("reviews.toml",)),
    "no quorum": (replaced("reviews.toml", 'form = "identified"', 'form = "match"'), ("reviews.toml", "identified")),
    "not Cedar": (replaced(HIPAA, "forbid (principal", "forbidden (principal"), (HIPAA,)),
    "no cite": (replaced(HIPAA, '@cite("45 CFR 164.506")\n', ""), (HIPAA, "HIP-003", "@cite")),
    "no id": (replaced(HIPAA, '@id("HIP-003")\n', ""), (f"{HIPAA}:", "@id")),
    "a strange annotation": (replaced(HIPAA, '@id("HIP-003")', '@id("HIP-003") @vibe("x")'), (HIPAA, "@vibe")),
    "a wrong date": (replaced(HIPAA, '@from("2003-04-14")', '@from("2003-14-04")'), (HIPAA, "HIP-APPLIES", "@from")),
    "a wrong mark": (replaced(HIPAA, '@verified("text-read")', '@verified("sure")'), (HIPAA, "@verified")),
    "a misspelt class": (replaced(HIPAA, '"geo_point"', '"geopoint"'), (HIPAA, "HIP-014", "geopoint")),
    "a misspelt purpose": (replaced(HIPAA, 'like "plan_adm', 'like "plan-adm'), (HIPAA, "HIP-003")),
    "a misspelt fact": (replaced(HIPAA, '"irb-waiver"', '"irb-wavier"'), (HIPAA, "HIP-011", "irb-wavier")),
    "a strange attribute": (
        replaced(HIPAA, 'context.purpose == "judicial"', 'context.porpoise == "judicial"'),
        (HIPAA,),
    ),
    "anybody's action": (replaced(HIPAA, 'action == Action::"disclose"', "action"), (HIPAA,)),
    "`has`": (replaced(HIPAA, 'context.purpose == "judicial"', "context has purpose"), (HIPAA, "HIP-008", "has")),
    "an id twice": (replaced(HIPAA, '@id("HIP-003")', '@id("PA-002")'), ("PA-002",)),
    "an order that permits": (
        replaced("orders/california-v-hhs.cedar", "forbid (principal", "permit (principal"),
        ("orders/california-v-hhs.cedar", "permits nothing"),
    ),
    "a stray file": (lambda root: (root / "orders" / "more.cedar").write_text(""), ("orders/more.cedar",)),
    "a missing file": (lambda root: (root / HIPAA).unlink(), (HIPAA,)),
    "not text": (lambda root: (root / HIPAA).write_bytes(b"\xff\xfe"), (HIPAA,)),
    "a wrong class": (replaced("vocabulary.toml", 'zip = "zip3"', 'zipp = "zip3"'), ("vocabulary.toml", "zipp")),
    "an unknown obligation": (
        replaced(HIPAA, '@obligation("account-per-person")', '@obligation("be-nice")'),
        (HIPAA, "HIP-017", "@obligation"),
    ),
    "a body without applying": (
        replaced("statutes/part-2.cedar", 'Action::"applies"', 'Action::"disclose"'),
        ("statutes/part-2.cedar", "applies"),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_pack_is_refused_by_name_of_file_and_policy(fault: str, folder: Path) -> None:
    spoil, told = FAULTS[fault]
    spoil(folder)
    with pytest.raises(InvalidInputError) as refusal:
        load_pack(folder)
    for word in told:
        assert word in refusal.value.cause


def test_a_pack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        load_pack("atlantis")
    with pytest.raises(NotFoundError):
        load_pack(tmp_path)


def test_the_digest_is_over_every_file(folder: Path) -> None:
    before = load_pack(folder).ref
    assert before == load_pack("us_medicaid").ref
    (folder / "vectors" / "decisions.yaml").write_text("decisions: []\n")
    assert load_pack(folder).ref.sha256 != before.sha256


def test_the_shipped_pack_is_complete() -> None:
    assert "us_medicaid" in shipped_packs()
    pack = load_pack("us_medicaid")
    words = pack.vocabulary
    assert set(pack.attributes) == {"origin_state", "immigration", "part2", "enrolment_role"}
    assert set(pack.transformations) == {(form, each) for form in DISCLOSING for each in words.classes}
    assert pack.transformations[Form.PSEUDONYMISED, "ssn"] == "pseudonym"
    assert pack.transformations[Form.PSEUDONYMISED, "dob"] == "year"
    assert pack.transformations[Form.IDENTIFIED, "name"] == "keep"
    roles = {"requester", "steward", "privacy_officer", "counsel", "accountable_official", "origin", "auditor"}
    assert all(allowed and allowed <= roles for allowed in words.facts.values())
    for form in DISCLOSING:
        for purpose in words.purposes:
            quorum = pack.reviews(form, purpose)
            assert quorum.organisations >= 2
            assert quorum.approvals >= 2
            assert set(quorum.roles) <= roles


NUMBERS = {
    "MCD": [1, 2, *range(10, 14), *range(20, 27), *range(30, 35), *range(40, 44)],
    "HIP": range(1, 19),
    "PA": range(1, 8),
    "CMA": range(1, 6),
    "SUD": range(1, 4),
    "IMM": range(1, 9),
    "CVH": range(1, 6),
    "REL": range(1, 4),
    "AUD": range(1, 4),
}
RULES = {f"{series}-{number:03}" for series, numbers in NUMBERS.items() for number in numbers}


def test_every_rule_is_encoded() -> None:
    assert len(RULES) == 74
    listed = {rule.id: rule for rule in load_pack("us_medicaid").rules()}
    assert set(listed) >= RULES
    assert not [rule.id for rule in listed.values() if rule.effect == "not-encoded"]
    assert all(rule.cite and rule.title for rule in listed.values())


def test_every_fact_and_obligation_of_the_vocabulary_is_used() -> None:
    pack = load_pack("us_medicaid")
    policies = [policy for body in pack.bodies for policy in body.policies]
    used = {fact for policy in policies for fact in policy.facts} | {p.confirmation for p in policies} - {None}
    lifting = set(LIFTING) if pack.lines is not None and pack.lines.holds else set()
    assert used | lifting == set(pack.vocabulary.facts)
    assert {policy.obligation for policy in policies} - {None} == set(pack.vocabulary.obligations)
