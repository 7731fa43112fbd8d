"""What is measured: the distributions of `distributions.toml` and their environments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import tomli
from msgspec import Struct

HERE = Path(__file__).parent
CATALOGUE = HERE / "distributions.toml"


class Distribution(Struct, frozen=True, forbid_unknown_fields=True):
    """A distribution to measure: pinned, with what it installs for import.

    `prepare` is run before anything of it is imported, for frameworks that refuse to work
    without settings. `mutated` says whether recall is measured on it. With `source`, a
    directory of this repository, it is a project that is not installed.
    """

    name: str
    version: str
    imports: tuple[str, ...]
    environment: str = "main"
    prepare: str = ""
    mutated: bool = False
    source: str = ""


class Environment(Struct, frozen=True, forbid_unknown_fields=True):
    """A virtual environment: every distribution of it is pinned in a requirements file."""

    name: str
    requirements: str
    python: str = "python3.11"

    @property
    def pins(self) -> Path:
        """The requirements file with the exact version of everything."""
        return HERE / self.requirements


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a run can measure."""

    environments: tuple[Environment, ...]
    distributions: tuple[Distribution, ...]

    def environment(self, name: str) -> Environment:
        """Give an environment by its name."""
        return next(known for known in self.environments if known.name == name)

    def chosen(self, names: Sequence[str]) -> tuple[Distribution, ...]:
        """Give the distributions with these names, all when there are none.

        Raises SystemExit for a name that the catalogue does not have.
        """
        unknown = set(names) - {known.name for known in self.distributions}
        if unknown:
            raise SystemExit(f"not in {CATALOGUE.name}: {', '.join(sorted(unknown))}")
        return tuple(known for known in self.distributions if not names or known.name in names)


def load_catalogue() -> Catalogue:
    """Read the catalogue, and hold every distribution against the pins of its environment."""
    catalogue = msgspec.convert(tomli.loads(CATALOGUE.read_text("utf-8")), Catalogue)
    for environment in catalogue.environments:
        pins = pinned(environment.pins.read_text("utf-8").splitlines())
        for known in catalogue.distributions:
            if known.environment == environment.name and not known.source:
                assert pins.get(normal(known.name)) == known.version, known
    return catalogue


def pinned(lines: Iterable[str]) -> dict[str, str]:
    """Give the version by name of a requirements file with nothing but pins.

    >>> pinned(["Jinja2==3.1.6", "# a comment"])
    {'jinja2': '3.1.6'}
    """
    pairs = (line.strip().partition("==") for line in lines if "==" in line)
    return {normal(name): version for name, _, version in pairs}


def normal(name: str) -> str:
    """Give the name of a distribution as package indexes compare it (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")
