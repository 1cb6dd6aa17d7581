"""The report of a run: one page that opens offline and leads each number back to its source.

Everything is inside the one file: style, scripts, Plotly.js (from the plotly wheel) and figures;
its Content-Security-Policy forbids every request. Each number links to the entry of its column
(the rule and the input rows that it rests on), each input row to its source. The same
`RunResult` gives the same bytes.
"""

import base64
import hashlib
import importlib.util
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from loopbook.errors import Findings
from loopbook.report.format import is_number, value_text
from loopbook.report.page.cells import (
    GRADE_TEXTS,
    Places,
    numeric_columns,
    shown_unit,
    source_address,
    source_detail,
    unit_column,
)
from loopbook.report.page.charts import Chart, Figure, plot_chart
from loopbook.report.page.sankey import Sankey, loop_sankey
from loopbook.report.result import RunResult

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded; the scripts are those of this file; Plotly.js writes styles of its own."""


def write_report(result: RunResult, path: Path) -> None:
    """Write the report of a run as one HTML file.

    Parameters
    ----------
    result : what the run gave.
    path : file to write; its folder must be there.

    Raises
    ------
    UnknownNameError : a column rests on an input row that the result does not have.
    """
    path.write_bytes(render_report(result).encode("utf-8"))


def render_report(result: RunResult) -> str:
    """The report as text; see `write_report`."""
    import jinja2
    from markupsafe import Markup

    check_basis(result)
    places = Places(result)
    sections = [
        section
        for section in result.layout.sections
        if not section.picture
        or (section.table in result.tables and section.picture in result.attachments)
    ]
    charts = {p.name: plot_chart(result, p) for s in sections for p in s.plots}
    sankey = next((loop_sankey(result, s.flows) for s in sections if s.flows), None)
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_packaged),
    )
    environment.filters |= {
        "prose": prose,
        "is_number": is_number,
        "detail": source_detail,
        "address": source_address,
    }
    scripts = {"plotly": plotly_js(), "own": _packaged("page.js")}
    return environment.get_template("page.html.jinja").render(
        result=result,
        policy=POLICY.format(scripts=" ".join(_hash(text) for text in scripts.values())),
        css=Markup(_packaged("page.css")),
        scripts={name: Markup(text) for name, text in scripts.items()},
        figures=Markup(figures_json(sankey, charts)),
        sections=sections,
        charts=charts,
        sankey=sankey,
        svg={s.id: Markup(result.attachments[s.picture].decode()) for s in sections if s.picture},
        grades=GRADE_TEXTS,
        used_grades={row.grade for row in result.inputs.values()},
        used_sources={row.source for row in result.inputs.values()},
        places=places,
        numeric_columns=numeric_columns,
        shown_unit=shown_unit,
        unit_column=unit_column,
        value_text=value_text,
    )


def prose(text: str) -> str:
    """Text of a note for the page: escaped, with names in backquotes as code.

    >>> str(prose("see `money` & more"))
    'see <code>money</code> &amp; more'
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))


def check_basis(result: RunResult) -> None:
    """Raise if a column names an input row that is not there: its link would lead nowhere."""
    findings = Findings()
    columns = [(table.name, column) for table in result.tables.values() for column in table.columns]
    for table, column in columns:
        for key in column.basis:
            findings.check_known("an input row", key, result.inputs, at=f"{table}.{column.name}")
    findings.raise_all()


def figures_json(sankey: Sankey | None, charts: Mapping[str, Chart | None]) -> str:
    """All figures as JSON that a script element may hold: ``<`` is written as an escape."""
    data: Figure = {
        "charts": {name: chart.figure for name, chart in charts.items() if chart},
        "sankey": sankey.figures if sankey else {},
    }
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plotly_js() -> str:
    """Plotly.js out of the plotly wheel, without importing the package (that takes seconds)."""
    spec = importlib.util.find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("plotly is not installed")
    path = Path(next(iter(spec.submodule_search_locations))) / "package_data" / "plotly.min.js"
    return script_text(path.read_text(encoding="utf-8"))


def script_text(text: str) -> str:
    r"""A script that a page may hold: nothing in it ends or nests its element.

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
