"""Requirements as a graph: who requires itself, and how to say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def find_circle(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Every name that requires itself, each with its shortest way round, itself at both ends."""
    circles = {name: _way_back(name, needs) for name in sorted(needs)}
    return {name: way for name, way in circles.items() if way}


def join_words(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _way_back(start: str, needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Breadth first from `start` to itself; empty if there is no way."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for name in needs.get(way[-1], ()):
            if name == start:
                return [*way, name]
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
