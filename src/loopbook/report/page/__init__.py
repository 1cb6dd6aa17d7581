"""The report of a run as one page: message, stations, statements, the loop, then every detail."""

from loopbook.report.page.front import strip_svg
from loopbook.report.page.page import check_basis, render_report, write_report

__all__ = ["check_basis", "render_report", "strip_svg", "write_report"]
