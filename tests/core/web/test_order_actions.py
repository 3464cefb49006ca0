"""What is done with an order on its pages: shipped, canceled, refunded, held, its address mended."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from core.application import LiveApplication
from core.commerce.orders import Order, get_order
from core.commerce.refunds import refundable
from core.commerce.tracking import tracking_complaint
from core.context import Context
from core.web.formatting import reason
from tests.core.commerce.counter import Counter
from tests.core.web.conftest import Pages, Seen, enter
from tests.databases import make_config
from tests.shop import Shop


@pytest.fixture
def sqlite_live(sqlite_url: str, tmp_path: Path) -> LiveApplication:
    """A new shop, where the kind of database does not matter."""
    return LiveApplication(make_config(tmp_path, sqlite_url))


@pytest.fixture
def counter(sqlite_live: LiveApplication) -> Counter:
    return Counter(sqlite_live.current())


@pytest.fixture
def number(counter: Counter) -> str:
    """An order of three of A and two of B, of ten each."""
    counter.stock("A", 10)
    counter.stock("B", 10)
    return counter.place(("A", 3), ("B", 2))


@pytest.fixture
def signed_in(sqlite_live: LiveApplication) -> Pages:
    return enter(Pages(sqlite_live), sqlite_live)


def hidden(page: Seen) -> dict[str, object]:
    """The hidden fields of a page's form."""
    found = re.findall(r'<input type="hidden" name="(seen)" value="([^"]*)"', page.source)
    return dict(found)


def lines(counter: Counter, number: str) -> list[int]:
    return [line.id for line in counter.order(number).lines]


def test_order_is_shipped_in_parts_and_packages_and_a_second_click_ships_nothing(
    counter: Counter, number: str, signed_in: Pages
) -> None:
    first, second = lines(counter, number)
    page = signed_in.get(f"/orders/{number}/ship")
    form = hidden(page) | {"carrier-0": "DHL", "tracking-0": "T100", f"units-0-{first}": "2"}
    assert 'href="/orders" aria-current="page"' in page.source
    more = signed_in.post(f"/orders/{number}/ship", form | {"more": "1"})
    assert (more.status, "Package 2" in more.text) == (200, True)
    form |= {"carrier-1": "UPS", "tracking-1": "nonsense", f"units-1-{second}": "1"}
    doubtful = signed_in.post(f"/orders/{number}/ship", form)
    assert doubtful.status == 422
    assert "1Z and 16 letters" in doubtful.text
    for _ in range(2):
        answer = signed_in.post(f"/orders/{number}/ship", form | {"as-it-is": "1"})
        assert (answer.status, answer.headers["Location"]) == (303, f"/orders/{number}")
    assert [line.left_to_ship for line in counter.order(number).lines] == [1, 1]


def test_what_does_not_fit_into_a_package_is_said_at_its_field(
    counter: Counter, number: str, signed_in: Pages
) -> None:
    first, _ = lines(counter, number)
    form = {**hidden(signed_in.get(f"/orders/{number}/ship")), "carrier-0": "", "tracking-0": "T100"}
    assert "At least one unit" in signed_in.post(f"/orders/{number}/ship", form).text.replace(
        "A package holds at", "At"
    )
    form |= {"carrier-0": "DHL", f"units-0-{first}": "9"}
    refused = signed_in.post(f"/orders/{number}/ship", form)
    assert (refused.status, "3 are left to ship" in refused.text) == (422, True)


def test_order_is_held_released_and_canceled(counter: Counter, number: str, signed_in: Pages) -> None:
    for _ in range(2):
        assert signed_in.post(f"/orders/{number}/hold", {"reason": "wait"}).status == 303
    assert counter.order(number).history[-1].reason == "wait"
    assert "release it before shipping" in signed_in.get(f"/orders/{number}/ship").text
    for _ in range(2):
        assert signed_in.post(f"/orders/{number}/release").status == 303
    assert counter.order(number).status == "processing"
    assert signed_in.post(f"/orders/{number}/cancel", {"reason": "a whim"}).status == 422
    for step in ("cancel", "refund"):
        form = signed_in.get(f"/orders/{number}/{step}").form(f"/orders/{number}/{step}")
        unchosen = signed_in.post(f"/orders/{number}/{step}", form)
        assert (unchosen.status, form["reason"]) == (422, "")
        assert '<div class="wrong" id="reason-wrong"><p>Please fill this in.</p>' in unchosen.source
        assert '<option value="">Choose…</option>' in unchosen.source
    assert counter.order(number).status == "processing"
    for _ in range(2):
        assert signed_in.post(f"/orders/{number}/cancel", {"reason": "no_inventory"}).status == 303
    order = counter.order(number)
    assert (order.status, [step.reason for step in order.history][-1]) == ("canceled", "no_inventory")
    assert order.history[-1].actor.startswith("operator:")
    assert "cannot be canceled any more" in signed_in.get(f"/orders/{number}/cancel").text


