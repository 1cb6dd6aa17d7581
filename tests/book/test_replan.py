"""``verify --replan``: what does not follow from its command is found.

Reported attack 03 and its siblings: who has the file, but not its key, changes what an event did
and leaves the command, and makes leaves, edges and balances again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from tampering import reseal, tamper

from loopbook import book as b
from loopbook.book.commands import kinds
from loopbook.book.verification import replan
from loopbook.book.verification.report import VerifyReport, verify
from loopbook.cli import main
from support.world import Envelopes

SHARES = {"Ni": "0.3", "Co": "0.1"}
LOT = {"material": "foil", "supplier": "LGES", "owner": "LGES", "site": "WS"}


def make(path: Path) -> None:
    """A book of 18 events: two late tickets among them, one of which is reversed."""
    envelope = Envelopes(datetime(2026, 3, 1, tzinfo=UTC))
    output = b.Output(lot="BM-1", material="powder", mass_kg=380, shares={"Ni": "0.4"})
    with b.Book(path, create=True, substances=("Ni", "Co", "other"), clock=envelope.clock) as book:
        for day, key, command in (
            (0, "party", partial(b.RegisterParty, party="LGES")),
            (0, "site", partial(b.RegisterSite, site="WS", limits_kg={"dust": 900})),
            (0, "foil", partial(b.RegisterMaterial, material="foil")),
            (0, "paper", partial(b.RegisterMaterial, material="paper")),
            (0, "powder", partial(b.RegisterMaterial, material="powder", hazard="dust")),
            (1, "load", partial(b.Receive, lot="L", mass_kg=1000, shares=SHARES, **LOT)),
            (1, "K", partial(b.Receive, lot="K", mass_kg=1000, shares=SHARES, **LOT)),
            (3, "split", partial(b.Split, lot="L", parts_kg={"La": 100, "Lb": 200})),
            (4, "hold", partial(b.Hold, lot="Lb", reason="wet")),
            (5, "free", partial(b.Release, lot="Lb")),
            (
                6,
                "run",
                partial(b.Process, run="R", site="WS", inputs_kg={"L": 400}, outputs=[output]),
            ),
            (2, "late", partial(b.Weigh, lot="L", ticket="T", gross_kg=990, tare_kg=0)),
            (
                2.5,
                "wrong",
                partial(b.Assay, lot="L", stage="final", basis="as received", shares={"Ni": "0.2"}),
            ),
            (7, "back", partial(b.Reverse, event="wrong", reason="of another lot")),
        ):
            book.post(command(**envelope(day, key)))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replan") / "book.sqlite"
    make(path)
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "book.sqlite"
    copy.write_bytes(original.read_bytes())
    return copy


def planned_again(path: Path) -> VerifyReport:
    with b.Book(path) as book:
        return verify(book, replan=True)


def number_of(key: str) -> str:
    return f"(SELECT id FROM event WHERE key = '{key}')"


def shift(key: str, lot: str, other: str = "") -> list[str]:
    """A gram of nickel becomes cobalt on a lot's leg, and cobalt nickel on another one."""
    return [
        f'UPDATE posting SET "s_Ni" = "s_Ni" {to} 1000, "s_Co" = "s_Co" {back} 1000 '
        f"WHERE event = {number_of(key)} AND account IN "
        f"(SELECT id FROM account WHERE lot = '{name}')"
        for to, back, name in (("-", "+", lot), ("+", "-", other))
    ]


def changed(table: str, sets: str, where: str) -> list[str]:
    return [f"UPDATE {table} SET {sets} WHERE {where}"]


@pytest.mark.parametrize("page", [1, 2, 4_000])
def test_a_book_of_late_facts_is_what_its_commands_make(
    path: Path, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replan, "_PAGE", page)
    report = planned_again(path)
    assert report.findings == ()
    assert report.planned == report.events == 18
    assert "planned again from their commands: 18 events; not planned again" in report.headline()


WHOLE = ("mass", '"s_Ni"', '"s_Co"', "s_other")
DOUBLED = ", ".join(f"{column} = 2 * {column}" for column in WHOLE)
OF_K = f"event = {number_of('K')}"


