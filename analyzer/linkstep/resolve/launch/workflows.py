"""GitHub workflows: what the steps of a job run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from linkstep.model.entry_points import LaunchReading
from linkstep.model.facts import Location
from linkstep.model.tree import Tree
from linkstep.resolve.launch.command import joined, read_shell
from linkstep.resolve.launch.context import LaunchContext
from linkstep.resolve.launch.places import narrowed
from linkstep.resolve.launch.words import UNKNOWN
from linkstep.resolve.paths import read_text

if TYPE_CHECKING:
    from linkstep.resolve.launch.yaml_nodes import YamlNode

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_SHELLS = ("", "bash", "sh")


def read_workflow(tree: Tree, path: str, scripts: dict[str, str]) -> LaunchReading:
    """Say what the `run:` steps of a workflow start.

    A job that checks out into another directory or from another repository is passed over.

    >>> from linkstep.tree.memory import MemoryTree
    >>> text = 'jobs:\\n  test:\\n    steps:\\n    - run: |\\n        cd src\\n        python x.py'
    >>> reading = read_workflow(MemoryTree({"ci.yml": text}), "ci.yml", {})
    >>> [(e.name, e.declared_at.span.line) for e in reading.entries]
    [('src/x.py (job test in ci.yml)', 6)]
    """
    from linkstep.resolve.launch.yaml_nodes import read_yaml  # most trees have no such file

    text = read_text(tree, path) or ""
    readings = []
    for document in read_yaml(text):
        for name, job in document["jobs"].items():
            if any(step["with"]["path"] or step["with"]["repository"] for step in job["steps"]):
                continue
            for step in job["steps"]:
                readings.append(_read_step(tree, path, name, document, job, step, scripts))
    return narrowed(joined(readings), path, text)


def _read_step(
    tree: Tree,
    path: str,
    name: str,
    workflow: YamlNode,
    job: YamlNode,
    step: YamlNode,
    scripts: dict[str, str],
) -> LaunchReading:
    run = step["run"]
    levels = (step, job["defaults"]["run"], workflow["defaults"]["run"])
    shell = next((level["shell"].text for level in levels if level["shell"]), "") or ""
    windows = "windows" in (job["runs-on"].text or "")
    if run.text is None or (shell.split() or [""])[0] not in _SHELLS or (windows and not shell):
        return LaunchReading()
    directory = next(
        (level["working-directory"].text for level in levels if level["working-directory"]), ""
    )
    if _EXPRESSION.search(directory or ""):
        return LaunchReading()
    environ = {
        key: _EXPRESSION.sub(UNKNOWN, value.text or "")
        for level in (workflow, job, step)
        for key, value in level["env"].items()
    }
    context = LaunchContext(
        tree=tree,
        label=f"job {name} in {path}",
        declared_at=Location(path, run.span),
        environ=environ,
        scripts=scripts,
        text_line=run.text_line,
        guarded=(step["continue-on-error"].text or "") == "true",
    )
    context = replace(context, directory=context.path_of(directory or ""))
    # An expression is one word of unknown text; the shell sees a variable that nobody sets.
    source = _EXPRESSION.sub(lambda match: "${_}" + "\n" * match[0].count("\n"), run.text)
    return read_shell(source, context)
