"""An invoice beside the one that was accepted before it: which, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edi.changements.comparaison import Comparaison, compare
from edi.changements.valeurs import Changement
from edi.console.visite import Ici
from edi.model import AVOIRS, Facsimile, FactureDeposee, Finding
from edi.store.precedentes import Precedente, last_accepted

_GROS = 5 * 1024**2  # bytes of a delivery that is opened again only when it is asked for
_PREMIERS, _MONTRES = 8, 60  # changes that a page shows at once; that it shows at all


class Rapprochement(NamedTuple):
    """What a page shows of it."""

    precedente: FactureDeposee
    meme_destinataire: bool
    demandable: bool  # its lot is large: whoever wants it asks
    comparaison: Comparaison | None  # None: not asked for, or its bytes are gone
    premiers: Sequence[Changement]
    suivants: Sequence[Changement]
    caches: int  # that are not shown

    @property
    def avoir(self) -> bool:
        """True when what came before is an avoir."""
        return self.precedente.type in AVOIRS


def compare_with_last(
    ici: Ici, facture: FactureDeposee, vue: Facsimile | None, findings: Sequence[Finding], *, asked: bool
) -> Rapprochement | None:
    """An invoice compared with the accepted one before it; None: there is nothing to compare."""
    if vue is None:
        return None
    with ici.reading() as conn:
        last: Precedente | None = last_accepted(conn, ici.portee, facture)
    if last is None:
        return None
    small = asked or last.taille <= _GROS
    before = ici.console.gestes.make_facsimile(last.facture) if small else None
    done = compare(before, vue, findings) if before is not None else None
    found = done.changements if done else ()
    return Rapprochement(
        last.facture,
        last.meme_destinataire,
        not small,
        done,
        found[:_PREMIERS],
        found[_PREMIERS:_MONTRES],
        len(found[_MONTRES:]),
    )
