"""Make ``docs/units.md``, the catalogue of unit operations, from their declarations::

python docs/make_units.py
"""

from pathlib import Path

from loopbook.flowsheet import KINDS, catalogue_page

if __name__ == "__main__":
    page = Path(__file__).with_name("units.md")
    page.write_text(catalogue_page(KINDS), encoding="utf-8")
