"""The spool: the only room that names or moves a file of it.

::

    spool/depots/<APPLI>/in/NAME            what a déposant put there
    spool/depots/<APPLI>/out/NAME           return flows for it
    spool/depots/<APPLI>/test/NAME          what it wants to try, without depositing it
    spool/depots/<APPLI>/statut/            how its flux_list stand; statut/test: what came of its trials
    spool/essai/<ticket>/NAME               a file under trial, until it is answered
    spool/versements/                       files that people are handing in through a page
    spool/queue/<queue>/<ticket>/NAME       a flux on its way; always in exactly one queue
    spool/store/<aa>/<sha256>               every byte ever taken, for as long as it is kept, or copies
    spool/store/copie/                      copies of what the entrepôt has, until they are whole
    spool/store/oubli/<sha256>              bytes on their way out, until nobody is found to need them
    spool/rapports/                         the report of each run, for operators
    spool/presence/<process>                locked by each process at work, for as long as it lives
    spool/journal/AAAA-MM-JJ.json           the root of the journal at the end of a day
    spool/pull/<serveur>/<key>.part         a remote file under way
    spool/pull/<serveur>/<ticket>/NAME      a remote file that is whole, not recorded or not handed over yet

A ticket is a folder that holds one file under the name it arrived with, so that a flux is known from the
folders alone, even while the database is away. The order of each move is: write aside, fsync, rename, fsync
the folder, and only then let go of the source. Received names are data: they are never joined to a path
before :func:`is_plain_name` has said that they cannot lead anywhere.
"""

from __future__ import annotations

from edi.spool.distants import Distants, start_writing
from edi.spool.essais import Essais
from edi.spool.journaux import Journaux
from edi.spool.places import DEPOTS, QUEUES, Entry, is_plain_name
from edi.spool.presence import Presences, SpoolBusy, alone_in
from edi.spool.queues import Queues
from edi.spool.rapports import Rapports
from edi.spool.versements import Versement, Versements

__all__ = [
    "DEPOTS",
    "QUEUES",
    "Entry",
    "Spool",
    "SpoolBusy",
    "Versement",
    "alone_in",
    "is_plain_name",
    "start_writing",
]


class Spool(Queues, Presences, Distants, Essais, Journaux, Rapports, Versements):
    """The spool under ``root``."""
