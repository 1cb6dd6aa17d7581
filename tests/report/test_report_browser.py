"""The report in a real browser: no request, no complaint, charts drawn, nothing sticks out."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from headline_example import headline
from test_report_example import columns, example

from loopbook.cases import run_case
from loopbook.report import Headline, RunResult, Table, parse_layout, write_report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM, reason="NO BROWSER: the report was not opened; install chromium"
    ),
]

CASES = Path(__file__).resolve().parents[2] / "cases"
WINDOWS = [(w, dark) for w in (1440, 390) for dark in (False, True)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(example(), path)
    return path


def two_recyclers() -> RunResult:
    heads = columns(
        *(("year", "Year"), ("source", "From"), ("target", "To")),
        *(("mass_t", "Mass", "t"), ("ni_t", "Ni", "t")),
    )
    links = (
        ("bought nickel", "cell factory", 90.0, 90.0),
        ("cell factory", "cars", 300.0, 80.0),
        ("cell factory", "recycler in the east", 40.0, 12.0),
        ("cell factory", "recycler in the west", 25.0, 8.0),
        ("recycler in the east", "refiner", 30.0, 11.5),
        ("recycler in the east", "copper smelter", 6.0, 0.0),
        ("recycler in the west", "cell factory", 7.5, 7.5),
        ("refiner", "cell factory", 11.0, 11.0),
    )
    rows = tuple((year, *link) for year in (2030, 2031) for link in links)
    return example(
        tables={"links": Table("links", "Flows", heads, rows)},
        headline=None,
        layout=parse_layout("[[section]]\nid = 'loop'\ntitle = 'Loop'\nflows = 'links'"),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of each loop."""
    folder = tmp_path_factory.mktemp("whole")
    for case in ("gmbi", "integrated", "starter"):
        write_report(run_case(CASES / case), folder / f"{case}.html")
    write_report(two_recyclers(), folder / "two recyclers.html")
    return folder


