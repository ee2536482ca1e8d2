"""Which rows of which tables the journal tells, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, String, and_, cast, func, literal, null, select

from edi.model import Severity
from edi.model.journal import GenreEcriture
from edi.store.faits import Source, say
from edi.store.tables import (
    acquittement,
    annuaire_correction,
    annuaire_import,
    emission,
    facture,
    facture_statut,
    finding,
    flux,
    flux_statut,
    livraison,
    mandat_evenement,
    pack_set,
    piece_ajoutee,
    prise,
    reprise,
)

_NONE = null()


def _named(table: Any, names: str) -> list[Any]:
    return [table.c[name] for name in names.split()]


# -- what other tables say --------------------------------------------------------------------------------


def _count_findings(conn: Connection, key: Any, *where: Any) -> dict[int, dict[str, Any]]:
    """How often each code was found, by what it was found in."""
    query = select(key, finding.c.severity, finding.c.code, func.count()).where(*where)
    found: dict[int, dict[str, int]] = {}
    for fait_id, severity, code, times in conn.execute(
        query.group_by(key, finding.c.severity, finding.c.code)
    ):
        found.setdefault(fait_id, {})[f"{Severity(severity).name} {code}"] = times
    return {fait_id: {"constats": codes} for fait_id, codes in found.items()}


def _of_factures(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What their own flux was told; what a later one was told of them comes with the reprise."""
    own = and_(finding.c.facture_id == facture.c.id, finding.c.flux_id == facture.c.flux_id)
    return _count_findings(conn, facture.c.id, own, facture.c.id.in_(ids))


def _of_flux(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    return _count_findings(
        conn, finding.c.flux_id, finding.c.flux_id.in_(ids), finding.c.facture_id.is_(None)
    )


def _of_reprises(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What the flux that brought them was told, and the attachments that they were given."""
    brought = and_(finding.c.facture_id == reprise.c.facture_id, finding.c.flux_id == reprise.c.flux_id)
    found = _count_findings(conn, reprise.c.id, brought, reprise.c.id.in_(ids))
    pieces = select(piece_ajoutee).where(piece_ajoutee.c.reprise_id.in_(ids)).order_by(piece_ajoutee.c.id)
    for row in conn.execute(pieces):
        found.setdefault(row.reprise_id, {}).setdefault("pieces", []).append(row.sha256)
    return found


def _of_imports(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What a correction by hand said."""
    query = select(annuaire_correction).where(annuaire_correction.c.import_id.in_(ids))
    found: dict[int, dict[str, str]] = {}
    for row in conn.execute(query.order_by(annuaire_correction.c.id)):
        if row.champ != "nom":
            found.setdefault(row.import_id, {})[row.champ] = row.valeur
    return {import_id: {"champs": champs} for import_id, champs in found.items()}


# -- what is told -----------------------------------------------------------------------------------------

_DE_FLUX = (flux.c.id, flux.c.id, flux.c.nom)
_D_EMISSION = (emission.c.id, emission.c.flux_id, emission.c.nom)
_DE_FACTURE = (facture.c.flux_id, facture.c.numero)

_RECEPTION = say(*_DE_FLUX, flux.c.recu_le, *_named(flux, "appli sha256 taille"))
_FLUX = say(
    flux_statut.c.id,
    flux_statut.c.flux_id,
    flux.c.nom,
    flux_statut.c.le,
    *_named(flux_statut, "avant apres motif emission_id"),
).join(flux, flux.c.id == flux_statut.c.flux_id)
_VERDICT = say(facture.c.id, *_DE_FACTURE, _NONE, facture.c.ordre, facture.c.pack_set_id.label("packs"))
_PACKS = say(pack_set.c.id, _NONE, pack_set.c.sha256, _NONE)
_FACTURE = say(
    facture_statut.c.id,
    *_DE_FACTURE,
    facture_statut.c.le,
    *_named(facture_statut, "facture_id avant apres motif emission_id fait_le retour_id"),
).join(facture, facture.c.id == facture_statut.c.facture_id)
_LIVRAISON = say(
    livraison.c.emission_id, emission.c.flux_id, emission.c.nom, livraison.c.livre_le, livraison.c.serveur
).join(emission, emission.c.id == livraison.c.emission_id)
_PRISE = say(
    prise.c.id, _NONE, prise.c.nom, prise.c.pris_le, *_named(prise, "serveur dossier taille sha256 ticket")
)
_REPRISE = say(
    reprise.c.id,
    *_DE_FACTURE,
    reprise.c.le,
    *_named(reprise, "facture_id nature fichier rang"),
    reprise.c.flux_id.label("apporte_par"),
    par=reprise.c.par,
).join(facture, facture.c.id == reprise.c.facture_id)
_ACQUITTEMENT = say(
    acquittement.c.id,
    *_DE_FACTURE,
    acquittement.c.le,
    *_named(acquittement, "facture_id vu"),
    par=acquittement.c.par,
).join(facture, facture.c.id == acquittement.c.facture_id)
_MANDAT = say(
    mandat_evenement.c.id,
    _NONE,
    literal("mandat n° ") + cast(mandat_evenement.c.mandat_id, String),
    mandat_evenement.c.le,
    *_named(mandat_evenement, "quoi jour raison"),
    par=mandat_evenement.c.par,
)
_IMPORT = say(
    annuaire_import.c.id,
    _NONE,
    annuaire_import.c.fichier,
    annuaire_import.c.le,
    *_named(annuaire_import, "nature lignes sha256 raison"),
    par=annuaire_import.c.par,
)
_JUGES = flux.c.id.in_(select(finding.c.flux_id).where(finding.c.facture_id.is_(None)))

_G = GenreEcriture
_SOURCES = (
    Source(_G.RECEPTION, flux.c.id, _RECEPTION, told=flux.c.sha256 != ""),
    Source(_G.FLUX, flux_statut.c.id, _FLUX),
    Source(_G.CONTROLE, flux.c.id, say(*_DE_FLUX, _NONE), told=_JUGES, more=_of_flux),
    Source(_G.PACKS, pack_set.c.id, _PACKS),
    Source(_G.VERDICT, facture.c.id, _VERDICT, more=_of_factures),
    Source(_G.FACTURE, facture_statut.c.id, _FACTURE),
    Source(_G.REPONSE, emission.c.id, say(*_D_EMISSION, emission.c.cree_le, emission.c.appli)),
    Source(
        _G.DEPART,
        emission.c.id,
        say(*_D_EMISSION, emission.c.emis_le, emission.c.sha256),
        told=emission.c.emis_le.is_not(None),
    ),
    Source(_G.LIVRAISON, livraison.c.emission_id, _LIVRAISON, told=livraison.c.livre_le.is_not(None)),
    Source(_G.PRISE, prise.c.id, _PRISE),
    Source(_G.REPRISE, reprise.c.id, _REPRISE, more=_of_reprises),
    Source(_G.ACQUITTEMENT, acquittement.c.id, _ACQUITTEMENT),
    Source(_G.MANDAT, mandat_evenement.c.id, _MANDAT),
    Source(_G.IMPORT, annuaire_import.c.id, _IMPORT, more=_of_imports),
)
SOURCES = {source.genre: source for source in _SOURCES}
