"""A correction is judged as a posting is: by warnings, papers and clocks."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from loopbook.book.commands.command import Command
from loopbook.book.commands.correction import plan_correction
from loopbook.book.commands.keeping.reverse import Reverse
from loopbook.book.commands.warnings import (
    Limits,
    Warned,
    accepting,
    all_warned,
    never_accepted,
    read_limits,
)
from loopbook.book.nouns import Event
from loopbook.book.recording import refuse_future
from loopbook.book.storage.questions.events import papers
from loopbook.book.storage.session import Session
from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.tables import read_fields

_MASSES = ("mass_kg", "gross_kg", "tare_kg")


@dataclass(frozen=True, slots=True)
class JudgedCorrection:
    """A correction, judged as a posting is.

    Parameters
    ----------
    wrong, right, back : the wrong event, the right command and the reversal.
    accept : reasons for which warnings are accepted; None where no warning is looked for.
    """

    wrong: Event
    right: Command
    back: Reverse
    accept: Mapping[str, str] | None

    def plan(self, session: Session, recorded_at: int) -> Sequence[Event]:
        """Events of the correction; a warning that nobody accepted is a finding."""
        refuse_future(session, self.right)
        self._refuse_paper(session)
        plan = partial(plan_correction, session, reversal=self.back, recorded_at=recorded_at)
        limits = None if self.accept is None else read_limits()
        accept, used = self.accept or {}, set[str]()
        try:
            events = plan(self.right, limits=limits)
        except InputError as error:
            kinds = all_warned(error.findings)
            if not kinds:
                raise
            before = self._accepted_before(plan, limits)
            left = [x for x in error.findings if x.code not in accept and str(x) not in before]
            raise_findings(left)
            used = {x.code for x in error.findings if str(x) not in before}
            kept = {x.code: before[str(x)] for x in error.findings if str(x) in before}
            reasons = {kind: accept[kind] for kind in kinds if kind in accept}
            events = plan(accepting(self.right, {**kept, **reasons}))
        raise_findings(never_accepted(accept, used))
        return events

    def _accepted_before(
        self, plan: Callable[..., Sequence[Event]], limits: Limits | None
    ) -> Mapping[str, str]:
        """Reasons by warning, of the warnings that came with the wrong event and were accepted."""
        same = self._unchanged()
        reasons = None if same is None else same.accepted
        if same is None or not reasons:
            return {}
        try:
            plan(replace(same, accepted=None), limits=limits)
        except InputError as error:
            warned = [x for x in error.findings if isinstance(x, Warned)]
            return {str(x): reasons[x.code] for x in warned if x.code in reasons}
        return {}

    def _unchanged(self) -> Command | None:
        """The wrong command with the key of the right one; None if it cannot be read any more."""
        kind, values = type(self.right), json.loads(self.wrong.command)
        same = read_fields(kind, {**values, "key": self.right.key}, Findings())
        return None if same is None else kind(**same)

    def _refuse_paper(self, session: Session) -> None:
        """A finding where another event has the ticket or sample that the right command gets."""
        paper, same = self.right.paper, self._unchanged()
        if same is not None and same.paper == paper:
            return
        for _, quantity, sample, group, stage, lot, key in papers(session.db, paper[1:2]):
            names = (quantity, sample, group, stage), ("assay", sample, group, stage, lot)
            if paper in names and key != self.wrong.key and not session.reversal(key):
                where, text = f"event {self.wrong.key}", f"{sample} is in the book as {key}"
                hint = f"correct or reverse {key} first, if this is the right paper"
                raise InputError([Finding("duplicate", where, "a new paper", text, hint)])


def same_paper(session: Session, wrong: Event, changes: Mapping[str, str]) -> Iterator[str]:
    """Other events of the same paper that state the mass which is corrected."""
    if not set(changes) & set(_MASSES):
        return
    lots = {leg.account.lot for leg in wrong.legs} - {""}
    keys = {entry.key for lot in sorted(lots) for entry in session.history(lot)} - {wrong.key}
    for key in sorted(keys):
        event = session.event(key)
        if event is None or event.amends or event.reverses or session.reversal(key):
            continue
        is_same = (event.document, event.occurred_at) == (wrong.document, wrong.occurred_at)
        masses = [name for name in _MASSES if name in json.loads(event.command)]
        if is_same and wrong.document and masses:
            command = f"loopbook book correct {shlex.quote(key)} --set {masses[0]}=KG"
            yield f"{key} of the same paper states a mass, too; if it is wrong there: {command}"
