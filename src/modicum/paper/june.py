"""Standing text: what was reported about June 2025, with sources, and what Modicum cannot do.

Facts are those of public reports on California v. HHS (N.D. Cal. 3:25-cv-05536-VC). The texts of the orders were not
read; terms come from statements of the parties and from the press, and the page says so.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reported:
    """One reported event: the day (ISO, or in words where only the month is known), what, by whom, how sure we are."""

    day: str
    words: str
    source: str
    confidence: str  # high | medium | low


REPORTED: Final = (
    Reported(
        "2025-06-10",
        "CMS sends names, addresses, Social Security numbers, immigration status and claims of people in California, "
        "Illinois, Washington and Washington, D.C. to DHS. The deadline was 54 minutes. Its own staff had objected in "
        "writing.",
        "Associated Press, 13 June 2025 and later",
        "high",
    ),
    Reported("2025-07-01", "20 states go to court.", "Colorado attorney general, 1 July 2025", "high"),
    Reported(
        "2025-08-12",
        "A first court order (Dkt. 98) bars HHS from sharing the plaintiff states' data for immigration enforcement, "
        "and DHS from using it.",
        "California attorney general; The Hill",
        "high",
    ),
    Reported(
        "2025-12-29",
        "A second order, in force from 6 January 2026, leaves six kinds of data about people not lawfully present "
        "outside the ban. Everything else stays inside it.",
        "Politico; Law & Crime; Bloomberg Law",
        "high",
    ),
    Reported(
        "2026-01-07",
        "CMS is reported to have sent ICE a large file that also held people outside the allowed group.",
        "public source register, citing filings and NPR",
        "medium",
    ),
    Reported(
        "2026-07-17",
        "Filings and press say that ICE passed the file to a contractor through a chat service, asked for it to be "
        "deleted, and denied using it for enforcement.",
        "NPR, as cited in public source registers",
        "medium",
    ),
)

LIMITS: Final = (
    (
        "It cannot stop someone who copies the database around it. It can make the bypass visible: whoever holds data "
        "without a package and a log entry cannot show where it came from."
    ),
    (
        "It does not give legal advice. The rules are a dated, cited reading of the law, and the texts of the two "
        "court orders were not read. Counsel must confirm them."
    ),
    "“Not barred by this order” does not mean “permitted”. Other law may still forbid.",
    "It cannot take back what has been opened. It can say who holds it, under which terms, and until when.",
    (
        "Statistics are not free of risk. Many small questions can add up. This release hides small groups; it does "
        "not yet add noise, nor count what was asked before."
    ),
)

NO_WITNESS: Final = (
    "This home has no outside witness. Someone who held its keys and its disk could write another log. A real "
    "home needs witnesses from other organisations."
)
PLAYED_WITNESSES: Final = (
    "The witnesses of this replay ran on the machine that played all other parts. Someone who held that machine could "
    "have played them too. A real home needs witnesses on the machines of other organisations."
)
