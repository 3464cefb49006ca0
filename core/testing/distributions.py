"""Distributions that are thrown away: a plugin is found by its package metadata, so it gets some."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent


@contextmanager
def install_plugin(
    folder: Path, name: str, files: Mapping[str, str], value: str | None = None
) -> Iterator[None]:
    """Make a plugin visible as pip would, until the end of the block.

    folder  where to write it: a folder of the test's own
    name    the plugin's name, which is its entry point's
    files   path → source: `{"my_plugin.py": "…"}`
    value   where the `Plugin` is; `<name>:plugin` if it is not given

    The plugin is found, not enabled: name it to `make_application`.
    """
    site = folder / f"site-{name}"
    for path, source in files.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(source), "utf-8")
    _write_metadata(site, name, value or f"{name}:plugin")
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        importlib.invalidate_caches()
        _forget_modules(site)


def _write_metadata(site: Path, name: str, value: str) -> None:
    distribution = f"throwaway-{name.replace('_', '-')}"
    folder = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    (folder / "METADATA").write_text(metadata, "utf-8")
    (folder / "entry_points.txt").write_text(f"[entrepot.plugins]\n{name} = {value}\n", "utf-8")


def _forget_modules(site: Path) -> None:
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if origin and Path(origin).is_relative_to(site):
            del sys.modules[name]
