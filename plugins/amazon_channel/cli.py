"""temporary"""
import click
def commands() -> list[click.Command]:
    return []
