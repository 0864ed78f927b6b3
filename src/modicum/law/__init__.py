"""The law wing: a policy pack in, a matrix of verdicts out; never a row.

cedar      the one doorway to Cedar
policy     one policy: its provision, its days, what it looks at
statements Cedar text, statement by statement, each with its line
lexicon    the words and types that policies may use
toml_lines on which line of a TOML file a field stands
packfiles  the TOML files of a pack, read strictly
bodies     a body of law: one Cedar file, read strictly
line_rules what a line about a named person must have
lines      lines judged one by one, and the holds that they raise
coherence  what no file of a pack shows alone
packs      a pack: bodies of law, vocabulary, strata, quorums
tables     one policy under one request, as a truth table
stance     what one body says, facing one recipient, about one kind of cell
judge      bodies joined by AND: the verdict of one cell, and what is missing
grid       all cells of a request at once
decide     the matrix of a request
facts      which attested facts count on a day
standing   one policy in one situation, and one step away from it
moments    the earliest lawful day of a cell, by time alone
explain    one cell, explained (its values: explanation)
plain      a policy in plain words
reading    a pack as a document for people who read law
profiles   which bodies can bear on a custodian
editing    packs that differ from a loaded one in a policy
vectors    what the orders of a case must bar
decisions  the pack's own vectors, each for one rule, compared exactly
coverage   rules that have no vectors of their own
overlap    whether two policies can hold of one cell
mutation   packs that are wrong in one rule, which the vectors must notice
"""
