"""The Feeds API: documents and feeds; and the addresses that documents are put to and taken from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from .clock import as_timestamp, read_timestamp
from .errors import invalid_input
from .feeds import Feed
from .gateway import Gateway
from .world import World

_BASE = "/feeds/2021-06-30"
_PLACE = "/feed-documents"


def feeds_blueprint(gateway: Gateway) -> Blueprint:
    """The routes of the Feeds API, and those of the documents' own addresses, which need no token."""
    blueprint = Blueprint("feeds_api", __name__)
    world = gateway.world

    @blueprint.post(f"{_BASE}/documents")
    def create_feed_document() -> Response:
        return gateway.answer("createFeedDocument", lambda seller: _create_document(world, seller), 201)

    @blueprint.post(f"{_BASE}/feeds")
    def create_feed() -> Response:
        return gateway.answer("createFeed", lambda seller: _create_feed(world, seller), 202)

    @blueprint.get(f"{_BASE}/feeds")
    def get_feeds() -> Response:
        return gateway.answer("getFeeds", lambda seller: _list_feeds(world, seller))

    @blueprint.get(f"{_BASE}/feeds/<feed_id>")
    def get_feed(feed_id: str) -> Response:
        return gateway.answer(
            "getFeed", lambda seller: feed_document(world.read_feed(seller, feed_id), world.now())
        )

    @blueprint.get(f"{_BASE}/documents/<document_id>")
    def get_feed_document(document_id: str) -> Response:
        return gateway.answer("getFeedDocument", lambda seller: _document(world, seller, document_id))

    @blueprint.put(f"{_PLACE}/<document_id>")
    def upload(document_id: str) -> Response:
        kept = world.upload_document(document_id, request.content_type or "", request.get_data())
        return Response(status=200 if kept else 403)

    @blueprint.get(f"{_PLACE}/<document_id>")
    def download(document_id: str) -> Response:
        document = world.download_document(document_id)
        if document is None:
            return Response(status=403)
        return Response(document.content, content_type="application/octet-stream")

    return blueprint


def feed_document(feed: Feed, now: datetime) -> dict[str, Any]:
    """A feed in the words of the Feeds API."""
    status = feed.status(now)
    document: dict[str, Any] = {
        "feedId": feed.feed_id,
        "feedType": feed.feed_type,
        "marketplaceIds": list(feed.marketplace_ids),
        "createdTime": as_timestamp(feed.created),
        "processingStatus": status,
    }
    if status not in ("IN_QUEUE", "CANCELLED"):
        document["processingStartTime"] = as_timestamp(feed.starts)
    if status in ("DONE", "FATAL"):
        document["processingEndTime"] = as_timestamp(feed.ends)
    if feed.result_document_id is not None:
        document["resultFeedDocumentId"] = feed.result_document_id
    return document


def _create_document(world: World, seller_id: str) -> dict[str, Any]:
    content_type = _body().get("contentType")
    if not isinstance(content_type, str):
        raise invalid_input("Invalid input", "contentType is missing.")
    document = world.create_document(seller_id, content_type)
    return {"feedDocumentId": document.document_id, "url": _url(document.document_id)}


def _create_feed(world: World, seller_id: str) -> dict[str, Any]:
    body = _body()
    feed_type, document_id = body.get("feedType"), body.get("inputFeedDocumentId")
    marketplaces = body.get("marketplaceIds")
    if not isinstance(feed_type, str) or not isinstance(document_id, str):
        raise invalid_input("Invalid input", "feedType and inputFeedDocumentId are needed.")
    if not isinstance(marketplaces, list) or not 1 <= len(marketplaces) <= 25:
        raise invalid_input("Invalid input", "marketplaceIds names 1 to 25 marketplaces.")
    return {"feedId": world.create_feed(seller_id, feed_type, marketplaces, document_id).feed_id}


def _list_feeds(world: World, seller_id: str) -> dict[str, Any]:
    types = [part for part in request.args.get("feedTypes", "").split(",") if part]
    since = request.args.get("createdSince")
    if not types:
        raise invalid_input("Invalid input", "feedTypes were not provided.")
    try:
        earliest = read_timestamp(since) if since else None
    except ValueError:
        raise invalid_input("Invalid input", "createdSince is no date.") from None
    found = [
        feed_document(feed, world.now())
        for feed in world.feeds(seller_id)
        if feed.feed_type in types and (earliest is None or feed.created >= earliest)
    ]
    size = request.args.get("pageSize", "10")
    return {"feeds": found[: int(size) if size.isdigit() else 10]}


def _document(world: World, seller_id: str, document_id: str) -> dict[str, Any]:
    document = world.open_document(seller_id, document_id)
    answer = {"feedDocumentId": document.document_id, "url": _url(document.document_id)}
    return answer | ({"compressionAlgorithm": "GZIP"} if document.is_packed else {})


def _body() -> Mapping[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise invalid_input("Invalid input", "The request has no JSON object as its body.")
    return body


def _url(document_id: str) -> str:
    return f"{request.host_url.rstrip('/')}{_PLACE}/{document_id}?X-Amz-Expires=300"
