"""How judgements by hand are told beside what the platform has judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edi.espace import Espace
from edi.gestes.jugement_main import ISSUES
from edi.model.jugements_main import JugementMain
from edi.store import jugements_main
from edi.store.database import reading


def read_confirmed(espace: Espace, flux_id: int) -> list[JugementMain]:
    """What two persons have said of invoices of a flux."""
    with reading(espace.engine) as conn:
        return [one for one in jugements_main.of_flux(conn, flux_id) if one.confirme]


def tell_confirmed(said: Sequence[JugementMain]) -> Iterator[str]:
    """One line each: what was said, by whom, why."""
    for one in said:
        codes = ", ".join(sorted({doute.code for doute in one.doutes}))
        what = one.numero or one.fichier
        motif = f" ({one.motif})" if one.motif else ""
        yield (
            f"À la main : {what} {ISSUES[one.issue]}{motif}, sans ce que dit {codes} ; proposé par "
            f"{one.propose_par} ({one.raison}), confirmé par {one.repondu_par} ({one.reponse})."
        )