@pytest.fixture(params=["example", "founding case"])
def either(request: pytest.FixtureRequest, report: Path, whole: Path) -> Path:
    return report if request.param == "example" else whole / "gmbi.html"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(running: Browser) -> Browser:
    running.requests.clear()
    running.complaints.clear()
    running.scripts(on=True)
    running.view(1440)
    return running


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_it_opens_alone_and_fits(browser: Browser, either: Path, width: int, *, dark: bool) -> None:
    browser.view(width, dark=dark)
    browser.open(either)
    browser.settle()
    assert browser.requests == [either.as_uri()]
    assert browser.complaints == []
    assert browser.ask("document.querySelectorAll('svg.chart').length") >= 5
    assert browser.ask("document.querySelectorAll('#net path[stroke-width]').length") >= 8
    browser.ask("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert browser.ask("document.documentElement.scrollWidth") == width
    outside = (
        "[...document.querySelectorAll('main *, nav, header')]"
        ".filter(e => !e.closest('.scroll, .hidden, thead, defs, .skip, #trace'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.tagName + '.' + e.className)"
    )
    assert browser.ask(outside) == []


@pytest.mark.parametrize(("width", "dark"), WINDOWS)
def test_text_can_be_read(browser: Browser, either: Path, width: int, *, dark: bool) -> None:
    browser.view(width, dark=dark)
    browser.open(either)
    contrast = """(() => {
      const light = (c) => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
        .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
      const behind = (e) => { for (; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c; } };
      const texts = 'body :is(p, td, th, dd, dt, a, span, h1, h2, h3, li, summary, label)';
      return [...document.querySelectorAll(texts)]
        .filter(e => e.offsetParent)
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
          return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; })
        .map(e => e.outerHTML.slice(0, 100)); })()"""
    assert browser.ask(contrast) == []


LABELS = "[...document.querySelectorAll('#net text')].map(t => t.textContent)"


def choose(browser: Browser, name: str, value: str) -> None:
    browser.ask(
        f"""(() => {{ const all = [...document.querySelectorAll('[name="{name}"]')];
        const own = all.find(x => x.type === 'radio'
          && x.parentElement.textContent.trim() === '{value}');
        if (own) own.click();
        else {{ all[0].value = '{value}'; all[0].dispatchEvent(new Event('change')); }} }})()"""
    )
    browser.settle()


def test_the_year_and_the_measure_change_the_network(browser: Browser, report: Path) -> None:
    browser.open(report)
    says = "document.getElementById('net-says').textContent"
    seen = [browser.ask(LABELS)]
    for name, value in (("period", "2027"), ("measure", "Mass")):
        choose(browser, name, value)
        seen.append(browser.ask(LABELS))
    assert len({tuple(x) for x in seen}) == 3
    assert browser.ask(says).startswith("2027, mass: 1,120\u00a0t come back to Cell plant")
    assert "2,800\u00a0t" in seen[2]


@pytest.mark.parametrize("width", [1440, 390])
def test_many_periods_are_a_list_to_choose_from(browser: Browser, whole: Path, width: int) -> None:
    browser.view(width)
    browser.open(whole / "integrated.html")
    assert browser.ask("document.querySelectorAll('select[name=period] option').length") == 20
    choose(browser, "period", "2027-Q1")
    choose(browser, "measure", "Mass")
    assert "2027-Q1" in browser.ask("document.getElementById('net-says').textContent")
    assert any("4,616\u00a0t" in x for x in browser.ask(LABELS))
    assert browser.ask("document.documentElement.scrollWidth") == width
    assert browser.complaints == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("case", ["gmbi", "integrated", "starter", "two recyclers"])
def test_labels_of_the_network_lie_on_no_band_and_no_label(
    browser: Browser, whole: Path, case: str, width: int
) -> None:
    browser.view(width)
    browser.open(whole / f"{case}.html")
    browser.ask("document.documentElement.style.setProperty('--font', 'DejaVu Sans')")
    measures = browser.ask(
        "[...document.querySelectorAll('[name=measure] + span')].map(s => s.textContent)"
    )
    touching = """(() => {
      const svg = document.querySelector('#net svg'), found = [];
      const bands = [...svg.querySelectorAll('path[stroke-width]')];
      const texts = [...svg.querySelectorAll('text')];
      const edge = svg.getBoundingClientRect();
      for (const t of texts) {
        const b = t.getBBox(), outer = t.getBoundingClientRect();
        if (outer.left < edge.left - 1 || outer.right > edge.right + 1)
          found.push('cut ' + t.textContent);
        for (const p of bands) for (let i = 0; i <= 10; i += 1) for (const y of [.3, .7]) {
          const point = new DOMPoint(b.x + b.width * i / 10, b.y + b.height * y);
          if (p.isPointInStroke(point)) { found.push('band ' + t.textContent); i = 11; }
        }
        for (const other of texts) if (other !== t) {
          const c = other.getBBox();
          if (Math.min(b.x + b.width, c.x + c.width) - Math.max(b.x, c.x) > 2
            && Math.min(b.y + b.height, c.y + c.height) - Math.max(b.y, c.y) > 4)
            found.push(t.textContent + ' on ' + other.textContent);
        }
      }
      return [...new Set(found)]; })()"""
    for measure in measures[:5]:
        choose(browser, "measure", measure)
        assert browser.ask(touching) == [], measure


def test_colours_follow_the_scheme_and_paper_is_light(browser: Browser, report: Path) -> None:
    browser.open(report)
    bar = "getComputedStyle(document.querySelector('svg.chart rect[fill]')).fill"
    seen = {"light": browser.ask(bar)}
    browser.view(1440, dark=True)
    browser.settle()
    seen["dark"] = browser.ask(bar)
    browser.say("Emulation.setEmulatedMedia", media="print")
    seen["paper"] = browser.ask(bar)
    browser.say("Emulation.setEmulatedMedia", media="")
    assert seen["light"] != seen["dark"]
    assert seen["paper"] == seen["light"]


def wordy() -> Headline:
    """A headline with half as much text again, large numbers and many stations and figures."""
    made, large = headline(), {"value": 167_657_869.0, "low": -151_370_871.0, "high": 373_623_892.0}
    verdicts = tuple(
        replace(
            x,
            text=f"{x.text}, {x.text[:30]}",
            meaning=f"{x.meaning}; {x.meaning[:40]}",
            estimate=replace(x.estimate, **large),
        )
        for x in made.verdicts
    )
    stations = (*made.stations, *(replace(x, name=f"{x.name} b") for x in made.stations[6:]))
    return replace(
        made, verdicts=verdicts, stations=stations, figures=(*made.figures, *made.figures[:3])
    )


@pytest.mark.parametrize("family", ["DejaVu Sans", "sans-serif"])
@pytest.mark.parametrize("long", [False, True])
def test_page_one_is_one_sheet_and_the_rest_begins_on_the_next(
    browser: Browser, report: Path, tmp_path: Path, family: str, *, long: bool
) -> None:
    path = tmp_path / "wordy.html"
    if long:
        write_report(example(headline=wordy()), path)
    browser.view(718)
    browser.open(path if long else report)
    browser.say("Emulation.setEmulatedMedia", media="print")
    browser.ask(f"document.documentElement.style.setProperty('--font', '{family}')")
    browser.settle()
    sheet = 277 / 25.4 * 96
    assert browser.ask("document.getElementById('headline').getBoundingClientRect().bottom") < sheet
    assert browser.ask("document.documentElement.scrollWidth") == 718
    assert browser.ask("document.querySelectorAll('#headline tbody tr').length") == 18
    cut = """[...document.querySelectorAll('#headline :is(p, td, th, h1, dt)')]
      .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.closest('.hidden'))
      .map(e => e.textContent)"""
    assert browser.ask(cut) == []
    browser.say("Emulation.setEmulatedMedia", media="")


def test_the_founding_case_prints_on_two_sheets_and_its_tables(
    browser: Browser, whole: Path
) -> None:
    browser.open(whole / "gmbi.html")
    browser.settle()
    printed = browser.say("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    sheets = re.findall(rb"/Type /Page\b", base64.b64decode(printed["data"]))
    assert 2 <= len(sheets) <= 3


def test_a_number_shows_its_rule_and_leads_on_to_the_source(browser: Browser, report: Path) -> None:
    browser.open(report)
    hidden = "document.getElementById('trace').hidden"
    assert browser.ask(hidden)
    browser.ask(
        "document.querySelector('#tables td a.n[href=\"#how-production-scrap_offered_t\"]').click()"
    )
    assert not browser.ask(hidden)
    assert "cells x reject share" in browser.ask(
        "document.getElementById('trace-body').textContent"
    )
    browser.ask("document.querySelector('#trace-body .basis a').click()")
    assert browser.ask(hidden)
    assert browser.ask("location.hash").startswith("#in-case-path.csv")
    browser.ask("document.querySelector(location.hash.replaceAll('.', '\\\\.') + ' a').click()")
    assert browser.ask("location.hash") == "#source-everbatt"


def test_a_number_shows_the_sum_in_figures(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.ask(
        "[...document.querySelectorAll('#table-metals tr')].find(r => /2030\\s*nickel/"
        ".test(r.textContent)).querySelector('a[href=\"#how-metals-covered_share\"]').click()"
    )
    body = browser.ask("document.getElementById('trace-body').textContent")
    assert "recovered_t / contained_t" in body
    assert "In figures: 2,981\u00a0t / 3,105\u00a0t = 96.0" in body


def test_a_figure_of_page_one_shows_the_numbers_that_it_rests_on(
    browser: Browser, report: Path
) -> None:
    browser.open(report)
    browser.ask(
        "[...document.querySelectorAll('.figures a.n')]"
        ".find(a => a.textContent === '150.7').click()"
    )
    body = browser.ask("document.getElementById('trace-body').textContent")
    for part in ("−41 to 232", "Lithium payable", "revenue - cost", "2035", "19,000,000"):
        assert part in body


def test_pointing_at_a_chart_says_its_numbers(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.ask(
        "document.querySelector('.chart .hit').dispatchEvent(new PointerEvent('pointermove', "
        "{bubbles: true, clientX: 50, clientY: 50}))"
    )
    assert "2026" in browser.ask("document.querySelector('.tip').textContent")


def test_an_address_opens_what_it_points_into(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.ask("location.hash = '#how-money-cost_usd'; new Promise(r => setTimeout(r, 100))")
    assert browser.ask("document.getElementById('table-money').open")
    top = browser.ask("document.getElementById('how-money-cost_usd').getBoundingClientRect().top")
    assert 0 < top < 900


def test_the_list_of_inputs_can_be_searched(browser: Browser, report: Path) -> None:
    browser.open(report)
    browser.ask(
        "(() => { const f = document.getElementById('find'); f.value = '2027 reject'; "
        "f.dispatchEvent(new Event('input')) })()"
    )
    shown = "[...document.querySelectorAll('#input-rows tbody tr')].filter(r => !r.hidden).length"
    assert browser.ask(shown) == 1
    assert browser.ask("document.getElementById('found').textContent") == "1 found"


def test_tables_work_without_scripts(browser: Browser, report: Path) -> None:
    browser.scripts(on=False)
    browser.open(report)
    assert browser.complaints == []
    browser.scripts(on=True)
    assert browser.ask("document.querySelectorAll('#net svg').length") == 0
    assert browser.ask("document.querySelector('noscript p').offsetHeight") > 0
    assert browser.ask("document.querySelector('.scripts-only').offsetHeight") == 0
    assert browser.ask("document.querySelectorAll('svg.chart').length") >= 5
    assert browser.ask("document.querySelectorAll('#tables td a.n').length") > 400


@pytest.mark.parametrize("width", [1440, 390])
def test_labels_of_charts_lie_on_no_other_and_are_not_cut(
    browser: Browser, either: Path, width: int
) -> None:
    browser.view(width)
    browser.open(either)
    browser.ask("document.documentElement.style.setProperty('--font', 'DejaVu Sans')")
    overlaps = """(() => {
      const found = [];
      for (const chart of document.querySelectorAll('svg.chart')) {
        const name = chart.getAttribute('aria-label');
        const boxes = [...chart.querySelectorAll('text')]
          .map(t => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width);
        const home = chart.getBoundingClientRect();
        boxes.forEach(([text, a], i) => {
          if (a.left < home.left - 4 || a.right > Math.min(innerWidth, home.right + 30)
            || a.bottom > home.bottom + 2) found.push(`${name}: ${text} is cut`);
          boxes.slice(i + 1).forEach(([other, b]) => {
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
              && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
              found.push(`${name}: ${text} / ${other}`);
          });
        });
      }
      return found; })()"""
    assert browser.ask(overlaps) == []
