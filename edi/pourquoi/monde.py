"""The world as a judgement saw it: registry, mandats, accepted invoices, earlier deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from edi.annuaire.snapshot import take_snapshot
from edi.lifecycle.statuts import FLUX_ACCEPTED, project
from edi.model import (
    CleFacture,
    Facture,
    FactureStatut,
    Flux,
    Nature,
    Original,
    Politique,
    Repere,
    Snapshot,
)
from edi.relecture import Relecture
from edi.store import factures, histoire
from edi.store import flux as flux_store
from edi.store.histoire import Dit
from edi.validators.doublon import unicity_key


def see_world(
    conn: Connection,
    wanted: Sequence[Facture],
    flux: Flux,
    politique: Politique,
    relecture: Relecture,
    au: Repere | None,
) -> Snapshot:
    """The world for a deposit; ``au``: as it stood then, None: as it stands."""
    keys = {key for facture in wanted if (key := unicity_key(facture, politique)) is not None}
    if au is None:
        return take_snapshot(conn, wanted, flux.appli, relecture.see_originals(conn, keys, flux.id))
    known = factures.originals(conn, keys, flux.id, au.reprises)
    return take_snapshot(conn, wanted, flux.appli, _as_of(conn, known, relecture, au), au)


def see_world_of_replay(
    conn: Connection, wanted: Sequence[Facture], appli: str, politique: Politique, au: Repere
) -> Snapshot:
    """The world for a replay, as it stood: to it, whatever was accepted is an original, and stays closed."""
    keys = {key for facture in wanted if (key := unicity_key(facture, politique)) is not None}
    return take_snapshot(conn, wanted, appli, _as_of(conn, factures.originals(conn, keys), None, au), au)


def _as_of(
    conn: Connection, known: Mapping[CleFacture, Original], relecture: Relecture | None, au: Repere
) -> dict[CleFacture, Original]:
    """Of accepted invoices, those that had been by then, with the statut that each had."""
    said = histoire.statuts_of_factures(conn, {one.facture_id for one in known.values()}, au.factures)
    found = {}
    for key, original in known.items():
        dits = said.get(original.facture_id, [])
        if not any(dit.statut is not FactureStatut.NON_CONFORME for dit in dits):
            continue  # accepted since
        statut = shown_after(dits)
        lue = None
        if relecture is not None and any(statut is nature.depuis for nature in Nature):
            deposee = factures.get(conn, original.facture_id)
            lue = relecture.find(conn, deposee, au.reprises).facture
        found[key] = original._replace(statut=statut, lue=lue)
    return found


def shown_after(dits: Sequence[Dit]) -> FactureStatut:
    """The statut that an invoice shows after all that it was given, as the relay puts them together."""
    shown, since = dits[0].statut, dits[0].le
    for dit in dits[1:]:
        after = dit.statut if dit.de_nous else project(shown, since, dit.statut, dit.le)
        if after is dit.statut:
            since = dit.le
        shown = after
    return shown


def accepted_under_its_id(conn: Connection, flux: Flux, au: Repere | None) -> Flux | None:
    """The first delivery of other bytes, accepted under the flux id of this one; ``au``: as of then."""
    ids = [one for one in flux_store.same_reference(conn, flux) if one != flux.id]
    others = [flux_store.get(conn, one) for one in ids]
    if au is not None:
        then = histoire.statuts_of_flux(conn, ids, au.flux)
        others = [one for one in others if one.id < flux.id and then.get(one.id) in FLUX_ACCEPTED]
    else:
        others = [one for one in others if one.statut in FLUX_ACCEPTED]
    return next((one for one in others if (one.sha256, one.nom) != (flux.sha256, flux.nom)), None)
