"""Leases by name, and how the death of an owner is noticed."""

from datetime import timedelta
from pathlib import Path

from core.jobs import Owner, lease_holder, release_lease, renew_lease, take_lease
from core.jobs.claiming import bury_the_dead
from tests.core.jobs.shop import Shop

MINUTE = timedelta(minutes=1)


def test_a_lease_has_one_holder_at_a_time(shop: Shop) -> None:
    ours, theirs = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        assert take_lease(ctx, "poll:1", ours, MINUTE)
        assert take_lease(ctx, "poll:1", ours, MINUTE)
        assert not take_lease(ctx, "poll:1", theirs, MINUTE)
        assert take_lease(ctx, "poll:2", theirs, MINUTE)
        assert lease_holder(ctx, "poll:1") == ours.id


def test_a_lease_that_ran_out_goes_to_who_asks(shop: Shop) -> None:
    ours, theirs = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", ours, MINUTE)
    shop.clock.advance(MINUTE)
    with shop.writing() as ctx:
        assert lease_holder(ctx, "poll:1") is None
        assert take_lease(ctx, "poll:1", theirs, MINUTE)
        assert not renew_lease(ctx, "poll:1", ours, MINUTE)


def test_a_renewed_lease_lasts_longer(shop: Shop) -> None:
    ours, theirs = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", ours, MINUTE)
    shop.clock.advance(MINUTE / 2)
    with shop.writing() as ctx:
        assert renew_lease(ctx, "poll:1", ours, MINUTE)
    shop.clock.advance(MINUTE / 2)
    with shop.writing() as ctx:
        assert not take_lease(ctx, "poll:1", theirs, MINUTE)


def test_only_the_holder_releases_a_lease(shop: Shop) -> None:
    ours, theirs = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", ours, MINUTE)
        release_lease(ctx, "poll:1", theirs)
        assert lease_holder(ctx, "poll:1") == ours.id
        release_lease(ctx, "poll:1", ours)
        assert lease_holder(ctx, "poll:1") is None


def test_the_lease_of_a_dead_owner_is_free_at_once(shop: Shop) -> None:
    ours, dead = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", dead, MINUTE)
    dead.close()
    with shop.writing() as ctx:
        assert take_lease(ctx, "poll:1", ours, MINUTE)


def test_of_an_owner_in_another_home_only_the_time_counts(shop: Shop, tmp_path: Path) -> None:
    ours, stranger = shop.new_owner(), Owner(tmp_path / "elsewhere")
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", stranger, MINUTE)
    stranger.close()
    with shop.writing() as ctx:
        assert not take_lease(ctx, "poll:1", ours, MINUTE)


def test_an_owner_is_dead_when_it_lets_go_and_not_before(tmp_path: Path) -> None:
    ours, other = Owner(tmp_path), Owner(tmp_path)
    assert ours.find_dead() == []
    assert not ours.is_dead(other.id)
    assert not ours.is_dead("nobody-knows")
    other.close()
    assert ours.find_dead() == [other.id]
    ours.forget(other.id)
    assert ours.find_dead() == []
    ours.close()


def test_burying_the_dead_frees_what_they_held_and_tidies_up(shop: Shop) -> None:
    ours, dead = shop.new_owner(), shop.new_owner()
    with shop.writing() as ctx:
        take_lease(ctx, "poll:1", dead, MINUTE)
        take_lease(ctx, "poll:2", ours, MINUTE)
    dead.close()
    bury_the_dead(shop, ours)
    with shop.reading() as ctx:
        assert lease_holder(ctx, "poll:1") is None
        assert lease_holder(ctx, "poll:2") == ours.id
    assert [path.stem for path in (shop.home / "owners").iterdir()] == [ours.id]
