"""Order statuses, the merchant's own included, and the one place where every transition is checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base
from core.errors import AlreadyExists, InvalidValue, NotFound, WrongState

PENDING = "pending"
PROCESSING = "processing"
ON_HOLD = "on_hold"
COMPLETE = "complete"
CANCELED = "canceled"
CLOSED = "closed"

#: What every shop has, with the labels that people read.
STANDARD = {
    PENDING: "Pending",
    PROCESSING: "Processing",
    ON_HOLD: "On hold",
    COMPLETE: "Complete",
    CANCELED: "Canceled",
    CLOSED: "Closed",
}
#: Statuses that a merchant's own one can be like; the others are final.
OPEN = (PENDING, PROCESSING, ON_HOLD)

#: From which status an order can go where, in terms of the standard status that each is like.
TRANSITIONS = {
    PENDING: {PENDING, PROCESSING, ON_HOLD, COMPLETE, CANCELED},
    PROCESSING: {PENDING, PROCESSING, ON_HOLD, COMPLETE, CANCELED, CLOSED},
    ON_HOLD: {PENDING, PROCESSING, ON_HOLD, COMPLETE, CANCELED},
    COMPLETE: {CLOSED},
    CANCELED: set(),
    CLOSED: set(),
}
_CODE = re.compile(r"[a-z][a-z0-9_]{1,31}")


class OrderStatus(Base):
    """A status. `like` is the standard one that it behaves as; for a standard one, itself."""

    __tablename__ = "order_statuses"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(100))
    like: Mapped[str] = mapped_column(String(32))

    @property
    def is_final(self) -> bool:
        """Whether an order in it needs nothing more from anybody."""
        return self.like not in OPEN


def add_status(ctx: Context, code: str, label: str, like: str) -> OrderStatus:
    """Add a status of the merchant's own. Raises InvalidValue, AlreadyExists."""
    if not _CODE.fullmatch(code):
        raise InvalidValue(
            f"a status code is 2 to 32 lower-case letters, digits and underscores, not {code!r}"
        )
    label = check_label(label)
    check_like(like)
    if ctx.session.get(OrderStatus, code):
        raise AlreadyExists(f"there is a status {code!r} already")
    status = OrderStatus(code=code, label=label, like=like)
    ctx.session.add(status)
    ctx.session.flush()
    return status


def check_label(label: str) -> str:
    """The label, without spaces around it, if a status can have it, else InvalidValue."""
    if not label.strip() or len(label) > 100 or not label.isprintable():
        raise InvalidValue("a status needs a label of at most 100 characters")
    return label.strip()


def check_like(like: str) -> None:
    """Raise InvalidValue unless a status of the merchant's own can be like this one."""
    if like not in OPEN:
        raise InvalidValue(f"a status of your own is like {', '.join(OPEN)}, not {like!r}")


def get_status(session: Session, code: str) -> OrderStatus:
    """The status with this code. Raises NotFound."""
    status = session.get(OrderStatus, code)
    if status is None:
        known = ", ".join(row.code for row in list_statuses(session))
        raise NotFound(f"there is no order status {code!r}; there are: {known}")
    return status


def list_statuses(session: Session) -> Sequence[OrderStatus]:
    """Every status, the standard ones among them, by code."""
    return session.scalars(select(OrderStatus).order_by(OrderStatus.code)).all()


def like_of(session: Session, code: str) -> str:
    """The standard status that this one behaves as."""
    return STANDARD_LIKE.get(code) or get_status(session, code).like


def check_transition(session: Session, current: str, wanted: str) -> None:
    """Raise WrongState unless an order may go from one status to the other."""
    if like_of(session, wanted) not in TRANSITIONS[like_of(session, current)]:
        raise WrongState(f"an order that is {current} cannot become {wanted}")


STANDARD_LIKE = {code: code for code in STANDARD}
