"""`linkstep rules`: list the rules that apply in this project."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import click
import msgspec

from linkstep.cli.streams import deliver, width_of
from linkstep.config import load_configuration
from linkstep.errors import LinkstepError
from linkstep.model.findings import Rule
from linkstep.rulebook.load import load_rules, says


@click.command("rules")
@click.option(
    "--format",
    "style",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to list them.",
)
def command(style: str) -> None:
    """List all rules: code, name, severity, and what each says.

    Rules from directories that the project's configuration names are listed too.

    \b
    Examples:
      linkstep rules
      linkstep rules --format json
    """
    rules = project_rules()
    deliver(as_json(rules) if style == "json" else as_text(rules, width_of(sys.stdout)), None)


def project_rules() -> tuple[Rule, ...]:
    """Give linkstep's rules and those of the project in the current directory."""
    return load_rules(map(Path, load_configuration(_read).rules))


def as_text(rules: tuple[Rule, ...], width: int) -> str:
    """Give the list in columns; what a rule says goes below it where they are narrow."""
    longest = max((len(rule.name) for rule in rules), default=0)
    lines = []
    for rule in rules:
        head = f"{rule.code}  {rule.name:<{longest}}  {rule.severity.value:<7}  "
        if width - len(head) < 30:
            lines.append(f"{rule.code}  {rule.name}  {rule.severity.value}")
            head = "       "
        indent = " " * len(head)
        lines.extend(
            textwrap.wrap(says(rule), max(width, 30), initial_indent=head, subsequent_indent=indent)
        )
    return "".join(f"{line}\n" for line in lines)


def as_json(rules: tuple[Rule, ...]) -> str:
    """Give the list as a JSON array."""
    entries = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity.value,
            "since": rule.since,
            "fix": rule.fix,
            "says": says(rule),
        }
        for rule in rules
    ]
    return msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n"


def _read(name: str) -> bytes | None:
    """Give a file of the current directory, None when there is none."""
    try:
        return Path(name).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LinkstepError(f"cannot read {name}", why=error.strerror or str(error)) from error
