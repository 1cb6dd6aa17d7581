"""The reference of a case's files is the one that their declaration makes."""

from __future__ import annotations

from case_folder import GMBI, ROOT

from loopbook.cases import reference_page


def test_the_reference_of_a_cases_files_is_made_from_their_declaration() -> None:
    page = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    assert page == reference_page(), "run python docs/make_cases.py"
    for path in GMBI.iterdir():
        assert f"## {path.name}" in page
