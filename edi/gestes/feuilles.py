"""Official sheets whose compiled form was found to differ, that people let run again."""

from __future__ import annotations

from edi.espace import Espace
from edi.model.confiance import FeuilleSuivie
from edi.model.gestes import GesteRefuse, read_reason
from edi.store import feuilles as store
from edi.validators.schematron.confiance import COMPILED


def take_back(
    espace: Espace, feuille: str, raison: str, par: str, compilateur: str = COMPILED.compiler
) -> FeuilleSuivie:
    """Let the compiled form of a sheet that was set aside run again, beside the official one, which decides.

    ``feuille``: its name, or the beginning of its sha256. The sheet as it was set aside. Raises GesteRefuse.
    """
    raison = read_reason(raison)
    with espace.engine.begin() as conn:
        aside = store.set_aside(conn, compilateur)
        found = [one for one in aside if feuille and (one.nom == feuille or one.feuille.startswith(feuille))]
        if not found:
            known = ", ".join(one.nom for one in aside) or "aucune"
            raise GesteRefuse(f"La feuille « {feuille} » n'est pas écartée ; feuilles écartées : {known}.")
        if len(found) > 1:
            sums = ", ".join(one.feuille[:12] for one in found)
            raise GesteRefuse(f"Plusieurs feuilles écartées se nomment ainsi : donnez l'empreinte, {sums}.")
        if not store.take_back(conn, found[0], par, espace.now(), raison):
            raise GesteRefuse("Quelqu'un vient de reprendre cette feuille.")
    return found[0]
