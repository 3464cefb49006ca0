"""Settings as they are typed on a command line."""

from __future__ import annotations

import pytest
from marshmallow import Schema, fields

from core.errors import InvalidValue
from core.settings import parse_text_changes


class Typed(Schema):
    name = fields.String()
    minutes = fields.Integer()
    limit = fields.Integer(allow_none=True)
    carriers = fields.Dict(keys=fields.String(), values=fields.String())
    statuses = fields.List(fields.String())


def parse(*pairs):
    return parse_text_changes(Typed(), pairs)


def test_pairs_are_split_at_the_first_equals_sign():
    assert parse("name=a=b", "minutes = 5") == {"name": "a=b", "minutes": "5"}


def test_mapping_is_written_as_json():
    assert parse('carriers={"DHL": "DHL Paket"}') == {"carriers": {"DHL": "DHL Paket"}}


@pytest.mark.parametrize("text", ['["a", "b"]', "a, b", "a,b,"])
def test_list_is_written_as_json_or_with_commas(text):
    assert parse(f"statuses={text}") == {"statuses": ["a", "b"]}


def test_empty_value_is_none_where_that_is_allowed():
    assert parse("limit=", "name=") == {"limit": None, "name": ""}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["minutes"], "KEY=VALUE"),
        (["=5"], "KEY=VALUE"),
        (["minuts=5"], "did you mean minutes"),
        (["minutes=5", "minutes=6"], "given twice"),
        (["carriers=DHL"], "carriers is written as JSON"),
    ],
)
def test_what_cannot_be_understood_is_refused(pairs, message):
    with pytest.raises(InvalidValue, match=message):
        parse(*pairs)
