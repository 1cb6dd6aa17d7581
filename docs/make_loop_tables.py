"""Make ``docs/loop-tables.md``, the reference of a loop's tables, from their declarations::

python docs/make_loop_tables.py
"""

from pathlib import Path

from loopbook.loop import reference_page

if __name__ == "__main__":
    page = Path(__file__).with_name("loop-tables.md")
    page.write_text(reference_page(), encoding="utf-8")
