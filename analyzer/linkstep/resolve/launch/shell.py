"""Shell text: which commands it runs, with which words, in which directory.

The text is parsed by the Bash grammar of tree-sitter and followed in the order in which a
shell would run it (POSIX, "Shell Command Language"). Commands are taken to succeed. Under a
test that cannot be decided both branches are followed, and what they leave different is
unknown afterwards. What is unknown stands in a word as the character `UNKNOWN`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from linkstep.resolve.launch.decisions import decide, matches
from linkstep.resolve.launch.words import UNKNOWN, Variables, expand, is_known

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MOST_COMMANDS = 2000
_DEEPEST = 60
_TESTS = frozenset({"test_command", "negated_command"})
_FILE_TEST = re.compile(r"(?:^|[\s\[(])-[a-hkprstuwxLOGSN]\s")
_ENDING = frozenset({"exit", "return", "exec", "break", "continue"})


class ShellCommand(Struct, frozen=True):
    """One command with its words expanded; `directory` is None when it is not known.

    `environ` are the variables that the command is given; `line` counts from 1. `guarded`
    says that the text goes on when the command fails, or asks first whether it can run.
    """

    words: tuple[str, ...]
    directory: str | None
    environ: dict[str, str]
    line: int
    guarded: bool = False


class Shell:
    """A shell that notes commands instead of running them.

    >>> shell = Shell("app", {"PORT": "80"}, ("serve",), "run.sh", lambda path: None)
    >>> shell.run('cd src && exec uvicorn main:app --port $PORT --root $ROOT "$@"')
    >>> [(command.words, command.directory) for command in shell.commands]
    [(('exec', 'uvicorn', 'main:app', '--port', '80', '--root', '\\x00', 'serve'), 'app/src')]
    """

    def __init__(
        self,
        directory: str | None,
        environ: dict[str, str],
        arguments: tuple[str, ...],
        script: str,
        read: Callable[[str], str | None],
    ) -> None:
        """Start in `directory`, None for an unknown one.

        `script` is `$0`, `read` gives the text of a file that is sourced.
        """
        self.commands: list[ShellCommand] = []
        self.broken = False
        self._read = read
        self._state = Variables(directory, dict(environ), arguments, script)
        self._functions: dict[str, Node] = {}
        self._depth = 0
        self._guards = 0

    def run(self, text: str) -> None:
        """Follow a text; `broken` says afterwards whether a part was no shell at all."""
        tree = _parser().parse(text.encode("utf-8", "replace"))
        self.broken = self.broken or tree.root_node.has_error
        try:
            self._follow(tree.root_node)
        except RecursionError:
            self.broken = True  # nested as nobody writes it: what came before stands

    def _follow(self, node: Node) -> None:
        if self._state.ended or self._depth > _DEEPEST or len(self.commands) > _MOST_COMMANDS:
            return
        self._depth += 1
        try:
            self._node(node)
        finally:
            self._depth -= 1

    def _node(self, node: Node) -> None:
        match node.type:
            case "command":
                self._command(node)
            case "variable_assignment":
                self._assign(node, exported=False)
            case "declaration_command":
                for child in node.named_children:
                    self._assign(child, exported=True)
            case "function_definition":
                name = node.child_by_field_name("name")
                body = node.child_by_field_name("body")
                if name is not None and body is not None:
                    self._functions[_text(name)] = body
            case "if_statement":
                self._if(node)
            case "case_statement":
                self._case(node)
            case "while_statement" | "until_statement" | "for_statement" | "c_style_for_statement":
                self._loop(node)
            case "list":
                self._list(node)
            case "subshell":
                self._apart(node.named_children)
            case "pipeline":
                self._apart(*[[child] for child in node.named_children])
            case "negated_command":
                self._guarded(node.named_children)
            case "test_command" | "comment" | "heredoc_redirect" | "file_redirect":
                pass
            case _:
                for child, in_background in _statements_of(node.children):
                    if in_background:
                        self._apart([child])
                    else:
                        self._follow(child)

    def _guarded(self, nodes: Sequence[Node], guarded: bool = True) -> None:
        self._guards += guarded
        for node in nodes:
            self._follow(node)
        self._guards -= guarded

    def _list(self, node: Node) -> None:
        left, *_, right = node.named_children or (node, node)
        both = any(child.type == "&&" for child in node.children)
        self._guarded([left], not both)
        verdict = decide(left, self._state)
        if verdict is both or (both and left.type not in _TESTS):
            self._follow(right)
        elif verdict is None:
            self._branches([([right], both and _asks(left))], covered=False)

    def _if(self, node: Node) -> None:
        branches: list[tuple[list[Node], bool]] = []
        for clause in (node, *node.named_children):
            if clause is not node and clause.type not in ("elif_clause", "else_clause"):
                continue
            asked = [c for c in clause.children_by_field_name("condition") if c.is_named]
            self._guarded(asked)
            verdict = decide(asked[-1], self._state) if asked else True
            if verdict is not False:
                guarded = verdict is None and any(_asks(condition) for condition in asked)
                branches.append((_clause(clause), guarded))
            if verdict is True:
                return self._branches(branches, covered=True)
        return self._branches(branches, covered=False)

    def _case(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        subject = " ".join(expand(value, self._state)) if value is not None else UNKNOWN
        branches: list[tuple[list[Node], bool]] = []
        for item in node.named_children:
            if item.type == "case_item":
                verdict = matches(item, subject, self._state)
                if verdict is not False:
                    branches.append((_inside(item), False))
                if verdict is True:
                    return self._branches(branches, covered=True)
        return self._branches(branches, covered=False)

    def _apart(self, *groups: Sequence[Node]) -> None:
        """Follow each group in a subshell of its own: nothing of its state comes back."""
        before = self._state
        for nodes in groups:
            self._state = copy(before)
            for node in nodes:
                self._follow(node)
        self._state = before

    def _branches(self, branches: list[tuple[list[Node], bool]], *, covered: bool) -> None:
        """Follow each branch from here; without an `else` none of them may run."""
        before = self._state
        ends = [] if covered else [copy(before)]
        for nodes, guarded in branches:
            self._state = copy(before)
            self._guarded(nodes, guarded)
            ends.append(self._state)
        self._state = Variables.merged(ends)

    def _loop(self, node: Node) -> None:
        before = copy(self._state)
        name = node.child_by_field_name("variable")
        if name is not None:
            self._state.set(_text(name), UNKNOWN)
        for child in node.named_children:
            if child.type == "do_group":
                self._follow(child)
            elif child.type == "command":
                self._guarded([child])
        self._state.ended = False
        self._state = Variables.merged([before, self._state])

    def _assign(self, node: Node, *, exported: bool) -> None:
        if node.type == "variable_assignment":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None:
                fields = expand(value, self._state) if value is not None else [""]
                self._state.set(_text(name), " ".join(fields), exported=exported)
        elif exported and node.type == "variable_name":
            self._state.export(_text(node))

    def _command(self, node: Node) -> None:
        words: list[str] = []
        given: dict[str, str] = {}
        for child in node.named_children:
            if child.type == "variable_assignment":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None:
                    given[_text(name)] = " ".join(expand(value, self._state)) if value else ""
            elif child.type not in ("file_redirect", "herestring_redirect", "heredoc_redirect"):
                words += expand(child, self._state)
        if not words:
            return
        if words[0] in self._functions:
            self._call(self._functions[words[0]], tuple(words[1:]))
        elif not self._built_in(words):
            environ = {**self._state.exported(), **given}
            line, guarded = node.start_point[0] + 1, self._guards > 0
            self.commands.append(
                ShellCommand(tuple(words), self._state.directory, environ, line, guarded)
            )
        if words[0] in _ENDING and len(words) > (words[0] == "exec"):
            self._state.ended = True

    def _call(self, body: Node, arguments: tuple[str, ...]) -> None:
        outer = self._state.arguments
        self._state.arguments = arguments
        self._follow(body)
        self._state.arguments = outer

    def _built_in(self, words: list[str]) -> bool:
        """Do what a built-in does to the shell itself; others are no business of Python."""
        name, rest = words[0], [word for word in words[1:] if word != "--"]
        if name in ("cd", "pushd"):
            self._state.enter(next((word for word in rest if not word.startswith("-")), "~"))
        elif name in (".", "source") and rest:
            text = self._read(self._state.path_of(rest[0])) if is_known(rest[0]) else None
            if text is not None and self._depth < _DEEPEST // 4:
                self.run(text)
            elif text is None:
                self._state.forget()
        elif name == "set" and "--" in words:
            self._state.arguments = tuple(words[words.index("--") + 1 :])
        elif name == "shift":
            count = int(rest[0]) if rest and rest[0].isdecimal() else 1
            self._state.arguments = self._state.arguments[count:]
        elif name == "unset":
            for word in rest:
                self._state.set(word, "")
        else:
            return name in _SILENT
        return True


_SILENT = frozenset(
    {":", "[", "alias", "break", "cat", "chmod", "chown", "continue", "echo", "exit", "export"}
    | {"false", "hash", "kill", "local", "mkdir", "printf", "pwd", "read", "readonly", "return"}
    | {"rm", "set", "sleep", "test", "touch", "trap", "true", "type", "ulimit", "umask", "wait"}
)


@cache
def _parser() -> Parser:
    import tree_sitter_bash  # most trees have no shell text
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _statements_of(children: list[Node]) -> Iterator[tuple[Node, bool]]:
    """Give the statements of a block, each with whether `&` puts it into the background."""
    for at, child in enumerate(children):
        if child.is_named:
            yield child, at + 1 < len(children) and children[at + 1].type == "&"


def _clause(node: Node) -> list[Node]:
    """Give the statements of one clause of an `if`, without its condition."""
    others = {child.id for child in node.children_by_field_name("condition")}
    clauses = ("elif_clause", "else_clause")
    return [c for c in node.named_children if c.type not in clauses and c.id not in others]


def _asks(condition: Node) -> bool:
    """Whether a condition looks at files or programs, not at words."""
    return condition.type != "test_command" or _FILE_TEST.search(_text(condition)) is not None


def _inside(item: Node) -> list[Node]:
    patterns = {child.id for child in item.children_by_field_name("value")}
    return [child for child in item.named_children if child.id not in patterns]
