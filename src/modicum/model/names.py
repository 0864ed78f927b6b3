"""When two spellings are one name: the comparison that an instrument's words stand or fall by.

Equal are names that differ in case, in accents and in blanks alone: "José  Núñez" and "JOSE NUNEZ". Everything else
counts: order, initials, hyphens, apostrophes, letters that are no accented form of another (ø, ł, ı).
"""

import unicodedata


def name_key(text: str) -> str:
    """The form in which names are compared: compatibility forms taken apart, marks dropped, case folded, blanks one.

    Source: Unicode Standard, section 3.13 (caseless matching, D146), without the marks of general category Mn.
    """
    bare = _without_marks(_without_marks(text).casefold())
    return " ".join(bare.split())


def counting_key(text: str) -> str:
    """A coarser form, for counting alone: letters and digits of the name, so that no dot or blank makes a new one."""
    return "".join(each for each in name_key(text) if each.isalnum())


def _without_marks(text: str) -> str:
    if text.isascii():  # nothing to take apart, and most names of a long list are
        return text
    return "".join(each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each) != "Mn")
