"""Files that are imported: a preview first, then portion by portion, whatever comes between."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from core.application import Application, LiveApplication
from core.commerce import file_imports
from core.commerce.catalog import Product, create_product, get_product
from core.commerce.file_imports import (
    FileImport,
    ImportProgress,
    apply_import,
    cancel_import,
    export_wrong_lines,
    get_import,
    list_imports,
    list_plans,
    progress_of,
    start_import,
)
from core.commerce.import_plans import LinePlan, count_outcomes, import_whole, rows_of
from core.commerce.importers import PRODUCTS
from core.commerce.inventory import set_on_hand
from core.commerce.product_import import export_products
from core.commerce.spreadsheets import as_written, harmless
from core.context import Context
from core.errors import InvalidValue, NotFound, WrongState
from core.jobs import Job, JobRun, Owner, Runner
from tests.core.commerce.counter import Counter


class Desk:
    """Somebody who imports products, in portions of three lines."""

    def __init__(self, live: LiveApplication) -> None:
        self.live = live
        self.counter = Counter(live.current())
        self.owner = Owner(live.config.home)

    def current(self) -> Application:
        """The application, for whoever runs jobs."""
        return self.live.current()

    def start(self, text: str) -> int:
        rows = rows_of(PRODUCTS, io.StringIO(text, newline=""))
        return self.counter.write(lambda ctx: start_import(ctx, PRODUCTS, "list.csv", rows).id)

    def change(self, verb: Callable[[Context, FileImport], None], import_id: int) -> None:
        self.counter.write(lambda ctx: verb(ctx, get_import(ctx.session, "products", import_id)))

    def apply(self, import_id: int) -> None:
        self.change(lambda ctx, row: apply_import(ctx, row, PRODUCTS), import_id)

    def work(self) -> None:
        Runner(self, self.owner).run_until_idle()

    def state(self, import_id: int) -> tuple[str, ImportProgress]:
        def look(ctx: Context) -> tuple[str, ImportProgress]:
            row = get_import(ctx.session, "products", import_id)
            return row.state, progress_of(ctx.session, row)

        return self.counter.read(look)

    def plans(self, import_id: int, outcome: str, after: int = 0, limit: int = 100) -> list[LinePlan]:
        return self.counter.read(
            lambda ctx: list_plans(
                ctx.session, get_import(ctx.session, "products", import_id), outcome, after, limit
            )
        )

    def products(self) -> int:
        return self.counter.read(lambda ctx: ctx.session.scalar(select(func.count(Product.id))) or 0)


@pytest.fixture
def desk(live: LiveApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Somebody who imports products."""
    monkeypatch.setattr(file_imports.working, "PORTION", 3)
    desk = Desk(live)
    yield desk
    desk.owner.close()


def lines(number: int) -> str:
    return "sku,name,quantity\n" + "".join(f"S{place},Thing {place},{place}\n" for place in range(number))


def test_short_file_is_looked_through_at_once_and_changes_nothing(desk: Desk) -> None:
    desk.counter.stock("MUG", 5)
    number = desk.start("sku,name,price,quantity\nMUG,Mug,9.9,5\nTEA,Tea,,1\nBAD,,x,1\n")
    state, progress = desk.state(number)
    assert (state, progress.checked, progress.applied) == ("ready", 3, 0)
    assert progress.outcomes == {"added": 1, "changed": 1, "unchanged": 0, "wrong": 1}
    (changed,), (added,), (wrong,) = (desk.plans(number, o) for o in ("changed", "added", "wrong"))
    assert changed.changes == {"name": ("Product MUG", "Mug"), "price": (None, "9.90 EUR")}
    assert (added.key, added.changes["quantity"]) == ("TEA", (None, "1"))
    assert (wrong.line, wrong.reasons) == (4, ("'x' is not a decimal number such as 12.50",))
    assert desk.products() == 1
    desk.apply(number)
    assert desk.state(number)[0] == "done"
    assert (desk.products(), desk.counter.stock_of("TEA").on_hand) == (2, 1)
    with pytest.raises(WrongState, match=r"list\.csv is done"):
        desk.apply(number)


