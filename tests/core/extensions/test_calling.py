"""Asking and telling plugins: the order, and that each stands alone."""

from __future__ import annotations

import pytest

from core.context import Answer
from core.errors import NotFound, PluginFailed
from core.extensions import find_plugins, load_plugins
from core.plugin import hookimpl

ASKED = {"ctx": None, "request": "store 1"}
CHECKED = {"ctx": None, "draft": "draft"}


class CoreNumbers:
    @hookimpl
    def order_number_assign(self, request):
        return f"core {request}"


class CoreChecks:
    @hookimpl
    def order_validate(self):
        return ["the core says no"]

    @hookimpl
    def order_created(self, order):
        order.append("core")


def load(*enabled):
    return load_plugins(find_plugins(), enabled, [CoreNumbers(), CoreChecks()])


def answering(text, mark="@hookimpl"):
    return f"{mark}\ndef order_number_assign(ctx, request):\n    return {text}"


def saying(text, mark="@hookimpl"):
    return f"{mark}\ndef order_validate(draft):\n    return {text}"


def test_cores_own_answer_is_the_last_resort(site):
    site.install("silent", answering("None"))

    assert load("silent").decide("order_number_assign", **ASKED) == Answer("core store 1", "core")
    assert load().decide("customer_resolve", **ASKED) is None


def test_first_answer_wins_in_the_order_of_the_names(site):
    site.install("b2", answering("'b ' + request"))
    site.install("a1", answering("None"))
    site.install("c3", answering("'c'"))

    answer = load("a1", "b2", "c3").decide("order_number_assign", **ASKED)

    assert answer == Answer("b store 1", "b2")


def test_required_plugins_are_called_before_those_that_require_them(site):
    site.install("a1", saying("'a1'"), manifest="requires=('z9',)")
    site.install("b2", saying("'b2'"))
    site.install("z9", saying("'z9'"))

    loaded = load("a1", "b2", "z9")

    assert list(loaded.plugins) == ["b2", "z9", "a1"]
    assert loaded.listeners("order_validate") == ["b2", "z9", "a1", "core"]


def test_tryfirst_and_trylast_move_one_implementation_but_never_behind_the_core(site):
    first, last = "@hookimpl(tryfirst=True)", "@hookimpl(trylast=True)"
    site.install("a1", saying("'a1'", last))
    site.install("b2", saying("'b2'", last) + "\n" + answering("'b2'"))
    site.install("c3", saying("'c3'"))
    site.install("d4", saying("'d4'", first) + "\n" + answering("'d4'"))
    site.install("e5", saying("'e5'", first))

    loaded = load("a1", "b2", "c3", "d4", "e5")

    assert loaded.listeners("order_validate") == ["d4", "e5", "c3", "a1", "b2", "core"]
    assert loaded.listeners("order_number_assign") == ["b2", "d4", "core"]


def test_plugin_that_raises_fails_the_decision_under_its_name(site):
    site.install("broken", answering("1 / 0"))

    with pytest.raises(PluginFailed, match="'broken' failed in order_number_assign") as failure:
        load("broken").decide("order_number_assign", **ASKED)

    assert failure.value.plugin == "broken"
    assert isinstance(failure.value.__cause__, ZeroDivisionError)


def test_plugin_that_exits_fails_the_decision_and_not_the_process(site):
    site.install("broken", answering("exit()"))

    with pytest.raises(PluginFailed, match="SystemExit"):
        load("broken").decide("order_number_assign", **ASKED)


def test_plugin_behind_the_first_answer_is_not_asked(site):
    site.install("a1", answering("'a'"))
    site.install("broken", answering("1 / 0"))

    assert load("a1", "broken").decide("order_number_assign", **ASKED) == Answer("a", "a1")


def test_error_of_the_cores_own_passes_through_as_it_is():
    class Failing:
        @hookimpl
        def order_number_assign(self):
            raise NotFound("no such store")

    loaded = load_plugins(find_plugins(), (), [Failing()])

    with pytest.raises(NotFound, match="no such store"):
        loaded.decide("order_number_assign", **ASKED)


def test_every_complaint_is_collected_and_led_by_the_plugins_title(site):
    site.install("heavy", saying("['too ' + draft, '', 'too late']"))
    site.install("silent", saying("None"))
    site.install("torn", saying("'no box'"))

    assert load("heavy", "silent", "torn").complaints("order_validate", **CHECKED) == [
        "Heavy: too draft",
        "Heavy: too late",
        "Torn: no box",
        "the core says no",
    ]


@pytest.mark.parametrize(
    ("answer", "error"),
    [("1 / 0", "ZeroDivisionError"), ("exit()", "SystemExit"), ("True", "TypeError")],
)
def test_plugin_that_fails_a_check_is_a_complaint_and_the_others_are_asked(site, answer, error):
    site.install("broken", saying(answer))
    site.install("torn", saying("'no box'"))

    assert load("broken", "torn").complaints("order_validate", **CHECKED) == [
        f"Broken: order_validate failed: {error}",
        "Torn: no box",
        "the core says no",
    ]


def test_check_that_fails_midway_loses_no_other_plugins_complaints(site):
    site.install("broken", "@hookimpl\ndef order_validate():\n    yield 'one'\n    1 / 0")

    assert load("broken").complaints("order_validate", **CHECKED) == [
        "Broken: order_validate failed: ZeroDivisionError",
        "the core says no",
    ]


TELLING = """
    @hookimpl
    def order_created(order):
        order.append("parcels")
    @hookimpl(specname="order_created")
    def order_created_again(ctx, order=None):
        order.append("again")
"""


def test_one_plugin_at_a_time_is_told(site):
    site.install("parcels", TELLING)
    site.install("broken", "@hookimpl\ndef order_created(ctx):\n    raise KeyError('gone')")
    loaded = load("parcels", "broken")
    told = []

    loaded.tell("parcels", "order_created", ctx=None, order=told)
    loaded.tell("core", "order_created", ctx=None, order=told)

    assert sorted(told) == ["again", "core", "parcels"]
    assert loaded.listeners("order_created") == ["broken", "parcels", "core"]
    with pytest.raises(KeyError, match="gone"):
        loaded.tell("broken", "order_created", ctx=None, order=told)


@pytest.mark.parametrize(("plugin", "hook"), [("parcels", "order_canceled"), ("x", "order_created")])
def test_telling_a_plugin_that_does_not_listen_is_not_found(site, plugin, hook):
    site.install("parcels", TELLING)

    with pytest.raises(NotFound, match=plugin):
        load("parcels").tell(plugin, hook, ctx=None, order=[], reason="")


def test_asking_for_a_hook_that_does_not_exist_is_a_mistake():
    with pytest.raises(LookupError, match="order_create"):
        load().listeners("order_create")
