"""Signing in: which credentials are good for a token, and for how long."""

from datetime import timedelta

import pytest


def test_refresh_token_gives_a_token_for_an_hour(amazon):
    answer = amazon.ask_for_token()

    assert answer.status_code == 200
    body = answer.json()
    assert body["access_token"].startswith("Atza|")
    assert body["refresh_token"] == amazon.seller.refresh_token
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"refresh_token": "Atzr|revoked"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "profile"}, 400, "invalid_scope"),
    ],
)
def test_wrong_credentials_are_refused_by_name(amazon, changes, status, error):
    answer = amazon.ask_for_token(**changes)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_credentials_in_json_are_refused(amazon):
    answer = amazon.session.post(amazon.token_url, json={"grant_type": "refresh_token"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_refresh_token_of_another_application_is_refused(world, amazon):
    other = world.add_seller(marketplaces=["DE"])

    answer = amazon.ask_for_token(refresh_token=other.refresh_token)

    assert answer.json()["error"] == "invalid_grant"


def test_token_for_a_scope_reads_no_orders(amazon):
    granted = amazon.ask_for_token(
        grant_type="client_credentials",
        scope="sellingpartnerapi::notifications",
        refresh_token=None,
    )
    assert "refresh_token" not in granted.json()
    amazon.session.headers["x-amz-access-token"] = granted.json()["access_token"]

    assert amazon.search(createdAfter="2026-01-01T00:00:00Z").status_code == 403


@pytest.mark.parametrize("token", [None, "Atza|made-up"])
def test_call_without_a_known_token_is_denied(world, amazon, token):
    order = world.place_order(status="UNSHIPPED")
    amazon.session.headers["x-amz-access-token"] = token

    for answer in (
        amazon.search(createdAfter="2026-01-01T00:00:00Z"),
        amazon.read(order.order_id),
        amazon.confirm(order.order_id, amazon.package(order)),
    ):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (403, "Unauthorized")
        assert error["message"] == "Access to requested resource is denied."
        assert "x-amzn-RateLimit-Limit" not in answer.headers


def test_token_expires_on_the_clock_of_the_simulator(world, amazon):
    world.advance(timedelta(seconds=3599))
    assert amazon.search(createdAfter="2026-01-01T00:00:00Z").status_code == 200

    world.advance(timedelta(seconds=1))
    assert amazon.search(createdAfter="2026-01-01T00:00:00Z").status_code == 403

    amazon.sign_in()
    assert amazon.search(createdAfter="2026-01-01T00:00:00Z").status_code == 200
