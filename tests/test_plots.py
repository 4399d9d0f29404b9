"""A plot shows its numbers to everybody, in whatever colour, and keeps the rules of a strict page."""

import gzip
from random import Random

import pytest
from lxml import etree

from web.plots import HEIGHT, WIDTH, bars

MARKS = {0: "2025年", 2: "2026年"}


def drawn(numbers: list[int | None], **options: object) -> etree._Element:
    return etree.fromstring(bars(numbers, **{"title": "週別の発表数", "below": MARKS} | options))  # type: ignore[arg-type]


def boxes(plot: etree._Element, kind: str = "currentColor") -> list[tuple[float, float]]:
    """Return where each bar begins, from the left, and its height."""
    (path,) = plot.xpath(f"//path[@fill='{kind}']/@d") or [""]
    parts = [part.replace("V", " ").replace("H", " ").split() for part in path.strip("Mz").split("zM") if part]
    return [(float(left), float(bottom) - float(top)) for left, bottom, top, *_ in parts]


def test_bars_are_as_high_as_their_numbers_say_and_stand_in_their_order() -> None:
    (first, one), (second, three), (third, none) = boxes(drawn([10, 30, 0]))
    assert first < second < third
    assert (round(three / one, 1), none) == (3, 0)


def test_what_is_little_is_not_nothing() -> None:
    assert [height for _, height in boxes(drawn([1, 0, 5000]))][:2] == [1, 0]


def test_what_is_not_known_is_a_field_of_its_own_and_no_bar() -> None:
    plot = drawn([None, 2, None])
    assert (len(boxes(plot)), len(boxes(plot, "none"))) == (1, 2)
    assert plot.xpath("//path[@fill='none']/@stroke-dasharray")


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [([1200, 3, 0, 0], ["1,200", "0"]), ([0, 0, 0, 0], ["0"]), ([None, None, None, None], ["0"])],
)
def test_the_scale_and_the_marks_are_written_beside_it(numbers: list[int | None], scale: list[str]) -> None:
    assert sorted(drawn(numbers).xpath("//text/text()")) == sorted([*MARKS.values(), *scale])


def test_what_is_written_where_there_is_no_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="3"):
        drawn([1, 2, 3], below={3: "2026年"})


def test_what_is_written_above_the_bars_takes_the_place_of_the_scale() -> None:
    texts = drawn([7, 0, 2, 1], above={0: "7", 1: "なし"}).xpath("//text/text()")
    assert sorted(texts) == sorted([*MARKS.values(), "0", "7", "なし"])


def test_a_plot_says_what_it_shows_to_those_who_do_not_see_it() -> None:
    plot = drawn([1, 2, 3, 4], title="IGES <news> & more")
    assert (plot.get("role"), plot.findtext("title")) == ("img", "IGES <news> & more")


def test_a_plot_has_no_style_no_id_no_script_no_address_and_no_colour_of_its_own() -> None:
    plot = drawn([1, None, 3, 4], above={0: "1"})
    names = {str(name) for each in plot.iter() for name in (each.tag, *each.attrib)}
    colours = {each.get(name) for each in plot.iter() for name in ("fill", "stroke")}
    assert not names & {"style", "id", "script", "href", "font-family", "image", "use"}
    assert colours == {None, "none", "currentColor"}


def test_text_can_be_read_on_a_phone() -> None:
    plot = drawn([1, 2, 3, 4], above={0: "1"})
    assert {float(size) for size in plot.xpath("//text/@font-size")} == {12}
    assert (plot.get("width"), plot.get("viewBox")) == (f"{WIDTH}", f"0 0 {WIDTH} {HEIGHT}")
    assert WIDTH <= 288


def test_everything_stays_within_the_plot() -> None:
    plot = drawn([9, 9, 9, 9], above=dict.fromkeys(range(4), "9"))
    offset = sum(float(each.split()[-1].strip(")")) for each in plot.xpath("//g[g[@class]]/ancestor::g/@transform"))
    tops = [float(y) + offset - 12 for y in plot.xpath("//g[path]/text/@y")]
    assert all(0 <= top <= HEIGHT for top in tops)
    assert len(tops) == 4


def test_the_plots_of_a_page_are_small() -> None:
    random = Random(7)  # noqa: S311  (no secret)
    years = {28: "2025", 80: "2026"}
    page = [
        bars([random.randint(0, 60) for _ in range(104)], title=f"source {each}", below=years) for each in range(14)
    ]
    assert len(gzip.compress("".join(page).encode())) < 15_000
