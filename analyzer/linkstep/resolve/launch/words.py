"""Words of shell text: quoting, variables, and what of them is known without running.

Expansion follows POSIX, "Word Expansions", as far as it needs no process and no directory
listing. `$(dirname "$0")` and `$(pwd)` are understood, since scripts find themselves so.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

UNKNOWN = "\0"  # no shell word and no path can hold it


def is_known(word: str) -> bool:
    """Whether every part of a word is known.

    >>> is_known("app.main:app"), is_known("app." + UNKNOWN)
    (True, False)
    """
    return UNKNOWN not in word


class Variables:
    """What a shell knows at one point: directory, variables, `"$@"`, whether it has ended."""

    def __init__(
        self, directory: str | None, values: dict[str, str], arguments: tuple[str, ...], script: str
    ) -> None:
        self.directory = directory
        self.arguments = arguments
        self.script = script
        self.ended = False
        self._values = values
        self._exported = frozenset(values)

    def __copy__(self) -> Variables:
        new = Variables(self.directory, dict(self._values), self.arguments, self.script)
        new.ended = self.ended
        new._exported = self._exported
        return new

    @staticmethod
    def merged(ends: Sequence[Variables]) -> Variables:
        """Give what holds after branches that ended like this; at least one is given."""
        going = [end for end in ends if not end.ended]
        if not going:
            return ends[0]
        first = going[0].__copy__()
        for other in going[1:]:
            if other.directory != first.directory:
                first.directory = None
            if other.arguments != first.arguments:
                first.arguments = (UNKNOWN,)
            for name in {*first._values, *other._values}:
                if first._values.get(name) != other._values.get(name):
                    first._values[name] = UNKNOWN
            first._exported |= other._exported
        return first

    def get(self, name: str) -> str | None:
        """Give a variable's value; None when nothing set it."""
        return self._values.get(name)

    def set(self, name: str, value: str, *, exported: bool = False) -> None:
        """Set a variable; one that was exported stays so."""
        self._values[name] = value
        if exported:
            self.export(name)

    def export(self, name: str) -> None:
        """Pass a variable on to commands."""
        self._exported |= {name}

    def exported(self) -> dict[str, str]:
        """Give the variables that a command gets."""
        return {name: self._values[name] for name in sorted(self._exported) if name in self._values}

    def forget(self) -> None:
        """A file was sourced that cannot be read: any variable may be different now."""
        self._values = dict.fromkeys(self._values, UNKNOWN)

    def enter(self, directory: str) -> None:
        """`cd`: go to a directory, to an unknown one where the word is not known."""
        leads_home = directory.startswith("~") or directory == "-"
        known = is_known(directory) and not leads_home
        base = self.directory if not posixpath.isabs(directory) else ""
        self.directory = _joined(base, directory) if known and base is not None else None

    def path_of(self, name: str) -> str:
        """Give the path that a word names from here."""
        return _joined(self.directory or "", name)


def expand(node: Node, variables: Variables) -> list[str]:
    """Give the words that one node of the syntax tree becomes: none, one, or several."""
    parts: list[tuple[str, bool]] = []
    if node.type == "string" and _content(node) in ("$@", "${@}"):
        return list(variables.arguments)
    _collect(node, variables, parts, quoted=False)
    words: list[str] = []
    current: str | None = None
    for text, quoted in parts:
        if quoted:
            current = (current or "") + text
            continue
        pieces = text.split()
        if text[:1].isspace() and current is not None:
            words.append(current)
            current = None
        for at, piece in enumerate(pieces):
            if at and current is not None:
                words.append(current)
                current = None
            current = (current or "") + piece
        if text[-1:].isspace() and current is not None:
            words.append(current)
            current = None
    return words if current is None else [*words, current]


def _collect(
    node: Node, variables: Variables, parts: list[tuple[str, bool]], *, quoted: bool
) -> None:
    """Add the parts of a word; a part that is not quoted is split at blanks later."""
    match node.type:
        case "word" | "number" | "string_content" | "variable_name" | "special_character":
            parts.append((_unescaped(_text(node), quoted=quoted), True))
        case "raw_string":
            parts.append((_text(node)[1:-1], True))
        case "string":
            _collect_string(node, variables, parts)
        case "simple_expansion" | "expansion":
            parts.append((_variable(node, variables), quoted))
        case "command_substitution":
            parts.append((_substituted(node, variables), True))
        case "command_name" | "concatenation":
            for child in node.children:
                _collect(child, variables, parts, quoted=quoted)
        case _:
            parts.append((UNKNOWN, True))


