"""Nothing that is kept readable tells who bought."""

from __future__ import annotations

from sqlalchemy import text

from tests.shop import Shop

SECRETS = ("Lovelace", "ada@buyer", "Analytical Street", "030 1234567")


def test_no_table_holds_a_name_an_address_or_an_e_mail_in_the_clear(shop: Shop) -> None:
    shop.set(customer_creation="build_new_customer_account")
    shop.stock("AB-1", 5)
    buyer = {
        "buyer_name": "Ada Lovelace",
        "buyer_email": "ada@buyer.example",
        "address": {
            "name": "Ada Lovelace",
            "addressLine1": "Analytical Street 1",
            "phone": "030 1234567",
        },
    }
    shop.place(("AB-1", 1), **buyer)
    shop.place(("UNKNOWN", 1), **buyer)
    shop.place(("AB-1", 1), status="PENDING", **buyer)
    external_id = shop.place(("AB-1", 1), stated_total="99", **buyer)
    shop.sync()
    shop.ship(shop.orders()[0].number, carrier="Pony Express")
    shop.world.cancel_at_amazon(external_id)
    shop.later()
    shop.sync()
    shop.work()
    assert len(shop.orders()) == 2
    with shop.live.engine.connect() as connection:
        tables = connection.dialect.get_table_names(connection)
        assert len(tables) > 20
        for table in tables:
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                readable = " ".join(
                    str(value) for value in row if not isinstance(value, bytes | memoryview)
                )
                assert not any(secret.casefold() in readable.casefold() for secret in SECRETS), table
