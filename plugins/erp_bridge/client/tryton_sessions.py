"""Signing in to Tryton with a password, over its JSON-RPC: to set a server up, not to hand orders over."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from core.errors import TemporarilyUnavailable
from plugins.erp_bridge.client.tryton import check_url, decode_value, encode_value

#: Making a chart of accounts takes its time.
_TIMEOUTS = (5.0, 120.0)
Record = dict[str, Any]


class TrytonSession:
    """What a person who signed in can do by hand."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        """Raises TemporarilyUnavailable if nobody answers or the password is not right."""
        self._url = f"{check_url(url).rstrip('/')}/{database}/rpc/"
        self._session = requests.Session()
        self._session.trust_env = False
        self.context: dict[str, Any] = {}
        user_id, token, *_ = self._ask("common.db.login", login, {"password": password})
        signed_in = b64encode(f"{login}:{user_id}:{token}".encode()).decode()
        self._session.headers["authorization"] = f"Session {signed_in}"
        self.user_id = int(user_id)

    def create(self, model: str, *records: Mapping[str, Any]) -> list[int]:
        """Make records; their ids."""
        made: list[int] = self._ask(f"model.{model}.create", list(records), self.context)
        return made

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Change a record."""
        self._ask(f"model.{model}.write", [record_id], values, self.context)

    def press(self, model: str, record_ids: Sequence[int], button: str) -> None:
        """Do with records what a button of their form does."""
        self._ask(f"model.{model}.{button}", list(record_ids), self.context)

    def find(
        self, model: str, domain: Sequence[Any], fields: Sequence[str] = ("rec_name",)
    ) -> list[Record]:
        """Every record that matches, the oldest first."""
        order = [["id", "ASC"]]
        found: list[Record] = self._ask(
            f"model.{model}.search_read", domain, 0, None, order, list(fields), self.context
        )
        return found

    def run_wizard(self, name: str, *steps: tuple[str, Mapping[str, Any]]) -> None:
        """Go through a wizard; each step is a state and what is entered before it."""
        wizard_id = self._ask(f"wizard.{name}.create", self.context)[0]
        for state, entered in steps:
            self._ask(f"wizard.{name}.execute", wizard_id, entered, state, self.context)

    def close(self) -> None:
        """Let go of the connection; the server forgets the session by itself."""
        self._session.close()

    def _ask(self, method: str, *arguments: Any) -> Any:
        body = json.dumps({"id": 1, "method": method, "params": arguments}, default=encode_value)
        try:
            answer = self._session.post(
                self._url, data=body, headers={"content-type": "application/json"}, timeout=_TIMEOUTS
            )
            said = (
                json.loads(answer.content, object_hook=decode_value) if answer.status_code == 200 else None
            )
        except (requests.RequestException, ValueError) as error:
            failure = f"{method} failed ({type(error).__name__})"
        else:
            if isinstance(said, dict) and "result" in said:
                return said["result"]
            if isinstance(said, list):
                return said
            detail = said.get("error") if isinstance(said, dict) else f"status {answer.status_code}"
            failure = f"{method} failed: {str(detail)[:500]}"
        raise TemporarilyUnavailable(f"Tryton could not be set up: {failure}")
