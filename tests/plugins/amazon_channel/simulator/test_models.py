"""Answers keep to Amazon's own models of the Orders API and the Feeds API."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, FormatChecker

from plugins.amazon_channel.simulator import AMAZON_RATES

REPOSITORY = Path(__file__).parents[4]
MODELS = Path(os.environ.get("ENTREPOT_SPAPI_MODELS") or REPOSITORY.parent / "shared" / "sp-api" / "models")
READING = MODELS / "orders-api-model" / "orders_2026-01-01.json"
FEEDING = MODELS / "feeds-api-model" / "feeds_2021-06-30.json"
CONFIRMING = MODELS / "orders-api-model" / "ordersV0.json"

pytestmark = pytest.mark.skipif(
    not READING.exists(),
    reason=f"Amazon's models are not at {MODELS}; ENTREPOT_SPAPI_MODELS may say where they are",
)

formats = FormatChecker(formats=())


@formats.checks("date-time")
def is_timestamp(value):
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value))


def validator_of(model, definition):
    """Checks a value against a definition; fields that the model does not have are errors."""
    definitions = json.loads(model.read_text(encoding="utf-8"))["definitions"]
    for shape in definitions.values():
        if "properties" in shape:
            shape["additionalProperties"] = False
    schema = {"$ref": f"#/definitions/{definition}", "definitions": definitions}
    return Draft4Validator(schema, format_checker=formats)


@pytest.fixture
def busy_world(world):
    """Orders of every kind and status."""
    for marketplace in ("US", "DE", "JP", "BR"):
        for status in ("PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED"):
            for fulfilled_by in ("MERCHANT", "AMAZON"):
                world.place_order(
                    marketplace=marketplace,
                    status=status,
                    fulfilled_by=fulfilled_by,
                    delivery_tip="2",
                    programs=["AMAZON_BUSINESS", "PRIME"],
                    purchase_order_number="PO 7",
                    exchange_of="302-1234567-1234567",
                    lines=[
                        {"sku": "MUG", "quantity": 2},
                        {
                            "sku": "TEA",
                            "unit_price": "9",
                            "tax": "1",
                            "discount": "2",
                            "gift_wrap": "3",
                            "gift_message": "For you",
                            "promotion_ids": ["AUTUMN"],
                            "programs": ["SUBSCRIBE_AND_SAVE"],
                        },
                    ],
                )
    asking = world.place_order(status="UNSHIPPED", address={"company_name": "Mill & Co"})
    world.request_cancellation(asking.order_id)
    world.advance(timedelta(minutes=3))
    return world


@pytest.mark.usefixtures("busy_world")
def test_search_answers_fit_the_model(amazon):
    everything = "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT"
    validator = validator_of(READING, "SearchOrdersResponse")

    page = amazon.updated(includedData=everything, maxResultsPerPage=30)
    last = amazon.updated(includedData=everything, paginationToken=page["pagination"]["nextToken"])

    assert len(page["orders"]) + len(last["orders"]) == 41
    for body in (page, last, amazon.updated()):
        validator.validate(body)


def test_order_answers_fit_the_model(busy_world, amazon):
    validator = validator_of(READING, "GetOrderResponse")

    for order in busy_world.orders():
        assert validator.is_valid(amazon.read(order.order_id).json()), order
        assert validator.is_valid(amazon.read(order.order_id, included="").json()), order


def test_errors_fit_the_models(busy_world, amazon):
    order = busy_world.orders()[0]
    reading = validator_of(READING, "ErrorList")
    confirming = validator_of(CONFIRMING, "ConfirmShipmentErrorResponse")

    for answer in (amazon.search(), amazon.read("302-1234567-1234567")):
        assert reading.is_valid(answer.json()), answer.json()
    refused = amazon.confirm(order.order_id, {}).json()
    assert confirming.is_valid(refused), refused


def test_confirmation_that_the_model_describes_is_accepted(world, amazon):
    order = world.place_order(status="UNSHIPPED")
    body = amazon.package(order)
    validator_of(CONFIRMING, "ConfirmShipmentRequest").validate(body)

    assert amazon.confirm(order.order_id, body).status_code == 204


def test_feeds_fit_the_model_in_every_state(world, amazon):
    def check(definition, answer):
        validator_of(FEEDING, definition).validate(answer)
        return answer

    def read():
        return check("Feed", amazon.session.get(f"{amazon.url}/feeds/2021-06-30/feeds/{feed_id}").json())

    base = f"{amazon.url}/feeds/2021-06-30"
    document = check("CreateFeedDocumentResponse", post_document(amazon, base, b"<no/>"))
    wanted = {
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "marketplaceIds": ["A1PA6795UKMFR9"],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    check("CreateFeedSpecification", wanted)
    created = amazon.session.post(f"{base}/feeds", json=wanted)
    feed_id = check("CreateFeedResponse", created.json())["feedId"]

    states = []
    for _ in range(20):
        states.append(read()["processingStatus"])
        world.advance(timedelta(seconds=1))
    listed = amazon.session.get(f"{base}/feeds", params={"feedTypes": wanted["feedType"]}).json()
    report = amazon.session.get(f"{base}/documents/{read()['resultFeedDocumentId']}").json()

    assert created.status_code == 202
    assert list(dict.fromkeys(states)) == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert len(check("GetFeedsResponse", listed)["feeds"]) == 1
    assert check("FeedDocument", report)["compressionAlgorithm"] == "GZIP"
    check("ErrorList", amazon.session.get(f"{base}/feeds/1").json())
    check("ErrorList", amazon.session.post(f"{base}/feeds", json={}).json())


def post_document(amazon, base, content):
    kind = "text/xml; charset=UTF-8"
    answer = amazon.session.post(f"{base}/documents", json={"contentType": kind}).json()
    assert amazon.session.put(answer["url"], data=content, headers={"content-type": kind}).ok
    return answer


def test_quotas_are_those_of_the_models():
    described = {}
    for model in (READING, CONFIRMING, FEEDING):
        for path in json.loads(model.read_text(encoding="utf-8"))["paths"].values():
            for operation in path.values():
                if isinstance(operation, dict) and "operationId" in operation:
                    plan = re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", operation["description"])
                    described.setdefault(operation["operationId"], plan.groups())

    for name, rate in AMAZON_RATES.items():
        assert described[name] == (str(rate.per_second), str(rate.burst))
