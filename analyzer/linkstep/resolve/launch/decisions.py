"""Tests of a shell that can be decided without running anything.

Only comparisons of words that are known are decided: `[ "$1" = web ]` in a script whose
arguments are known, `case "$1" in web) ...`. Files and exit codes decide nothing.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from linkstep.resolve.launch.words import Variables, expand, expand_command, is_known

if TYPE_CHECKING:
    from tree_sitter import Node


def decide(node: Node, variables: Variables) -> bool | None:
    """Give the outcome of a test, None when it is not known or when it is no test."""
    if node.type == "negated_command":
        inner = decide(node.named_children[0], variables)
        return None if inner is None else not inner
    if node.type == "test_command":
        return _expression(node.named_children[0], variables) if node.named_children else None
    if node.type == "command":
        words = expand_command(node, variables)
        return _comparison(words[1:]) if words[:1] == ["test"] else None
    if node.type == "list":
        left, right = (decide(node.named_children[at], variables) for at in (0, -1))
        if any(child.type == "&&" for child in node.children):
            return False if left is False or right is False else (left and right)
        return True if left is True or right is True else None
    return None


def _expression(node: Node, variables: Variables) -> bool | None:
    if node.type not in ("binary_expression", "unary_expression"):
        return None
    words: list[str] = []
    for child in node.children:
        if child.is_named and child.type != "test_operator":
            fields = expand(child, variables)
            if len(fields) != 1:
                return None
            words += fields
        else:
            words.append((child.text or b"").decode("utf-8", "replace"))
    return _comparison(words)


def _comparison(words: list[str]) -> bool | None:
    if not all(is_known(word) for word in words):
        return None
    match words:
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case ["-z", word]:
            return not word
        case ["-n", word]:
            return bool(word)
    return None


def matches(item: Node, subject: str, variables: Variables) -> bool | None:
    """Say whether a `case` item takes the subject; None when that is not known.

    A pattern may be quoted in part; its unquoted `*`, `?` and `[` are wild.
    """
    verdict: bool | None = False
    for pattern in item.children_by_field_name("value"):
        text = (pattern.text or b"").decode("utf-8", "replace")
        if text == "*":
            return True
        if "$" in text or "\\" in text or "`" in text or not is_known(subject):
            verdict = None
        elif fnmatch.fnmatchcase(subject, text.replace('"', "").replace("'", "")):
            return True
    return verdict
