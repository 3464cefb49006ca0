"""Enabling and disabling, on every database."""

from __future__ import annotations

import threading

import click
import pytest
from sqlalchemy import inspect, text

from core.database.installation import current_generation
from core.errors import NotFound, PluginFailed, Refused, WrongState
from core.extensions import (
    Contribution,
    PluginHost,
    PluginState,
    disable_plugin,
    enable_plugin,
    enabled_plugins,
    find_plugins,
    seed_default_plugins,
)

NOTES = """
    from sqlalchemy import Column, Integer, MetaData, String, Table, insert
    notes = Table(
        "notes_texts", MetaData(), Column("id", Integer, primary_key=True), Column("text", String)
    )
    @hookimpl
    def order_created(ctx, order):
        ctx.session.execute(insert(notes).values(text=order))
"""
REVISION = """
    import sqlalchemy as sa
    from alembic import op
    revision = "notes_0001"
    down_revision = None
    branch_labels = None
    depends_on = None
    def upgrade():
        op.create_table(
            "notes_texts",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("text", sa.String(100), nullable=False),
        )
    def downgrade():
        op.drop_table("notes_texts")
"""


def make_host(database):
    contributions = {
        "cli_register": Contribution(click.Command, lambda command: command.name, "command name")
    }
    return PluginHost(database, database.engine, find_plugins(), (), contributions)


def state_of(database):
    with database.reading() as ctx:
        return enabled_plugins(ctx.session), current_generation(ctx.session)


def install_notes(site, revision=REVISION):
    return site.install(
        "notes",
        NOTES,
        manifest="migrations='site_notes.migrations'",
        files={
            "migrations/__init__.py": "",
            "migrations/versions/notes_0001.py": revision,
        },
    )


def test_enabled_plugin_is_marked_and_raises_the_generation(site, database):
    site.install("parcels")

    assert enable_plugin(make_host(database), "parcels", "user:3") is True

    assert state_of(database) == ({"parcels"}, 2)
    with database.reading() as ctx:
        row = ctx.session.get(PluginState, "parcels")
        assert (row.changed_by, row.changed_at) == ("user:3", database.clock.now())


def test_enabling_twice_changes_nothing_more(site, database):
    site.install("parcels")
    host = make_host(database)
    enable_plugin(host, "parcels", "cli")

    assert enable_plugin(host, "parcels", "cli") is False
    assert state_of(database) == ({"parcels"}, 2)


def test_plugin_with_a_table_of_its_own_gets_it_and_writes_to_it(site, database):
    install_notes(site)
    host = make_host(database)

    enable_plugin(host, "notes", "cli")

    assert inspect(database.engine).has_table("notes_texts")
    assert inspect(database.engine).has_table("alembic_version_notes")
    with database.writing() as ctx:
        host.load(host.enabled()).tell("notes", "order_created", ctx=ctx, order="order 7")
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT text FROM notes_texts")) == "order 7"


def test_plugin_whose_migration_fails_stays_disabled(site, database):
    install_notes(site, REVISION.replace("op.create_table(", "raise OSError(", 1))

    with pytest.raises(PluginFailed, match="'notes' failed in its migrations"):
        enable_plugin(make_host(database), "notes", "cli")

    assert state_of(database) == (set(), 1)
    assert not inspect(database.engine).has_table("notes_texts")


def test_disabling_loses_no_data_and_enabling_again_finds_it(site, database):
    install_notes(site)
    host = make_host(database)
    enable_plugin(host, "notes", "cli")
    with database.writing() as ctx:
        host.load(host.enabled()).tell("notes", "order_created", ctx=ctx, order="order 7")

    assert disable_plugin(host, "notes", "cli") is True
    assert state_of(database) == (set(), 3)
    assert enable_plugin(host, "notes", "cli") is True

    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notes_texts")) == 1


def test_unknown_plugin_is_refused_with_the_nearest_name(site, database):
    site.install("parcels")

    with pytest.raises(NotFound, match="did you mean 'parcels'"):
        enable_plugin(make_host(database), "parcel", "cli")
    with pytest.raises(NotFound, match="did you mean 'parcels'"):
        disable_plugin(make_host(database), "parcel", "cli")


def test_plugin_that_two_distributions_offer_is_refused(site, database):
    site.install("parcels")
    site.add_metadata("other-parcels", "[entrepot.plugins]\nparcels = other:plugin\n")

    with pytest.raises(WrongState, match="other-parcels and site-parcels"):
        enable_plugin(make_host(database), "parcels", "cli")


