"""The walk: step by step, needs from the last buyer up, then matter from the first seller down."""

from loopbook.loop.loop import Loop
from loopbook.loop.walking.balance import check_balance
from loopbook.loop.walking.network import network_of
from loopbook.loop.walking.record import Record
from loopbook.loop.walking.result import Walk
from loopbook.loop.walking.schedule import scheduled
from loopbook.loop.walking.step import StepWalk
from loopbook.loop.walking.stock import Stock


def walk(loop: Loop) -> Walk:
    """Walk a loop through all steps of its calendar.

    Raises
    ------
    InputError : a value that is missing in a step, or goods whose mass is not known.
    BalanceError : an element that does not close to 1e-9, at a site, on a lane or in all.
    """
    net = network_of(loop)
    turns = scheduled(loop.models, net.legs)
    stock, record = Stock.opening(net), Record(net)
    record.start(stock)
    for step in net.steps:
        record.step = step
        StepWalk(net, turns, stock, record).walk()
    walked = record.result()
    check_balance(walked)
    return walked
