"""The command line as a test calls it: in this process, with an environment of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from click.testing import CliRunner

from core.application import LiveApplication
from core.cli import main
from core.config import load_config
from plugins.amazon_channel.simulator import SELLER, RunningSimulator

GERMANY = "A1PA6795UKMFR9"
#: What no command may ever print, whatever it is asked.
SECRETS = (SELLER.client_secret, SELLER.refresh_token)


@dataclass(frozen=True)
class Result:
    """How one call ended and what it printed."""

    arguments: tuple[str, ...]
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is nothing but one JSON value."""
        return json.loads(self.out)


@dataclass
class Entrepot:
    """Calls `entrepot …`; after each call it is checked that no secret and no traceback was shown."""

    environment: Mapping[str, str]
    secrets: list[str] = field(default_factory=lambda: list(SECRETS))

    def __call__(self, *arguments: str, typed: str = "", **environment: str) -> Result:
        """Run one command; `typed` is its standard input, more environment can be given by name."""
        nothing = {"ENTREPOT_CONFIG": None, "ENTREPOT_LOG_LEVEL": None, "COLUMNS": None}
        env = {**nothing, **self.environment, **environment}
        with CliRunner().isolation(input=typed, env=env) as (out, err, _):
            try:
                main(list(arguments))
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            finally:
                structlog.reset_defaults()
            result = Result(arguments, status, out.getvalue().decode(), err.getvalue().decode())
        for text in (result.out, result.err):
            assert "Traceback" not in text, text
            assert not [secret for secret in self.secrets if secret in text], "a secret was shown"
        return result

    def ok(self, *arguments: str, **options: Any) -> str:
        """What a command prints that has to succeed and has nothing to complain about."""
        result = self(*arguments, **options)
        assert (result.status, result.err) == (0, ""), result
        return result.out

    def json(self, *arguments: str, **options: Any) -> Any:
        """The same with `--json`, read."""
        return json.loads(self.ok(*arguments, "--json", **options))

    def refused(self, *arguments: str, **options: Any) -> str:
        """The one sentence of a command that is refused: status 1, nothing on standard output."""
        return self._sentence(1, *arguments, **options)

    def wrong(self, *arguments: str, **options: Any) -> str:
        """The one sentence of a command that is used wrongly: status 2."""
        return self._sentence(2, *arguments, **options)

    def _sentence(self, status: int, *arguments: str, **options: Any) -> str:
        result = self(*arguments, **options)
        assert (result.status, result.out) == (status, ""), result
        lines = result.err.splitlines()
        assert len(lines) == 1, result.err
        assert lines[0].startswith("entrepot: "), result.err
        return lines[0].removeprefix("entrepot: ")


def open_shop(entrepot: Entrepot) -> LiveApplication:
    """The shop that the command line works on; whoever opens it closes it."""
    return LiveApplication(load_config(entrepot.environment))


class Seller:
    """A seller with an account at the simulated Amazon, who has nothing but the command line."""

    def __init__(self, entrepot: Entrepot, amazon: RunningSimulator) -> None:
        self.entrepot, self.amazon = entrepot, amazon

    def account_options(self, **changes: str | None) -> list[str]:
        """The options of `amazon accounts add` for the simulator; None leaves one out."""
        options = {
            "seller-id": SELLER.seller_id,
            "region": "eu",
            "marketplace": GERMANY,
            "client-id": SELLER.client_id,
            "client-secret": SELLER.client_secret,
            "refresh-token": SELLER.refresh_token,
            "base-url": self.amazon.url,
            "lwa-url": self.amazon.token_url,
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        return [word for name, value in options.items() if value for word in (f"--{name}", value)]

    def connect(self, name: str = "shop", **changes: str | None) -> None:
        """Add the account."""
        self.entrepot.ok("amazon", "accounts", "add", name, *self.account_options(**changes))

    def sync(self, *arguments: str) -> Any:
        """Read what is new; what was counted."""
        return self.entrepot.json("amazon", "sync", *arguments)

    def set(self, *changes: str, account: str = "shop", marketplace: str = GERMANY) -> None:
        """Change order settings."""
        where = ["--account", account, "--marketplace", marketplace]
        self.entrepot.ok("amazon", "settings", "set", *where, *changes)

    def orders(self, *arguments: str) -> Any:
        """The Orders tab."""
        return self.entrepot.json("amazon", "orders", *arguments)
