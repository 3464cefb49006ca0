"""Charts as SVG, drawn on the server: without a script, and in words for who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

_WIDTH, _HEIGHT, _GAP = 600, 140, 4


@dataclass(frozen=True)
class Bar:
    """One bar: how high in comparison, and what it says when pointed at. `is_last` marks today's."""

    value: Decimal
    text: str
    is_last: bool = False


def bar_chart(bars: Sequence[Bar], title: str) -> Markup:
    """Bars side by side, the highest as high as the chart; `title` says in words what they show."""
    highest = max((bar.value for bar in bars), default=Decimal(0))
    step = _WIDTH / max(len(bars), 1)
    drawn = [
        Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">').format(
            "bar today" if bar.is_last else "bar",
            place * step + _GAP / 2,
            _HEIGHT - _height(bar.value, highest),
            step - _GAP,
            _height(bar.value, highest),
        )
        + Markup("<title>{}</title></rect>").format(bar.text)
        for place, bar in enumerate(bars)
    ]
    opening = Markup('<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"').format(
        _WIDTH, _HEIGHT
    )
    said = Markup(' aria-label="{}">').format(title)
    return opening + said + Markup("").join(drawn) + Markup("</svg>")


def _height(value: Decimal, highest: Decimal) -> int:
    """In whole units; what is not nothing can be seen."""
    if value <= 0 or highest <= 0:
        return 1
    return max(3, int(value * _HEIGHT / highest))
