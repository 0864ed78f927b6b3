"""Packs that nobody wrote: small, random, well formed, and on disk like any other; and requests about them."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from modicum.law.decide import Kinds
from modicum.model.dataset import Column, Dataset
from modicum.model.forms import DISCLOSING
from modicum.model.request import Asks, Authority, Handling, Person, Population, Question, Recipient, Request

PURPOSES = ("care.treat", "care.pay", "police.civil", "police.named", "study")
CLASSES = ("name", "code", "sum")
KINDS = ("agency", "office", "lab", "unknown")
ACTIONS = ("disclose", "redisclose")
FACTS = ("signed", "read", "agreed", "notified")
OBLIGATIONS = ("destroy", "account")
ATTRIBUTES = {"region": ("a", "b", "unknown"), "status": ("x", "y", "z", "unknown"), "flag": ("yes", "no", "unknown")}
WORDS = {
    "action": ACTIONS,
    "discloser": KINDS,
    "recipient": KINDS,
    "purpose": PURPOSES,
    "form": tuple(str(form) for form in DISCLOSING),
    "data_class": CLASSES,
    **ATTRIBUTES,
}
DAYS = tuple(date(2025, 1, 1) + timedelta(days=number) for number in range(4))

SCHEMA = """entity Asker;
entity Cell;
action "disclose", "applies", "oblige", "contests" appliesTo {{
  principal: Asker, resource: Cell,
  context: {{ named_persons: Bool, facts: Set<String>, {words} }},
}};
"""
PROVISION = 'id = "{0}"\ncite = "made up"\ntitle = "{0}"\nverified = "text-read"\n'


def write_pack(random: Random, folder: Path) -> Path:
    """Write a random pack into a new folder; gives the folder."""
    bodies = [
        ("one", "statutes/one.cedar", "law", random.random() < 0.8, True),
        ("two", "statutes/two.cedar", "law", random.random() < 0.6, True),
        ("three", "statutes/three.cedar", "law", False, False),
        ("order", "orders/order.cedar", "order", False, False),
        ("house", "custodian/house.cedar", "custodian_policy", False, random.random() < 0.5),
    ]
    chosen = [bodies[0], *random.sample(bodies[1:], random.randint(1, 4))]
    write_files(folder, [(*each, policies(random, *each[:3], default=each[4])) for each in chosen])
    return folder


def write_files(folder: Path, bodies: Sequence[tuple[str, str, str, bool, bool, str]]) -> None:
    """Write a pack of such bodies: id, file, basis, whether it is a ground, whether it has a default, Cedar text."""
    head = (
        'name = "made_up"\nversion = "1"\ntitle = "?"\njurisdiction = "?"\nmaintainers = ["?"]\ndoes_not_cover = []\n'
    )
    for name, file, basis, ground, default, text in bodies:
        head += f'\n[[bodies]]\nid = "{name}"\nfile = "{file}"\ntitle = "?"\nbasis = "{basis}"\n'
        head += f"ground = {str(ground).lower()}\n"
        head += f"[bodies.default]\n{PROVISION.format(f'{name}-default')}" if default else ""
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    for name in ("unclassified", "unknown", "party", "nobody", "expired", "error"):
        head += f"\n[defaults.{name}]\n" + PROVISION.format(f"DEFAULT-{name}")
    (folder / "pack.toml").write_text(head)
    (folder / "schema.cedarschema").write_text(SCHEMA.format(words=", ".join(f"{name}: String" for name in WORDS)))
    (folder / "vocabulary.toml").write_text(_vocabulary())
    (folder / "strata.toml").write_text(
        "".join(f'[attributes.{n}]\ntitle = "?"\ndomain = {list(d)}\n' for n, d in ATTRIBUTES.items())
    )
    review = '[[review]]\nform = "{}"\npurpose = "*"\nroles = ["counsel"]\norganisations = 2\napprovals = 2\n'
    (folder / "reviews.toml").write_text("".join(review.format(form) for form in DISCLOSING))


def _vocabulary() -> str:
    named = {"classes": CLASSES, "kinds": KINDS, "actions": ACTIONS, "obligations": OBLIGATIONS}
    parts = ["[purposes]\n" + _lines(PURPOSES, 'title = "?", dpv = "?"')]
    parts += [f"[{name}]\n" + "".join(f'"{each}" = "?"\n' for each in words) for name, words in named.items()]
    parts.append("[facts]\n" + _lines(FACTS, 'title = "?", attested_by = ["counsel"], kind = "?"'))
    parts += [f'[transformations.{form}]\notherwise = "keep"\n' for form in DISCLOSING]
    return "\n".join(parts)


def _lines(names: Sequence[str], fields: str) -> str:
    return "".join(f'"{name}" = {{ {fields} }}\n' for name in names)


def policies(random: Random, body: str, _file: str, basis: str, *, default: bool) -> str:
    """The Cedar text of one body: what its basis and its default allow, at random."""
    made = [
        policy(random, f"{body}-forbid-{n}", "forbid", "disclose")
        for n in range(random.choice([0, 1, 1, 2]) or not default)
    ]
    made += [policy(random, f"{body}-oblige-{n}", "permit", "oblige") for n in range(random.randint(0, 2))]
    if default:
        made += [policy(random, f"{body}-applies-{n}", "permit", "applies") for n in range(random.randint(1, 2))]
        made += [policy(random, f"{body}-permit-{n}", "permit", "disclose") for n in range(random.randint(1, 3))]
    if basis == "law":
        made += [policy(random, f"{body}-contests-{n}", "permit", "contests") for n in range(random.randint(0, 1))]
    random.shuffle(made)
    return "\n".join(made)


def policy(random: Random, name: str, effect: str, action: str) -> str:
    """One policy with a random condition; what makes a body apply, and what permits, is wide more often than not."""
    since = random.choice(DAYS[:3]) if random.random() < 0.4 else DAYS[0]
    until = f'@until("{random.choice(DAYS[DAYS.index(since) :])}")\n' if random.random() < 0.25 else ""
    obligation = f'@obligation("{random.choice(OBLIGATIONS)}")\n' if action == "oblige" else ""
    verified = "unverified" if random.random() < 0.12 else "text-read"
    wide = effect == "permit" and random.random() < (0.5 if action == "applies" else 0.25)
    names = [*random.sample(sorted(WORDS), 3), "recipient"]
    names += ["facts", "facts", "facts", "named_persons"] if action == "disclose" else []
    clause = "" if wide else f"\nwhen {{ {condition(random, names, effect=effect, depth=2)} }}"
    if random.random() < 0.15:
        clause += f"\nunless {{ {condition(random, names, effect='forbid', depth=1)} }}"
    return (
        f'@id("{name}")\n@title("?")\n@cite("made up")\n@source("?")\n@verified("{verified}")\n@from("{since}")\n{until}'
        f'{obligation}{effect} (principal, action == Action::"{action}", resource){clause};\n'
    )


def condition(random: Random, names: Sequence[str], *, effect: str, depth: int) -> str:
    """A random condition on some attributes; one that forbids is the narrower."""
    if depth == 0 or random.random() < (0.1 if effect == "forbid" else 0.25):
        return _atom(random, random.choice(names))
    parts = [condition(random, names, effect=effect, depth=depth - 1) for _ in range(2)]
    match random.random():
        case share if share < 0.12:
            return f"!({parts[0]})"
        case share if share < 0.18:
            return f"(if {parts[0]} then {parts[1]} else {_atom(random, random.choice(names))})"
        case share if share < (0.85 if effect == "forbid" else 0.35):
            return f"({parts[0]} && {parts[1]})"
    return f"({parts[0]} || {parts[1]})"


def _atom(random: Random, name: str) -> str:
    if name == "named_persons":
        return random.choice(["context.named_persons", "!context.named_persons", "context.named_persons == true"])
    if name == "facts":
        some = ", ".join(f'"{each}"' for each in random.sample(FACTS, 2))
        return random.choice([f'context.facts.contains("{random.choice(FACTS)}")'] * 3 + [
            f"context.facts.containsAll([{some}])", f"context.facts.containsAny([{some}])"])  # fmt: skip
    value, others = random.choice(WORDS[name]), random.sample(WORDS[name], 2)
    made: list[Callable[[], str]] = [
        lambda: f'context.{name} == "{value}"',
        lambda: f'"{value}" == context.{name}',
        lambda: f'context.{name} != "{value}"',
        lambda: f'["{others[0]}", "{others[1]}"].contains(context.{name})',
        lambda: f'context.{name} like "{value[: random.randint(1, len(value))]}*"',
        lambda: f'context.{name} like "*{value[-1]}"',
    ]
    if name == "recipient":
        made.append(lambda: "context.recipient == context.discloser")
    return random.choice(made)()


def dataset(random: Random) -> Dataset:
    """Some strata, the unknown among them, and a column of each class; one column has none."""
    strata = {
        tuple(sorted((name, random.choice(domain)) for name, domain in ATTRIBUTES.items() if random.random() < 0.95))
        for _ in range(6)
    }
    columns = [Column(table="t", name=each, element=None, data_class=each) for each in CLASSES]
    columns.append(Column(table="t", name="mystery", element=None, data_class=None))
    return Dataset(
        name="made-up", version="0" * 64, confirmed=True, tables=(), columns=tuple(columns), strata_sources=(),
        strata=tuple(sorted(strata)), persons=9,
    )  # fmt: skip


def request(random: Random) -> tuple[Request, Kinds]:
    """A random request for every column, from one organisation to none, one or two others."""
    others = random.choices(KINDS[:3], k=random.choice([0, 1, 1, 2]))
    asked = Request(
        title="?",
        custodian="c",
        action=random.choice(ACTIONS),
        requester=Person(organisation="r", person="p"),
        question=Question(text="?", asks=Asks.RECORDS),
        purpose=random.choice(PURPOSES),
        authorities=(Authority(kind="statute", citation="?"),),
        population=Population(dataset="made-up", named_persons_sha256=random.choice([None, "0" * 64])),
        columns=(*CLASSES, "mystery"),
        form=None,
        recipients=tuple(Recipient(organisation=f"o{n}", person="p", age_key="?") for n, _ in enumerate(others)),
        handling=Handling(retention_days=1),
    )
    stranger = random.random() < 0.04
    asker = random.choice(["unknown", "moon"]) if stranger else random.choice(KINDS[:3])
    return asked, Kinds(custodian=random.choice(KINDS[:3]), requester=asker, recipients=tuple(others))
