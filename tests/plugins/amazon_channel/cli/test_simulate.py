"""`entrepot amazon simulate`: what keeps it from starting."""

from __future__ import annotations

import socket

from tests.command_line import Entrepot


def test_a_port_that_is_in_use_is_refused_in_one_sentence(entrepot: Entrepot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        sentence = entrepot.refused("amazon", "simulate", "--port", str(port))
    assert sentence == f"port {port} is in use already: stop what listens there, or choose another"
