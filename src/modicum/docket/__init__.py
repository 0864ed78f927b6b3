"""The docket wing: commands in, events out.

commands        what people do to a case; each asks permission first and gives a signed event
founding        genesis and enrolment
gateway_events  what the gateway records, unsigned
permissions     who may do what, asked before a command runs
signing         how an event gets its signature
reference       the page docs/reference/docket.md, made from the tables

The tables of moves and permissions, and the fold that gives a case, are the foundation's (`modicum_verify.moves`,
`modicum_verify.fold`): an outsider judges a case by the same rules as we do. Nothing here reads a file, a clock or
a database.
"""
