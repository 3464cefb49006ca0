"""What sets a plugin aside, with which reason, and that the rest starts."""

from __future__ import annotations

import sys

import click
import pytest

from core.channels.registration import Channel
from core.extensions import Contribution, find_plugins, load_plugins
from core.plugin import hookimpl

CONTRIBUTIONS = {
    "channel_register": Contribution(Channel, lambda channel: channel.key, "channel key"),
    "cli_register": Contribution(click.Command, lambda command: command.name or "", "command name"),
}
COMMAND = """
    import click
    @hookimpl
    def cli_register():
        return click.Command("labels")
"""


class CoreHooks:
    @hookimpl
    def cli_register(self):
        return [click.Command("run"), click.Command("doctor")]


def load(*enabled):
    return load_plugins(find_plugins(), enabled, [CoreHooks()], CONTRIBUTIONS)


def test_only_enabled_plugins_are_imported(site):
    enabled, disabled = site.install("parcels", ""), site.install("letters", "")

    loaded = load("parcels")

    assert list(loaded.plugins) == ["parcels"]
    assert enabled in sys.modules
    assert disabled not in sys.modules


def test_plugins_without_hooks_or_with_an_object_run_too(site):
    site.install("plain")
    site.install(
        "object",
        files={
            "__init__.py": """
                from core.plugin import Plugin, hookimpl
                class Hooks:
                    @hookimpl
                    def order_validate(self, draft):
                        return f"no {draft}"
                plugin = Plugin("object", "Object", "1.0", hooks=Hooks())
            """
        },
    )

    loaded = load("plain", "object")

    assert list(loaded.plugins) == ["object", "plain"]
    assert loaded.complaints("order_validate", ctx=None, draft="way") == ["Object: no way"]


FAULTS = {
    "import raises": (
        {"__init__.py": "raise ImportError('no module named labels')"},
        "importing it failed with ImportError: no module named labels",
    ),
    "import exits": (
        {"__init__.py": "import sys\nsys.exit(3)"},
        "importing it failed with SystemExit: 3",
    ),
    "no attribute": ({"__init__.py": ""}, "importing it failed with AttributeError"),
    "wrong type": (
        {"__init__.py": "plugin = object()"},
        "its entry point site_faulty:plugin is of the type object, not core.plugin.Plugin",
    ),
    "wrong name": (
        {"__init__.py": "from core.plugin import Plugin\nplugin = Plugin('other', 'O', '1')"},
        "its entry point is called 'faulty', but the plugin calls itself 'other'",
    ),
    "requires text": (
        {
            "__init__.py": "from core.plugin import Plugin\n"
            "plugin = Plugin('faulty', 'Faulty', '1', requires=('sound'))"
        },
        "its requires is a text, not a tuple: ('sound',)",
    ),
    "hooks raise": (
        {"hooks.py": "1 / 0"},
        "importing its hooks failed with ZeroDivisionError: division by zero",
    ),
}


@pytest.mark.parametrize(("files", "reason"), FAULTS.values(), ids=FAULTS)
def test_plugin_that_cannot_be_imported_is_set_aside(site, files, reason):
    site.install("faulty", "", files=files)
    site.install("sound", "")

    loaded = load("faulty", "sound")

    assert list(loaded.plugins) == ["sound"]
    assert loaded.set_aside["faulty"].startswith(reason)


def test_interruption_by_a_person_is_not_a_fault(site):
    site.install("parcels", files={"__init__.py": "raise KeyboardInterrupt"})

    with pytest.raises(KeyboardInterrupt):
        load("parcels")


HOOK_FAULTS = {
    "misspelt hook": (
        "@hookimpl\ndef order_create(ctx, order): ...",
        "its order_create is no hook; the nearest is order_created",
    ),
    "misspelt specname": (
        "@hookimpl(specname='order_validated')\ndef check(ctx): ...",
        "its order_validated is no hook; the nearest is order_validate",
    ),
    "unknown argument": (
        "@hookimpl\ndef order_created(ctx, orders): ...",
        "its order_created takes 'orders', which is no argument of that hook: ctx, order",
    ),
    "unknown keyword": (
        "@hookimpl\ndef order_created(*, orders): ...",
        "its order_created takes 'orders', which is no argument of that hook: ctx, order",
    ),
    "positional only": (
        "@hookimpl\ndef order_created(ctx, /): ...",
        "its order_created takes 'ctx' by position only, and hooks are called by name",
    ),
    "wrapper": (
        "@hookimpl(wrapper=True)\ndef order_created(ctx):\n    return (yield)",
        "its order_created is a wrapper, and wrappers are not part of the contract of hooks",
    ),
    "old wrapper": (
        "@hookimpl(hookwrapper=True)\ndef order_created(ctx):\n    yield",
        "its order_created is a wrapper, and wrappers are not part of the contract of hooks",
    ),
    "asynchronous": (
        "@hookimpl\nasync def order_created(ctx): ...",
        "its order_created is asynchronous, and hooks are not",
    ),
    "contribute raises": (
        "@hookimpl\ndef channel_register():\n    raise ValueError('no region')",
        "its channel_register failed with ValueError: no region",
    ),
    "contribute raises midway": (
        "@hookimpl\ndef channel_register():\n    yield 1 / 0",
        "its channel_register failed with ZeroDivisionError: division by zero",
    ),
    "contribute exits": (
        "@hookimpl\ndef channel_register():\n    raise SystemExit",
        "its channel_register failed with SystemExit",
    ),
    "contribute wrong type": (
        "@hookimpl\ndef channel_register():\n    return ['amazon']",
        "its channel_register returned a str, not a Channel",
    ),
    "contribute text": (
        "@hookimpl\ndef channel_register():\n    return 'amazon'",
        "its channel_register returned a str, not a Channel",
    ),
    "key of the core": (
        "import click\n@hookimpl\ndef cli_register():\n    return click.Command('run')",
        "its command name 'run' is already taken by the core",
    ),
    "key twice": (
        "import click\n@hookimpl\ndef cli_register():\n    return [click.Command('a')] * 2",
        "it brings the command name 'a' twice",
    ),
}


