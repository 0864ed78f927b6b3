"""The synthetic population: T-MSIS-shaped tables of people who do not exist, for tests, benchmarks and the demo.

generate.py     the whole: chunks in, four files out
reference.py    public marginals: enrolment, ages, names, ZIPs, streets
assumptions.py  every number that is invented, in one place
households.py   ages, sexes, who lives with whom and where
status.py       what is true of a person's status, and which programme covers them; never one from the other alone
codes.py        what the state reported: T-MSIS codes, some of them wrong
identifiers.py  numbers that no real person, phone, provider or drug can have
services.py     diagnoses, procedures and prices that claim lines are drawn from
claims.py       claim lines and what the federation paid of them
checks.py       responses of status checks, for a part of the people
eligibility.py  the eligibility table, with the dirt that real submissions have
arrow.py        from NumPy arrays to Arrow columns and Parquet bytes (the only file here that knows pyarrow)

Nothing here reads a clock, the environment or a record of a real person. Same people and seed, same bytes.
"""

from modicum.custody.population.generate import FILES, MAX_PEOPLE, Generated, generate

__all__ = ["FILES", "MAX_PEOPLE", "Generated", "generate"]
