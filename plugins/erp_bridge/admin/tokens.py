"""A token for the program of a consumer that fetches: made on the consumer's page, shown there once."""

from __future__ import annotations

from typing import Any

from flask import request

from core.access import add_token
from core.errors import Refused
from core.web.admin.shell import answer, application, needs, reading, writing
from plugins.erp_bridge.admin.blueprint import pages
from plugins.erp_bridge.admin.showing import TokenForm, consumer_page
from plugins.erp_bridge.consumers import get_consumer

#: What a program may be allowed beside picking up, by the name of its box.
_MORE = {
    "persons": ("personal_data:read",),
    "back": ("orders:read", "orders:write", "shipments:write", "stock:write"),
}


@pages.post("/consumers/<name>/token")
@needs("operators.manage")
def make_token(name: str) -> Any:
    """Make a token; its text is on the page that answers, and nowhere else."""
    called = request.form.get("token_name", "").strip()
    scopes = [f"pickup:{name}", *(scope for key in _MORE if key in request.form for scope in _MORE[key])]
    try:
        with writing() as ctx:
            get_consumer(ctx.session, name)
            _token, text = add_token(ctx, called, scopes, application().scopes)
        form = TokenForm(name, text)
    except Refused as error:
        form = TokenForm(called, wrong=str(error))
    with reading() as ctx:
        page = consumer_page(ctx, get_consumer(ctx.session, name), form)
    return page if form.text else answer(page)
