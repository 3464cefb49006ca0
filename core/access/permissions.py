"""Permissions and the roles that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import InvalidValue

OWNER, OPERATOR, PACKER, READ_ONLY = "owner", "operator", "packer", "read_only"
#: Every role, and what it is for. An owner may do everything.
ROLES: Mapping[str, str] = {
    OWNER: "Everything, operators and plugins included",
    OPERATOR: "The daily work: orders, products, accounts, settings",
    PACKER: "Packs and ships orders",
    READ_ONLY: "Looks, and changes nothing; sees no personal data",
}


@dataclass(frozen=True)
class Permission:
    """Something that an operator may do.

    key     `<area>.<verb>`; a plugin's begins with its own name
    title   what it allows, in words
    roles   which roles have it beside the owner
    """

    key: str
    title: str
    roles: frozenset[str] = frozenset()


_ALL = frozenset({OPERATOR, PACKER, READ_ONLY})
_PACKERS = frozenset({OPERATOR, PACKER})
_OPERATORS = frozenset({OPERATOR})

CORE_PERMISSIONS: tuple[Permission, ...] = (
    Permission("orders.view", "See orders", _ALL),
    Permission("orders.ship", "Ship orders", _PACKERS),
    Permission("orders.cancel", "Cancel orders", _OPERATORS),
    Permission("orders.refund", "Refund orders", _OPERATORS),
    Permission("orders.hold", "Hold orders and release them", _PACKERS),
    Permission("personal_data.view", "See names, email addresses and addresses", _PACKERS),
    Permission("catalog.view", "See products and stock", _ALL),
    Permission("catalog.edit", "Change products and stock", _OPERATORS),
    Permission("customers.view", "See customers", _OPERATORS),
    Permission("customers.edit", "Change customers", _OPERATORS),
    Permission("accounts.view", "See channel accounts", frozenset({OPERATOR, READ_ONLY})),
    Permission("accounts.manage", "Connect, pause and synchronise channel accounts", _OPERATORS),
    Permission("settings.view", "See settings", frozenset({OPERATOR, READ_ONLY})),
    Permission("settings.edit", "Change settings", _OPERATORS),
    Permission("stores.manage", "Change stores and order statuses", _OPERATORS),
    Permission("problems.view", "See problems", _ALL),
    Permission("problems.manage", "Decide problems", _OPERATORS),
    Permission("jobs.view", "See background work", frozenset({OPERATOR, READ_ONLY})),
    Permission("jobs.manage", "Retry, skip and cancel background work", _OPERATORS),
    Permission("plugins.manage", "Enable and disable plugins"),
    Permission("operators.manage", "Manage operators and API tokens"),
    Permission("audit.view", "See who did and saw what"),
)


def permissions_of(role: str, known: Iterable[Permission]) -> frozenset[str]:
    """The keys of the permissions that a role has."""
    return frozenset(permission.key for permission in known if role == OWNER or role in permission.roles)


def check_role(role: str) -> str:
    """The role, if there is one of this name. Raises InvalidValue."""
    if role not in ROLES:
        raise InvalidValue(f"a role is one of {', '.join(ROLES)}, not {role!r}", {"role": ["is not known"]})
    return role
