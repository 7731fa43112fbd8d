"""Entry points as the files of a project declare them, and what reach makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from linkstep.model.facts import BrokenReference
from linkstep.model.observer import Unobserved
from linkstep.model.request import CheckRequest
from linkstep.pipeline import check, explain
from linkstep.resolve.launch.discover import find_entry_points
from linkstep.tree.memory import MemoryTree

DOCKERFILE = """\
ARG VERSION=3.12
FROM python:${VERSION}-slim AS base
WORKDIR /srv
ENV PYTHONPATH=/srv/lib
COPY backend/ ./
COPY lib ./lib

FROM base AS web
HEALTHCHECK --interval=5s CMD python -c "import shop.health"
CMD exec uvicorn shop.main:app \\
    # the port of the platform
    --port ${PORT:-80}

FROM base AS worker
ENTRYPOINT ["celery"]
CMD ["-A", "shop.tasks", "worker"]

FROM alpine
COPY --from=web /srv /opt/app
WORKDIR /opt/app
CMD ["/usr/bin/python3", "manage.py", "migrate"]
"""
COMPOSE = """\
x-common: &common
  build: {context: ., target: worker}
services:
  beat:
    <<: *common
    command: ["-A", "shop.tasks", "beat"]
  web:
    image: registry.example.com/web
    environment: {FLASK_APP: "shop.flask:make()"}
    command: flask run
  db:
    image: postgres
    command: postgres -c fsync=off
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: api
          env: [{name: APP, value: "shop.main:app"}]
          command: ["uvicorn", "$(APP)"]
        - name: other
          args: ["serve"]
"""
FILES = {
    "Dockerfile": DOCKERFILE,
    "compose.yaml": COMPOSE,
    "k8s/api.yaml": KUBERNETES,
    "k8s/helm.yaml": "apiVersion: {{ .Values.v }}\nkind: Pod\n",
    "Procfile": "# comment\nweb: gunicorn shop.wsgi\n",
    "Makefile": "PY = python3\nrun: ## help\n\t-@$(PY) -m shop.serve $(ARGS)\n",
    "deploy/shop.service": "[Service]\nExecStart=/opt/v/bin/gunicorn shop.wsgi:app\n",
    "supervisord.conf": "[program:w]\ncommand=celery -A shop.tasks worker\n",
    "scripts/go.sh": '#!/bin/bash\ncd "$(dirname "$0")/.."\npython tools/go.py\nexec "$@"\n',
    ".github/workflows/ci.yml": (
        "jobs:\n  a:\n    defaults: {run: {working-directory: backend}}\n    steps:\n"
        "    - uses: actions/checkout@v4\n    - run: |\n        pip install x\n"
        "        python manage.py check --tag ${{ inputs.tag }}\n"
    ),
    "pyproject.toml": (
        '[project]\nname = "shop"\n[project.scripts]\nshop = "shop.cli:main"\n'
        '[project.entry-points."shop.plugins"]\none = "shop.plugins.one"\n'
    ),
    "setup.cfg": "[options.entry_points]\ngui_scripts =\n    win = shop.gui:run [qt]\n",
    "backend/shop/__init__.py": "",
    "backend/manage.py": "",
    "lib/x.py": "",
    "tools/go.py": "",
    "node_modules/y/Procfile": "web: python never.py",
}

EXPECTED = """\
console script | shop | ('', 'src') | pyproject.toml:4:9
plug-in | one of shop.plugins | ('', 'src') | pyproject.toml:6:8
gui script | win | ('', 'src') | setup.cfg:3:11
server | shop.main:app (CMD in Dockerfile) | ('', 'backend', 'lib') | Dockerfile:10:18
health check | shop.health (HEALTHCHECK in Dockerfile) | ('', 'backend', 'lib') | Dockerfile:9:49
worker | shop.tasks (ENTRYPOINT in Dockerfile) | ('', 'backend', 'lib') | Dockerfile:16:13
command | backend/manage.py (CMD in Dockerfile) | ('', 'backend') | Dockerfile:21:27
tool | shop.serve (run in Makefile) | ('',) | Makefile:3:13
server | shop.wsgi:application (web in Procfile) | ('',) | Procfile:2:15
worker | shop.tasks (service beat in compose.yaml) | ('', 'backend', 'lib') | compose.yaml:6:22
server | shop.flask:make (service web in compose.yaml) | () | compose.yaml:10:14
worker | shop.tasks (program in supervisord.conf) | () | supervisord.conf:2:19
server | shop.wsgi:app (ExecStart in deploy/shop.service) | () | deploy/shop.service:2:31
server | shop.main:app (container api in k8s/api.yaml) | () | k8s/api.yaml:9:20
tool | tools/go.py (scripts/go.sh) | ('tools',) | scripts/go.sh:3:8
tool | backend/manage.py (job a in .github/workflows/ci.yml) |\
 ('backend',) | .github/workflows/ci.yml:8:16
