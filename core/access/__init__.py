"""Who may do what: operators with roles, API tokens with scopes; and the log of what they did and saw."""

from core.access.audit import AuditEntry, list_audit, note_audit
from core.access.kept_answers import KeptAnswer, claim_key
from core.access.operators import (
    Operator,
    add_operator,
    change_password,
    find_operator,
    get_operator,
    has_operators,
    list_operators,
    set_active,
    set_role,
)
from core.access.passwords import check_password_rules
from core.access.permissions import CORE_PERMISSIONS, ROLES, Permission, permissions_of
from core.access.scopes import CORE_SCOPES, Scope
from core.access.tokens import ApiToken, add_token, find_token, list_tokens, note_use, revoke_token

__all__ = [
    "CORE_PERMISSIONS",
    "CORE_SCOPES",
    "ROLES",
    "ApiToken",
    "AuditEntry",
    "KeptAnswer",
    "Operator",
    "Permission",
    "Scope",
    "add_operator",
    "add_token",
    "change_password",
    "check_password_rules",
    "claim_key",
    "find_operator",
    "find_token",
    "get_operator",
    "has_operators",
    "list_audit",
    "list_operators",
    "list_tokens",
    "note_audit",
    "note_use",
    "permissions_of",
    "revoke_token",
    "set_active",
    "set_role",
]
