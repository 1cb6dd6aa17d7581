"""Plugins with errors: each is a finding that names the plugin, and nothing wrong is posted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_conformance import story
from test_same_names import LABORATORY, NICKEL, Shell

from loopbook import book as b
from loopbook.book.commands import again
from loopbook.cli import main
from loopbook.errors import InputError
from support.advice import follows
from support.lots import nouns
from support.shelves import Shelf
from support.world import Envelopes

HEAD = '''"""A plugin."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import numpy as np

from loopbook.book import Account, Command, Draft, FreeLot, KnownSite, MadeLot, SomeMass

'''
DATACLASS = "@dataclass(frozen=True, kw_only=True)\n"
FIELDS = """
    lot: Annotated[FreeLot, "which lot"]
    site: Annotated[KnownSite, "where it is"]
    mass_kg: Annotated[SomeMass, "how much"]
"""
LINE = '    line = ("delivered", "delivered")\n'
PLAN = """
    def plan(self, draft, *, lot: str, site: str, mass_kg: int) -> None:
"""
TAKE = """
        for account, content in draft.take(lot, site, mass_kg, at="mass_kg").items():
            {}
"""
GIVE = 'draft.shift(account, Account("customer", "A"), content)'


def plugin(
    plan: str = TAKE.format(GIVE),
    *,
    name: str = "Give",
    fields: str = FIELDS,
    line: str = LINE,
    head: str = DATACLASS,
    doc: str = '    """Gives a part of a lot away."""\n',
) -> str:
    return f"{HEAD}{head}class {name}(Command):\n{doc}{fields}{line}{PLAN}{plan}"


def give(content: str, account: str = 'Account("customer", "A")') -> str:
    """A plan that gives content to an account."""
    return TAKE.format(f"draft.shift(account, {account}, {content})")


COMMAND = {"kind": "give", "key": "g", "lot": "L-1", "site": "W", "mass_kg": "2000"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return Shell(tmp_path)


def install(shell: Shell, text: str, name: str = "give.py") -> None:
    (shell.folder / name).write_text(text)
    shell.write("loopbook.toml", f'plugins = ["{name}"]')


def kinds(*words: str) -> Result:
    return CliRunner().invoke(main, ["book", "kinds", *words])


PLANS = {
    give("tuple(round(x / 3, 0) for x in content)"): "(float) mg of Ni on lot/A/W/L-1: amounts are",
    give("tuple(Decimal(x) for x in content)"): "(Decimal) mg of Ni",
    give("tuple(float('nan') for x in content)"): "nan (float) mg of Ni",
    give("tuple(x > 0 for x in content)"): "mg of Ni on customer/A//",
    give("tuple(np.array(content))"): "(int64) mg of Ni",
    give("tuple(x * 10**20 for x in content)"): "up to 10**16",
    give("[*content]"): "a content has 3 substances",
    give("content[:1]"): "puts (-600000000,) on lot/A/W/L-1: a content has 3 substances",
    TAKE.format(
        "draft.put(account, tuple(-x for x in content))"
    ): "its legs sum to -600000000 mg of",
    give("content", 'Account("laboratory", "A")'): "'laboratory' is not one of supplier, customer",
    give("content", 'Account("customer", "Nobody")'): "'Nobody' is not a party of the book",
    give("content", 'Account("customer")'): "'' is not a party of the book",
    give("content", 'Account("lot", "A", "Nowhere", lot)'): "'Nowhere' is not a site of the book",
    give("content", 'Account("lot", "A", "W", "GHOST")'): "touches lot GHOST, which no field",
    give("content", 'Account("lot", "A", "W")'): "a lot's account, and no other, names a lot",
    give("content", '("customer", "A", "", "")'): "an account is four texts",
    give("tuple(10_000 * x for x in content)"): "from lot/A/W/L-1, which has 6,000 kg",
    '        draft.make("N-1", "unobtainium")\n': "'unobtainium', which is not a material",
    '        draft.make("L-1", "foil")\n' + TAKE.format(GIVE): "lot L-1 exists already",
    "        pass\n": "moves and measures nothing, and the command has a mass",
    "        raise KeyError('lot')\n": "plan() of kind give stops at give.py:21: KeyError: 'lot'",
    "        draft.view.lott(lot)\n": "give.py:21: AttributeError",
    '        draft.measurements.append(("L-1", "mass", 2.0))\n': "each part is a text",
}


@pytest.mark.parametrize("plan", PLANS, ids=list(PLANS.values()))
def test_a_plan_that_no_event_may_hold_is_refused(shell: Shell, plan: str) -> None:
    install(shell, plugin(plan))
    before = shell.held()
    done = shell.post([COMMAND])
    assert done.exit_code == 1, done.output
    assert PLANS[plan] in done.stderr, done.stderr
    assert "give" in done.stderr
    assert "Traceback" not in done.stderr
    assert shell.held() == before
    assert "clean" in shell.run("verify").stdout


def test_a_plan_takes_only_lots_that_its_fields_name(shell: Shell) -> None:
    """A hold, a lock and a late fact know only these."""
    assert not shell.post([{**WORLD_LOT, "key": "r2", "lot": "L-2"}]).exit_code
    other = "        for a, c in draft.view.holdings('L-2').items():\n"
    install(shell, plugin(other + '            draft.shift(a, Account("customer", "A"), c)\n'))
    done = shell.post([COMMAND])
    assert "touches lot L-2, which no field of the command names" in done.stderr


WORLD_LOT = {"kind": "receive", "supplier": "A", "owner": "A", "site": "W", "material": "foil"}
WORLD_LOT |= {"mass_kg": "100", "shares": {}}


def test_a_right_plan_is_posted_on_each_store(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = Envelopes()
    monkeypatch.setenv("LOOPBOOK_SETTINGS", str(tmp_path / "loopbook.toml"))
    (tmp_path / "give.py").write_text(plugin(give("content", 'Account("customer", "LGES")')))
    (tmp_path / "loopbook.toml").write_text('plugins = ["give.py"]')
    with shelf.new(clock=envelope.clock) as book:
        book.post(nouns(envelope))
        book.post([b.Receive(**_received(), **envelope())])
        line = {**COMMAND, "lot": "S1", "site": "WS", **envelope(key="g")}
        raw = json.dumps(line, default=str).encode()
        assert len(b.post_lines(book, raw, name="one.jsonl").events) == 1
        (tmp_path / "give.py").write_text(plugin(give("tuple(x / 1 for x in content)")))
        raw = json.dumps({**line, "key": "g2"}, default=str).encode()
        with pytest.raises(InputError, match="whole mg"):
            b.post_lines(book, raw, name="one.jsonl")
        assert b.verify(book, replan=False).clean


def _received() -> dict[str, object]:
    owned = dict.fromkeys(("supplier", "owner"), "LGES")
    return {"lot": "S1", "site": "WS", "material": "scrap", "mass_kg": 9000, "shares": {}, **owned}


def test_our_own_plans_pass_what_those_of_plugins_must(
    book: b.Book, envelope: Envelopes, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def check(command: b.Command, draft: b.Draft) -> None:
        checked.append(command.kind)
        real(command, draft)

    real = again.check_plan
    monkeypatch.setattr(again, "check_plan", check)
    monkeypatch.setattr(again, "COMMANDS", {})
    book.post([x for x in story(envelope) if not isinstance(x, b.Reverse)])
    assert len({*checked}) > 15
    assert b.verify(book, replan=True).clean


# -- lines of the metal statement

LOST = give("content", 'Account("unaccounted", account.party, account.site)')
MONTH = ("statement", "--from", "2026-03-01T00:00Z", "--to", "2026-04-01T00:00Z")


@pytest.mark.parametrize(
    ("plan", "line", "right", "advice"),
    [
        (LOST, LINE, LINE + "    of_which = True\n", "write of_which = True in the class"),
        (
            TAKE.format(GIVE),
            '    line = ("", "")\n',
            LINE,
            "give line two lines of the metal statement",
        ),
        (
            TAKE.format(
                GIVE.replace("account, Account", "Account").replace('"A")', '"A"), account')
            ),
            '    line = ("", "delivered")\n',
            LINE,
            "give line another first line",
        ),
    ],
)
def test_a_line_that_cannot_have_what_a_plan_moves_is_found_at_posting(
    shell: Shell, plan: str, line: str, right: str, advice: str
) -> None:
    """It was found when a statement was made, for ever after."""
    install(shell, plugin(plan, line=line))
    done = shell.post([COMMAND])
    assert done.exit_code == 1
    assert "the plan of kind give (give.py, class Give) leaves" in done.stderr
    follows(done.stderr, advice)
    install(shell, plugin(plan, line=right))
    accept = ("--accept", "unaccounted=a trial") if plan == LOST else ()
    done = shell.post([COMMAND], *accept)
    assert not done.exit_code, done.stderr
    for scope in ((), ("--site", "W"), ("--party", "A"), ("--lot", "L-1")):
        stated = shell.run(*MONTH, *scope)
        assert not stated.exit_code, stated.output


# -- declarations

FLAWS = [
    ('    line = ("delivered",)\n', {}, "line = ('delivered',)"),
    ('    line = "delivered"\n', {}, "line = 'delivered'"),
    ('    line = ("sampled", "sampled")\n', {}, "expected two of received, returned"),
    (LINE, {"head": ""}, "write @dataclass(frozen=True, kw_only=True) above the class"),
    (LINE, {"head": "@dataclass(kw_only=True)\n"}, "TypeError: cannot inherit non-frozen"),
    (LINE, {"doc": ""}, "write its purpose below the name of the class"),
    (LINE + "    version = '2'\n", {}, "write version = 2"),
    (LINE, {"fields": FIELDS + '    z: Annotated[complex, "z"]\n'}, "no field can be of type"),
    (LINE, {"fields": FIELDS + '    kind: Annotated[str, "own"]\n'}, "give the field another name"),
    (LINE, {"fields": FIELDS.replace("mass_kg", "kg")}, "name fields of the command: key, actor"),
    (LINE + '    example = {"lott": "S"}\n', {}, "in its example, lott"),
    (LINE, {"head": "import notthere\n"}, "ModuleNotFoundError: No module named 'notthere'"),
    (LINE, {"head": "def x(:\n"}, "give.py:11: plugin: expected a Python file that runs"),
    (LINE, {"head": "raise SystemExit(3)\n"}, "SystemExit: 3"),
    (LINE, {"head": 'class Give:\n    """x."""\n\n\n' + DATACLASS}, "class Give is defined twice"),
]


@pytest.mark.parametrize(("line", "more", "text"), FLAWS, ids=[text for *_, text in FLAWS])
def test_a_kind_with_a_wrong_declaration_is_a_finding(
    shell: Shell, line: str, more: dict[str, str], text: str
) -> None:
    """At each door, with file and class; ``verify`` goes on, and names it."""
    wrong = plugin(line=line, **more)
    install(shell, wrong)
    for done in (kinds(), shell.post([COMMAND]), shell.run(*MONTH)):
        assert done.exit_code == 1, done.output
        assert not done.exception or isinstance(done.exception, SystemExit)
        assert text in done.stderr, done.stderr
        assert "give.py" in done.stderr
    if "write " in text or "give " in text[:5]:
        follows(done.stderr, text)
    verified = shell.run("verify")
    assert not verified.exit_code, verified.output
    assert "a plugin cannot be loaded: give.py" in verified.stdout
    install(shell, plugin())
    assert "give" in kinds().stdout
    done = shell.post([COMMAND])
    assert not done.exit_code, done.stderr


def test_a_good_plugin_is_known_to_verify_beside_one_that_is_absent(shell: Shell) -> None:
    install(shell, plugin())
    done = shell.post([COMMAND])
    assert not done.exit_code, done.stderr
    shell.write("loopbook.toml", 'plugins = ["give.py", "gone.py"]')
    report = json.loads(shell.run("verify", "--json").stdout)
    assert report["unknown_kinds"] == []
    assert "gone.py" in shell.run("verify").stdout


def test_a_plugin_that_was_changed_is_read_again(shell: Shell) -> None:
    install(shell, plugin())
    assert "a part of a lot" in kinds("give").stdout
    install(shell, plugin(doc='    """Gives a bit of a lot away."""\n'))
    assert "a bit of a lot" in kinds("give").stdout


def test_two_plugins_of_one_name_are_both_named(shell: Shell) -> None:
    for name in ("give.py", "other.py"):
        (shell.folder / name).write_text(plugin())
    shell.write("loopbook.toml", 'plugins = ["give.py", "other.py"]')
    done = kinds()
    follows(done.stderr, "rename the class")
    assert "other.py, class Give: duplicate: expected a new kind, found give" in done.stderr
    assert "give.py, class Give" in done.stderr
    (shell.folder / "other.py").write_text(plugin(name="GiveAway"))
    assert "give-away" in kinds().stdout


# -- a plugin that changes

SECOND = LINE + "    version = 2\n"
WASTE = give("content", 'Account("waste", account.party, account.site)')
OWN_LINE = '    line = ("", "")\n'


def ticket(key: str) -> dict[str, object]:
    """A lot is weighed before a part of it was given away."""
    mass = {"gross_kg": "34100", "tare_kg": "14000", "occurred_at": "2026-03-02T07:00:00Z"}
    return {"kind": "weigh", "key": key, "lot": "L-1", "ticket": key, **mass}


def earlier(shell: Shell) -> Path:
    at = {"occurred_at": "2026-03-01T08:00:00Z"}
    lot = {**WORLD_LOT, "key": "r2", "lot": "L-2", "mass_kg": "20000", **at}
    assert not shell.post([lot]).exit_code
    return shell.folder


def test_events_of_another_version_of_a_plugin_are_not_planned_again(shell: Shell) -> None:
    """A late fact would give them what the new rules make; nothing named the plugin."""
    earlier(shell)
    install(shell, plugin())
    command = {**COMMAND, "lot": "L-2"}
    assert not shell.post([command]).exit_code
    install(shell, plugin(WASTE, line=OWN_LINE))
    changed = shell.run("verify", "--replan")
    assert changed.exit_code == 1
    assert "of kind give, whose plugin may have changed under the same version" in changed.stdout
    install(shell, plugin(WASTE, line=OWN_LINE + "    version = 2\n"))
    report = json.loads(shell.run("verify", "--replan", "--json").stdout)
    assert (report["count"], report["events"] - report["planned"]) == (0, 1)
    late = {**ticket("w"), "lot": "L-2"}
    refused = shell.post([late])
    assert refused.exit_code == 1
    assert "version 1 of kind give planned it, and version 2 is here" in refused.stderr
    assert not shell.post([{**command, "key": "g2"}]).exit_code
    assert json.loads(shell.run("verify", "--replan", "--json").stdout)["count"] == 0
    install(shell, plugin())
    report = json.loads(shell.run("verify", "--replan", "--json").stdout)
    assert (report["count"], report["events"] - report["planned"]) == (0, 1)


SHEET = """\
'''A plugin.'''

from loopbook.book import Assay, ImportKind, columns_of


class Sheet(ImportKind):
    '''Results.'''

    columns = columns_of(Assay, "lot", "shares", "stage", "basis", "laboratory", "sample")

    def entry(self, row):
        {}
"""
ENTRIES = {
    "pass": "file.csv:2: plugin: expected an entry, found NoneType from sheet.py, class Sheet",
    "return row.command(Assay, row['lot'], 'assay')": "found Assay from sheet.py, class Sheet",
    "return row['lott']": "file.csv:2: plugin: expected a kind of file that runs, found sheet.py, "
    "class Sheet, which stops at sheet.py:12: KeyError: 'lott'",
    "return row.entri()": "sheet.py:12: AttributeError",
    "return 1 / 0": "sheet.py:12: ZeroDivisionError",
}


@pytest.mark.parametrize("body", ENTRIES)
def test_an_import_kind_that_stops_names_its_row(shell: Shell, body: str) -> None:
    install(shell, SHEET.format(body), "sheet.py")
    words = shell.file("sheet", "Lot,Ni\nL-1,31\n", 'lot = "Lot"\n' + NICKEL, LABORATORY)
    done = shell.run(*words)
    assert done.exit_code == 1, done.output
    assert ENTRIES[body] in done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_kind_returns_what_its_finding_says(shell: Shell) -> None:
    install(shell, SHEET.format("return row.command(Assay, row['lot'], 'assay')"), "sheet.py")
    words = shell.file("sheet", "Lot,Ni\nL-1,31\n", 'lot = "Lot"\n' + NICKEL, LABORATORY)
    follows(shell.run(*words).stderr, "write return row.entry(COMMAND, ...)")
    body = "return row.entry(row.command(Assay, row['lot'], 'assay'))"
    install(shell, SHEET.format(body), "sheet.py")
    assert not shell.run(*words).exit_code
    assert shell.held()["Ni"] == 6200


def test_a_field_that_came_later_counts_as_its_default(shell: Shell) -> None:
    """A command that is sent again is the same, though its event lacks the field."""
    install(shell, plugin())
    assert "1 event posted" in shell.post([COMMAND]).output
    later = FIELDS + '    grade: Annotated[str, "of purity"] = "none"\n'
    install(shell, plugin(fields=later), "later.py")
    assert "was in the book already" in shell.post([COMMAND]).output
    assert "was in the book already" in shell.post([COMMAND | {"grade": "none"}]).output
    assert "grade pure, not empty" in shell.post([COMMAND | {"grade": "pure"}]).output
    assert "mass_kg 3, not 2000" in shell.post([COMMAND | {"mass_kg": "3"}]).output


def test_a_statement_names_the_kind_whose_lines_leave_something_out(shell: Shell) -> None:
    install(shell, plugin())
    assert "1 event posted" in shell.post([COMMAND]).output
    install(shell, plugin(line='    line = ("", "")\n'), "other.py")
    month = ("--from", "2026-03-01T00:00:00Z", "--to", "2026-04-01T00:00:00Z")
    answer = shell.run("statement", *month)
    assert answer.exit_code == 1
    assert "events of kind give (other.py, class Give), the first 'g': plan" in answer.output
    assert "line = ('', '') leaves -2,000 kg out of the metal statement" in answer.output
    follows(answer.output, "write line and of_which in the class as they were when its events")
    install(shell, plugin())
    assert shell.run("statement", *month).exit_code == 0
