"""The hall: one file for each story. Read `case.py` first.

case           a case: asked, decided, agreed or not; `case_document` shows it, `case_file` gathers it for paper
release        the only state machine of a release; recovery after a crash
lookback       what was told about a person
deciding       what a decision may know, and what it comes to
answering      the answer, computed into sealed files
datasets       data sets: registered, described, confirmed
leaving        witnesses asked before a key is written; `manifests` says what leaves
witness        a witness, on the side of the outsider who runs it; `witnessing` asks them
home           one home, opened; `founding` makes one; `keys`, `journal`, `doctor` belong to it
opening        a package, opened by its recipient; `logbook` looks at the log; `proving` proves an entry
lawbook        packs for those who read them; `vector_runs` puts them before their vectors
replay         the event of June 2025 on invented people; `replay_stage` sets it up, with its two witnesses
request_file   the edge where a file becomes a request
"""
