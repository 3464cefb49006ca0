"""The forms of connecting an account, made from what its channel registers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from core.channels.accounts import Account, NewAccount
from core.channels.registration import Channel, Credentials

#: How the date of a credential is called in a form.
ISSUED = "{}_issued_on"


def connect_schema(channel: Channel) -> Schema:
    """What it takes to connect an account of this channel."""
    marketplaces = {key: title for key, (title, _currency) in channel.marketplaces.items()}
    declared: dict[str, fields.Field[Any]] = {
        "name": fields.String(
            required=True,
            validate=Length(1, 60),
            metadata={
                "label": "Name",
                "help": "What you call it here: letters, digits, dots, dashes and underscores",
                "group": "Account",
            },
        ),
        "seller_id": fields.String(
            required=True,
            validate=Length(1, 80),
            metadata={
                "label": "Seller ID",
                "help": "What the marketplace calls you: your merchant token",
                "group": "Account",
            },
        ),
        "region": _region(channel),
        "marketplaces": fields.List(
            fields.String(validate=OneOf(list(marketplaces), list(marketplaces.values()))),
            required=True,
            metadata={"label": "Marketplaces", "group": "Marketplaces"},
        ),
        **credential_fields(channel, is_new=True),
    }
    return Schema.from_dict(declared, name="ConnectAccount")()


def renew_schema(channel: Channel) -> Schema:
    """The credentials alone: what is left empty stays."""
    declared = credential_fields(channel, is_new=False)
    return Schema.from_dict(declared, name="RenewCredentials")()


def credential_fields(channel: Channel, *, is_new: bool) -> dict[str, fields.Field[Any]]:
    """A field per credential, and one for each date on which one that ends was issued."""
    found: dict[str, fields.Field[Any]] = {}
    described = channel.credentials_schema() if channel.credentials_schema else None
    for name in channel.credential_fields:
        metadata: Mapping[str, Any] = {"secret": name in channel.secret_fields, "group": "Credentials"}
        if described is not None and name in described.fields:
            metadata = described.fields[name].metadata
        if is_new and name in channel.secret_fields:
            found[name] = fields.String(required=True, metadata=dict(metadata))
        else:
            found[name] = fields.String(load_default="", metadata=dict(metadata))
        if name in channel.lifetimes:
            found[ISSUED.format(name)] = _issued_on(channel, name, metadata, is_new=is_new)
    return found


def new_account(data: Mapping[str, Any], channel: Channel) -> NewAccount:
    """The account that a form describes."""
    return NewAccount(
        data["name"],
        data["seller_id"],
        data["region"],
        tuple(data["marketplaces"]),
        credentials_in(data, channel),
        dates_in(data, channel),
    )


def credentials_in(data: Mapping[str, Any], channel: Channel) -> dict[str, str]:
    """The credentials that were entered."""
    return {name: data[name].strip() for name in channel.credential_fields if data.get(name, "").strip()}


def dates_in(data: Mapping[str, Any], channel: Channel) -> dict[str, date]:
    """The dates that were entered, by credential."""
    return {name: data[ISSUED.format(name)] for name in channel.lifetimes if data.get(ISSUED.format(name))}


def trial_of(account: Account, entered: Mapping[str, str]) -> Credentials:
    """What to try for an account whose credentials are being renewed."""
    return Credentials(0, account.seller_id, account.region, {**account.credentials, **entered})


def strangers(channel: Channel, region: str, marketplaces: list[str]) -> list[str]:
    """The titles of the marketplaces that belong to another region."""
    known = channel.marketplace_regions
    return [channel.marketplaces[key][0] for key in marketplaces if known.get(key, region) != region]


def _region(channel: Channel) -> fields.String:
    metadata = {"label": "Region", "group": "Account"}
    if not channel.regions:
        return fields.String(required=True, validate=Length(1, 20), metadata=metadata)
    keys, titles = list(channel.regions), list(channel.regions.values())
    return fields.String(load_default=keys[0], validate=OneOf(keys, titles), metadata=metadata)


def _issued_on(channel: Channel, name: str, metadata: Mapping[str, Any], *, is_new: bool) -> fields.Date:
    lifetime = channel.lifetimes[name]
    lasts = f"It lasts {lifetime.days} days; you are told in time."
    empty = "" if is_new else " Empty: today if you enter a new one above, else as it is."
    return fields.Date(
        load_default=None,
        allow_none=True,
        metadata={"label": lifetime.issued, "help": lasts + empty, "group": metadata.get("group", "")},
    )
