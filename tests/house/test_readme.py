"""What the README promises."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from core.cli import entrepot
from core.cli.context import CommandLine
from core.testing import make_application, make_order, run_jobs
from tests.house.examples import files_of, installed, write_files
from tests.house.source import ROOT

README = ROOT / "README.md"


def test_the_plugin_of_the_readme_is_found_enabled_and_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path / "project", files_of(README))

    with installed(tmp_path / "project", tmp_path / "site"):
        live = make_application(tmp_path, enabled=["hello_orders"])
        number = make_order(live)
        run_jobs(live)
        live.close()

    assert capsys.readouterr().out == f"Hello, {number}\n"


def test_the_plugin_of_the_readme_has_twenty_lines() -> None:
    lines = [line for text in files_of(README).values() for line in text.splitlines() if line.strip()]

    assert len(lines) <= 20


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs"])
def test_every_link_leads_somewhere(page: str) -> None:
    start = ROOT / page
    broken = [
        f"{path.name}: {target}"
        for path in ([start] if start.is_file() else sorted(start.rglob("*.md")))
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8"))
        if not target.startswith("https://") and not (path.parent / target).exists()
    ]

    assert broken == []


def test_every_command_that_is_shown_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ENTREPOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENTREPOT_HOME", str(tmp_path))  # no database: the commands of a new shop
    pages = [README, *sorted((ROOT / "docs").glob("tutorial-*.md"))]
    shown = [(page.name, words) for page in pages for words in shown_commands(page)]

    wrong = [f"{page}: {' '.join(words)}" for page, words in shown if not is_understood(words)]

    assert len(shown) > 30
    assert wrong == []


def shown_commands(page: Path) -> Iterator[list[str]]:
    """Every call of `entrepot` between fences, as the words after it."""
    text = page.read_text("utf-8")
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["entrepot"]:
                yield words[1:]


def is_understood(words: list[str]) -> bool:
    """Whether there is such a command with such options; what they hold is not looked at."""
    context = click.Context(entrepot, info_name="entrepot", obj=CommandLine())
    command: click.Command = entrepot
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0]) if words else None
        if found is None:
            return False
        context = click.Context(found, info_name=words[0], parent=context)
        command, words = found, words[1:]
    try:
        command.make_parser(context).parse_args(list(words))
    except click.UsageError:
        return False
    return True
