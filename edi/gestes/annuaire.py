"""Correcting the annuaire by hand, until the next official import or until a day."""

from __future__ import annotations

from dataclasses import replace

from edi.annuaire import corrections
from edi.espace import Espace
from edi.model.corrections import Correction, Maintien
from edi.model.gestes import GesteRefuse
from edi.store import corrections as store
from edi.store import journal


def correct(espace: Espace, asked: Correction, par: str) -> int:
    """Write what somebody says of a structure or of a service; how many fields changed. Raises GesteRefuse.

    The correction has its place among the imports: what was judged before it is still judged so again.
    """
    asked = replace(asked, raison=asked.raison.strip())
    if not asked.raison:
        raise GesteRefuse("dites pourquoi : la raison d'une correction se lit dans son histoire")
    with espace.engine.begin() as conn:
        return corrections.correct(conn, asked, espace.now(), espace.today(), par)


def release(espace: Espace, import_id: int, raison: str, par: str) -> Maintien:
    """A correction is made again no longer: the next import has the last word. Raises GesteRefuse."""
    if not raison.strip():
        raise GesteRefuse("dites pourquoi cette correction n'est plus maintenue")
    with espace.engine.begin() as conn:
        known = {one.import_id: one for one in store.standing(conn, espace.today())}
        one = known.get(import_id)
        if one is None or not store.end(conn, import_id, one.champs, espace.now()):
            raise GesteRefuse(f"la correction n° {import_id} n'est pas, ou n'est plus, maintenue")
        sujet = f"{one.identifiant}, service {one.service}" if one.service else str(one.identifiant)
        detail = {"correction": import_id, "raison": raison.strip()}
        journal.note_act(conn, "annuaire-relache", sujet, espace.now(), par=par, detail=detail)
    return one
