"""The `entrepot` command."""

from core.cli.group import entrepot, main

__all__ = ["entrepot", "main"]
