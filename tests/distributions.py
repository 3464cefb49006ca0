"""A folder on the import path, into which tests install distributions with plugins."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Distributions:
    """A folder on the import path, into which distributions with plugins are installed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        folder.mkdir()

    def install(
        self,
        name: str,
        hooks: str | None = None,
        *,
        manifest: str = "",
        files: dict[str, str] | None = None,
        **metadata: str,
    ) -> str:
        """Install a distribution with one plugin; returns the name of its package.

        `hooks` is the source of its hook implementations, `manifest` more arguments of `Plugin`,
        `files` further files, of which `__init__.py` replaces the usual one.
        """
        package = metadata.pop("package", f"site_{name}")
        arguments = f"{name!r}, {name.title()!r}, '1.0', {manifest}"
        if hooks is not None:
            arguments = arguments.removesuffix(", ") + f", hooks='{package}.hooks'"
        sources = {
            "__init__.py": f"from core.plugin import Plugin\nplugin = Plugin({arguments})\n",
            "hooks.py": f"from core.plugin import hookimpl\n{textwrap.dedent(hooks or '')}\n",
            **(files or {}),
        }
        for path, source in sources.items():
            target = self.folder / package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(source), "utf-8")
        self.add_metadata(
            metadata.get("distribution", f"site-{name}"),
            metadata.get("entry_points", f"[entrepot.plugins]\n{name} = {package}:plugin\n"),
        )
        return package

    def add_metadata(self, distribution: str, entry_points: str) -> None:
        """Write what pip would write about an installed distribution."""
        folder = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
            f"Summary: What {distribution} is for\n",
            "utf-8",
        )
        (folder / "entry_points.txt").write_text(entry_points, "utf-8")
        self._monkeypatch.syspath_prepend(self.folder)


@contextmanager
def distributions_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distributions]:
    """An empty folder on the import path; what was imported from it is forgotten afterwards."""
    distributions = Distributions(folder, monkeypatch)
    yield distributions
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if origin and Path(origin).is_relative_to(folder):
            del sys.modules[name]