def test_plugin_whose_requirements_are_not_enabled_is_refused_naming_them(site, database):
    site.install("parcels")
    site.install("labels", manifest="requires=('parcels', 'stamps')")

    with pytest.raises(WrongState, match="it requires parcels and stamps, which are not enabled"):
        enable_plugin(make_host(database), "labels", "cli")

    assert state_of(database) == (set(), 1)


def test_plugin_that_does_not_load_is_refused_with_the_reason(site, database):
    site.install("parcels", "@hookimpl\ndef order_create(): ...")

    with pytest.raises(WrongState, match="order_create is no hook"):
        enable_plugin(make_host(database), "parcels", "cli")


def test_plugin_that_would_push_a_running_one_aside_is_refused(site, database):
    command = "import click\n@hookimpl\ndef cli_register():\n    return click.Command('labels')"
    site.install("parcels", command)
    site.install("a_rival", command)
    host = make_host(database)
    enable_plugin(host, "parcels", "cli")

    with pytest.raises(WrongState, match=r"would set aside 'parcels'.*'labels' is already taken"):
        enable_plugin(host, "a_rival", "cli")

    assert state_of(database) == ({"parcels"}, 2)


def test_plugin_that_another_enabled_one_requires_is_not_disabled(site, database):
    site.install("parcels")
    site.install("labels", manifest="requires=('parcels',)")
    host = make_host(database)
    enable_plugin(host, "parcels", "cli")
    enable_plugin(host, "labels", "cli")

    with pytest.raises(WrongState, match="is required by labels"):
        disable_plugin(host, "parcels", "cli", confirmed=True)

    disable_plugin(host, "labels", "cli")
    disable_plugin(host, "parcels", "cli")
    assert state_of(database)[0] == set()


def test_consequences_are_listed_until_they_are_confirmed(site, database):
    site.install("parcels")
    host = make_host(database)
    enable_plugin(host, "parcels", "cli")

    def consequences(ctx):
        names = ", ".join(enabled_plugins(ctx.session))
        return [f"orders wait for {names}", "labels are not printed"]

    with pytest.raises(Refused, match="orders wait for parcels; labels are not printed"):
        disable_plugin(host, "parcels", "cli", consequences)
    assert state_of(database) == ({"parcels"}, 2)

    assert disable_plugin(host, "parcels", "cli", consequences, confirmed=True) is True
    assert state_of(database) == (set(), 3)


def test_disabling_what_is_not_enabled_changes_nothing(site, database):
    site.install("parcels")

    assert disable_plugin(make_host(database), "parcels", "cli") is False
    assert state_of(database) == (set(), 1)


def test_plugin_that_was_uninstalled_can_be_disabled(site, database):
    site.install("parcels")
    enable_plugin(make_host(database), "parcels", "cli")
    for path in site.folder.glob("*.dist-info/entry_points.txt"):
        path.unlink()
    host = make_host(database)

    assert host.load(host.enabled()).set_aside == {"parcels": "no installed distribution offers it"}
    assert disable_plugin(host, "parcels", "cli") is True
    assert state_of(database)[0] == set()


def test_new_database_starts_with_the_default_plugins_once(site, database):
    site.add_metadata(
        "entrepot",
        "[entrepot.plugins]\nbundled = site_bundled:plugin\nextra = site_extra:plugin\n"
        "[entrepot.default_plugins]\nbundled = site_bundled:plugin\n",
    )
    site.install("guest")
    found = find_plugins()
    with database.writing("setup") as ctx:
        assert seed_default_plugins(ctx, found) == ["bundled"]
        assert enabled_plugins(ctx.session) == {"bundled"}
    disable_plugin(make_host(database), "bundled", "cli")
    with database.writing("setup") as ctx:
        assert seed_default_plugins(ctx, found) == []
        assert enabled_plugins(ctx.session) == set()


def test_switching_two_plugins_at_once_keeps_both_changes(site, database):
    site.install("parcels")
    site.install("letters")
    start = threading.Barrier(2)
    failures = []

    def enable(name):
        start.wait()
        try:
            enable_plugin(make_host(database), name, "cli")
        except Exception as error:
            failures.append(error)

    switchers = [threading.Thread(target=enable, args=(each,)) for each in ("parcels", "letters")]
    for switcher in switchers:
        switcher.start()
    for switcher in switchers:
        switcher.join()

    assert failures == []
    assert state_of(database) == ({"parcels", "letters"}, 3)
