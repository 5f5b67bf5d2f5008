"""An address -> its elements -> the places it can be."""

from gridmap.addresses.elements import Address, standard_text
from gridmap.addresses.parsing import parse_address
from gridmap.addresses.places import collect_places

__all__ = ["Address", "collect_places", "parse_address", "standard_text"]
