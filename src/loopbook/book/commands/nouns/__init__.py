"""Commands that register what others refer to: parties, sites, materials, substances."""

from loopbook.book.commands.nouns.add_substance import AddSubstance
from loopbook.book.commands.nouns.register_material import RegisterMaterial
from loopbook.book.commands.nouns.register_party import RegisterParty
from loopbook.book.commands.nouns.register_site import RegisterSite

KINDS = (RegisterParty, RegisterSite, RegisterMaterial, AddSubstance)
