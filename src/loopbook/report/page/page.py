"""The report of a run: one page that opens offline and leads each number back to its source.

Everything is inside the one file: style, scripts and pictures; its Content-Security-Policy forbids
every request. Each number links to the entry of its column
(the rule and the input rows that it rests on), each input row to its source. The same
`RunResult` gives the same bytes.
"""

import base64
import hashlib
import json
import re
from importlib import resources
from pathlib import Path

from loopbook.errors import Findings
from loopbook.report.format import is_number, unit_text, value_text
from loopbook.report.headline import Estimate, Headline, KeyFigure, Stamp
from loopbook.report.page import front
from loopbook.report.page.cells import (
    GRADE_TEXTS,
    Places,
    numeric_columns,
    shown_unit,
    source_address,
    source_detail,
)
from loopbook.report.page.charts import plot_chart
from loopbook.report.page.network import loop_network
from loopbook.report.result import RunResult

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing is loaded; the scripts are those of this file."""


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
    headline = result.headline or _plain(result)
    places = Places(result, headline)
    sections = [
        section
        for section in result.layout.sections
        if not section.picture
        or (section.table in result.tables and section.picture in result.attachments)
    ]
    network = next((loop_network(result, s.flows) for s in sections if s.flows), None)
    charts = {p.name: plot_chart(result, p) for s in sections for p in s.plots}
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
        "unit": unit_text,
    }
    environment.globals |= _WORDS
    scripts = {name: _packaged(f"{name}.js") for name in ("page", "network")}
    return environment.get_template("page.html.jinja").render(
        result=result,
        headline=headline,
        print_scale=front.print_scale(headline),
        policy=POLICY.format(scripts=" ".join(_hash(text) for text in scripts.values())),
        css=Markup(_packaged("page.css")),
        scripts={name: Markup(text) for name, text in scripts.items()},
        data=Markup(json_text(network.data if network else {})),
        sections=sections,
        charts=charts,
        network=network,
        svg={s.id: Markup(result.attachments[s.picture].decode()) for s in sections if s.picture},
        grades=GRADE_TEXTS,
        used_grades={row.grade for row in result.inputs.values()},
        used_sources={row.source for row in result.inputs.values()},
        places=places,
    )


def _plain(result: RunResult) -> Headline:
    """Page one of a result without a headline: its title, lead and key figures in words."""
    lines = ((str(label), str(text)) for label, text in result.summary.rows)
    figures = tuple(KeyFigure(label, Estimate(label, None), text) for label, text in lines)
    stamp = Stamp(result.title)
    return Headline(result.title, result.layout.lead, figures=figures, stamp=stamp)


_WORDS = {
    "amount": front.amount,
    "arcs_of": front.arcs_of,
    "columns_of": front.columns_of,
    "counted": front.counted,
    "counts_text": front.counts_text,
    "estimates_of": front.estimates_of,
    "interval": front.interval,
    "names_of": lambda columns: [(str(k), c.title) for k, c in enumerate(columns)],
    "numeric_columns": numeric_columns,
    "pairs_of": lambda names: [(name, name) for name in names],
    "shown_unit": shown_unit,
    "signed": front.signed,
    "stamp_text": front.stamp_text,
    "value_text": value_text,
    "whisker_of": front.whisker_of,
}
"""What the templates call."""


def prose(text: str) -> str:
    """Text of a note for the page: escaped, with names in backquotes as code.

    >>> str(prose("see `money` & more"))
    'see <code>money</code> &amp; more'
    """
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", str(escape(text))))


def check_basis(result: RunResult) -> None:
    """Raise if a column or a figure of page one names what is not there: its link leads nowhere."""
    findings = Findings()
    columns = [(table.name, column) for table in result.tables.values() for column in table.columns]
    for table, column in columns:
        for key in column.basis:
            findings.check_known("an input row", key, result.inputs, at=f"{table}.{column.name}")
    known = {f"{table}.{column.name}" for table, column in columns}
    for title, estimate, _ in front.estimates_of(result.headline) if result.headline else ():
        if quote := estimate.quote:
            name = f"{quote.table}.{quote.name}" if quote.table else quote.name
            there = known if quote.table else result.inputs
            findings.check_known("a column or an input row", name, there, at=title)
    findings.raise_all()


def json_text(data: object) -> str:
    """JSON that a script element may hold: ``<`` is written as an escape."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


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
