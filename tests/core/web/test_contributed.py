"""Pages and REST resources that plugins add, in the process that is already running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.managing import switch_off, switch_on
from tests.core.web.api.conftest import Api
from tests.core.web.conftest import Pages, enter
from tests.distributions import Distributions, distributions_in

HOOKS = """
    from core import AdminPages, ApiResources, NavigationEntry
    from core.access import Permission, Scope

    @hookimpl
    def permission_register():
        return Permission("guide.view", "Read the guide", ("packer",))

    @hookimpl
    def scope_register():
        return Scope("guide", "Read the guide", lambda session: ["one"])

    @hookimpl
    def admin_register():
        entry = NavigationEntry("The guide", "guide.show", "list-check", "guide.view")
        return AdminPages("guide", "Guide", "site_guide.admin", (entry,))

    @hookimpl
    def api_register():
        return ApiResources("guide", "Guide", "site_guide.api")
"""
PAGES = """
    from flask import Blueprint
    from core.web.admin.shell import needs, reading, render

    pages = Blueprint("guide", __name__, url_prefix="/guide", template_folder="templates")

    @pages.get("")
    @needs("guide.view")
    def show():
        with reading() as ctx:
            return render("guide/show.html", ctx)
"""
TEMPLATE = """
    {% extends 'admin/base.html' %}
    {% block title %}The guide{% endblock %}
    {% block content %}<p>Pack with care.</p>{% endblock %}
"""
RESOURCES = """
    from marshmallow import Schema, fields
    from core.web.api.answering import answer
    from core.web.api.documenting import Gives, Noun

    resources = Noun("guide", __name__, description="The guide.")

    class ChapterSchema(Schema):
        name = fields.String()

    @resources.operation("GET", "/guide/<segment:chapter>", "guide:<chapter>", Gives(ChapterSchema))
    def read_chapter(chapter):
        \"\"\"Read a chapter.\"\"\"
        return answer({"name": chapter})
"""
FILES = {"admin.py": PAGES, "templates/guide/show.html": TEMPLATE, "api.py": RESOURCES}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distributions]:
    """A folder on the import path."""
    with distributions_in(tmp_path / "site", monkeypatch) as distributions:
        yield distributions


def enable(live: LiveApplication, name: str = "guide") -> None:
    switch_on(live.current(), name, "test")


def test_pages_come_and_go_with_their_plugin(
    installed: Distributions, pages: Pages, live: LiveApplication
) -> None:
    installed.install("guide", HOOKS, files=FILES)
    assert pages.get("/guide").status == 404
    enable(live)
    assert "Pack with care." in pages.get("/guide").text
    assert "The guide" in pages.get("/").text
    switch_off(live.current(), "guide", "test", confirmed=True)
    assert pages.get("/guide").status == 404
    assert "The guide" not in pages.get("/").text


def test_pages_ask_for_the_permission_that_their_plugin_names(
    installed: Distributions, live: LiveApplication
) -> None:
    visitor = enter(Pages(live), live, "read_only")
    installed.install("guide", HOOKS, files=FILES)
    enable(live)
    assert visitor.get("/guide").status == 403
    assert "The guide" not in visitor.get("/").text


def test_resources_are_answered_and_described(installed: Distributions, live: LiveApplication) -> None:
    api = Api(live)
    installed.install("guide", HOOKS, files=FILES)
    assert api.get("/guide/one").status == 404
    enable(live)
    assert api.with_scopes("orders:read").get("/guide/one").status == 403
    assert api.with_scopes("guide").get("/guide/one").json == {"name": "one"}
    narrow = api.with_scopes("guide:one")
    assert narrow.get("/guide/one").status == 200
    assert narrow.get("/guide/two").status == 403
    tokens = enter(Pages(live), live, "owner")
    assert "Read the guide: one" in tokens.get("/tokens").text
    made = tokens.post("/tokens", {"name": "reader", "scopes": "guide:one"})
    assert "It is shown only now" in made.text
    assert "/guide/{chapter}" in api.get("/openapi.json")["paths"]


@pytest.mark.parametrize(
    ("file", "source", "reason"),
    [
        ("admin.py", "raise RuntimeError('no')", "site_guide.admin cannot be used: RuntimeError: no"),
        ("admin.py", PAGES.replace('@needs("guide.view")', ""), "does not say who may open it"),
        ("admin.py", PAGES.replace('"guide", __name__', '"home", __name__'), "'home', not 'guide'"),
        ("admin.py", PAGES.replace('"/guide"', '"/orders"'), "/orders is a path of the core"),
        ("admin.py", "pages = None", "site_guide.admin cannot be used"),
        ("api.py", "", "site_guide.api cannot be used: AttributeError"),
        ("api.py", RESOURCES.replace("/guide/<segment:chapter>", "/orders/<n>"), "/orders/<> is a path of"),
    ],
    ids=["raises", "unguarded", "renamed", "path-taken", "nothing", "no-resources", "resource-taken"],
)
def test_what_cannot_be_used_is_left_out_and_its_plugin_says_why(
    installed: Distributions, pages: Pages, live: LiveApplication, file: str, source: str, reason: str
) -> None:
    installed.install("guide", HOOKS, files={**FILES, file: source})
    enable(live)
    assert reason in pages.get("/plugins/guide").text
    assert pages.get("/orders").status == 200
    assert (pages.get("/guide").status == 200) == (file == "api.py")


def test_a_name_of_the_core_sets_nothing_else_aside(
    installed: Distributions, pages: Pages, live: LiveApplication
) -> None:
    hooks = HOOKS.replace('AdminPages("guide"', 'AdminPages("orders"').replace('"guide.show"', '"orders.x"')
    installed.install(
        "guide", hooks, files={**FILES, "admin.py": PAGES.replace('"guide", _', '"orders", _')}
    )
    enable(live)
    assert "the name 'orders' is taken by the core" in pages.get("/plugins/guide").text
    assert pages.get("/orders").status == 200


def test_entries_to_pages_that_are_not_there_are_left_out(
    installed: Distributions, pages: Pages, live: LiveApplication
) -> None:
    installed.install("guide", HOOKS.replace('"guide.show"', '"guide.nowhere"'), files=FILES)
    enable(live)
    seen = pages.get("/")
    assert seen.status == 200
    assert "The guide" not in seen.text
