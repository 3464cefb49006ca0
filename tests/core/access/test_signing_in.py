"""Signing in: what is let in, what is locked out, and that the last owner stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pyotp
import pytest

from core.access import (
    Operator,
    add_operator,
    change_password,
    find_operator,
    get_operator,
    list_audit,
    set_active,
    set_role,
)
from core.access.signing_in import (
    check_sign_in,
    find_reset,
    make_reset,
    new_totp_secret,
    set_second_factor,
    try_password,
    use_reset,
)
from core.application import Application
from core.clock import SetClock
from core.context import Context
from core.errors import AlreadyExists, InvalidValue, NotFound, WrongState

EMAIL, PASSWORD = "anna@shop.example", "correct horse battery"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Door:
    """The sign-in of a shop in which time stands still until it is moved."""

    def __init__(self, app: Application) -> None:
        self.clock = SetClock(NOON)
        self.app = replace(app, clock=self.clock)

    def do(self, change: Callable[[Context], object]) -> None:
        with self.app.writing("test") as ctx:
            change(ctx)

    def lets_in(self, password: str = PASSWORD, code: str = "", email: str = EMAIL) -> bool:
        with self.app.reading() as ctx:
            attempt = try_password(ctx.session, email, password)
        with self.app.writing("test") as ctx:
            return check_sign_in(ctx, attempt, code) is not None

    def operator(self) -> Operator:
        with self.app.reading() as ctx:
            return get_operator(ctx.session, EMAIL)


@pytest.fixture
def door(app: Application) -> Door:
    """A shop with one owner."""
    door = Door(app)
    door.do(lambda ctx: add_operator(ctx, EMAIL, "owner", PASSWORD))
    return door


def test_right_password_lets_in_whatever_the_case_of_the_address(door: Door) -> None:
    assert door.lets_in(email="ANNA@shop.example")
    assert not door.lets_in(PASSWORD.upper())
    assert not door.lets_in(email="otto@shop.example")
    assert door.operator().signed_in_at == NOON
    assert door.operator().password_hash.startswith("$argon2id$")


def test_five_wrong_attempts_lock_for_a_minute_and_then_for_longer(door: Door) -> None:
    for _ in range(5):
        assert not door.lets_in("wrong")
    assert not door.lets_in()
    door.clock.advance(timedelta(seconds=59))
    assert not door.lets_in()
    door.clock.advance(timedelta(seconds=2))
    assert not door.lets_in("wrong")
    door.clock.advance(timedelta(seconds=90))
    assert not door.lets_in()
    door.clock.advance(timedelta(seconds=31))
    assert door.lets_in()
    for _ in range(4):
        assert not door.lets_in("wrong")
    assert door.lets_in()


def test_second_factor_is_asked_for_and_each_code_works_once(door: Door) -> None:
    secret = new_totp_secret()
    code = pyotp.TOTP(secret).at(NOON)
    with pytest.raises(InvalidValue):
        door.do(lambda ctx: set_second_factor(ctx, get_operator(ctx.session, EMAIL), secret, "000000"))
    door.do(lambda ctx: set_second_factor(ctx, get_operator(ctx.session, EMAIL), secret, code))
    assert not door.lets_in()
    assert not door.lets_in(code="éééééé")
    assert door.lets_in(code=code)
    assert not door.lets_in(code=code)
    door.clock.advance(timedelta(seconds=30))
    assert door.lets_in(code=pyotp.TOTP(secret).at(door.clock.now()))


def test_disabled_operator_is_not_let_in_and_their_sessions_end(door: Door) -> None:
    door.do(lambda ctx: add_operator(ctx, "otto@shop.example", "owner", PASSWORD))
    before = door.operator().sign_in_version
    door.do(lambda ctx: set_active(ctx, get_operator(ctx.session, EMAIL), is_active=False))
    assert door.operator().sign_in_version > before
    assert not door.lets_in()
    door.do(lambda ctx: set_active(ctx, get_operator(ctx.session, EMAIL), is_active=True))
    assert door.lets_in()


def test_last_owner_can_neither_be_disabled_nor_demoted(door: Door) -> None:
    with pytest.raises(WrongState, match="last owner"):
        door.do(lambda ctx: set_active(ctx, get_operator(ctx.session, EMAIL), is_active=False))
    with pytest.raises(WrongState, match="last owner"):
        door.do(lambda ctx: set_role(ctx, get_operator(ctx.session, EMAIL), "packer"))
    assert (door.operator().role, door.operator().is_active) == ("owner", True)


def test_owners_who_demote_each_other_at_once_leave_one(door: Door) -> None:
    other = "otto@shop.example"
    door.do(lambda ctx: add_operator(ctx, other, "owner", PASSWORD))
    refused: list[str] = []

    def demote(email: str) -> None:
        try:
            door.do(lambda ctx: set_role(ctx, get_operator(ctx.session, email), "packer"))
        except WrongState as error:
            refused.append(str(error))

    def demote_both(ctx: Context) -> None:
        set_role(ctx, get_operator(ctx.session, EMAIL), "packer")
        second.start()
        second.join(timeout=0.5)

    second = Thread(target=demote, args=[other])
    door.do(demote_both)
    second.join()
    assert len(refused) == 1
    assert door.operator().role == "packer"


def test_attempts_at_the_same_moment_all_count(door: Door) -> None:
    with door.app.reading() as ctx:
        attempt = try_password(ctx.session, EMAIL, PASSWORD)
    with door.app.writing("test") as ctx:
        stale = get_operator(ctx.session, EMAIL)
        values = {"failures": 4, "password_hash": "changed meanwhile"}
        ctx.session.connection().execute(Operator.__table__.update().values(values))
        assert stale.failures == 0
        assert check_sign_in(ctx, attempt) is None
        assert (stale.failures, stale.locked_until) == (5, NOON + timedelta(minutes=1))


def test_reset_link_sets_a_password_once_within_a_day(door: Door) -> None:
    made: list[str] = []
    door.do(lambda ctx: made.append(make_reset(ctx, get_operator(ctx.session, EMAIL))))
    assert made[0] not in str(vars(door.operator()))
    door.clock.advance(timedelta(hours=23))
    door.do(lambda ctx: use_reset(ctx, made[0], "another good password"))
    assert door.lets_in("another good password")
    assert not door.lets_in()
    with pytest.raises(NotFound):
        door.do(lambda ctx: use_reset(ctx, made[0], "one more good password"))
    door.do(lambda ctx: made.append(make_reset(ctx, get_operator(ctx.session, EMAIL))))
    door.clock.advance(timedelta(hours=24))
    with door.app.reading() as ctx:
        assert find_reset(ctx, made[1]) is None


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 20, "ababababababab", "y" * 300, EMAIL])
def test_poor_password_is_refused_without_being_repeated(door: Door, password: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        door.do(lambda ctx: change_password(ctx, get_operator(ctx.session, EMAIL), password))
    assert not password or password not in str(caught.value)
    assert door.lets_in()


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@shop", "a b@shop.example", "a@b@c"])
def test_what_is_no_address_is_refused(door: Door, email: str) -> None:
    with pytest.raises(InvalidValue):
        door.do(lambda ctx: add_operator(ctx, email, "owner", PASSWORD))


def test_an_address_signs_in_one_operator(door: Door) -> None:
    with pytest.raises(AlreadyExists):
        door.do(lambda ctx: add_operator(ctx, "Anna@Shop.example", "packer", PASSWORD))


def test_audit_log_tells_who_signed_in_and_holds_no_address(door: Door) -> None:
    door.lets_in("wrong")
    door.lets_in()
    with door.app.reading() as ctx:
        entries = list_audit(ctx.session)
        anna = find_operator(ctx.session, EMAIL)
        assert anna is not None
        assert [(row.action, row.subject) for row in entries] == [
            ("operator.signed_in", f"operator:{anna.id}"),
            ("operator.sign_in_failed", f"operator:{anna.id}"),
            ("operator.added", f"operator:{anna.id}"),
        ]
        assert entries[0].actor == f"operator:{anna.id}"
        assert EMAIL not in str([row.detail for row in entries])
