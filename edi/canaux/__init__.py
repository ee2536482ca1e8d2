"""The servers of partners: one pass over them, what is remembered of it, how each channel stands."""

from edi.canaux.journal import Journal
from edi.canaux.passage import Bilan, Canaux
from edi.canaux.visite import Constat

__all__ = ["Bilan", "Canaux", "Constat", "Journal"]
