"""Commands with which lots go from place to place and from owner to owner."""

from loopbook.book.commands.moving.arrive import Arrive
from loopbook.book.commands.moving.move import Move
from loopbook.book.commands.moving.ship import Ship
from loopbook.book.commands.moving.transfer_title import TransferTitle

KINDS = (Move, Ship, Arrive, TransferTitle)