@pytest.mark.parametrize(("hooks", "reason"), HOOK_FAULTS.values(), ids=HOOK_FAULTS)
def test_plugin_with_a_faulty_hook_is_set_aside(site, hooks, reason):
    site.install("faulty", hooks + "\n@hookimpl\ndef order_validate():\n    return 'no'")
    site.install("sound", COMMAND)

    loaded = load("faulty", "sound")

    assert loaded.set_aside == {"faulty": reason}
    assert list(loaded.plugins) == ["sound"]
    assert loaded.complaints("order_validate", ctx=None, draft=None) == []


def test_hook_of_a_newer_core_is_left_alone_if_marked_optional(site):
    site.install("parcels", "@hookimpl(optionalhook=True)\ndef order_celebrated(ctx): ...")

    assert list(load("parcels").plugins) == ["parcels"]


def test_key_that_an_earlier_plugin_has_taken_sets_the_later_aside(site):
    site.install("letters", COMMAND)
    site.install("parcels", COMMAND)

    loaded = load("parcels", "letters")

    assert list(loaded.plugins) == ["letters"]
    assert loaded.set_aside == {
        "parcels": "its command name 'labels' is already taken by the plugin letters"
    }


def test_key_of_a_plugin_that_was_set_aside_is_free(site):
    site.install("letters", COMMAND + "    @hookimpl\n    def channel_register():\n        1 / 0\n")
    site.install("parcels", COMMAND)

    assert list(load("parcels", "letters").plugins) == ["parcels"]


@pytest.mark.usefixtures("site")
def test_enabled_plugin_that_is_not_installed_is_set_aside():
    assert load("parcels").set_aside == {"parcels": "no installed distribution offers it"}


def test_enabled_plugin_that_two_distributions_offer_is_set_aside(site):
    site.install("parcels")
    site.add_metadata("other-parcels", "[entrepot.plugins]\nparcels = other:plugin\n")

    assert "other-parcels and site-parcels" in load("parcels").set_aside["parcels"]


def test_plugin_that_takes_the_name_of_the_core_is_set_aside(site):
    site.install("core")

    assert load("core").set_aside == {"core": "the name 'core' is the core's own"}


def test_plugin_whose_requirements_are_not_enabled_is_set_aside_naming_them(site):
    site.install("labels", manifest="requires=('parcels', 'letters', 'stamps')")
    site.install("letters")
    site.install("parcels")

    loaded = load("labels", "letters")

    assert loaded.set_aside == {"labels": "it requires parcels and stamps, which are not enabled"}
    assert loaded.plugins_requiring("parcels") == ["labels"]


def test_setting_one_aside_sets_aside_those_that_require_it_and_no_other(site):
    site.install("parcels", "@hookimpl\ndef order_create(): ...")
    site.install("labels", manifest="requires=('parcels',)")
    site.install("prints", manifest="requires=('labels',)")
    site.install("other")

    loaded = load("parcels", "labels", "prints", "other")

    assert list(loaded.plugins) == ["other"]
    assert loaded.set_aside["labels"] == "it requires parcels, which was set aside"
    assert loaded.set_aside["prints"] == "it requires labels, which was set aside"


def test_circle_of_requirements_is_set_aside_with_those_that_require_it(site):
    site.install("a1", manifest="requires=('b1',)")
    site.install("b1", manifest="requires=('c1',)")
    site.install("c1", manifest="requires=('a1',)")
    site.install("own", manifest="requires=('own',)")
    site.install("user", manifest="requires=('a1',)")
    site.install("zoo")

    loaded = load("a1", "b1", "c1", "own", "user", "zoo")

    assert list(loaded.plugins) == ["zoo"]
    assert loaded.set_aside == {
        "a1": "it requires itself in a circle: a1 → b1 → c1 → a1",
        "b1": "it requires itself in a circle: b1 → c1 → a1 → b1",
        "c1": "it requires itself in a circle: c1 → a1 → b1 → c1",
        "own": "it requires itself in a circle: own → own",
        "user": "it requires a1, which was set aside",
    }


def test_contributions_are_collected_once_and_flattened(site):
    site.install(
        "parcels",
        """
        import click
        asked = []
        @hookimpl
        def cli_register():
            asked.append(1)
            yield click.Command("pack")
            yield click.Command("label")
        """,
    )
    site.install("letters", "@hookimpl\ndef cli_register(): ...")

    loaded = load("parcels", "letters")

    brought = [(plugin, command.name) for plugin, command in loaded.contributions("cli_register")]
    assert brought == [
        ("parcels", "pack"),
        ("parcels", "label"),
        ("core", "run"),
        ("core", "doctor"),
    ]
    assert loaded.contributions("channel_register") == []
    assert sys.modules["site_parcels.hooks"].asked == [1]


def test_fault_in_the_cores_own_hooks_is_raised():
    class Wrong:
        @hookimpl
        def order_create(self): ...

    with pytest.raises(TypeError, match="order_create is no hook"):
        load_plugins(find_plugins(), (), [Wrong()])
