"""No hook without a user, a test and a page."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import ROOT, functions, hooks, modules, tree_of

NAMES = [hook.name for hook in hooks()]


@pytest.fixture(scope="module")
def tested() -> str:
    """The source of every test but the house's own."""
    return "\n".join(path.read_text("utf-8") for path in modules("tests") if "house" not in path.parts)


@pytest.fixture(scope="module")
def implemented() -> set[str]:
    """The hooks that a bundled plugin or the core itself implements."""
    paths = [*(ROOT / "plugins").glob("*/hooks.py"), ROOT / "core" / "application" / "core_hooks.py"]
    return {
        node.name
        for path in paths
        for node in functions(tree_of(path))
        if any("hookimpl" in ast.unparse(decorator) for decorator in node.decorator_list)
    }


@pytest.mark.parametrize("name", NAMES)
def test_hook_is_mentioned_by_a_test(name: str, tested: str) -> None:
    assert re.search(rf"\b{name}\b", tested)


@pytest.mark.parametrize("name", NAMES)
def test_hook_is_used_by_a_plugin_of_ours_or_answered_by_the_core(name: str, implemented: set[str]) -> None:
    assert name in implemented


@pytest.mark.parametrize("hook", hooks(), ids=NAMES)
def test_hook_is_on_its_page_with_its_exact_signature(hook: ast.FunctionDef) -> None:
    page = (ROOT / "docs" / "hooks.md").read_text("utf-8")
    assert hook.returns is not None
    assert f"def {hook.name}({ast.unparse(hook.args)}) -> {ast.unparse(hook.returns)}\n" in page


@pytest.mark.parametrize("hook", hooks(), ids=NAMES)
def test_hook_says_the_same_things_in_the_same_order(hook: ast.FunctionDef) -> None:
    arguments = [argument.arg for argument in hook.args.args]
    wanted = ["When", *arguments, "Returns", "Several plugins", "If it raises", "Since"]

    lines = (ast.get_docstring(hook) or "").splitlines()

    said = [label for line in lines if (label := line.partition(": ")[0]) in wanted]
    assert said == wanted
    assert 5 <= len(lines) <= 20
    assert all(argument.annotation for argument in hook.args.args)
