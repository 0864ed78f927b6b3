"""Cedar text, statement by statement, each with its line: Cedar reads a file but does not say where a policy stands.

A statement ends with `;` outside strings and comments. What is split is checked: put together again it is the text, and
each statement alone is to Cedar what it is in the whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from modicum.law.cedar import Parsed, PolicyTextError, parse

LONGEST: Final = 32 * 1024
"""Characters of one statement, the comments before it included."""
DEEPEST: Final = 64
"""Brackets that may be open at once. Cedar's parser has no limit of its own: some hundreds end the whole process."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of the text. `line` is where the statement begins, from 1; comments before it belong to its text."""

    text: str
    line: int


class StatementError(ValueError):
    """Cedar does not read a statement; the message is Cedar's. `line`: where the statement begins."""

    def __init__(self, line: int, message: str) -> None:
        """Keep the line beside the message."""
        super().__init__(message)
        self.line = line


def split(text: str) -> list[Statement]:
    """The statements of a text, in order; put together they are the text.

    What follows the last `;` is a statement of its own if it holds more than comments, else it belongs to the last one.
    """
    pieces: list[Statement] = []
    start, first = 0, 0
    for at, each, lines in _tokens(text):
        first = first or lines + 1
        if each == ";":
            pieces.append(Statement(text[start : at + 1], first))
            start, first = at + 1, 0
    rest = text[start:]
    if first:
        pieces.append(Statement(rest, first))
    elif pieces:
        pieces[-1] = replace(pieces[-1], text=pieces[-1].text + rest)
    return pieces


def parse_statements(text: str) -> list[Parsed]:
    """Read the policies of a text, each with its line and its own text.

    Raises StatementError: Cedar does not read one of them, or reads it otherwise than in the whole.
    """
    found = [_alone(statement) for statement in split(text)]
    try:
        whole = parse(text)
    except PolicyTextError as error:  # each was read alone
        raise StatementError(1, str(error)) from error
    if [each.document for each in whole] != [each.document for each in found]:
        raise StatementError(1, "the file reads otherwise as a whole than statement by statement")
    return found


def _alone(statement: Statement) -> Parsed:
    if len(statement.text) > LONGEST:
        raise StatementError(statement.line, f"one statement has at most {LONGEST} characters, comments included")
    if _depth(statement.text) > DEEPEST:
        raise StatementError(statement.line, f"at most {DEEPEST} brackets stand within each other")
    try:
        parsed = parse(statement.text)
    except PolicyTextError as error:
        raise StatementError(statement.line, str(error)) from error
    if len(parsed) != 1:
        raise StatementError(statement.line, f"one statement, to Cedar {len(parsed)} policies")
    return replace(parsed[0], line=statement.line, text=statement.text.strip())


def _depth(text: str) -> int:
    """How many brackets are open at once, at most; those in strings and comments do not count."""
    depth = deepest = 0
    for _, each, _ in _tokens(text):
        depth += (each in "([{") - (each in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _tokens(text: str) -> Iterator[tuple[int, str, int]]:
    """Each character that is neither space nor comment nor inside a string: place, character, lines before it."""
    at, lines, size = 0, 0, len(text)
    while at < size:
        each = text[at]
        if each == "\n":
            lines += 1
        elif text.startswith("//", at):
            at = _line_end(text, at)
            continue
        elif each == '"':
            yield at, each, lines
            end = _string_end(text, at)
            lines += text.count("\n", at, end)
            at = end
            continue
        elif not each.isspace():
            yield at, each, lines
        at += 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _string_end(text: str, at: int) -> int:
    """The place after the string that begins here; the end of the text where it is never closed."""
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return min(at + 1, len(text))