def test_long_file_is_worked_off_by_a_job_and_wrong_lines_are_left_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_imports.working, "_PORTIONS_AT_ONCE", 1)
    number = desk.start(lines(7) + "S8,Thing,x\nS0,Again,1\n")
    assert desk.state(number)[0] == "checking"
    desk.work()
    state, progress = desk.state(number)
    assert (state, progress.to_apply, progress.outcomes["wrong"]) == ("ready", 7, 2)
    assert [plan.line for plan in desk.plans(number, "added", 0, 4)] == [2, 3, 4, 5]
    assert [plan.line for plan in desk.plans(number, "added", 5, 4)] == [6, 7, 8]
    desk.apply(number)
    assert desk.products() == 0
    desk.work()
    assert (desk.state(number)[0], desk.products()) == ("done", 7)
    row = desk.counter.read(lambda ctx: list_imports(ctx.session, "products", 5))[0]
    text = desk.counter.read(lambda ctx: "".join(export_wrong_lines(ctx.session, row, PRODUCTS)))
    assert "9,'x' is not a quantity" in text
    assert "10,'S0' is in line 2 already,S0,Again" in text
    mended = desk.start(text.replace(",x,", ",8,"))
    assert desk.state(mended)[1].outcomes == {"added": 1, "changed": 1, "unchanged": 0, "wrong": 0}


def test_import_goes_on_where_a_process_that_died_left_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.start(lines(9))
    desk.work()
    desk.apply(number)
    applied = []

    def dying(ctx: Context, rows: object) -> list[LinePlan]:
        if len(applied) == 2:
            raise KeyboardInterrupt
        applied.append(rows)
        return type(PRODUCTS).apply(PRODUCTS, ctx, rows)  # type: ignore[arg-type]  # as it was given

    job = desk.live.current().job_types["imports.work"]
    run = _run(desk, number)
    monkeypatch.setattr(PRODUCTS, "apply", dying, raising=False)
    with pytest.raises(KeyboardInterrupt):
        job.handler(run)
    monkeypatch.undo()
    assert (desk.state(number)[1].applied, desk.products()) == (6, 6)
    desk.work()
    assert (desk.state(number)[0], desk.products()) == ("done", 9)


def _run(desk: Desk, number: int) -> JobRun:
    return JobRun(0, "imports.work", {"import_id": number}, 1, 8, desk.live.current())


def test_canceled_import_stops_and_keeps_what_was_done(desk: Desk) -> None:
    number = desk.start(lines(9))
    desk.work()
    desk.apply(number)
    desk.change(cancel_import, number)
    desk.work()
    assert (desk.state(number)[0], desk.products()) == ("canceled", 0)
    with pytest.raises(WrongState, match="ended already"):
        desk.change(cancel_import, number)


def test_what_was_in_a_file_is_forgotten_after_a_week(desk: Desk) -> None:
    number = desk.start(lines(1))

    def bring_forward(ctx: Context) -> None:
        job = ctx.session.scalars(select(Job).where(Job.name == "imports.forget")).one()
        assert round((job.run_at - job.created_at).total_seconds()) == 7 * 24 * 3600
        job.run_at = job.created_at

    desk.counter.write(bring_forward)
    desk.work()
    with pytest.raises(NotFound, match="forgotten after a week"):
        desk.state(number)


@pytest.mark.parametrize("text", ["", "sku\n", "name\nMug\n", "sku,colour\nMUG,blue\n"])
def test_file_that_is_no_list_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(InvalidValue):
        desk.start(text)


def test_exported_products_import_again_unchanged(counter: Counter) -> None:
    names = ["=1+1", "'=1", "+49", "-", "@x", "'quoted'", " spaced ", 'a,"b"\n;c', "日本", "\tTab"]

    def fill(ctx: Context) -> None:
        for place, name in enumerate(names):
            create_product(ctx, f"=S{place}", name, is_managed=bool(place % 2))
        set_on_hand(ctx, get_product(ctx.session, "=S0").id, -3, "counted", "test")

    counter.write(fill)
    text = counter.read(lambda ctx: "".join(export_products(ctx.session)))
    cells = text.replace('"', "").replace("\r\n", ",").split(",")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]

    def again(ctx: Context) -> dict[str, int]:
        rows = rows_of(PRODUCTS, io.StringIO(text, newline=""))
        return count_outcomes(PRODUCTS.plan(ctx.session, rows))

    assert counter.read(again) == {"added": 0, "changed": 0, "unchanged": len(names), "wrong": 0}
    result = counter.write(lambda ctx: import_whole(ctx, PRODUCTS, io.StringIO(text, newline="")))
    assert result == {"added": 0, "changed": 0, "unchanged": len(names), "wrong": 0}


def test_harmless_cell_begins_like_no_formula() -> None:
    texts = ["=A1", "'=A1", "A=1", "it's", "-", "' -"]
    cells = [harmless(text) for text in texts]
    assert cells == ["'=A1", "''=A1", "A=1", "it's", "'-", "'' -"]
    assert [as_written(cell) for cell in cells] == texts
