"""Small wheels and environments for tests, made of files."""

from __future__ import annotations

import zipfile
from pathlib import Path

SITE = "lib/python3.11/site-packages"


def write_wheel(
    directory: Path, name: str, version: str, files: dict[str, str], metadata: str = ""
) -> Path:
    """Write a wheel of pure Python and give its path."""
    info = f"{name}-{version}.dist-info"
    contents = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*contents, f"{info}/RECORD"))
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in (contents | {f"{info}/RECORD": record}).items():
            archive.writestr(inner, text)
    return path


def install(environment: Path, *wheels: Path) -> Path:
    """Make an environment that has some wheels, as an installer would."""
    site = environment / SITE
    site.mkdir(parents=True, exist_ok=True)
    (environment / "pyvenv.cfg").write_text("version = 3.11.7\n")
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return environment
