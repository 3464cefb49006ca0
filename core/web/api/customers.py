"""`/customers`: people with an account in a store."""

from __future__ import annotations

from typing import Any

from flask import Response

from core.commerce.customer_editing import edit_customer, get_customer
from core.database.holding import hold
from core.web.api.access import document_of, reading, writing
from core.web.api.answering import answer, check_unchanged
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import Body, Text
from core.web.api.listing import answer_page, each_as, page_of_customers
from core.web.schemas import CustomerSchema

customers = Noun("customers", __name__, description="People with an account in a store.")


class CustomerBody(Body):
    """What can be said of a customer."""

    name = Text(1, 200, allow_none=True)
    email = Text(3, 254)


@customers.operation("GET", "/customers", "customers:read", Gives(page_of(CustomerSchema)))
@customers.reads_query(PageQuery)
def list_customers(query: dict[str, Any]) -> Response:
    """List customers, the newest first. Guests have no account, so they are only on their orders."""
    return answer_page("customers", query, page_of_customers, each_as(CustomerSchema))


@customers.operation("GET", "/customers/<whole:customer_id>", "customers:read", Gives(CustomerSchema))
def read_customer(customer_id: int) -> Response:
    """Read a customer with the address book."""
    with reading() as ctx:
        return answer(document_of(CustomerSchema, get_customer(ctx.session, customer_id)))


@customers.operation("PATCH", "/customers/<whole:customer_id>", "customers:write", Gives(CustomerSchema))
@customers.reads_body(CustomerBody)
def change_customer(body: dict[str, Any], customer_id: int) -> Response:
    """Change what is sent of a customer. Orders keep what they were placed with.

    Refused (409) if another customer of the store has the email address.
    """
    with writing() as ctx:
        found = get_customer(ctx.session, customer_id)
        hold(ctx.session, found)
        check_unchanged(document_of(CustomerSchema, found))
        edit_customer(ctx, found, body.get("name", found.name), body.get("email", found.email))
        return answer(document_of(CustomerSchema, found))
