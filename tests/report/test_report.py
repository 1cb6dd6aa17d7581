"""The report as a file: nothing loads, every link leads somewhere, nothing hostile gets through."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from headline_example import estimate, headline
from test_report_example import HOSTILE, columns, example, layout, summary

from loopbook.errors import UnknownNameError
from loopbook.report import (
    Column,
    KeyFigure,
    Quote,
    Table,
    parse_layout,
    render_report,
    strip_svg,
    write_report,
)
from loopbook.report.format import is_share, number_text, value_text
from loopbook.report.layout import Plot
from loopbook.report.page.cells import shared_basis
from loopbook.report.page.charts import plot_chart
from loopbook.report.page.page import json_text


class Page(HTMLParser):
    """What the tests want to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def text() -> str:
    return render_report(example())


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_nothing_is_loaded(page: Page, text: str) -> None:
    loading = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
    for tag, attrs in page.tags:
        assert not loading & set(attrs), (tag, attrs)
        if tag == "link":
            assert attrs == {"rel": "icon", "href": "data:,"}
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert len(styles) == 1
    assert not re.search(r"url\(|@import|image-set\(", styles[0])


def test_the_policy_allows_the_page_itself_and_nothing_else(page: Page) -> None:
    metas = [m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert len(metas) == 1
    policy = metas[0]["content"] or ""
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    kinds = [s.get("type") for s in page.all("script")]
    assert kinds == ["application/json", None, None]
    for script in page.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_every_link_in_the_page_leads_to_a_place(page: Page) -> None:
    places = [str(a["id"]) for _, a in page.tags if "id" in a]
    assert len(places) == len(set(places))
    links = [str(a["href"]) for a in page.all("a")]
    inner = {h[1:] for h in links if h.startswith("#")}
    assert inner <= set(places), inner - set(places)
    outer = [h for h in links if not h.startswith("#")]
    assert outer == ["https://www.anl.gov/amd/everbatt"]
    assert not re.search(r"[^A-Za-z0-9_.\-]", "".join(places))


def test_every_number_of_a_table_is_a_link_to_its_column(text: str) -> None:
    tables = text[text.index('id="tables"') : text.index('id="inputs"')]
    cells = re.findall(r'<td class="num">(.*?)</td>', tables, re.DOTALL)
    assert len(cells) > 400
    for cell in cells:
        assert re.fullmatch(
            r'\s*(<a class="n" href="#(how|in)-[\w.-]+" tabindex="-1">[−\d.,e]+</a>|'
            r'<span class="none">–</span>)\s*',
            cell,
        ), cell


def test_the_way_from_a_number_to_its_source(text: str) -> None:
    entry = text[text.index('id="how-production-made_gwh"') :]
    assert "contract times ramp" in entry[:400]
    assert 'href="#in-case-case.toml-capacity"' in entry[:700]
    row = text[text.index('<tr id="in-case-case.toml-capacity"') :]
    row = row[: row.index("</tr>")]
    for part in ("13,500 t/yr", "case.toml:7", 'href="#source-gmbi"', "sheet 3", "as quoted"):
        assert part in row
    assert '<li id="source-gmbi"' in text


def test_hostile_names_stay_text(page: Page, text: str) -> None:
    assert HOSTILE not in text
    assert len(page.all("script")) == 3
    assert any(HOSTILE in t for t in page.texts)
    assert not any(str(a.get("href")).startswith("javascript") for a in page.all("a"))
    assert json.loads(page.scripts[0])["flows"]


def test_data_cannot_end_its_element() -> None:
    written = json_text({"places": [HOSTILE, "</script>"]})
    assert "<" not in written
    assert json.loads(written)["places"] == [HOSTILE, "</script>"]


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(example(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert b"\r" not in (tmp_path / "a.html").read_bytes()


@pytest.mark.parametrize("cell", [None, math.nan, math.inf])
def test_no_number_is_a_dash(cell: Any) -> None:
    table = Table("t", "T", (Column("mass_t", "Mass", "t"),), ((cell,), (1.0,)))
    text = render_report(example(tables={"t": table}, headline=None))
    assert '<span class="none">–</span>' in text
    assert ">nan<" not in text.lower()


def test_a_basis_that_is_not_there_is_refused_with_all_names() -> None:
    heads = (
        Column("a_t", "A", "t", ("case/nope",)),
        Column("b_t", "B", "t", ("case/case.tom/capacity",)),
    )
    with pytest.raises(UnknownNameError) as caught:
        render_report(example(tables={"t": Table("t", "T", heads, ())}, headline=None))
    assert [f.where for f in caught.value.findings] == ["t.a_t", "t.b_t"]
    assert "case/case.toml/capacity" in caught.value.findings[1].hint


def test_a_figure_that_quotes_what_is_not_there_is_refused() -> None:
    lost = estimate(1.0, quote=Quote("money", "margn_usd"))
    with pytest.raises(UnknownNameError) as caught:
        render_report(example(headline=headline(figures=(KeyFigure("Margin", lost),))))
    assert caught.value.findings[0].where == "Margin"
    assert "money.margin_usd" in caught.value.findings[0].hint


def test_a_result_of_nothing_is_a_page_that_says_so() -> None:
    nothing: dict[str, Any] = {"switches": {}, "summary": summary(), "tables": {}, "inputs": {}}
    text = render_report(example(**nothing, sources={}, files=[], headline=None))
    assert text.count("Switched off: nothing to show.") >= 5
    assert "The 0 numbers that went in" in text
    assert "no draws: intervals are not computed" in text
    assert 'id="all-inputs"' not in text


def test_tables_say_what_they_are_to_a_screen_reader(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    tags = [tag for tag, _ in page.tags]
    for landmark in ("header", "nav", "main"):
        assert tags.count(landmark) == 1
    assert tags.count("caption") == tags.count("table") > 0
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    assert tags.count("h1") == 1
    assert "noscript" in tags


def test_units_and_numbers_are_written_for_people() -> None:
    assert value_text(13500.0, "t/yr") == "13,500 t/yr"
    assert value_text(True) == "yes"
    assert value_text(0.51, "1") == "0.51"
    assert number_text(-1234.5, 1) == "−1,234.5"
    assert is_share(Column("covered_share", "Covered", "1"))
    table = Table("t", "T", (Column("covered_share", "Covered", "1"),), ((0.934,),))
    text = render_report(example(tables={"t": table}, headline=None))
    assert re.search(r'Covered</a> <span class="unit">%</span>', text)
    assert ">93.4</a>" in text


def test_a_chart_sums_a_long_table_and_leaves_gaps_open() -> None:
    heads = columns(("year", "Year"), ("kind", "Kind"), ("mass_t", "Mass", "t"))
    rows = ((2026, "a", 1.0), (2026, "a", 2.0), (2027, "b", math.nan), (2028, "b", 5.0))
    result = example(tables={"t": Table("t", "T", heads, rows)})
    chart = plot_chart(result, Plot("n", "N", "", "t", ("mass_t",), by="kind"))
    assert chart is not None
    tips = re.findall('data-tip="([^"]*)"', chart.svg)
    assert tips == ["2026, t\na: 3.0", "2027, t", "2028, t\nb: 5.0"]
    assert plot_chart(result, Plot("n", "N", "", "t", ("nope",))) is None


def test_a_chart_leaves_out_the_years_without_data_and_says_sums() -> None:
    heads = columns(("year", "Year"), ("a_t", "A", "t"), ("b_t", "B", "t"))
    rows = ((2025, 0.0, None), (2026, 30.0, 12.0), (2027, 40.0, 24.0), (2028, 0.0, 0.0))
    result = example(tables={"t": Table("t", "T", heads, rows)})
    chart = plot_chart(result, Plot("n", "N", "", "t", (".*_t",), stacked=True))
    assert chart is not None
    tips = re.findall('data-tip="([^"]*)"', chart.svg)
    assert tips == ["2026, t\nA: 30.0\nB: 12.0\nsum: 42.0", "2027, t\nA: 40.0\nB: 24.0\nsum: 64.0"]
    labels = re.findall('class="label"[^>]*>([^<]*)<', chart.svg)
    assert labels == ["A 40.0", "B 24.0"]
    assert "2025" not in chart.svg


def test_parts_that_could_not_be_seen_are_one_and_the_sum_stays() -> None:
    names = "abcdefgh"
    heads = columns(("year", "Year"), *((f"{x}_t", x.upper(), "t") for x in names))
    rows = ((2026, 500.0, 300.0, 200.0, 100.0, *(2.0,) * 4),)
    result = example(tables={"t": Table("t", "T", heads, rows)})
    chart = plot_chart(result, Plot("n", "N", "", "t", (".*_t",), stacked=True))
    assert chart is not None
    labels = re.findall('class="label"[^>]*>([^<]*)<', chart.svg)
    assert labels == ["A 500", "B 300", "C 200", "D 100", "4 others 8"]
    assert "H: 2\nsum: 1,108" in chart.svg
    heights = [float(x) for x in re.findall('height="([0-9.]+)" fill', chart.svg)]
    assert heights[0] / heights[1] == pytest.approx(5 / 3, rel=0.02)


def test_of_many_lines_the_largest_are_drawn_and_the_rest_counted() -> None:
    heads = columns(("year", "Year"), *((f"c{k}_t", f"Line {k}", "t") for k in range(12)))
    rows = tuple((y, *(float(k + 1) for k in range(12))) for y in (2026, 2027))
    result = example(tables={"t": Table("t", "T", heads, rows)})
    chart = plot_chart(result, Plot("n", "N", "", "t", (".*_t",)))
    assert chart is not None
    assert "Line 11 12.0" in chart.svg
    assert "5 more in its" in chart.svg
    assert "Line 4: 5.0" in chart.svg


def test_a_curve_has_its_own_axis_its_range_and_the_number_of_the_case() -> None:
    names = ("curve", "at", "at_unit", "base", "line", "value", "unit")
    rows = tuple(
        ("price", at, "%", 30.0, line, start + slope * at, "M USD")
        for line, start, slope in (("Seller", -60.0, 2.0), ("Owner", 150.0, -3.0))
        for at in (20.0, 40.0, 70.0)
    )
    ranges = (("price", "all that gain", 30.0, 50.0, "%"), ("other", "all that gain", 1, 2, "%"))
    tables = {
        "curves": Table("curves", "Curves", columns(*((x, x.title()) for x in names)), rows),
        "ranges": Table(
            "ranges",
            "Ranges",
            columns(*((x, x) for x in ("curve", "line", "low", "high", "unit"))),
            ranges,
        ),
    }
    chart = plot_chart(example(tables=tables), Plot("n", "N", "", "curves", curve="price"))
    assert chart is not None
    assert chart.unit == "M USD"
    (shade,) = re.findall('class="shade" x="([0-9.]+)" y="14" width="([0-9.]+)"', chart.svg)
    lines = re.findall(r'd="M([0-9.]+) [0-9.]+L[0-9.]+ [0-9.]+L([0-9.]+)', chart.svg)
    whole = [float(x) for x in lines[0]]
    per = (whole[1] - whole[0]) / 50
    assert float(shade[0]) == pytest.approx(whole[0] + 10 * per, abs=0.1)
    assert float(shade[1]) == pytest.approx(20 * per, abs=0.1)
    assert "case 30" in chart.svg
    assert "40, M USD\nSeller: 20\nOwner: 30" in chart.svg
    assert plot_chart(example(tables=tables), Plot("n", "N", "", "curves", curve="no")) is None


def test_a_figure_of_page_one_leads_to_its_interval_what_moves_it_and_its_column(text: str) -> None:
    front, rest = text[: text.index('id="tables"')], text[text.index('id="tables"') :]
    link = re.search(
        r'<dt>Margin of GMBI.*?<a class="n" href="#([^"]+)">150.7</a>', front, re.DOTALL
    )
    assert link is not None
    entry = rest[rest.index(f'id="{link[1]}"') :]
    entry = entry[: entry.index("</div>")]
    for part in (
        "−41 to 232",
        "its sign is not sure",
        'href="#how-money-margin_usd"',
        "+0.71",
        "−0.48",
    ):
        assert part in entry


def test_statements_have_a_verdict_in_glyph_and_words_and_are_counted(text: str) -> None:
    legend = text[text.index('<ul class="legend">') :]
    counts = re.findall(r"<b>(\d+)</b> ([a-z ]+)</li>", legend[: legend.index("</ul>")])
    assert counts == [
        ("6", "holds"),
        ("6", "holds if"),
        ("1", "not by this reading"),
        ("4", "cannot be told"),
        ("1", "no longer so"),
    ]
    rows = re.findall(r'<tr class="([a-z-]+)"><th scope="row">(A\d+)</th>(.*?)</tr>', text)
    assert len(rows) == 18
    for verdict, _, cells in rows:
        assert f'href="#g-{verdict}"' in cells
    assert "No longer so since May 2025" in rows[10][2]


def test_page_one_without_draws_has_no_intervals_and_says_so() -> None:
    sure = KeyFigure("Margin", estimate(150.7, "M USD", 1), "no range")
    plain = headline(figures=(sure,), verdicts=(), stations=())
    text = render_report(example(headline=plain))
    front = text[text.index('id="headline"') : text.index('id="changes"')]
    assert "150.7" in front
    assert "<svg" not in front
    assert "90&nbsp;% interval" not in front


def test_the_strip_is_one_picture_with_its_way_back() -> None:
    picture = strip_svg(headline(title=HOSTILE))
    assert HOSTILE not in picture
    for part in ("1 Cells", "9 Carbon", "a sixth of the nickel", "16.8", "kt Ni/yr"):
        assert part in picture
    assert picture.count("<circle") == 9
    assert picture.count('class="o"') == 2
    assert 'class="r"' not in strip_svg(headline(stations=headline().stations[:3]))


def test_what_changed_is_a_table_with_its_own_decimals(text: str) -> None:
    part = text[text.index('id="changes"') : text.index('id="loop"')]
    assert "−12.4" in part
    assert "−12.40" not in part


def test_a_layout_draws_what_it_names_and_nothing_else() -> None:
    scrap = parse_layout('lead = "Scrap & <metal>."')
    text = render_report(example(layout=scrap, headline=None))
    assert "Scrap &amp; &lt;metal&gt;." in text
    page = Page(text)
    ids = {str(a["id"]) for _, a in page.tags if "id" in a}
    assert ids.isdisjoint({"loop", "money", "said", "origins"})
    assert json.loads(page.scripts[0]) == {}


def test_a_basis_is_said_by_columns_and_nothing_is_lost() -> None:
    keys = [f"k{i}" for i in range(40)]
    heads = (
        Column("all_t", "All", "t", tuple(keys)),
        Column("few_t", "Few", "t", tuple(keys[:6])),
        Column("same_t", "Same", "t", tuple(reversed(keys[:6]))),
        Column("more_t", "More", "t", tuple(keys[3:20])),
        Column("two_t", "Two", "t", ("k0", "k1", "k1")),
    )
    rests = shared_basis({"t": Table("t", "T", heads, ())})

    def whole(name: str) -> set[str]:
        one = rests["t", name]
        return set(one.keys).union(*(whole(of[1]) for of, _ in one.on))

    for column in heads:
        assert whole(column.name) == set(column.basis)
        assert rests["t", column.name].count == len(set(column.basis))
    assert rests["t", "same_t"].on == ((("t", "few_t"), 6),)
    assert rests["t", "all_t"].keys == (*keys[:3], *keys[20:])


def test_the_founding_case_fills_every_chart() -> None:
    from loopbook.cases import run_case

    result = run_case(Path(__file__).resolve().parents[2] / "cases" / "gmbi")
    plots = [plot for section in layout().sections for plot in section.plots]
    assert len(plots) > 10
    empty = [plot.name for plot in plots if not plot_chart(result, plot)]
    assert empty == []
    page = Page(render_report(result))
    places = {a["id"] for _, a in page.tags if "id" in a}
    links = {str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")}
    assert links <= places
