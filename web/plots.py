"""Numbers in, plots out, as SVG that stands in a page under a strict Content-Security-Policy. Pure.

This module alone knows leather, which lays out axes and labels. A plot shows one series, in the colour of the text
around it, so that none has to be told from another by colour; its scale is its own, from 0 to its greatest number,
which is written beside it. It has no style, no id, and nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from leather import Chart, Series, theme
from leather.scales import Ordinal, Scale
from leather.shapes.base import Shape

WIDTH, HEIGHT = 288, 96  # pixels, as on the narrowest phone: where a plot is shown wider, its text grows with it
_TEXT = 12  # pixels
_INK, _FAINT = "currentColor", "0.3"
_KNOWN = {"fill": _INK}
_UNKNOWN = {"fill": "none", "stroke": _INK, "stroke-opacity": "0.6", "stroke-dasharray": "2 3"}
_HEADROOM = 1.3  # for what is written above the highest bar
_GAP = 3  # pixels between a bar and what is written above it
_NUMBERS = {"x", "y", "x1", "x2", "y1", "y2"}

theme.background_color = "none"
theme.margin = 0.03  # of the width: half the height of a label that stands at the edge
theme.tick_color = theme.zero_color = theme.label_color = _INK
theme.tick_font_size = theme.tick_font_char_height = _TEXT
theme.tick_font_char_width = 7


def bars(
    numbers: Sequence[int | None],
    *,
    title: str,
    below: Mapping[int, str],
    above: Mapping[int, str] | None = None,
) -> str:
    """Return a plot of *numbers*, none below 0, as bars from the left to the right; where one is None, which nobody
    knows, there is an empty, dashed field. It is an element of HTML.

    *title* says what it shows to those who don't see it; *below*, at least one, and *above* are what is written at a
    bar, by its position. What is written above takes the place of the scale. Raises ValueError where there is no bar.
    """
    top = max((number for number in numbers if number), default=1)
    chart = Chart()
    chart.set_x_scale(Ordinal(range(len(numbers))))
    chart.set_y_scale(_UpTo(top * _HEADROOM if above else top))
    chart.add_x_axis(ticks=list(below), tick_formatter=lambda position, *_: below[position])
    chart.add_y_axis(
        ticks=[0, top] if any(numbers) and not above else [0], tick_formatter=lambda number, *_: f"{number:,}"
    )
    chart.add_series(Series(list(enumerate(numbers)), y=lambda row, _: row[1] or 0), _Bars(above or {}))
    root = Element("svg", {"role": "img", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "overflow": "visible"})
    root.attrib |= {"width": f"{WIDTH}", "height": f"{HEIGHT}"}
    SubElement(root, "title").text = title
    root.append(_plain(chart.to_svg_group(WIDTH, HEIGHT)))
    return tostring(root, encoding="unicode")


class _UpTo(Scale):  # type: ignore[misc]
    """A linear scale from 0: leather's own looks for a round number to end with, which takes longer than the rest."""

    def __init__(self, top: float) -> None:
        self._top = top

    def contains(self, value: int) -> bool:
        return 0 <= value <= self._top

    def project(self, value: int, low: float, high: float) -> float:
        return low + (high - low) * value / self._top


class _Bars(Shape):  # type: ignore[misc]
    """Bars, all in one path, as an element for each would be most of the page; and what stands above them."""

    def __init__(self, above: Mapping[int, str]) -> None:
        self._above = above

    def validate_series(self, series: Series) -> None:
        """Any will do."""

    def to_svg(
        self, width: float, height: float, x_scale: Scale, y_scale: Scale, series: Series, _palette: object
    ) -> Element:
        group = Element("g")
        fields: dict[bool, list[str]] = {True: [], False: []}
        for bar in series.data():
            left, right = x_scale.project_interval(bar.x, 0, width)
            is_known = bar.row[1] is not None
            # What is little must not look like nothing.
            top = min(y_scale.project(bar.y, height, 0), height - bool(bar.y)) if is_known else 0
            fields[is_known].append(f"M{left:.1f} {height:.1f}V{top:.1f}H{right:.1f}V{height:.1f}z")
            if bar.x in self._above:
                group.append(_label(self._above[bar.x], (left + right) / 2, top - _GAP))
        for is_known, drawn in fields.items():
            if drawn:
                SubElement(group, "path", _KNOWN if is_known else _UNKNOWN, d="".join(drawn))
        return group


def _label(words: str, x: float, y: float) -> Element:
    label = Element("text", {"x": f"{x}", "y": f"{y}", "fill": _INK, "text-anchor": "middle", "font-size": f"{_TEXT}"})
    label.text = words
    return label


def _plain(drawn: Element) -> Element:
    """Return *drawn* in the font of the page, with rounded numbers and faint lines, of upright ones only the ends."""
    for each in drawn.iter():
        each.attrib.pop("font-family", None)
        if each.tag == "line":
            each.set("stroke-opacity", _FAINT)
        for name in _NUMBERS & set(each.attrib):
            each.set(name, f"{float(each.attrib[name]):.4g}")
    for line in drawn.iterfind(".//g[@class='axis bottom']//line"):
        line.set("y1", f"{float(line.attrib['y2']) - theme.tick_size:.4g}")
    return drawn
