"""`linkstep rule`: print a rule's page."""

from __future__ import annotations

import sys

import click

from linkstep.cli.rules import project_rules
from linkstep.cli.streams import deliver, is_terminal, wants_colour, width_of
from linkstep.rulebook.select import unknown_rule


@click.command("rule")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a RULE, named by its code or name.

    Its page says what it reports and why, with examples that are run as tests.

    \b
    Examples:
      linkstep rule LS102
      linkstep rule undefined-name | less
    """
    rules = project_rules()
    wanted = rule.lower()
    page = next((entry.page for entry in rules if wanted in (entry.code.lower(), entry.name)), None)
    if page is None:
        raise unknown_rule(rule, rules, "")
    deliver(_pretty(page) if is_terminal(sys.stdout) else page, None)


def _pretty(page: str) -> str:
    """Give the page as it reads well on a terminal."""
    import io

    from rich.console import Console
    from rich.markdown import Markdown

    colour = wants_colour(sys.stdout)
    file = io.StringIO()
    console = Console(
        file=file,
        force_terminal=colour,
        no_color=not colour,
        width=min(width_of(sys.stdout), 100),
        legacy_windows=False,
    )
    console.print(Markdown(page))
    return file.getvalue()
