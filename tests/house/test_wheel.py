"""The wheel, installed where there is no checkout: all is in it, and the main job runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.house.source import ROOT

SHIPPED = ("core", "plugins")
PROJECT_FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the wheel is built from, so that no earlier build can leak into it."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SHIPPED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in PROJECT_FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def shipped_files(sources: Path) -> set[str]:
    """Every file of ours, as it was before the build."""
    return {
        path.relative_to(sources).as_posix()
        for name in SHIPPED
        for path in (sources / name).rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def wheel(sources: Path, shipped_files: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network."""
    assert shipped_files
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=sources)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, and beside it the dependencies that are installed here.

    They are reached by a path alone, which leaves out how this checkout is installed among them.
    """
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(own) / "beside.pth").write_text("\n".join(sorted(here)), "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install"]
    run(*pip, "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel)
    return folder


def test_every_file_of_ours_is_in_the_wheel(wheel: Path, shipped_files: set[str]) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert shipped_files <= names
    assert {name for name in names - shipped_files if ".dist-info/" not in name} == set()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_runs_without_the_checkout(environment: Path, tmp_path: Path) -> None:
    script = "import core, plugins, sys; print(core.__file__, plugins.__file__, *sys.path, sep='\\n')"

    places = run(environment / "bin" / "python", "-c", script, cwd=tmp_path).splitlines()

    assert all(Path(place).is_relative_to(environment) for place in places[:2])
    assert str(ROOT) not in places


def test_the_main_job_runs_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    entrepot = environment / "bin" / "entrepot"

    answer = json.loads(run(entrepot, "demo", "--once", "--json", cwd=tmp_path))

    merchant, amazon = answer["workflows"]
    assert [step["step"] for step in merchant["steps"]] == [1, 2, 3, 4, 5]
    last = merchant["steps"][-1]
    assert (last["amazon"], last["channel_order"], last["order"]) == ("Shipped", "Shipped", "complete")
    assert [step["step"] for step in amazon["steps"]] == [1, 2, 3]
    assert amazon["steps"][-1]["order"] == "complete"


def test_a_new_shop_from_the_wheel_is_well(environment: Path, tmp_path: Path) -> None:
    entrepot = environment / "bin" / "entrepot"

    run(entrepot, "db", "upgrade", cwd=tmp_path)
    plugins = json.loads(run(entrepot, "plugins", "list", "--json", cwd=tmp_path))

    assert {row["name"]: row["state"] for row in plugins} == {
        "amazon_channel": "enabled",
        "erp_bridge": "disabled",
        "guest_checkout": "enabled",
    }


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program to its end, in an environment that names no path of ours; what it printed."""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ENTREPOT_"))
    }
    if cwd is not None:
        environ["ENTREPOT_HOME"] = str(cwd / "home")
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