def test_money_is_given_back_by_line_and_whole_and_once(
    counter: Counter, number: str, signed_in: Pages
) -> None:
    def left() -> Decimal:
        def look(ctx: Context, order: Order) -> Decimal:
            return refundable(ctx.session, order).amount

        return counter.with_order(number, look)

    first, _ = lines(counter, number)
    form = hidden(signed_in.get(f"/orders/{number}/refund"))
    form |= {"what": "lines", "reason": "returned", f"amount-{first}": "12,50"}
    for _ in range(2):
        assert signed_in.post(f"/orders/{number}/refund", form).status == 303
    assert left() == Decimal("37.50")
    page = signed_in.get(f"/orders/{number}/refund")
    assert "The customer returned it" in page.text
    form = hidden(page) | {"what": "lines", "reason": "returned", f"amount-{first}": "20"}
    assert "at most 17.50 EUR" in signed_in.post(f"/orders/{number}/refund", form).text
    form |= {"what": "all"}
    assert "choose them, or clear them" in signed_in.post(f"/orders/{number}/refund", form).text
    del form[f"amount-{first}"]
    assert signed_in.post(f"/orders/{number}/refund", form).status == 303
    assert left() == 0
    assert "has been refunded" in signed_in.get(f"/orders/{number}/refund").text


def test_of_two_clicks_at_the_same_moment_one_counts(live: LiveApplication) -> None:
    counter = Counter(live.current())
    counter.stock("A", 10)
    number = counter.place(("A", 3))
    (line,) = lines(counter, number)
    windows = [enter(Pages(live), live, role) for role in ("owner", "operator")]
    for each in windows:
        each.post("/profile/language", {"language": "en"})  # so that the CSRF token is at hand
    forms = {
        f"/orders/{number}/ship": {"carrier-0": "DHL", "tracking-0": "T100", f"units-0-{line}": "1"},
        f"/orders/{number}/refund": {"what": "lines", "reason": "returned", f"amount-{line}": "5"},
    }
    for path, entered in forms.items():
        form = hidden(windows[0].get(path)) | entered
        with ThreadPoolExecutor(2) as hands:
            found = hands.map(lambda each, path=path, form=form: each.post(path, form).status, windows)
        assert list(found) == [303, 303], path
    assert counter.order(number).lines[0].left_to_ship == 2

    def look(ctx: Context, order: Order) -> Decimal:
        return refundable(ctx.session, order).amount

    assert counter.with_order(number, look) == Decimal(25)


def test_address_is_mended(number: str, signed_in: Pages) -> None:
    form: dict[str, object] = {"name": "Ada", "line1": "Mill Lane 1", "city": "Ghent", "country": "be"}
    assert "Two capital letters" in signed_in.post(f"/orders/{number}/address", form).text
    assert signed_in.post(f"/orders/{number}/address", form | {"country": "BE"}).status == 303
    assert "Mill Lane 1" in signed_in.get(f"/orders/{number}/address").source


def test_packer_ships_and_neither_cancels_nor_refunds(sqlite_live: LiveApplication, number: str) -> None:
    packer = enter(Pages(sqlite_live), sqlite_live, "packer")
    seen = {step: packer.get(f"/orders/{number}/{step}").status for step in ("ship", "cancel", "refund")}
    assert seen == {"ship": 200, "cancel": 403, "refund": 403}


def test_cancellation_that_amazon_refused_can_be_left_or_sent_again(shop: Shop) -> None:
    from tests.integration.test_cancel_and_refund import finish

    pages = enter(Pages(shop.live), shop.live)
    shop.stock("MUG", 10)
    external = shop.place(("MUG", 2))
    shop.sync()
    number = shop.order().number
    assert "Amazon is asked to cancel it" in pages.get(f"/orders/{number}/cancel").text
    assert pages.post(f"/orders/{number}/cancel", {"reason": "NoInventory"}).status == 303
    shop.world.ship_at_amazon(external, {"MUG": 1})
    request = finish(shop)
    page = pages.get(f"/orders/{number}/cancel")
    assert "cannot be canceled by the seller" in page.text
    assert pages.post(f"/orders/{number}/cancel/{request.id}/again").status == 303
    assert shop.order().status == "on_hold"
    assert finish(shop).state == "refused"
    assert pages.post(f"/orders/{number}/refund/{request.id}/close").status == 404
    assert pages.post(f"/orders/{number}/cancel/{request.id}/close").status == 303
    assert shop.problems() == []
    assert shop.read(lambda ctx: get_order(ctx.session, number).status) == "processing"


def test_history_says_a_channels_reason_as_its_form_does(shop: Shop) -> None:
    from tests.integration.test_cancel_and_refund import cancel, finish

    pages = enter(Pages(shop.live), shop.live)
    shop.stock("MUG", 10)
    shop.place(("MUG", 2))
    shop.sync()
    cancel(shop, "NoInventory")
    assert finish(shop).state == "accepted"
    path = f"/orders/{shop.order().number}"
    assert "· Not in stock ·" in pages.get(path).text
    pages.post("/profile/language", {"language": "de"})
    assert "· Nicht auf Lager ·" in pages.get(path).text
    assert (reason("NoInventory"), reason("no_inventory")) == ("NoInventory", "No inventory")


@pytest.mark.parametrize(
    ("carrier", "number", "is_fine"),
    [
        ("UPS", "1Z999AA10123456784", True),
        ("ups", "1z 999 AA1 01 2345 6784", True),
        ("UPS", "1Z999", False),
        ("Unheard of", "ABCD-1", True),
        ("Unheard of", "<script>", False),
        ("Unheard of", "A1", False),
        ("FedEx", "123456789012", True),
    ],
)
def test_tracking_number_is_looked_at(carrier: str, number: str, is_fine: bool) -> None:
    assert (tracking_complaint(carrier, number) is None) is is_fine
