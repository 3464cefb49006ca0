"""What an operator sets for a consumer that is reached through files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from plugins.erp_bridge.mapping import csv_out, csv_rows
from plugins.erp_bridge.mapping.csv_style import DELIMITERS, ENCODINGS, CsvStyle

UBL, CSV = "ubl", "csv"
_PATH = validate.Length(max=500)


@dataclass(frozen=True)
class Folders:
    """Where files go and come from; without `incoming` nothing comes back."""

    outgoing: str
    incoming: str
    archive: str
    errors: str


class FileSettings(Schema):
    """Folders of this machine or behind SFTP, and what stands in the files."""

    format = fields.String(
        load_default=UBL,
        validate=validate.OneOf((UBL, CSV), labels=("UBL 2.1", "CSV")),
        metadata={"label": "Format of orders", "group": "Files"},
    )
    outgoing = fields.String(
        required=True,
        validate=_PATH,
        metadata={
            "label": "Folder for orders",
            "help": "An absolute path. Files appear in it whole, under names that say what they are",
            "group": "Files",
        },
    )
    incoming = fields.String(
        load_default="",
        validate=_PATH,
        metadata={
            "label": "Folder for what comes back",
            "help": "Despatch advices in UBL, and CSV files whose names begin with shipments, stock, "
            "cancellations or refunds. Empty if nothing comes back",
            "group": "Files",
        },
    )
    archive = fields.String(
        load_default="",
        validate=_PATH,
        metadata={
            "label": "Folder for files that were read",
            "help": "Empty for the folder archive inside the one for what comes back",
            "group": "Files",
        },
    )
    errors = fields.String(
        load_default="",
        validate=_PATH,
        metadata={
            "label": "Folder for files with errors",
            "help": "Beside each lies a file with the reasons. Empty for the folder errors inside the one "
            "for what comes back",
            "group": "Files",
        },
    )
    quiet_seconds = fields.Integer(
        load_default=10,
        validate=validate.Range(0, 3600),
        metadata={
            "label": "Seconds of quiet",
            "help": "A file that was changed later than so long ago is still being written, and left alone",
            "group": "Files",
        },
    )
    write_totals = fields.Boolean(
        load_default=True,
        metadata={
            "label": "Write control totals",
            "help": "Beside each file with orders one that ends in .totals: how many orders and units, and "
            "what they come to. It appears after the other",
            "group": "Control totals",
        },
    )
    require_totals = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Wait for control totals",
            "help": "A file is read once the one that ends in .totals lies beside it. Those that are there "
            "are checked in any case",
            "group": "Control totals",
        },
    )
    host = fields.String(
        load_default="",
        validate=validate.Length(max=255),
        metadata={
            "label": "SFTP server",
            "help": "Empty for folders of this machine",
            "group": "SFTP",
            "address": True,
        },
    )
    port = fields.Integer(
        load_default=22,
        validate=validate.Range(1, 65535),
        metadata={"label": "Port", "group": "SFTP", "address": True},
    )
    host_key = fields.String(
        load_default="",
        metadata={
            "label": "Key of the server",
            "help": "As ssh-keyscan writes it: ssh-ed25519 AAAA…",
            "group": "SFTP",
            "address": True,
        },
    )
    user = fields.String(load_default="", metadata={"label": "User", "group": "SFTP"})
    password = fields.String(
        load_default="", metadata={"label": "Password", "group": "SFTP", "secret": True}
    )
    private_key = fields.String(
        load_default="",
        metadata={
            "label": "Private key",
            "help": "In place of a password: an OpenSSH or PEM key without a passphrase",
            "group": "SFTP",
            "secret": True,
        },
    )
    columns_out = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=lambda: dict(csv_out.DEFAULT_COLUMNS),
        metadata={
            "label": "Columns of orders",
            "help": "One a line: the name of the column, an equals sign, and what stands in it: number, "
            'line.sku, shipping.city, all.shipping, "a text" …',
            "group": "CSV",
        },
    )
    columns_in = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={
            "label": "Columns of what comes back",
            "help": "One a line: order_number, carrier, tracking_number, sku, quantity, on_hand, change, "
            "location, as_of, reason, amount or key, an equals sign, and what the other side calls it",
            "group": "CSV",
        },
    )
    delimiter = fields.String(
        load_default="comma",
        validate=validate.OneOf(tuple(DELIMITERS), labels=("Comma", "Semicolon", "Tab", "Pipe")),
        metadata={"label": "Between values", "group": "CSV"},
    )
    encoding = fields.String(
        load_default="utf-8",
        validate=validate.OneOf(
            tuple(ENCODINGS), labels=("UTF-8", "UTF-8 with a mark", "Windows-1252", "ISO 8859-15")
        ),
        metadata={"label": "Encoding", "group": "CSV"},
    )
    decimal_comma = fields.Boolean(
        load_default=False,
        metadata={"label": "Decimal comma", "help": "1234,50 in place of 1234.50", "group": "CSV"},
    )
    guard_formulas = fields.Boolean(
        load_default=True,
        metadata={
            "label": "Guard against formulas",
            "help": "What a spreadsheet would take for a formula gets an apostrophe before it. Switch it "
            "off only if no person opens the files",
            "group": "CSV",
        },
    )

    @validates_schema
    def check_together(self, data: Mapping[str, Any], **_: Any) -> None:
        """What one field cannot say by itself."""
        complaints: dict[str, list[str]] = {}
        for name in ("outgoing", "incoming", "archive", "errors"):
            if data[name] and (not data[name].startswith("/") or not data[name].isprintable()):
                complaints[name] = ["This is an absolute path, such as /srv/erp/orders."]
        folders = folders_of(data)
        named = [folder for folder in vars(folders).values() if folder]
        if not complaints and len(set(named)) < len(named):
            complaints["incoming"] = ["Each folder is another one."]
        if data["host"]:
            complaints |= _check_server(data)
        for name, check in _COLUMNS.items():
            if found := check(data[name]):
                complaints[name] = found
        if complaints:
            raise ValidationError(complaints)


_COLUMNS: Mapping[str, Callable[[Mapping[str, str]], list[str]]] = {
    "columns_out": csv_out.check_columns, "columns_in": csv_rows.check_columns,
}  # fmt: skip


def folders_of(settings: Mapping[str, Any]) -> Folders:
    """Where files go and come from, without a slash at the end."""
    outgoing, incoming, archive, errors = (
        settings[name].rstrip("/") for name in ("outgoing", "incoming", "archive", "errors")
    )
    if not incoming:
        return Folders(outgoing, "", "", "")
    return Folders(outgoing, incoming, archive or f"{incoming}/archive", errors or f"{incoming}/errors")


def style_of(settings: Mapping[str, Any]) -> CsvStyle:
    """How CSV is written."""
    return CsvStyle(
        settings["delimiter"], settings["encoding"], settings["decimal_comma"], settings["guard_formulas"]
    )


def _check_server(data: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if not data["user"]:
        found["user"] = ["An SFTP server asks for a user."]
    if not data["password"] and not data["private_key"]:
        found["password"] = ["An SFTP server asks for a password or a private key."]
    if not any(kind.startswith(("ssh-", "ecdsa-")) for kind in data["host_key"].split()):
        found["host_key"] = ["Without the key of the server anybody could pretend to be it: ssh-keyscan."]
    return found
