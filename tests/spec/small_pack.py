"""A pack small enough that every situation of its space can be put before the engine, one by one."""

from pathlib import Path

from modicum.law.packs import Pack, load_pack

SCHEMA = """
entity Asker; entity Cell;
action "disclose", "applies", "oblige", "contests" appliesTo { principal: Asker, resource: Cell, context: {
  action: String, discloser: String, recipient: String, purpose: String, named_persons: Bool, form: String,
  data_class: String, status: String, facts: Set<String> } };
"""
HEAD = """
name = "small"
version = "1"
title = "A small pack"
jurisdiction = "nowhere"
maintainers = ["tests"]
does_not_cover = []
[[bodies]]
id = "first"
file = "statutes/first.cedar"
title = "First"
basis = "law"
default = {id = "FIRST", cite = "c", title = "t", verified = "text-read"}
[[bodies]]
id = "second"
file = "statutes/second.cedar"
title = "Second"
basis = "law"
ground = false
default = {id = "SECOND", cite = "c", title = "t", verified = "text-read"}
[[bodies]]
id = "house"
file = "custodian/house.cedar"
title = "House"
basis = "custodian_policy"
"""
VOCABULARY = """
[actions]
disclose = "d"
[kinds]
a = "A"
b = "B"
unknown = "?"
[classes]
name = "Name"
sum = "Sum"
[purposes.care]
title = "Care"
dpv = "d"
[purposes.hunt]
title = "Hunt"
dpv = "d"
[facts.order]
title = "An order"
attested_by = ["counsel"]
kind = "k"
[facts.consent]
title = "A consent"
attested_by = ["privacy_officer"]
kind = "k"
[facts.objection]
title = "An objection"
attested_by = ["privacy_officer"]
kind = "k"
[obligations]
suppress = "Suppress"
"""
FIRST = [
    ("APPLIES", "text-read", "2001-01-01", "", ('permit (principal, action == Action::"applies", resource)'
     'when { context.discloser == "a" };')),
    ("CARE", "text-read", "2001-01-01", "", ('permit (principal, action == Action::"disclose", resource)'
     'when { context.purpose == "care" && (context.form == "statistics" || context.facts.contains("consent") || '
     'context.facts.contains("order")) } unless { context.facts.contains("objection") };')),
    ("ORDER", "unverified", "2001-01-01", "", ('permit (principal, action == Action::"disclose", resource)'
     'when { context.named_persons && context.facts.contains("order") && context.recipient == "b" };')),
    ("NO-HUNT", "text-read", "2001-01-01", '@until("2009-12-31")',
     ('forbid (principal, action == Action::"disclose", resource)'
     'when { context.purpose == "hunt" && context.status != "x" };')),
]  # fmt: skip
SECOND = [
    ("SECOND-APPLIES", "text-read", "2005-01-01", "", ('permit (principal, action == Action::"applies", resource)'
     'when { context.status == "x" && context.data_class == "name" };')),
    ("SECOND-CONSENT", "text-read", "2005-01-01", "", ('permit (principal, action == Action::"disclose", resource)'
     'when { context.facts.contains("consent") == context.facts.contains("order") };')),
]  # fmt: skip
HOUSE = [
    ("HOUSE-NAME", "text-read", "2001-01-01", "", ('forbid (principal, action == Action::"disclose", resource)'
     'when { context.form == "statistics" && context.data_class == "name" };')),
    ("HOUSE-SUPPRESS", "text-read", "2001-01-01", '@obligation("suppress")',
     'permit (principal, action == Action::"oblige", resource) when { context.form == "statistics" };'),
]  # fmt: skip
GUARANTEES = """
asker_roles = ["requester"]
exact_counts_seen_by = ["counsel"]
unread_sources = ["hearsay"]
looks_at = ["purpose", "named_persons", "form", "discloser", "recipient", "data_class", "status"]
[[guarantee]]
id = "G-NAME"
title = "No statistics of names"
why = "w"
kind = "never"
region = '''forbid (principal, action == Action::"disclose", resource)
when { context.form == "statistics" && context.data_class == "name" };'''
[[guarantee]]
id = "G-HUNT"
title = "No hunt without an order"
why = "w"
kind = "never"
region = '''forbid (principal, action == Action::"disclose", resource)
when { context.purpose == "hunt" } unless { context.facts.contains("order") };'''
[[guarantee]]
id = "G-OBJECTION"
title = "No care against an objection, but for named people"
why = "w"
kind = "never"
region = '''forbid (principal, action == Action::"disclose", resource)
when { context.facts.contains("objection") && !context.named_persons };'''
[[guarantee]]
id = "G-SUPPRESS"
title = "Statistics oblige"
why = "w"
kind = "obliges"
region = '''permit (principal, action == Action::"oblige", resource) when { context.form == "statistics" };'''
obligation = "suppress"
[[guarantee]]
id = "G-UNKNOWN"
title = "Unknown never permits"
why = "w"
kind = "unknown"
[[guarantee]]
id = "G-UNVERIFIED"
title = "Nothing on unread rules alone"
why = "w"
kind = "unverified"
[[guarantee]]
id = "G-ASKER"
title = "The asker changes nothing"
why = "w"
kind = "asker"
[[guarantee]]
id = "G-COUNTS"
title = "Exact counts are not for askers"
why = "w"
kind = "counts"
"""


def cedar(policies: list[tuple[str, str, str, str, str]]) -> str:
    return "\n".join(
        f'@id("{name}") @title("t") @cite("c") @source("s") @verified("{mark}") @from("{since}") {more}\n{text}'
        for name, mark, since, more, text in policies
    )


def write(root: Path, *, guarantees: str = GUARANTEES, more: str = "", first: list | None = None) -> Path:
    """Write the pack into a folder. `more`: Cedar text at the end of its first body."""
    words = VOCABULARY + "".join(
        f'[transformations.{form}]\notherwise = "keep"\n'
        for form in ("statistics", "match", "verification", "pseudonymised", "identified")
    )
    reviews = "".join(
        f'[[review]]\nform = "{form}"\npurpose = "*"\nroles = ["counsel"]\norganisations = 2\napprovals = 2\n'
        for form in ("statistics", "match", "verification", "pseudonymised", "identified")
    )
    defaults = "".join(
        f'[defaults.{name}]\nid = "{name.upper()}"\ncite = "c"\ntitle = "t"\nverified = "text-read"\n'
        for name in ("unclassified", "unknown", "party", "nobody", "expired", "error")
    )
    files = {
        "pack.toml": HEAD + defaults,
        "vocabulary.toml": words,
        "strata.toml": '[attributes.status]\ntitle = "Status"\ndomain = ["x", "y", "unknown"]\n',
        "schema.cedarschema": SCHEMA,
        "reviews.toml": reviews,
        "guarantees.toml": guarantees,
        "statutes/first.cedar": cedar(first or FIRST) + "\n" + more,
        "statutes/second.cedar": cedar(SECOND),
        "custodian/house.cedar": cedar(HOUSE),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def small(root: Path, **changes: object) -> Pack:
    return load_pack(write(root, **changes))
