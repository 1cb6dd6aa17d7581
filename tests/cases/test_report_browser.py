"""The report in a real browser: no request, no complaint, charts drawn, nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from test_report_example import example

from loopbook.cases import run_case
from loopbook.report import write_report

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM, reason="NO BROWSER: the report was not opened; install chromium"
    ),
]

WINDOWS = [(w, dark) for w in (1440, 390) for dark in (False, True)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(example(), path)
    return path


@pytest.fixture(scope="module")
def founding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("founding") / "report.html"
    write_report(run_case(Path(__file__).resolve().parents[2] / "cases" / "gmbi"), path)
    return path


@pytest.fixture(params=["example", "founding case"])
def either(request: pytest.FixtureRequest, report: Path, founding: Path) -> Path:
    return report if request.param == "example" else founding


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
    drawn = (
        "[...document.querySelectorAll('.chart')].filter(c => !c.querySelector('.main-svg')).length"
    )
    assert browser.ask(drawn) == 0
    assert browser.ask("document.querySelectorAll('.main-svg').length") >= 7
    assert browser.ask("document.querySelectorAll('#chart-sankey .sankey-link').length") >= 12
    browser.ask("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert browser.ask("document.documentElement.scrollWidth") == width
    outside = (
        "[...document.querySelectorAll('main *, nav, header')]"
        ".filter(e => !e.closest('.scroll, .hidden, thead'))"
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
      return [...document.querySelectorAll('body :is(p, td, th, dd, dt, a, span, h2, legend)')]
        .filter(e => e.offsetParent)
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
          return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; })
        .map(e => e.outerHTML.slice(0, 100)); })()"""
    assert browser.ask(contrast) == []


def test_the_year_and_the_measure_change_the_sankey(browser: Browser, report: Path) -> None:
    browser.open(report)
    shown = (
        "[...document.querySelectorAll('#chart-sankey .node-label')].map(n => n.textContent).join()"
    )
    seen = [browser.ask(shown)]
    for selector in ("input[name=year][value='2027']", "input[name=measure][value=nickel_t]"):
        browser.ask(f'document.querySelector("{selector}").click()')
        browser.settle()
        seen.append(browser.ask(shown))
    assert len(set(seen)) == 3
    assert browser.ask("document.querySelector('#sankey h3').innerText") == "Nickel, t, 2027"
    assert "8,400 t" in seen[0]
    assert "2,800 t" in seen[1]


@pytest.mark.parametrize("width", [1440, 390])
def test_many_periods_are_a_list_to_choose_from(
    browser: Browser, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "report.html"
    write_report(run_case(Path(__file__).resolve().parents[2] / "cases" / "integrated"), path)
    browser.view(width)
    browser.open(path)
    assert browser.ask("document.querySelectorAll('#sankey select option').length") == 20
    assert browser.ask("document.querySelectorAll('#sankey input[name=year]').length") == 0
    browser.ask(
        "(() => { const s = document.querySelector('#sankey select'); s.value = '2027-Q1'; "
        "s.dispatchEvent(new Event('change')) })()"
    )
    browser.settle()
    assert browser.ask("document.querySelector('#sankey h3').innerText") == "Mass, t, 2027-Q1"
    labels = "[...document.querySelectorAll('#chart-sankey .node-label')].map(n => n.textContent)"
    assert "NCA cells4,616 t" in browser.ask(labels)
    assert browser.ask("document.documentElement.scrollWidth") == width
    assert browser.complaints == []


def test_colours_follow_the_scheme_and_paper_is_light(browser: Browser, report: Path) -> None:
    browser.open(report)
    bar = "getComputedStyle(document.querySelector('#chart-production .point path')).fill"
    seen = {"light": browser.ask(bar)}
    browser.view(1440, dark=True)
    browser.settle()
    seen["dark"] = browser.ask(bar)
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    seen["paper"] = browser.ask(bar)
    browser.ask("dispatchEvent(new Event('afterprint'))")
    assert seen["light"] != seen["dark"]
    assert seen["paper"] == seen["light"]
    assert browser.ask(bar) == seen["dark"]


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
    assert browser.ask("document.querySelectorAll('.main-svg').length") == 0
    assert browser.ask("document.querySelector('noscript p').offsetHeight") > 0
    assert browser.ask("document.querySelector('.needs-script').offsetHeight") == 0
    assert browser.ask("document.querySelectorAll('#tables td a.n').length") > 400


@pytest.mark.parametrize("width", [1440, 390])
def test_labels_lie_on_no_other_label(browser: Browser, either: Path, width: int) -> None:
    browser.view(width)
    browser.open(either)
    browser.settle()
    overlaps = """(() => {
      const found = [];
      for (const chart of document.querySelectorAll('.chart')) {
        const boxes = [...chart.querySelectorAll('.node-label, .xtick text, .ytick text')]
          .map(t => [t.textContent, t.getBoundingClientRect()]).filter(([, b]) => b.width);
        boxes.forEach(([name, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
          if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
            found.push(`${chart.id}: ${name} / ${other}`);
        }));
      }
      return found; })()"""
    assert browser.ask(overlaps) == []
    cut = """(() => [...document.querySelectorAll('.chart')].flatMap((chart) => {
      const edge = chart.getBoundingClientRect();
      return [...chart.querySelectorAll('.node-label, .xtick text, .ytick text, .legendtext')]
        .filter(t => t.getBoundingClientRect().width).filter((t) => {
          const b = t.getBoundingClientRect();
          return b.left < edge.left - 1 || b.right > edge.right + 1 || b.bottom > edge.bottom + 1
        }).map(t => chart.id + ': ' + t.textContent);
    }))()"""
    assert browser.ask(cut) == []
