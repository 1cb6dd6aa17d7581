"""Tables with references, pages, charts, comparison of two runs; knows no battery.

May import nothing of Loopbook but the ground floor (``errors``, ``tables``).

>>> table = Table("cells", "Cells", (Column("year", "Year"), Column("made_gwh", "Made", "GWh")),
...     ((2030, 20.0),))
>>> table.column("made_gwh")
[20.0]
"""

import importlib
import typing

from loopbook.report.answers.answer import (
    KEYS,
    MODELLED,
    Answer,
    Plain,
    Record,
    Rows,
    counted,
    each_mass,
    each_share,
    kilograms,
    moment_of,
    share,
    table_of,
)
from loopbook.report.headline import (
    RULINGS,
    Driver,
    Estimate,
    Headline,
    KeyFigure,
    Ruling,
    Stamp,
    Station,
    Verdict,
)
from loopbook.report.result import GRADES, InputFile, InputRow, RunResult
from loopbook.report.table import HIDDEN, Cell, Column, Lazy, Quote, Table

_LATER = {
    "answers.terminal": "record_text",
    "answers.workbook": "write_workbook",
    "answers.writing": "WRITERS csv_lines kind_of save_record with_kinds",
    "compare": "Comparison FigureChange SwitchChange compare_runs",
    "layout": "Layout Plot Section YearFigure parse_layout",
    "page": "check_basis render_report strip_svg write_report",
    "run": "DRAW_FINDINGS FAILED MONTH_LEFT_OUT Run",
    "screen": "amount screen_text",
    "write": "DRAW_VALUES names_beside write_result",
}
"""Names by the module that they are imported from when they are first used; each takes time."""

if typing.TYPE_CHECKING:
    from loopbook.report.answers.terminal import record_text
    from loopbook.report.answers.workbook import write_workbook
    from loopbook.report.answers.writing import WRITERS, csv_lines, kind_of, save_record, with_kinds
    from loopbook.report.compare import Comparison, FigureChange, SwitchChange, compare_runs
    from loopbook.report.layout import Layout, Plot, Section, YearFigure, parse_layout
    from loopbook.report.page import check_basis, render_report, strip_svg, write_report
    from loopbook.report.run import DRAW_FINDINGS, FAILED, MONTH_LEFT_OUT, Run
    from loopbook.report.screen import amount, screen_text
    from loopbook.report.write import DRAW_VALUES, names_beside, write_result
else:

    def __getattr__(name: str) -> object:
        for module, names in _LATER.items():
            if name in names.split():
                return getattr(importlib.import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "DRAW_FINDINGS",
    "DRAW_VALUES",
    "FAILED",
    "GRADES",
    "HIDDEN",
    "KEYS",
    "MODELLED",
    "MONTH_LEFT_OUT",
    "RULINGS",
    "WRITERS",
    "Answer",
    "Cell",
    "Column",
    "Comparison",
    "Driver",
    "Estimate",
    "FigureChange",
    "Headline",
    "InputFile",
    "InputRow",
    "KeyFigure",
    "Layout",
    "Lazy",
    "Plain",
    "Plot",
    "Quote",
    "Record",
    "Rows",
    "Ruling",
    "Run",
    "RunResult",
    "Section",
    "Stamp",
    "Station",
    "SwitchChange",
    "Table",
    "Verdict",
    "YearFigure",
    "amount",
    "check_basis",
    "compare_runs",
    "counted",
    "csv_lines",
    "each_mass",
    "each_share",
    "kilograms",
    "kind_of",
    "moment_of",
    "names_beside",
    "parse_layout",
    "record_text",
    "render_report",
    "save_record",
    "screen_text",
    "share",
    "strip_svg",
    "table_of",
    "with_kinds",
    "write_report",
    "write_result",
    "write_workbook",
]
