"""The files that a page of the docs shows, and installing them as a distribution of their own."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A paragraph that starts with a file's name and ends with a colon, then the file between fences.
_FILE = re.compile(r"^`([\w./]+)`(?:(?!\n\n).)*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of(page: Path, under: str = "") -> dict[str, str]:
    """Path → text of each file that a page shows, below one of its headings or on the whole page."""
    text = page.read_text("utf-8")
    if under:
        text = text[text.index(f"\n## {under}\n") + 1 :]
        text = re.split(r"^## ", text.removeprefix("## "), maxsplit=1, flags=re.MULTILINE)[0]
    return dict(_FILE.findall(text))


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@contextmanager
def installed(project: Path, site: Path) -> Iterator[None]:
    """Install a project into a folder with pip, without network, and have it on the import path."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sys.path.insert(0, str(site))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(site)):
                del sys.modules[name]
