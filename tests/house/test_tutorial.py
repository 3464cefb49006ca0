"""The plugins of the tutorial, installed and tested as it tells its reader to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.examples import files_of, installed, write_files
from tests.house.source import ROOT

TUTORIAL = ROOT / "docs" / "tutorial-plugin-authors.md"


@pytest.mark.parametrize("chapter", ["A policy", "A channel", "Pages and resources"])
def test_plugin_of_the_tutorial_passes_its_own_tests(chapter: str, tmp_path: Path) -> None:
    project, site = tmp_path / "project", tmp_path / "site"
    write_files(project, files_of(TUTORIAL, chapter))

    with installed(project, site):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"],
            cwd=project,
            env=os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
