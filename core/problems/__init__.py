"""What needs a person: raised once per cause and subject, resolved when the cause goes; and their inbox."""

from core.problems.inbox import (
    FOR_GOOD,
    UNTIL_ANEW,
    Group,
    GroupQuery,
    count_groups,
    get_group,
    groups_of,
    ignore_group,
    list_groups,
    list_problems,
    page_of_problems,
    reopen_group,
)
from core.problems.kinds import KINDS, Kind, Remedy, kind_of
from core.problems.raising import prune_problems, raise_problem, resolve_cause, resolve_problems
from core.problems.tables import IgnoredCause, Problem

__all__ = [
    "FOR_GOOD",
    "KINDS",
    "UNTIL_ANEW",
    "Group",
    "GroupQuery",
    "IgnoredCause",
    "Kind",
    "Problem",
    "Remedy",
    "count_groups",
    "get_group",
    "groups_of",
    "ignore_group",
    "kind_of",
    "list_groups",
    "list_problems",
    "page_of_problems",
    "prune_problems",
    "raise_problem",
    "reopen_group",
    "resolve_cause",
    "resolve_problems",
]
