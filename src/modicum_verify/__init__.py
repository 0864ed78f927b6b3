"""The foundation: read and check all evidence, offline, with `cryptography` alone.

What an outsider runs is what Modicum itself stands on. Nothing here writes, nothing here needs a database or an
engine, and nothing here trusts a key that the reader did not bring.
"""
