"""Paper: pictures and printable pages for every door, drawn from values; nothing here reads a file or a clock.

picture      a drawing with its table, CSV and JSON twins
ladder       P1, which answer was given and why not a smaller or a larger one
matrix       P2, what the law says per group of people and column
clock        P3, how long it took, beside 54 minutes
estimates    the answer with its intervals
noise        P14, how sure one figure is, in words
accuracy     error against epsilon
budget       P5, what is left of a population's budget, and what it does not cover
suppressed   P9, which cells of an exact table are hidden
lock_clock   P3 of a filed case, entry by entry, with its lock and the deadlines set to it
quorum_strip P7, who has signed, organisation by organisation
witness_strip P8, who cosigned the log, and how far each witness is behind
story, page  the printable page of one replayed case
decision_page  the printable page of one decision
case_page, case_strips  the case file: the printable page of one filed case
pack_page, pack_markdown  a policy pack for people who read law
"""

from modicum.paper.accuracy import AccuracyLine, accuracy_picture
from modicum.paper.budget import Spend, Uncovered, budget
from modicum.paper.case_page import case_page
from modicum.paper.clock import ClockEvent, clock
from modicum.paper.decision_page import DecisionPaper, decision_page
from modicum.paper.estimates import Estimate, estimates
from modicum.paper.ladder import LadderStep, ladder
from modicum.paper.matrix import matrix
from modicum.paper.noise import NoiseLaw, noise
from modicum.paper.pack_markdown import pack_markdown
from modicum.paper.pack_page import pack_page
from modicum.paper.page import figure, story_page
from modicum.paper.picture import Picture, Table, to_csv, to_json
from modicum.paper.story import AccountLine, Approval, Command, Day, PackageFile, Statement, Story
from modicum.paper.suppressed import SuppressedTable, suppressed

__all__ = [
    "AccountLine",
    "AccuracyLine",
    "Approval",
    "ClockEvent",
    "Command",
    "Day",
    "DecisionPaper",
    "Estimate",
    "LadderStep",
    "NoiseLaw",
    "PackageFile",
    "Picture",
    "Spend",
    "Statement",
    "Story",
    "SuppressedTable",
    "Table",
    "Uncovered",
    "accuracy_picture",
    "budget",
    "case_page",
    "clock",
    "decision_page",
    "estimates",
    "figure",
    "ladder",
    "matrix",
    "noise",
    "pack_markdown",
    "pack_page",
    "story_page",
    "suppressed",
    "to_csv",
    "to_json",
]