"""


def test_every_file_that_starts_something_is_read() -> None:
    reading = find_entry_points(MemoryTree(FILES))
    lines = [
        f"{e.kind.value} | {e.name} | {e.path} | {e.declared_at.path}:{e.declared_at.span.line}"
        f":{e.declared_at.span.column}"
        for e in reading.entries
    ]
    assert "\n".join(lines) + "\n" == EXPECTED
    assert reading.unclear == ()


@pytest.mark.parametrize(
    "text",
    [
        "services: [",
        "a: &a [*a, *a]\nservices: *a",
        "\0" * 100,
        "- " * 3000,
        "services:\n  web: {command: 7, build: [1], volumes: {a: b}, healthcheck: x}\n",
        "FROM\nCMD [\nCOPY a\nFROM x AS\nENTRYPOINT [1, 2]\nCMD\nENV =\nHEALTHCHECK",
        "[Service\nExecStart='",
        "a:\n\t$(\n\t${x\n\\",
    ],
)
def test_bad_files_give_nothing(text: str) -> None:
    names = ["compose.yml", "Dockerfile", "Procfile", "Makefile", "a.service", "k8s.yaml", "a.sh"]
    tree = MemoryTree({**dict.fromkeys(names, text), ".github/workflows/a.yml": text})
    assert find_entry_points(tree).entries == ()


def request(root: Path, *paths: str) -> CheckRequest:
    return CheckRequest(str(root), {}, paths)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    "Dockerfile": 'FROM python:3.12\nWORKDIR /a\nCOPY . .\nCMD ["uvicorn", "shop.main:app"]\n',
    "Procfile": "web: uvicorn shop.main:app\nwork: celery -A shop.jobs worker\n",
    "Makefile": "seed:\n\tpython tools/seed.py\n",
    "shop/__init__.py": "",
    "shop/main.py": "from shop import routes\napp = routes\n",
    "shop/routes.py": "from shop.db import absent\n",
    "shop/db.py": "",
    "tools/seed.py": "import shop.db\nimport shop.routes\n",
}


def test_findings_are_reached_from_what_production_starts(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    result = check(request(tmp_path), Unobserved())
    found = [
        (f.code, f.fact.path, f.fact.says, [(r.entry, r.chain) for r in f.fact.reached_from])
        for f in result.report.findings
        if isinstance(f.fact, BrokenReference)
    ]
    entry = "shop.main:app (CMD in Dockerfile and 1 more)"
    assert found == [
        ("LS102", "shop/routes.py", "", [(entry, ("shop.main", "shop.routes"))]),
        ("LS202", "Procfile", "The module shop.jobs was not found.", []),
    ]


def test_commands_of_files_that_are_not_checked_are_not_judged(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    codes = [f.code for f in check(request(tmp_path, "shop"), Unobserved()).report.findings]
    assert codes == ["LS102"]


def test_roots_tell_what_starts_and_what_was_not_understood(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECT, "Procfile": "web: gunicorn $APP\n"})
    launches = explain(request(tmp_path)).launches
    assert [entry.name for entry in launches.entries] == [
        "shop.main:app (CMD in Dockerfile)",
        "tools/seed.py (seed in Makefile)",
    ]
    assert [(one.command, one.why, one.declared_at.path) for one in launches.unclear] == [
        ("gunicorn ?", "what it starts is only known at run time", "Procfile")
    ]
