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
from test_report_example import HOSTILE, YEARS, columns, example, layout, summary

from loopbook.errors import UnknownNameError
from loopbook.report import Column, Quote, Table, parse_layout, render_report, write_report
from loopbook.report.format import is_share, number_text, value_text
from loopbook.report.layout import Flows, Plot
from loopbook.report.page.cells import shared_basis
from loopbook.report.page.charts import plot_chart
from loopbook.report.page.page import figures_json, plotly_js
from loopbook.report.page.sankey import loop_sankey, open_loop

NEW_CELLS, NEW_METAL = "new cells", "new material"
FLOWS = Flows("loop_flows", outside=(NEW_METAL, NEW_CELLS))


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
    assert page.scripts[1] == plotly_js()


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
    assert json.loads(page.scripts[0])["sankey"]


def test_figures_cannot_end_their_element() -> None:
    flows = Table(
        "loop_flows",
        "Flows",
        columns(("year", "Year"), ("source", "S"), ("target", "T"), ("mass_t", "Mass", "t")),
        ((2030, HOSTILE, "</script>", 2.0),),
    )
    sankey = loop_sankey(example(tables={"loop_flows": flows}), FLOWS)
    written = figures_json(sankey, {})
    assert "<" not in written
    figure = json.loads(written)["sankey"]["all/2030/mass_t"]
    assert figure["data"][0]["node"]["label"][0].startswith(HOSTILE.split("<!--")[0])


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        write_report(example(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert b"\r" not in (tmp_path / "a.html").read_bytes()


@pytest.mark.parametrize("cell", [None, math.nan, math.inf])
def test_no_number_is_a_dash(cell: Any) -> None:
    table = Table("t", "T", (Column("mass_t", "Mass", "t"),), ((cell,), (1.0,)))
    text = render_report(example(tables={"t": table}))
    assert '<span class="none">–</span>' in text
    assert ">nan<" not in text.lower()


def test_a_basis_that_is_not_there_is_refused_with_all_names() -> None:
    heads = (
        Column("a_t", "A", "t", ("case/nope",)),
        Column("b_t", "B", "t", ("case/case.tom/capacity",)),
    )
    with pytest.raises(UnknownNameError) as caught:
        render_report(example(tables={"t": Table("t", "T", heads, ())}))
    assert [f.where for f in caught.value.findings] == ["t.a_t", "t.b_t"]
    assert "case/case.toml/capacity" in caught.value.findings[1].hint


def test_a_result_of_nothing_is_a_page_that_says_so() -> None:
    nothing: dict[str, Any] = {"switches": {}, "summary": summary(), "tables": {}, "inputs": {}}
    text = render_report(example(**nothing, sources={}, files=[]))
    assert text.count("Switched off: nothing to show.") >= 5
    for words in ("No key figures", "no switches", "Nothing to compare", "No inputs", "No files"):
        assert words in text


def test_tables_say_what_they_are_to_a_screen_reader(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    tags = [tag for tag, _ in page.tags]
    for landmark in ("header", "nav", "main", "footer"):
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
    text = render_report(example(tables={"t": table}))
    assert re.search(r'Covered</a> <span class="unit">%</span>', text)
    assert ">93.4</a>" in text


def test_a_chart_sums_a_long_table_and_leaves_gaps_open() -> None:
    heads = columns(("year", "Year"), ("kind", "Kind"), ("mass_t", "Mass", "t"))
    rows = ((2026, "a", 1.0), (2026, "a", 2.0), (2027, "b", math.nan), (2028, "b", 5.0))
    result = example(tables={"t": Table("t", "T", heads, rows)})
    chart = plot_chart(result, Plot("n", "N", "", "t", ("mass_t",), by="kind"))
    assert chart is not None
    drawn = {d["name"]: d["y"] for d in chart.figure["data"]}
    assert drawn == {"a": [3.0, None, None], "b": [None, None, 5.0]}
    assert plot_chart(result, Plot("n", "N", "", "t", ("nope",))) is None


def test_the_sankey_keeps_every_flow_and_has_no_circle() -> None:
    sankey = loop_sankey(example(), FLOWS)
    assert sankey is not None
    assert sankey.year in sankey.years == tuple(str(y) for y in YEARS[1:])
    for figure in sankey.figures.values():
        link, node = figure["data"][0]["link"], figure["data"][0]["node"]
        assert len(node["label"]) == len(node["color"])
        order: set[int] = set()
        while len(order) < len(node["label"]):
            free = {
                t for s, t in zip(link["source"], link["target"], strict=True) if s not in order
            }
            new = set(range(len(node["label"]))) - order - free
            assert new, "a circle"
            order |= new
    mass = sankey.figures["all/2031/mass_t"]["data"][0]["link"]["value"]
    assert mass[0] == pytest.approx(1400 * 6 * 0.62)


@pytest.mark.parametrize(
    ("pairs", "closing"),
    [
        ([("a", "a")], 1),
        ([("a", "b"), ("b", "a")], 1),
        ([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], 0),
        ([("x", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "x")], 2),
    ],
)
def test_circles_are_cut_and_nothing_else(pairs: list[tuple[str, str]], closing: int) -> None:
    opened = open_loop(pairs)
    assert [s for s, _ in opened] == [s for s, _ in pairs]
    assert sum(t.startswith("↺ ") for _, t in opened) == closing


def test_new_material_and_new_cells_are_a_view_of_their_own() -> None:
    (flows,) = (section.flows for section in layout().sections if section.flows)
    assert set(flows.outside) == {NEW_CELLS, NEW_METAL}
    heads = columns(("year", "Year"), ("source", "S"), ("target", "T"), ("mass_t", "Mass", "t"))
    rows = (
        (2030, NEW_METAL, "cell lines", 90.0),
        (2030, "cell lines", NEW_CELLS, 95.0),
        (2030, "cell lines", "scrap", 5.0),
        (2030, "scrap", "metal", 5.0),
        (2030, "metal", "cell lines", 5.0),
    )
    table = Table("loop_flows", "F", heads, rows)
    sankey = loop_sankey(example(tables={"loop_flows": table}), flows)
    assert sankey is not None
    assert list(sankey.views) == ["inside", "all"]
    drawn = {view: sankey.figures[f"{view}/2030/mass_t"]["data"][0] for view in sankey.views}
    assert drawn["all"]["link"]["value"] == [90.0, 95.0, 5.0, 5.0, 5.0]
    assert drawn["inside"]["link"]["value"] == [5.0, 5.0, 5.0]
    assert drawn["inside"]["node"]["label"][-1] == "↺ Cell lines<br>5.0 t"


def test_a_loop_begins_where_its_first_flow_begins_whatever_joins_it() -> None:
    pairs = [("lines", "scrap"), ("client", "scrap"), ("scrap", "metal"), ("metal", "lines")]
    assert open_loop(pairs) == [*pairs[:3], ("metal", "↺ lines")]
    assert open_loop([pairs[0], *pairs[2:], pairs[1]])[2] == ("metal", "↺ lines")


def test_the_loop_is_cut_by_the_year_with_most_flows() -> None:
    heads = columns(("year", "Year"), ("source", "S"), ("target", "T"), ("mass_t", "Mass", "t"))
    whole = [("lines", "scrap"), ("client", "scrap"), ("scrap", "metal"), ("metal", "lines")]
    rows = [(2030, s, t, 1.0) for s, t in whole[1:]] + [(2031, s, t, 1.0) for s, t in whole]
    table = Table("loop_flows", "F", heads, tuple(rows))
    sankey = loop_sankey(example(tables={"loop_flows": table}), FLOWS)
    assert sankey is not None
    for figure in sankey.figures.values():
        assert figure["data"][0]["node"]["label"][-1].startswith("↺ Lines")


def test_a_number_in_a_sentence_leads_to_the_column_or_input_that_it_quotes() -> None:
    text = "takes 11,400 t of 13,500 t/yr <b>"
    quotes = (
        Quote("production", "scrap_taken_t", 6, 12),
        Quote("", "case/case.toml/capacity", 18, 24),
    )
    page = render_report(example(summary=summary(("Scrap", text), Scrap=quotes)))
    assert (
        'takes <a class="n" href="#how-production-scrap_taken_t" '
        'title="Scrap taken (Production)">11,400</a> t of '
        '<a class="n" href="#in-case-case.toml-capacity" title="case.toml:7">13,500</a> '
        "t/yr &lt;b&gt;"
    ) in page


def test_a_layout_draws_what_it_names_and_nothing_else() -> None:
    text = render_report(example(layout=parse_layout('lead = "Scrap & <metal>."')))
    page = Page(text)
    ids = {str(a["id"]) for _, a in page.tags if "id" in a}
    assert ids.isdisjoint({"loop", "money", "said", "origins"})
    assert "Scrap &amp; &lt;metal&gt;. Everything" in text
    assert json.loads(page.scripts[0]) == {"charts": {}, "sankey": {}}


def test_a_value_of_the_article_leads_to_what_holds_it(text: str) -> None:
    said = text[text.index('id="said"') : text.index('id="tables"')]
    assert 'href="#in-case-case.toml-capacity" tabindex="-1">13,500</a>' in said


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
    said = [a for a in page.all("a") if a.get("title")]
    assert len(said) > 40
