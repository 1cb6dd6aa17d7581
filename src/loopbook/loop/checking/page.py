"""Rules of what page one has: its formulas, texts, names and their order."""

from collections.abc import Iterator

from loopbook.errors import InputError
from loopbook.loop.answers.evaluate import Evaluator
from loopbook.loop.answers.texts import Answers, with_answer
from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.page import Figured, Message, Reading, Statement, Station
from loopbook.loop.nouns.row import Row


def check_page(subject: Subject) -> None:
    """Findings for formulas and texts, units and formats, and for names that are none."""
    answers, wrong = Answers(Evaluator(subject.loop)), set[str]()
    for row, column, text, unit in _formulas(subject):
        where = f"{row.where}, {column}"
        if column == "test" and row.where in wrong:
            continue  # of a wrong answer
        try:
            answers.text(text, where) if unit is None else answers.number(text, unit, where)
        except InputError as error:
            subject.findings.items.extend(error.findings)
            wrong.add(row.where)
    _check_readings(subject)
    before, stations = list[str](), subject.every.of(Station)
    for station in stations:
        if station.back not in ("", *before) and station.back in {x.station for x in stations}:
            what = "a station that stands before it"
            subject.at(station).note("order", what, station.back, at="back")
        before.append(station.station)
    always: dict[str, str] = {}
    for message in subject.loop.messages:
        if message.message in always:
            what = f"no row behind that without a condition, {always[message.message]}"
            subject.at(message).note("order", what, message.message, at="message")
        if not message.when:
            always.setdefault(message.message, message.where)


def _formulas(subject: Subject) -> Iterator[tuple[Row, str, str, str | None]]:
    """Rows, columns, what is written, and its unit; None of a text."""
    loop = subject.loop
    figured = (*loop.figures, *loop.stations, *loop.statements)
    for row in (*figured, *loop.readings, *loop.messages):
        unit = row.unit if isinstance(row, Figured) else "1"
        if isinstance(row, Reading):
            units = [x.unit for x in loop.statements if x.id == row.statement]
            if not units:
                continue
            unit = units[0]
        if answer := getattr(row, "answer", ""):
            yield row, "answer", answer, unit
        if test := getattr(row, "test", ""):
            yield row, "test", with_answer(test, _answer_of(row, loop.statements)), "1"
        if when := getattr(row, "when", ""):
            yield row, "when", when, "1"
        for column in ("note", "back_text", "meaning", "text"):
            own = column != "text" or isinstance(row, Message)
            text = getattr(row, column, "") if own else ""
            if text:
                yield row, column, text, None


def _answer_of(row: Row, statements: tuple[Statement, ...]) -> str:
    """The answer of a statement, or that of a reading or else of its statement."""
    own = str(getattr(row, "answer", ""))
    if isinstance(row, Reading) and not own:
        return next((x.answer for x in statements if x.id == row.statement), "")
    return own


def _check_readings(subject: Subject) -> None:
    """Readings of a statement are its own or switches, and each is listed."""
    switches = subject.loop.settings.switches
    for row in subject.loop.statements:
        own = {x.reading: x for x in subject.loop.readings if x.statement == row.id}
        at = subject.at(row)
        for name in row.tried:
            at.check_known(
                "a switch, or a reading of the statement", name, {*own, *switches}, at="readings"
            )
            if name in own and name in switches:
                what = "a reading whose name no switch has"
                subject.at(own[name]).note("duplicate", what, name, at="reading")
            at.uses.add(("switch", name))
        for name in own.keys() - {*row.tried}:
            what = f"a name that {row.id} lists in readings"
            subject.at(own[name]).note("unused", what, name, at="reading")
        if row.tried and not row.test:
            at.missing("a test that readings may fulfil", at="test")
        if row.test and not row.answer:
            at.missing("an answer beside the test", at="answer")
