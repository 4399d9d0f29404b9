"""Numbers in, plots out, as SVG that stands in a page under a strict Content-Security-Policy. Pure.

This module alone knows leather, which draws axes and places numbers on them. A plot is one series, so that no colour
has to tell several apart, in the colour of the text around it; its scale is its own, and written beside it. It has no
style, no id and nothing of elsewhere, and is as wide as the narrowest phone: who shows it larger enlarges its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from xml.etree import ElementTree

from leather import Chart, Series, theme
from leather.scales import Linear
from leather.shapes.base import Shape

_WIDTH, _HEIGHT = 288, 84
_TEXT = 12  # units, which are pixels at least
_INK = "currentColor"
_FAINT = "0.3"
_UNKNOWN = "2 3"  # dashes and gaps

for _name in ("label_color", "tick_color", "zero_color"):
    setattr(theme, _name, _INK)
theme.background_color, theme.margin = "none", 0.03
theme.tick_font_size = theme.tick_font_char_height = _TEXT
theme.tick_font_char_width = 7


def bars(
    numbers: Sequence[int | None], *, title: str, marks: Mapping[int, str], written: Sequence[str] = ()
) -> str:
    """Return a plot of *numbers*, a bar each from the left to the right; where one is None, nobody knows it.

    *title* says what it shows to those who don't see it. *marks* are what is written below a bar, by its position,
    *written* what stands on each bar.
    """
    chart = Chart()
    top = max((number for number in numbers if number), default=1)
    chart.set_x_scale(_Positions(len(numbers)))
    chart.add_y_scale(0, top)
    chart.add_x_axis(ticks=list(marks), tick_formatter=lambda position, *_: marks[position])
    chart.add_y_axis(ticks=[0, top], tick_formatter=lambda number, *_: f"{number:,}")
    chart.add_series(Series(list(enumerate(numbers))), _Bars())
    return _svg(chart, title)
