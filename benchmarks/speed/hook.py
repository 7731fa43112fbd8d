"""How long the hook holds up a commit, in a repository that has the code of a corpus."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.speed.corpora import Corpus, Edit, lines_in, unpack
from benchmarks.speed.edits import ADDED, IMPORTED, after, with_line, without
from benchmarks.speed.measuring import Taken, median, run

_GIT = ("git", "-c", "user.name=someone", "-c", "user.email=someone@example.org")


class Hook:
    """Runs what `.pre-commit-hooks.yaml` says in a repository of its own, made at `work`."""

    def __init__(
        self, corpus: Corpus, work: Path, programs: str, environ: Mapping[str, str]
    ) -> None:
        self.corpus = corpus
        self.environ = dict(environ)
        self._kept = work / "kept" / "hook"
        self._command = [
            *(f"{programs}/linkstep", "check", "--staged", "--since", "HEAD"),
            *("--cache-dir", str(self._kept)),
        ]
        self._place = work / "hook"
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(unpack(corpus, work), self._place)
        self._git("init", "--quiet")
        self._commit()

    def table(self, rounds: int) -> str:
        """Measure the hook, and give a table in Markdown."""
        rows: dict[str, list[Taken]] = {}
        for _ in range(rounds):
            for name, taken in self._round().items():
                if taken is None:
                    raise SystemExit(f"the hook did not end: {name}")
                rows.setdefault(name, []).append(taken)
        files, lines = lines_in(self._place)
        text = [
            f"**The hook**, `linkstep check --staged --since HEAD`, in a repository of "
            f"{', '.join(self.corpus.distributions)}; {files:,} files, {lines:,} lines.",
            "",
            "| what is staged | seconds | processor | memory |",
            "|---|--:|--:|--:|",
        ]
        for name, runs in rows.items():
            taken = median(runs)
            text.append(f"| {name} | {taken.wall:.2f} | {taken.cpu:.1f} | {taken.memory:.0f} MB |")
        return "\n".join(text)

    def _round(self) -> dict[str, Taken | None]:
        edited = self._place / self.corpus.edited
        text = edited.read_text()
        shutil.rmtree(self._kept, ignore_errors=True)
        rows = {"nothing, with an empty cache": self._run()}
        self._run()  # what was written just now is looked at once more
        rows["nothing"] = self._run()
        try:
            rows["the body of a function"] = self._staged(edited, with_line(text))
            self._commit()
            rows["nothing, after the commit"] = self._run()
            rows["a new function"] = self._staged(edited, with_line(text) + ADDED)
            self._commit()
            rows["an import of the standard library"] = self._staged(
                edited, with_line(text) + IMPORTED
            )
            self._commit()
            for edit in self.corpus.further:
                rows[edit.what] = self._once(edit)
            rows["a removed name that others import at their top"] = self._staged(
                edited, without(text, self.corpus)
            )
        finally:
            edited.write_text(text)
            self._commit()
        return rows

    def _once(self, edit: Edit) -> Taken | None:
        """Measure one edit, and take it back."""
        place = self._place / edit.path
        text = place.read_text()
        try:
            return self._staged(place, after(text, edit))
        finally:
            self._staged(place, text)

    def _staged(self, edited: Path, text: str) -> Taken | None:
        edited.write_text(text)
        self._git("add", "--all")
        return self._run()

    def _run(self) -> Taken | None:
        return run(self._command, self._place, self.environ)

    def _commit(self) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "-m", "state")

    def _git(self, *arguments: str) -> None:
        subprocess.run([*_GIT, *arguments], cwd=self._place, check=True)
