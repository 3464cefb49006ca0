"""`entrepot amazon simulate`: a lifelike Amazon on this machine."""

from __future__ import annotations

import click

DEFAULT_PORT = 8400


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback only.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535))
@click.option("--seed", default=7, show_default=True, help="The same seed invents the same orders.")
@click.option(
    "--rates",
    default="amazon",
    show_default=True,
    type=click.Choice(["amazon", "off"]),
    help="Whether to limit calls as Amazon does.",
)
def simulate(host: str, port: int, seed: int, rates: str) -> None:
    """Serve a simulated Amazon until Ctrl-C: its API, a control API and a page to steer it."""
    from plugins.amazon_channel.simulator import SimulatorError, run_simulator  # slow to import

    try:
        run_simulator(host, port, seed, "off" if rates == "off" else "amazon")
    except SimulatorError as error:
        raise click.ClickException(str(error)) from error
