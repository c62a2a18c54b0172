"""The PPTX opens, its charts are native and hold the right series, its notes the evidence."""

from __future__ import annotations

import io
import zipfile

import pytest

from core.insight.exports.pptx import write_pptx
from core.insight.render import plain, plain_title
from core.insight.slides import Slide

ANSWER = "Revenue fell by [[1.change_revenue.share]], [[1.change_revenue.region]] lost most."


@pytest.fixture(scope="module")
def opened(shop_at):
    from pptx import Presentation

    deck = shop_at.deck(ANSWER)
    return deck, Presentation(io.BytesIO(write_pptx(deck)))


def _charts(slide):
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def test_there_is_a_page_for_each_slide_with_its_words(opened):
    deck, made = opened
    assert len(made.slides) == len(deck.slides)
    for page, slide in zip(made.slides, deck.slides, strict=True):
        assert page.shapes.title.text_frame.text == plain_title(slide, deck)
        words = "\n".join(s.text_frame.text for s in page.shapes if s.has_text_frame)
        for text in [*slide.body, *slide.caveats]:
            assert plain(text, deck) in words


def test_pages_are_wide_and_use_real_layouts(opened):
    _, made = opened
    assert round(made.slide_width / made.slide_height, 2) == 1.78
    names = [page.slide_layout.name for page in made.slides]
    assert names[:4] == ["Question", "Answer", "Finding", "Picture"]
    for page in made.slides:
        assert not any(
            place.has_text_frame and not place.text_frame.text for place in page.placeholders
        )


def test_charts_are_native_and_their_workbook_holds_the_grids_numbers(opened):
    deck, made = opened
    for page, slide in zip(made.slides, deck.slides, strict=True):
        grid = deck.grid(slide)
        if grid is None or slide.chart is None:
            continue
        (chart,) = _charts(page)
        at = grid.columns.index(slide.chart.y[0])
        assert list(chart.plots[0].series[0].values) == [row[at] for row in grid.rows]
        assert chart.part.chart_workbook.xlsx_part is not None


def test_a_category_that_is_a_formula_is_text_in_the_workbook(opened):
    deck, made = opened
    page = next(p for p, s in zip(made.slides, deck.slides, strict=True) if s.kind == "finding")
    (chart,) = _charts(page)
    assert "'=cmd|'x'!A1" in list(chart.plots[0].categories)
    book = zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_notes_hold_query_hash_and_receipt(opened):
    deck, made = opened
    page = next(p for p, s in zip(made.slides, deck.slides, strict=True) if s.kind == "finding")
    notes = page.notes_slide.notes_text_frame.text
    claim = deck.claims["1.change_revenue.share"]
    assert "Found among 2 tests" in notes
    assert claim.evidence.sql_hash in notes
    assert "FILTER (day >= DATE" in notes


def test_the_brand_is_in_the_theme_part(opened):
    _, made = opened
    with zipfile.ZipFile(io.BytesIO(write_pptx(opened[0]))) as parts:
        theme = parts.read("ppt/theme/theme1.xml").decode()
    assert 'typeface="Georgia"' in theme
    assert "2B3FD6" in theme
    assert len(made.slide_layouts) == 7


def test_table_columns_are_as_wide_as_their_content_needs(opened):
    _, made = opened
    tables = [s.table for page in made.slides for s in page.shapes if s.has_table]
    assert len(tables) == 3
    for table in tables:
        assert len({column.width for column in table.columns}) > 1


def test_a_chart_says_in_words_what_it_shows(opened):
    _, made = opened
    frames = [s for page in made.slides for s in page.shapes if s.has_chart]
    assert all(frame._element.nvGraphicFramePr.cNvPr.get("descr") for frame in frames)


def test_many_words_are_set_smaller_so_that_they_end_above_the_foot(shop_at):
    from pptx import Presentation

    deck = shop_at.deck().model_copy(deep=True)
    deck.slides[1].body = ["A sentence of the usual length that says one thing plainly."] * 14
    made = Presentation(io.BytesIO(write_pptx(deck)))
    body = next(p for p in made.slides[1].placeholders if p.placeholder_format.idx == 1)
    assert body.text_frame.paragraphs[0].font.size.pt <= 14
    few = Presentation(io.BytesIO(write_pptx(shop_at.deck(ANSWER))))
    body = next(p for p in few.slides[2].placeholders if p.placeholder_format.idx == 1)
    assert body.text_frame.paragraphs[0].font.size is None


def test_control_characters_and_long_titles_do_not_break_the_file(shop_at):
    from pptx import Presentation

    deck = shop_at.deck().model_copy(deep=True)
    deck.slides[0] = Slide(
        key="title", kind="title", title="A\x00\x0b\ud800 question " + "long " * 90
    )
    made = Presentation(io.BytesIO(write_pptx(deck)))
    assert made.slides[0].shapes.title.text_frame.text.startswith("A question long")


def test_the_same_deck_gives_the_same_bytes_whatever_the_clock_says(shop_at):
    import time

    first = write_pptx(shop_at.deck(ANSWER))
    time.sleep(2.1)  # a zip's clock and a workbook's have steps of two seconds and one
    assert write_pptx(shop_at.deck(ANSWER)) == first