def _collect_string(node: Node, variables: Variables, parts: list[tuple[str, bool]]) -> None:
    source = node.text or b""
    at = 1
    parts.append(("", True))
    for child in node.named_children:
        start = child.start_byte - node.start_byte
        parts.append((_unescaped(source[at:start].decode(errors="replace"), quoted=True), True))
        if child.type in ("simple_expansion", "expansion") and _content(child) in ("@", "*"):
            parts.append((" ".join(variables.arguments), True))
        else:
            _collect(child, variables, parts, quoted=True)
        at = child.end_byte - node.start_byte
    parts.append((_unescaped(source[at:-1].decode(errors="replace"), quoted=True), True))


def _content(node: Node) -> str:
    """Give the text of a string without quotes, or the bare name of `$name` and `${name}`."""
    text = _text(node)
    return text.strip('"') if node.type == "string" else text.strip("${}")


def _unescaped(text: str, *, quoted: bool) -> str:
    if not quoted and (re.search(r"(?<!\\)[*?\[]", text) or text.startswith("~")):
        return UNKNOWN + text  # a pattern of file names, or a home directory
    text = text.replace("\\\n", "")
    return re.sub(r'\\([$`"\\])' if quoted else r"\\(.)", r"\1", text)


_NAMED = re.compile(r"\$\{?(\w+|@|\*|#)\}?\Z")
_DEFAULTED = re.compile(r"\$\{(\w+|@)(:?[-=])")


def _variable(node: Node, variables: Variables) -> str:
    text = _text(node)
    if named := _NAMED.match(text):
        value = _value(named[1], variables)
        return UNKNOWN if value is None else value
    if text.startswith("${BASH_SOURCE"):
        return variables.script
    defaulted = _DEFAULTED.match(text)
    if defaulted is None:
        return UNKNOWN
    value = _value(defaulted[1], variables)
    if value or (value is not None and defaulted[2] in "-="):
        return value
    last = node.named_children[-1] if len(node.named_children) > 1 else None
    return " ".join(expand(last, variables)) if last is not None else ""


def _value(name: str, variables: Variables) -> str | None:
    if name in ("@", "*"):
        return " ".join(variables.arguments)
    if name == "0":
        return variables.script
    if name.isdecimal():
        at = int(name) - 1
        if at < len(variables.arguments):
            return variables.arguments[at]
        return None if UNKNOWN in variables.arguments else ""
    if name == "PWD":
        return variables.directory
    return variables.get(name)


def _substituted(node: Node, variables: Variables) -> str:
    """Give the output of the few commands by which a script finds its own directory."""
    inner = [child for child in node.named_children if child.type != "comment"]
    if len(inner) != 1:
        return UNKNOWN
    command = inner[0]
    if command.type == "redirected_statement":
        command = command.named_children[0]
    if command.type == "list" and _text(command.named_children[-1]).split()[:1] == ["pwd"]:
        first = expand_command(command.named_children[0], variables)
        if first[:1] == ["cd"] and len(first) > 1 and is_known(first[-1]):
            return variables.path_of(first[-1])
        return UNKNOWN
    words = expand_command(command, variables)
    if words[:1] == ["pwd"]:
        return UNKNOWN if variables.directory is None else variables.directory
    if words[:1] == ["dirname"] and len(words) == 2 and is_known(words[1]):
        return posixpath.dirname(words[1]) or "."
    if words[:1] in (["readlink"], ["realpath"]) and is_known(words[-1]):
        return variables.path_of(words[-1])
    return UNKNOWN


def expand_command(node: Node, variables: Variables) -> list[str]:
    """Give the words of a simple command; none for anything else."""
    if node.type != "command":
        return []
    return [word for child in node.named_children for word in expand(child, variables)]


def _joined(base: str, name: str) -> str:
    path = posixpath.normpath(posixpath.join(base, name))
    return "" if path == "." else path


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
