"""What was changed, in words, and taking one change back."""

from __future__ import annotations

import pytest
from marshmallow import Schema, fields, validate

from core.errors import NotFound, WrongState
from core.settings import (
    SettingsKey,
    describe_change,
    list_history,
    read_settings,
    save_settings,
    undo_change,
)

KEY = SettingsKey("parcels", "account", "7")


class ParcelSettings(Schema):
    policy = fields.String(
        load_default="guest",
        validate=validate.OneOf(["guest", "match"], ["Guest", "Match"]),
        metadata={"label": "Who buys"},
    )
    minutes = fields.Integer(load_default=5)
    carriers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    api_key = fields.String(load_default="", metadata={"secret": True, "label": "Key"})


class NarrowSettings(ParcelSettings):
    policy = fields.String(load_default="match", validate=validate.OneOf(["match"]))


class FewerSettings(Schema):
    minutes = fields.Integer(load_default=5)


def save(database, **changes):
    """Change settings; the change's id."""
    with database.writing() as ctx:
        save_settings(ctx, KEY, ParcelSettings(), changes)
        return list_history(ctx, KEY, limit=1)[0].id


def test_change_is_told_in_the_words_of_the_schema_without_secrets(database):
    save(database, policy="match", carriers={"dhl": "DHL"}, api_key="hunter2")

    with database.reading() as ctx:
        told = describe_change(list_history(ctx, KEY)[0], ParcelSettings())
    assert [(each.label, each.before, each.after) for each in told.differences] == [
        ("Who buys", "Guest", "Match"),
        ("Carriers", "-", "dhl → DHL"),
        ("Key", "not set", "set"),
    ]
    assert told.can_be_undone
    assert told.changed_by == "cli"


def test_change_is_taken_back_and_later_changes_of_other_settings_stay(database):
    first = save(database, minutes=9, policy="match")
    save(database, carriers={"dhl": "DHL"})

    with database.writing() as ctx:
        assert undo_change(ctx, KEY, ParcelSettings(), first) == ["minutes", "policy"]
    with database.reading() as ctx:
        values = read_settings(ctx, KEY, ParcelSettings())
        assert len(list_history(ctx, KEY)) == 3
    assert (values["minutes"], values["policy"], values["carriers"]) == (5, "guest", {"dhl": "DHL"})


def test_secret_keeps_its_value_when_a_change_is_taken_back(database):
    both = save(database, api_key="hunter2", minutes=9)
    only = save(database, api_key="hunter3")

    with database.writing() as ctx:
        assert undo_change(ctx, KEY, ParcelSettings(), both) == ["minutes"]
    with database.writing() as ctx, pytest.raises(WrongState, match="value of a secret is not kept"):
        undo_change(ctx, KEY, ParcelSettings(), only)
    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["api_key"] == "hunter3"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [(NarrowSettings, "not valid now: .*policy"), (FewerSettings, "no setting policy any more")],
)
def test_change_that_does_not_fit_any_more_is_refused_and_nothing_is_saved(database, schema, reason):
    change = save(database, policy="match", minutes=9)

    with database.writing() as ctx, pytest.raises(WrongState, match=reason):
        undo_change(ctx, KEY, schema(), change)
    with database.reading() as ctx:
        assert read_settings(ctx, KEY, ParcelSettings())["minutes"] == 9


def test_change_of_other_settings_is_not_found(database):
    change = save(database, minutes=9)

    with database.writing() as ctx, pytest.raises(NotFound):
        undo_change(ctx, SettingsKey("parcels", "account", "8"), ParcelSettings(), change)
