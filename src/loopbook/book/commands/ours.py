"""Our kinds of commands, a line each: lists, readers and the room's front read them here."""

from loopbook.book.commands.arriving.receive import Receive
from loopbook.book.commands.arriving.return_goods import ReturnGoods
from loopbook.book.commands.command import Command
from loopbook.book.commands.cutting.blend import Blend
from loopbook.book.commands.cutting.sample import Sample
from loopbook.book.commands.cutting.split import Split
from loopbook.book.commands.keeping.change_period import ChangePeriod
from loopbook.book.commands.keeping.close_period import ClosePeriod
from loopbook.book.commands.keeping.hold import Hold
from loopbook.book.commands.keeping.open_period import OpenPeriod
from loopbook.book.commands.keeping.release import Release
from loopbook.book.commands.keeping.reverse import Reverse
from loopbook.book.commands.leaving.deliver import Deliver
from loopbook.book.commands.leaving.dispose import Dispose
from loopbook.book.commands.measuring.assay import Assay
from loopbook.book.commands.measuring.stock_take import StockTake
from loopbook.book.commands.measuring.weigh import Weigh
from loopbook.book.commands.moving.arrive import Arrive
from loopbook.book.commands.moving.move import Move
from loopbook.book.commands.moving.ship import Ship
from loopbook.book.commands.moving.transfer_title import TransferTitle
from loopbook.book.commands.nouns.add_substance import AddSubstance
from loopbook.book.commands.nouns.mark_modelled import MarkModelled
from loopbook.book.commands.nouns.register_location import RegisterLocation
from loopbook.book.commands.nouns.register_material import RegisterMaterial
from loopbook.book.commands.nouns.register_party import RegisterParty
from loopbook.book.commands.nouns.register_site import RegisterSite
from loopbook.book.commands.nouns.register_vehicle import RegisterVehicle
from loopbook.book.commands.nouns.tare_vehicle import TareVehicle
from loopbook.book.commands.running.process import Process

COMMANDS: dict[str, type[Command]] = {
    kind.kind: kind
    for kind in tuple(vars().values())
    if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command
}
"""Our commands by the name of their kind."""
