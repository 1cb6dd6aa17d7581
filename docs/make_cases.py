"""Make ``docs/cases.md``, the reference of a case's files, from their declarations::

python docs/make_cases.py
"""

from pathlib import Path

from loopbook.cases import reference_page

if __name__ == "__main__":
    page = Path(__file__).with_name("cases.md")
    page.write_text(reference_page(), encoding="utf-8")
