"""What forms, documentation and the command line learn of a schema."""

from __future__ import annotations

import enum
import json
from datetime import timedelta
from decimal import Decimal

from marshmallow import Schema, fields, validate

from core.settings import describe_fields


class Mode(enum.Enum):
    FAST = "fast"
    VERY_SLOW = "slow"


class Described(Schema):
    customer_policy = fields.String(
        load_default="guest",
        validate=[validate.Length(max=20), validate.OneOf(["guest", "match"], ["Guest", "Match"])],
        metadata={"label": "Customer Creation", "help": "Who buys.", "group": "Orders"},
    )
    api_key = fields.String(load_default="preset", metadata={"secret": True})
    warehouse = fields.String(required=True)
    minutes = fields.Integer(load_default=5)
    margin = fields.Decimal(load_default=Decimal("0.10"))
    wait = fields.TimeDelta(load_default=timedelta(minutes=2))
    active = fields.Boolean(load_default=True)
    carriers = fields.Dict(load_default=dict)
    statuses = fields.List(fields.String(), validate=validate.ContainsOnly(["a", "b"]), load_default=list)
    days = fields.List(fields.String(validate=validate.OneOf(["mon", "tue"])))
    tags = fields.List(fields.String())
    mode = fields.Enum(Mode, by_value=True, load_default=Mode.FAST)
    wire_name = fields.Url(data_key="wireName")
    shown = fields.String(dump_only=True)


def described():
    return {each.name: each for each in describe_fields(Described())}


def test_fields_are_described_in_order_without_those_that_cannot_be_set():
    assert list(described())[:3] == ["customer_policy", "api_key", "warehouse"]
    assert "wireName" in described()
    assert "shown" not in described()


def test_words_come_from_the_metadata_or_the_name():
    policy = described()["customer_policy"]

    assert (policy.label, policy.help, policy.group) == ("Customer Creation", "Who buys.", "Orders")
    assert (described()["api_key"].label, described()["api_key"].help) == ("Api key", "")


def test_choices_carry_their_labels():
    policy = described()["customer_policy"]

    assert policy.kind == "choice"
    assert policy.options == (("guest", "Guest"), ("match", "Match"))
    assert described()["mode"].options == (("fast", "Fast"), ("slow", "Very slow"))
    assert described()["days"].options == (("mon", "mon"), ("tue", "tue"))


def test_kinds_follow_the_types():
    kinds = {name: each.kind for name, each in described().items()}

    assert kinds == {
        "customer_policy": "choice",
        "api_key": "text",
        "warehouse": "text",
        "minutes": "integer",
        "margin": "decimal",
        "wait": "duration",
        "active": "boolean",
        "carriers": "mapping",
        "statuses": "choices",
        "days": "choices",
        "tags": "list",
        "mode": "choice",
        "wireName": "url",
    }


def test_defaults_are_json_and_secrets_have_none():
    defaults = {name: each.default for name, each in described().items()}

    assert json.loads(json.dumps(defaults)) == defaults
    assert defaults["margin"] == "0.10"
    assert defaults["mode"] == "fast"
    assert defaults["api_key"] is None
    assert described()["api_key"].is_secret
    assert described()["warehouse"].required
