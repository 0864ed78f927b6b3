"""Attacks on answers, as programs: what somebody can find out who asks, keeps asking, and pools answers with others.

Read `evidence` (what an answer says about one person, and how much a budget allows), `findings` (what an attack found),
then one module an attack. Nothing here asks or computes: the hall brings the answers, from a home of its own making.
"""