@pytest.mark.parametrize(
    ("statements", "where", "words"),
    [
        (
            changed("posting", DOUBLED, OF_K),
            "'K'",
            "other 600 kg on lot/LGES/WS/K, found Ni 600 kg",
        ),
        (shift("K", "K"), "'K'", "Ni 300 kg, Co 100 kg on lot/LGES/WS/K, found Ni 299.999 kg"),
        (shift("split", "La", "L"), "'split'", "on lot/LGES/WS/L"),
        (shift("back amends split", "La", "L"), "'split'", "on lot/LGES/WS/L"),
        (shift("late", "L"), "'late'", "on lot/LGES/WS/L"),
        (shift("back", "L"), "'wrong'", "on lot/LGES/WS/L"),
        (changed("lot", "material = 'paper'", "id = 'K'"), "'K'", "lots K foil, found K paper"),
        (
            changed("measurement", "value = '999'", f"event = {number_of('late')}"),
            "'late'",
            "measurements L gross 990000000",
        ),
        (
            [
                "UPDATE noun SET body = replace(body, '900000000', '990000000') WHERE id = 'WS'",
                "UPDATE load SET most = 990000000",
            ],
            "'site'",
            "nouns site WS",
        ),
        (
            changed("noun", "body = replace(body, 'wet', 'dry')", "kind = 'hold'"),
            "'hold'",
            'nouns hold Lb {"reason":"wet"}',
        ),
        (
            changed("event", "command = replace(command, '1000', '1100')", "key = 'K'"),
            "'K'",
            "on lot/LGES/WS/K",
        ),
        (
            changed("event", "command = '['", "key = 'run'"),
            "'run'",
            "a command that can be planned again",
        ),
        (
            changed("event", "command = replace(command, '400', '4000')", "key = 'run'"),
            "'run'",
            "lot L holds",
        ),
    ],
)
def test_what_does_not_follow_from_its_command(
    path: Path, statements: list[str], where: str, words: str
) -> None:
    """Reported attack 03, and its siblings; each is clean without ``--replan``."""
    tamper(path, *statements)
    reseal(path)
    with b.Book(path) as book:
        assert verify(book).findings == ()
    report = planned_again(path)
    assert {x.code for x in report.findings} == {"plan"}
    assert where in report.first_wrong
    assert words in str(report.findings[0])
    answer = CliRunner().invoke(main, ["book", "verify", "--replan", "--book", str(path)])
    assert answer.exit_code == 1
    assert where in answer.output


def test_other_rules_are_counted_and_not_planned_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What older rules, or a plugin that is not here, planned is taken as it was posted."""
    tamper(
        path,
        *changed("event", "planner = 0", "id < 7"),
        *changed("event", "kind = 'bale'", "key = 'K'"),
    )
    reseal(path)
    report = planned_again(path)
    assert (report.findings, report.planned, report.events) == ((), 11, 18)
    assert "other rules planned them: 7" in report.headline()
    monkeypatch.setattr(kinds, "PLANNER", 2)
    report = planned_again(path)
    assert (report.findings, report.planned) == ((), 2)  # what a reversal undoes needs no rules


def test_older_rules_after_newer_ones(path: Path) -> None:
    tamper(path, *changed("event", "planner = 0", "key = 'run'"))
    reseal(path)
    with b.Book(path) as book:
        (finding,) = verify(book).findings
    assert finding.code == "planner"
    assert "'run'" in finding.where


@pytest.mark.parametrize(
    ("sets", "where", "words"),
    [
        ("kind = 'split'", "key = 'back amends split'", "an earlier event of its date"),
        ("kind = 'amend'", "key = 'split'", "an earlier event of its date"),
        ("amends = 'run'", "key = 'back amends split'", "an earlier event of its date"),
        ("command = '{}'", "key = 'back amends split'", "an event and its late fact"),
        (
            "command = replace(command, '\"back\"', '\"late\"')",
            "key = 'back amends split'",
            "the late fact 'late' after it",
        ),
        (
            "command = replace(command, '\"split\"', '\"run\"')",
            "key = 'back amends split'",
            "the event 'split' in its command",
        ),
        ("posted_at = posted_at + 1", "key = 'late'", "posted at"),
    ],
)
def test_what_amends_an_event_and_names_another(
    path: Path, sets: str, where: str, words: str
) -> None:
    tamper(path, *changed("event", sets, where))
    reseal(path)
    with b.Book(path) as book:
        report = verify(book)
    assert not report.clean
    assert words in "\n".join(map(str, report.findings))
