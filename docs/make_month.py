"""Make ``docs/month.md``, the reference of ``month.toml``, from its declaration::

python docs/make_month.py
"""

from pathlib import Path

from loopbook.plant import month_page

if __name__ == "__main__":
    page = Path(__file__).with_name("month.md")
    page.write_text(month_page(), encoding="utf-8")
