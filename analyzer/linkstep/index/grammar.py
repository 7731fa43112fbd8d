"""Which Python a file's grammar needs, and what the compiler refuses after parsing."""

from __future__ import annotations

import ast

from linkstep.model.summary import SyntaxProblem


class Grammar:
    """Collects, while a tree is recorded, what decides whether it compiles."""

    def __init__(self) -> None:
        self.newest: tuple[int, int, int, str] | None = None
        self.problem: SyntaxProblem | None = None

    def needs(self, node: ast.AST, version: tuple[int, int], what: str) -> None:
        """Note that `what` exists since `version` only."""
        if self.newest is None or version > self.newest[:2]:
            self.newest = (*version, getattr(node, "lineno", 1), what)

    def refuse(self, message: str, node: ast.stmt) -> None:
        """Note an error that the compiler finds in a tree that parses; the first one counts."""
        if self.problem is None:
            self.problem = SyntaxProblem(message, node.lineno, node.col_offset + 1)

    def type_parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> list[str]:
        """Give the names of PEP 695 type parameters."""
        parameters = getattr(node, "type_params", None)
        if not parameters:
            return []
        self.needs(node, (3, 12), "type parameter syntax")
        if any(getattr(parameter, "default_value", None) for parameter in parameters):
            self.needs(node, (3, 13), "a default of a type parameter")
        return [parameter.name for parameter in parameters]

    def check_module(self, tree: ast.Module) -> None:
        """Check what needs the order of the module's statements."""
        future_allowed = True
        for position, statement in enumerate(tree.body):
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                if not future_allowed and statement.level == 0:
                    message = "from __future__ imports must occur at the beginning of the file"
                    self.refuse(message, statement)
            elif not (position == 0 and _is_docstring(statement)):
                future_allowed = False


def is_wildcard(pattern: ast.pattern) -> bool:
    """Whether a case matches everything: `case _:` or `case name:`."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
