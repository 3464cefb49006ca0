"""What is installed, read without importing it."""

from __future__ import annotations

import sys

from core.extensions import FoundPlugin, Said, find_plugins, read_about
from core.testing import install_plugin


def test_installed_plugin_is_found_without_being_imported(site):
    package = site.install("parcels")

    found = find_plugins().plugins["parcels"]

    assert found == FoundPlugin(
        name="parcels",
        value="site_parcels:plugin",
        distribution="site-parcels",
        version="1.0",
        summary="What site-parcels is for",
        is_default=False,
    )
    assert package not in sys.modules


def test_what_a_plugin_says_of_itself_is_read_without_importing_it(tmp_path):
    says = '"""Packs parcels\nby itself.\n\nMore for authors."""\nraise RuntimeError\n'
    says += 'plugin = Plugin("packer", "Parcel packer")\n'
    files = {
        "packer.py": says,
        "boxes/__init__.py": "raise RuntimeError",
        "boxes/small.py": says,
        "bad.py": "(",
    }
    with install_plugin(tmp_path, "packer", files):
        for value in ("packer:plugin", "boxes.small:plugin"):
            assert read_about(value) == Said("Parcel packer", "Packs parcels by itself.")
        for value in ("boxes:plugin", "boxes.large:plugin", "bad:plugin", "nowhere.at_all:plugin", ""):
            assert read_about(value) == Said()
        assert not {"packer", "boxes"} & set(sys.modules)


def test_name_that_two_distributions_offer_is_set_aside_naming_both(site):
    site.install("parcels")
    site.add_metadata("other-parcels", "[entrepot.plugins]\nparcels = other:plugin\n")

    found = find_plugins()

    assert "parcels" not in found.plugins
    assert "other-parcels and site-parcels" in found.set_aside["parcels"]


def test_plugin_is_default_only_if_entrepot_itself_ships_it_and_says_so(site):
    site.add_metadata(
        "entrepot",
        "[entrepot.plugins]\nbundled = site_bundled:plugin\nextra = site_extra:plugin\n"
        "[entrepot.default_plugins]\nbundled = site_bundled:plugin\nguest = site_guest:plugin\n",
    )
    site.install("guest")
    site.add_metadata(
        "site-pushy",
        "[entrepot.plugins]\npushy = pushy:plugin\n"
        "[entrepot.default_plugins]\npushy = pushy:plugin\nextra = site_extra:plugin\n",
    )

    found = find_plugins().plugins

    assert {name for name, plugin in found.items() if plugin.is_default} == {"bundled"}
    assert {"extra", "guest", "pushy"} <= set(found)
