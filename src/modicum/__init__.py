"""Modicum, the least that will do: a disclosure gateway for custodians of records about people.

The table of contents, in the order in which a case meets the rooms:

cli         the door: commands, exit codes, progress; no logic of its own
paper       printable pages and pictures, drawn from values, for every door
gateway     the hall: `case.py` is the story of one case, read it first
custody     data sets, dictionaries, strata, the engine, the synthetic population
law         policy packs, the decision matrix, what is missing
docket      who may do what; commands in, signed events out
answer      the ladder; statistics, masks, pseudonyms, records
seal        the package: age, manifest, data package, terms
accounting  who was in which release
ledger      the transparency log, as bytes
store       the tables: an entry is accepted with the rows that it changes, in one transaction
storage     every file that Modicum itself writes
model       the plain words: frozen types that everybody uses
packs       policy packs: data, not code

`modicum_verify`, beside this package, is the foundation: formats, proofs, signature checks and the fold of a case.
"""

__version__ = "0.1.0"
