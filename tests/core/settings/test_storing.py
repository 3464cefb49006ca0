"""Reading and saving settings, on every database."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import text

from core.errors import InvalidValue, NotConfigured
from core.settings import (
    SettingsKey,
    list_history,
    read_settings,
    save_settings,
    show_settings,
)

KEY = SettingsKey("parcels", "account", "7")


class ParcelSettings(Schema):
    policy = fields.String(
        load_default="guest", validate=validate.OneOf(["guest", "match"], ["Guest", "Match"])
    )
    minutes = fields.Integer(load_default=5, validate=validate.Range(min=1, max=60))
    window_from = fields.Integer(load_default=0)
    window_to = fields.Integer(load_default=24)
    margin = fields.Decimal(load_default=Decimal("0.10"))
    wait = fields.TimeDelta(load_default=timedelta(minutes=2))
    carriers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    api_key = fields.String(load_default="", load_only=True, metadata={"secret": True})

    @validates_schema
    def check_window(self, data: dict[str, int], **_: object) -> None:
        if data["window_from"] >= data["window_to"]:
            raise ValidationError("The window ends before it starts.")


class StrictSettings(Schema):
    warehouse = fields.String(required=True)
    policy = fields.String(required=True, validate=validate.OneOf(["ship", "hold"]))


def test_settings_never_saved_are_the_defaults(database):
    with database.reading() as ctx:
        values = read_settings(ctx, KEY, ParcelSettings())

    assert values["policy"] == "guest"
    assert values["wait"] == timedelta(minutes=2)
    assert values["carriers"] == {}


def test_saved_settings_are_read_back_as_python_values(database):
    with database.writing() as ctx:
        changed = save_settings(
            ctx,
            KEY,
            ParcelSettings(),
            {"minutes": "9", "margin": "0.1250", "wait": 90, "carriers": {"DHL": "DHL Paket"}},
        )

    with database.reading() as ctx:
        values = read_settings(ctx, KEY, ParcelSettings())
    assert changed == ["minutes", "margin", "wait", "carriers"]
    assert values["minutes"] == 9
    assert values["margin"] == Decimal("0.1250")
    assert values["wait"] == timedelta(seconds=90)
    assert values["carriers"] == {"DHL": "DHL Paket"}
    assert values["policy"] == "guest"


def test_saving_keeps_the_values_it_is_not_given(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9})
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"policy": "match"})

    with database.reading() as ctx:
        values = read_settings(ctx, KEY, ParcelSettings())
    assert (values["minutes"], values["policy"]) == (9, "match")


def test_settings_of_each_scope_stand_alone(database):
    other = SettingsKey("parcels", "marketplace", "7")
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9})
        save_settings(ctx, other, ParcelSettings(), {"minutes": 11})
        save_settings(ctx, SettingsKey("parcels", "global"), ParcelSettings(), {"minutes": 13})

    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["minutes"] == 9
        assert read_settings(ctx, other, ParcelSettings())["minutes"] == 11


@pytest.mark.parametrize(("scope", "scope_id"), [("shop", ""), ("global", "7"), ("account", "")])
def test_key_that_names_no_scope_is_refused(scope, scope_id):
    with pytest.raises(ValueError, match="scope"):
        SettingsKey("parcels", scope, scope_id)


def test_unknown_setting_is_refused_with_the_known_ones(database):
    with (
        database.writing() as ctx,
        pytest.raises(InvalidValue, match=r"did you mean minutes.*policy, minutes") as refusal,
    ):
        save_settings(ctx, KEY, ParcelSettings(), {"minuts": 9})

    assert list(refusal.value.fields) == ["minuts"]


def test_wrong_values_are_refused_all_at_once_and_nothing_is_saved(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9})
    with database.writing() as ctx, pytest.raises(InvalidValue) as refusal:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": "soon", "policy": "vip", "wait": 30})

    assert refusal.value.fields == {
        "minutes": ["Not a valid integer."],
        "policy": ["Must be one of: guest, match."],
    }
    assert "minutes: Not a valid integer." in str(refusal.value)
    assert "policy: Must be one of: guest, match." in str(refusal.value)
    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["minutes"] == 9
        assert read_settings(ctx, KEY, ParcelSettings())["wait"] == timedelta(minutes=2)
        assert len(list_history(ctx, KEY)) == 1


def test_complaints_inside_a_mapping_name_the_entry(database):
    with database.writing() as ctx, pytest.raises(InvalidValue) as refusal:
        save_settings(ctx, KEY, ParcelSettings(), {"carriers": {"DHL": 5}})

    assert refusal.value.fields == {"carriers": ["DHL: Not a valid string."]}


def test_change_is_validated_together_with_what_is_stored(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"window_from": 12})
    with (
        database.writing() as ctx,
        pytest.raises(InvalidValue, match="not valid: The window ends before it starts"),
    ):
        save_settings(ctx, KEY, ParcelSettings(), {"window_to": 6})

    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["window_to"] == 24


def test_required_setting_never_saved_is_not_configured(database):
    with (
        database.reading() as ctx,
        pytest.raises(NotConfigured, match=r"parcels account 7.*warehouse: Missing data"),
    ):
        read_settings(ctx, KEY, StrictSettings())


def test_stored_value_that_a_newer_schema_refuses_is_not_configured(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"policy": "match"})

    with database.reading() as ctx:
        with pytest.raises(NotConfigured, match="policy: Must be one of: ship, hold"):
            read_settings(ctx, KEY, StrictSettings())
        assert show_settings(ctx, KEY, StrictSettings()) == {"warehouse": None, "policy": "match"}


def test_values_that_a_newer_schema_does_not_know_are_kept_but_not_returned(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9, "api_key": "hunter2"})
        save_settings(ctx, KEY, StrictSettings(), {"warehouse": "north", "policy": "ship"})

    with database.writing() as ctx:
        assert read_settings(ctx, KEY, StrictSettings()) == {
            "warehouse": "north",
            "policy": "ship",
        }
        save_settings(ctx, KEY, ParcelSettings(), {"policy": "guest"})
        values = read_settings(ctx, KEY, ParcelSettings())
        assert (values["minutes"], values["api_key"]) == (9, "hunter2")


def test_secret_is_encrypted_in_the_table_and_only_marked_in_history(database):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"api_key": "hunter2", "minutes": 9})
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"api_key": "hunter3"})

    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM settings")).all()
        rows += connection.execute(text("SELECT * FROM settings_history")).all()
    assert "hunter" not in "".join(
        str(bytes(v) if isinstance(v, memoryview) else v) for row in rows for v in row
    )
    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["api_key"] == "hunter3"
        newest, first = list_history(ctx, KEY)
        assert (first.before["api_key"], first.after["api_key"]) == ("not set", "set")
        assert (newest.before, newest.after) == ({"api_key": "set"}, {"api_key": "changed"})


@pytest.mark.parametrize("empty", ["", None])
def test_empty_value_for_a_secret_keeps_the_stored_one(database, empty):
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"api_key": "hunter2"})
    with database.writing() as ctx:
        changed = save_settings(ctx, KEY, ParcelSettings(), {"api_key": empty, "minutes": 9})

    assert changed == ["minutes"]
    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["api_key"] == "hunter2"


def test_shown_settings_hide_secrets_and_are_json(database):
    with database.writing() as ctx:
        before = show_settings(ctx, KEY, ParcelSettings())
        save_settings(ctx, KEY, ParcelSettings(), {"api_key": "hunter2", "margin": "0.2"})
        after = show_settings(ctx, KEY, ParcelSettings())

    assert (before["api_key"], after["api_key"]) == ("not set", "set")
    assert (before["margin"], after["margin"]) == ("0.10", "0.2")
    assert after["policy"] == "guest"


def test_history_tells_who_changed_what_newest_first(database):
    with database.writing("user:3") as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9, "policy": "guest"})
    database.clock.advance(timedelta(hours=1))
    with database.writing("cli") as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 10})

    with database.reading() as ctx:
        newest, first = list_history(ctx, KEY)
        assert (first.changed_by, first.before, first.after) == (
            "user:3",
            {"minutes": 5},
            {"minutes": 9},
        )
        assert newest.changed_by == "cli"
        assert newest.changed_at - first.changed_at == timedelta(hours=1)
        assert [row.id for row in list_history(ctx, KEY, limit=1, before=newest.id)] == [first.id]
        assert list_history(ctx, SettingsKey("parcels", "account", "8")) == []


def test_saving_what_already_holds_changes_nothing(database):
    with database.writing() as ctx:
        assert save_settings(ctx, KEY, ParcelSettings(), {"minutes": "5", "margin": "0.10"}) == []
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), {"minutes": 9})
    with database.writing() as ctx:
        assert save_settings(ctx, KEY, ParcelSettings(), {"minutes": "9"}) == []

    with database.reading() as ctx:
        assert len(list_history(ctx, KEY)) == 1


@pytest.mark.parametrize("is_new", [True, False])
def test_two_savers_of_different_fields_lose_no_change(database, is_new):
    if not is_new:
        with database.writing() as ctx:
            save_settings(ctx, KEY, ParcelSettings(), {"policy": "match"})
    start = threading.Barrier(4)
    failures = []

    def save(changes):
        start.wait()
        try:
            with database.writing() as ctx:
                read_settings(ctx, KEY, ParcelSettings())
                save_settings(ctx, KEY, ParcelSettings(), changes)
        except Exception as error:
            failures.append(error)

    changes = [{"minutes": 9}, {"window_to": 20}, {"wait": 30}, {"api_key": "hunter2"}]
    savers = [threading.Thread(target=save, args=(each,)) for each in changes]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()

    assert failures == []
    with database.reading() as ctx:
        values = read_settings(ctx, KEY, ParcelSettings())
        assert (values["minutes"], values["window_to"], values["api_key"]) == (9, 20, "hunter2")
        assert values["wait"] == timedelta(seconds=30)
        assert values["policy"] == ("guest" if is_new else "match")
