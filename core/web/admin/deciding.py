"""What decided something, in the words of the page where it is set."""

from __future__ import annotations

import re

from flask_babel import get_locale
from flask_babel import gettext as _

from core.channels.order_settings import LABELS, OrderSettingsSchema
from core.settings import FieldDescription, describe_fields
from core.web.admin.shell import application
from core.web.formatting import Names
from core.web.saying import say

_SETTING = re.compile(r"(?P<key>[a-z_]+) = (?P<value>[^ (]+).*")


def decided(text: str) -> str:
    """`import_orders = disabled (shop/DE)` becomes `Import Orders: Disabled`; other words stay."""
    found = _SETTING.fullmatch(text)
    if found is None:
        return say(text).replace("_", " ")
    key, value = found["key"], found["value"]
    if key == "status":
        return str(_("the status %(status)s of the channel", status=say(value)))
    for field in describe_fields(OrderSettingsSchema()):
        if field.name == key:
            return f"{_label(field)}: {_(_titles(key, dict(field.options)).get(value, value))}"
    return f"{key.replace('_', ' ').capitalize()}: {value}"


def _label(field: FieldDescription) -> str:
    """As the page has it, with the channel's title where there is one alone."""
    label, title = LABELS.get(field.name), Names(application().registry, {}).sole_channel
    return str(_(label).format(title) if label and title else _(field.label))


def _titles(key: str, options: dict[str, str]) -> dict[str, str]:
    """What the values of a setting are called; plugins bring some of them."""
    registry = application().registry
    if key == "customer_creation":
        return {policy.key: policy.title for policy in registry.policies.values()}
    if key == "order_number_source":
        sources = {channel.key: channel.number_source for channel in registry.channels.values()}
        return sources | {"store": "Build Using Store Order Number"}
    return options


def country(code: str | None) -> str | None:
    """The name of a country in the reader's language; a code that is not known stays."""
    locale = get_locale()
    return locale.territories.get(code, code) if locale and code else code
