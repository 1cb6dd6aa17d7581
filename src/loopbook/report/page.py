"""The report of a case: one page that opens offline and leads each number back to its source.

Everything is inside the one file: style, scripts, Plotly.js (from the plotly wheel) and figures;
its Content-Security-Policy forbids every request. Each number links to the entry of its column
(the rule and the input rows that it rests on), each input row to its source. The same
`CaseResult` gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from loopbook.errors import Finding, UnknownNameError, nearest_hint
from loopbook.report.charts import Chart, charts
from loopbook.report.plots import SECTIONS
from loopbook.report.quote import Quotes
from loopbook.report.sankey import Sankey, loop_sankey
from loopbook.report.table import LINEAGE, CaseResult
from loopbook.report.tables import (
    GRADE_TEXTS,
    Places,
    TableView,
    find_unit_column,
    inputs_view,
    sources_view,
    table_view,
)

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded; the scripts are those of this file; Plotly.js writes styles of its own."""


def write_report(result: CaseResult, path: Path) -> None:
    """Write the report of a case as one HTML file.

    Parameters
    ----------
    result : what the run gave.
    path : file to write; its folder must be there.

    Raises
    ------
    UnknownNameError : a column rests on an input row that the result does not have.
    """
    path.write_bytes(render_report(result).encode("utf-8"))


def render_report(result: CaseResult) -> str:
    """The report as text; see `write_report`."""
    import jinja2
    from markupsafe import Markup

    check_basis(result)
    places = Places(result)
    quotes = Quotes(result, places)
    sankey = loop_sankey(result)
    sections = [(*s[:3], charts(result, s[3])) for s in SECTIONS]
    article = _article(result, places, quotes)
    article_unit = find_unit_column(result.tables["article"]) if article else None
    used = {row.grade for row in result.inputs.values()}
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_packaged),
    )
    environment.filters["prose"] = prose
    scripts = {"plotly": plotly_js(), "own": _packaged("report.js")}
    safe = {name: Markup(text) for name, text in scripts.items()}
    return environment.get_template("report.html.jinja").render(
        result=result,
        policy=POLICY.format(scripts=" ".join(_hash(text) for text in scripts.values())),
        css=Markup(_packaged("report.css")),
        scripts=safe,
        figures=Markup(figures_json(sankey, sections)),
        sankey=sankey,
        sections=sections,
        summary=[(label, quotes.parts(text, label)) for label, text in result.summary],
        quotes=quotes,
        switch_titles=switch_titles(result),
        article=article,
        article_has_value=article_unit is not None,
        article_unit=article_unit,
        grades={g: t for g, t in GRADE_TEXTS.items() if g in used},
        tables=[table_view(t, places) for t in result.tables.values()],
        origins=_origins(result, places),
        lineage=Markup(result.attachments.get(LINEAGE, b"").decode("utf-8")),
        lineage_name=LINEAGE,
        inputs=inputs_view(result, places),
        sources=sources_view(result, places),
        places=places,
    )


def _origins(result: CaseResult, places: Places) -> TableView | None:
    """The table of the cells' origins, where a book was kept and cells were made."""
    table = result.tables.get("cell_origins")
    return None if table is None or LINEAGE not in result.attachments else table_view(table, places)


def prose(text: str) -> str:
    """Text of a note for the page: escaped, with names in backquotes as code.

    >>> str(prose("see `money` & more"))
    'see <code>money</code> &amp; more'
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))


def switch_titles(result: CaseResult) -> dict[str, str]:
    """What each switch is about: the client that it adds, or its own name."""
    titles = {name: name.replace("_", " ") for name in result.switches}
    clients = result.tables.get("clients")
    named = {c.name for c in clients.columns} if clients else set()
    if clients and {"client", "switch"} <= named:
        for record in clients.records():
            if record["switch"] in titles:
                titles[str(record["switch"])] = f"Scrap of {record['client']}"
    return titles


def _article(result: CaseResult, places: Places, quotes: Quotes) -> TableView | None:
    """The article's table; a value leads to the column that it is from, where that is sure."""
    table = result.tables.get("article")
    if table is None or not table.rows:
        return None
    view = table_view(table, places)
    if find_unit_column(table) is None:
        return view
    at = table.position("value")
    rows = []
    for record, cells in zip(table.records(), view.rows, strict=True):
        value = record["value"]
        link = ""
        if isinstance(value, float):
            words = " ".join(c for c in record.values() if isinstance(c, str))
            link = quotes.exact(value, str(record["unit"]), words)
        cell = replace(cells[at], link=link or cells[at].link)
        rows.append((*cells[:at], cell, *cells[at + 1 :]))
    return replace(view, rows=tuple(rows))


def check_basis(result: CaseResult) -> None:
    """Raise if a column names an input row that is not there: its link would lead nowhere."""
    findings = [
        Finding(
            "unknown-name", f"{t.name}.{c.name}", "an input row", k, nearest_hint(k, result.inputs)
        )
        for t in result.tables.values()
        for c in t.columns
        for k in c.basis
        if k not in result.inputs
    ]
    if findings:
        raise UnknownNameError(findings)


def figures_json(
    sankey: Sankey | None, sections: Sequence[tuple[str, str, str, Sequence[Chart]]]
) -> str:
    """All figures as JSON that may stand in a script element: ``<`` is written as an escape."""
    data: dict[str, Mapping[str, Any]] = {
        "charts": {c.name: c.figure for *_, drawn in sections for c in drawn if c.figure},
        "sankey": sankey.figures if sankey else {},
    }
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plotly_js() -> str:
    """Plotly.js out of the plotly wheel, without importing the package (that takes seconds)."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the report needs the plotly wheel: pip install plotly")
    path = Path(next(iter(spec.submodule_search_locations))) / "package_data" / "plotly.min.js"
    return script_text(path.read_text(encoding="utf-8"))


def script_text(text: str) -> str:
    r"""A script that may stand in a page: nothing in it ends or nests its element.

    >>> script_text("a = '</script>';\r\nb = '<!--'")
    "a = '<\\/script>';\nb = '\\x3c!--'"
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("</script", r"<\/script").replace("<!--", r"\x3c!--")


def _packaged(name: str) -> str:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return script_text(text) if name.endswith(".js") else text


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
