"""What watches over Entrepot asks: does the process live, can it work, and how does it stand?

`/healthz` asks nobody, `/readyz` asks the database, `/metrics` tells numbers to tokens with the scope
`metrics:read` and, where no proxy is, to this machine. None of them tells anything about a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.access import find_token
from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.context import Context
from core.errors import EntrepotError
from core.events import count_open_deliveries
from core.jobs import Job, JobState, count_open_jobs, is_runner_alive
from core.problems import Problem
from core.web.admin.identity import public
from core.web.guarding import is_asked_here
from core.web.scope import live, reading_as

pages = Blueprint("health", __name__)
SCOPE = "metrics:read"
_ACTOR = "health"


@pages.get("/healthz")
@public
def healthz() -> Response:
    """The process lives and answers; nothing else is asked."""
    return _answer({"status": "ok"}, 200)


@pages.get("/readyz")
@public
def readyz() -> Response:
    """Whether requests and jobs can be worked off: database, migrations, a runner that was seen lately."""
    checks = dict.fromkeys(("database", "migrations", "runner"), "not checked")
    try:
        with live().engine.connect() as connection:
            connection.execute(select(1))
        checks["database"] = "ok"
        with reading_as(_ACTOR) as ctx:
            checks["migrations"] = "ok"
            checks["runner"] = "ok" if is_runner_alive(ctx) else "none was seen in the last minute"
    except (SQLAlchemyError, OSError):
        checks["database"] = "does not answer"
    except EntrepotError as error:
        checks["migrations"] = error.code
    is_ready = set(checks.values()) == {"ok"}
    return _answer({"status": "ok" if is_ready else "not ready", **checks}, 200 if is_ready else 503)


@pages.get("/metrics")
@public
def metrics() -> Response:
    """Gauges in the text format of Prometheus, read from the database at this moment."""
    with reading_as(_ACTOR) as ctx:
        if not _may_read(ctx):
            told = "the metrics are told to a token with the scope metrics:read; without a proxy, here too"
            return _answer({"status": told}, 401)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_ShopCollector(ctx))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _ShopCollector(Collector):
    """How many jobs, deliveries, problems and channel orders are in which state."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def collect(self) -> Iterator[Metric]:
        """Every gauge."""
        session = self._ctx.session
        yield _gauge("entrepot_jobs", "Jobs that wait, run or failed", "state", count_open_jobs(self._ctx))
        yield GaugeMetricFamily(
            "entrepot_job_delay_seconds",
            "For how long the job that is due the longest has been waiting",
            value=_delay(self._ctx),
        )
        yield GaugeMetricFamily(
            "entrepot_runner_alive",
            "Whether a runner was seen in the last minute",
            value=int(is_runner_alive(self._ctx)),
        )
        deliveries = count_open_deliveries(session)
        yield _gauge("entrepot_deliveries", "Deliveries that wait or are parked", "state", deliveries)
        yield _gauge("entrepot_problems", "Problems that are open", "kind", _problems(session))
        orders = _channel_orders(session)
        yield _gauge("entrepot_channel_orders", "Orders of channels by their status", "status", orders)
        yield _gauge(
            "entrepot_channel_orders_held", "Orders of channels that wait", "reason", _held(session)
        )
        yield _synced(self._ctx)


def _gauge(name: str, help_text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _delay(ctx: Context) -> float:
    """Of the jobs that are due, how long the oldest has been."""
    now = ctx.clock.now()
    due = ctx.session.scalar(
        select(func.min(Job.run_at)).where(Job.state == JobState.QUEUED, Job.run_at <= now)
    )
    return (now - due).total_seconds() if due else 0.0


def _problems(session: Session) -> dict[str, int]:
    open_ones = (Problem.resolved_at.is_(None), Problem.ignored_at.is_(None))
    rows = select(Problem.kind, func.count()).where(*open_ones).group_by(Problem.kind)
    return {str(kind): count for kind, count in session.execute(rows)}


def _channel_orders(session: Session) -> dict[str, int]:
    rows = select(ChannelOrder.status, func.count()).group_by(ChannelOrder.status)
    return {str(status): count for status, count in session.execute(rows)}


def _held(session: Session) -> dict[str, int]:
    held = select(ChannelOrder.held_code, func.count()).where(ChannelOrder.held_code.is_not(None))
    return {str(code): count for code, count in session.execute(held.group_by(ChannelOrder.held_code))}


def _synced(ctx: Context) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "entrepot_account_seconds_since_sync",
        "Seconds since an account was last read to the end",
        labels=["account", "state"],
    )
    now = ctx.clock.now()
    for name, state, at in ctx.session.execute(select(Account.name, Account.state, Account.last_synced_at)):
        if at is not None:
            family.add_metric([name, state], (now - at).total_seconds())
    return family


def _may_read(ctx: Context) -> bool:
    """A token with the scope; without one, whoever asks from this very machine."""
    header = request.headers.get("Authorization")
    if header is not None:
        kind, _, text = header.partition(" ")
        token = find_token(ctx.session, text.strip()) if kind.lower() == "bearer" else None
        return token is not None and token.is_valid(ctx.clock.now()) and SCOPE in token.scopes
    return is_asked_here()


def _answer(body: dict[str, str], status: int) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return Response(json.dumps(body), status, headers, content_type="application/json")
