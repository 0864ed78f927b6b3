"""Exact tables with small cells hidden: what is bound to what, what is hidden, and a proof that it stays hidden. Pure.

Read `model`, then `system`, `primary`, `protection` (the whole story in one function), `audit`.
"""
