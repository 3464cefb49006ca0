"""Problems as pages show them, each with the page or the button that mends it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from core.commerce.catalog import Product, find_products
from core.context import Context
from core.problems import Group, groups_of
from core.problems.kinds import ADD_STOCK
from core.web.admin.identity import may, needed_by
from core.web.admin.subjects import link
from core.web.formatting import words
from core.web.saying import say
from core.web.scope import application


def shown_groups(ctx: Context, groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Groups as pages show them: the title, what each holds up, and the action that mends it."""
    skus = [_first_sku(group) for group in groups if group.remedy == ADD_STOCK]
    products = find_products(ctx.session, skus) if skus else {}
    return [_shown(group, products) for group in groups]


def problems_of(ctx: Context, subject: str, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is wrong with one thing, as pages show it; nothing for those who may not see problems."""
    found = groups_of(ctx.session, subject) if may("problems.view") else []
    return shown_groups(ctx, [group for group in found if group.newest.kind not in without])


def _shown(group: Group, products: Mapping[str, Product]) -> dict[str, Any]:
    one, many = group.what.held_up
    remedy = group.remedy if group.remedy and may(group.remedy.permission) else None
    return {
        "group": group,
        "title": say(group.title(_called)),
        "held_up": ngettext(one, many, group.count),
        "urgent": group.what.urgency == 1,
        "label": _(remedy.label) if remedy else None,
        "href": _page_of(group, products) if remedy and remedy.is_page else None,
        "posts": remedy is not None and not remedy.is_page,
    }


def _called(text: str) -> str:
    """What a problem names: a plugin by its title, an event in words; else in the reader's language."""
    plugin = application().hooks.plugins.get(text)
    if plugin is not None:
        return str(plugin.title)
    return words(text) if re.fullmatch(r"[a-z]+(_[a-z]+)+", text) else str(_(text))


def _page_of(group: Group, products: Mapping[str, Product]) -> str | None:
    """The page on which a group is mended; None where there is none for it."""
    data = group.newest.data
    key = group.remedy.key if group.remedy else ""
    account, marketplace = data.get("account"), data.get("marketplace")
    if key == "create_product":
        return link("products.new", sku=_first_sku(group))
    if key == "add_stock":
        product = products.get(_first_sku(group))
        return link("products.one", product_id=product.id) if product else link("products.show")
    if key == "map_carrier":
        return link("carriers.show", group_id=group.id)
    if key == "open_page" and data.get("page"):
        is_open = may(needed_by(data["page"]) or "")
        return link(data["page"], **data.get("where", {})) if is_open else None
    if key == "reconnect" and account:
        return link("accounts.one", name=account)
    if key == "change_settings" and account and marketplace:
        return link("order_settings.show", name=account, marketplace=marketplace)
    if data.get("number"):
        page = _ORDER_PAGES.get(key)
        if page and not may(needed_by(page) or ""):
            page = "orders.one"
        return link(page, number=data["number"]) if page else None
    return None


#: Where each remedy of one order is applied.
_ORDER_PAGES = {
    "look_at_order": "orders.one",
    "cancel_order": "order_actions.cancel",
    "mend_address": "order_actions.address",
}


def _first_sku(group: Group) -> str:
    """The SKU that the group is about; empty if it is about none."""
    return str((group.newest.data.get("skus") or [""])[0])
