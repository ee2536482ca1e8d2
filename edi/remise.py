"""Handing invoices over to their destinataires: the pivot is made from the stored bytes, read once more.

The database keeps what identifies an invoice; all else is read again from the lot, by the same readers, so
that the bytes of a pivot are the same whenever it is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from edi.inbound.readers import facturx
from edi.inbound.readers.pieces import COMPLEMENT, FACTURE, contents, unwrap
from edi.lifecycle.advance import Change, advance_factures
from edi.model import (
    AVOIRS,
    Destinataire,
    Emission,
    Facture,
    FactureDeposee,
    FactureStatut,
    Flux,
    LigneTva,
    Nature,
    PieceAjoutee,
    RepriseFaite,
)
from edi.outbound import emit, names
from edi.outbound.booking import Booking
from edi.outbound.cpp_statut import Enveloppe, Partenaire
from edi.outbound.emit import Emitter
from edi.outbound.pivot import FacturePivot, LignePivot, PiecePivot, name_pieces, write_pivot
from edi.relecture import Relecture, Relue, Source, source_of
from edi.store import emissions, remises, reprises
from edi.store import flux as flux_store
from edi.xml import where

log = structlog.get_logger()

_CADRES = frozenset(f"A{n}" for n in range(1, 26) if n != 11)
_MODES = frozenset({"10", "20", "30", "31", "42", "48", "49", "97"})
_OTHER_MODES = {"01": "97", "58": "30", "59": "49"}  # SEPA transfer and debit, undefined
_VIREMENT = "30"  # what the règle G1.14 takes where the invoice says nothing
_MICRO = Decimal("0.000001")


class ARemettre(NamedTuple):
    """An invoice to be handed over as it stood when its pivot was booked, whatever became of it since."""

    facture: FactureDeposee
    source: Source
    nature: Nature | None  # how it was taken up again; None the first time
    pieces: tuple[PieceAjoutee, ...]  # given by hand so far


def as_booked(facture: FactureDeposee, reprise_id: int | None, done: tuple[RepriseFaite, ...]) -> ARemettre:
    """An invoice with the reprises up to ``reprise_id``; ``done``: all that there were, oldest first."""
    seen = tuple(one for one in done if reprise_id is not None and one.id <= reprise_id)
    later = done[len(seen) :]
    if later:
        avant = later[0].avant
        facture = replace(
            facture, destinataire=avant.destinataire, service=avant.service, engagement=avant.engagement
        )
    nature = seen[-1].nature if seen else None
    return ARemettre(facture, source_of(facture, seen), nature, tuple(p for one in seen for p in one.pieces))


@dataclass(frozen=True)
class Remise:
    """Where pivots are made, and what follows once they are handed over."""

    base: Engine
    relecture: Relecture
    emitter: Emitter
    destinataires: Mapping[str, Destinataire]  # by code
    booking: Booking

    def make(self, emission: Emission) -> tuple[bytes, str] | None:
        """The bytes of one booked pivot and their sha256; None, and an event, when they must not leave."""
        try:
            with self.base.begin() as conn:
                wanted = [
                    as_booked(facture, reprise_id, reprises.of_facture(conn, facture.id))
                    for facture, reprise_id in remises.of_emission(conn, emission.id)
                ]
                brought = {one.source.flux_id: flux_store.get(conn, one.source.flux_id) for one in wanted}
            data = self._build(emission, brought, wanted)
            emit.check(data, "CPPFacturePivot.xsd")
        except (emit.ReturnFlowInvalid, LookupError, ValueError):  # a fault of ours: the others go on
            log.exception("return_flow_invalid", emission=emission.nom, flux=emission.flux_id)
            return None
        return data, hashlib.sha256(data).hexdigest()

    def confirm(self, conn: Connection, left: Sequence[tuple[Emission, str]], at: datetime) -> None:
        """Record that return flows lie where they are fetched, each with the sha256 of its bytes.

        The invoices of a pivot are at disposal then. It is fetched in one place for each destinataire:
        its local out/, and ``edi.outbound.dispatch`` confirms once the pivot lies there; or its own server
        alone, and ``edi.outbound.push`` confirms in the transaction that records the delivery.
        """
        emissions.confirm_all(conn, {emission.id: sha256 for emission, sha256 in left}, at)
        for emission, _ in left:
            if emission.interface == names.PIVOT:
                self._put_at_disposal(conn, emission, at)

    def _put_at_disposal(self, conn: Connection, emission: Emission, at: datetime) -> None:
        """The invoices of a pivot that lies there."""
        flux = flux_store.get(conn, emission.flux_id)
        annonce = self.booking.announce(conn, flux.id, at)
        changes: list[Change] = []
        for facture, _ in remises.of_emission(conn, emission.id):
            if facture.statut is not FactureStatut.EN_COURS_ACHEMINEMENT:
                continue  # its destinataire was quicker
            after = FactureStatut.MISE_A_DISPOSITION
            dite = annonce.tell(flux.appli, facture, facture.id, after)
            change = Change(facture.id, facture.statut, after, dite.emission_id, messages=dite.messages)
            changes.append(change)
        advance_factures(conn, changes, at)

    def _build(self, emission: Emission, brought: Mapping[int, Flux], wanted: Sequence[ARemettre]) -> bytes:
        destinataire = self.destinataires.get(emission.appli, Destinataire("", emission.appli))
        emitter = self.emitter
        enveloppe = Enveloppe(
            produit_le=emission.cree_le.astimezone(emitter.fuseau).date(),
            id_flux=names.flux_id(emitter.code_appli, emission.interface, emission.appli, emission.numero),
            recepteur=Partenaire(destinataire.code, destinataire.libelle),
            emetteur=Partenaire(emitter.code_appli, emitter.libelle),
        )
        relues: dict[Source, Relue] = {}
        for flux in brought.values():
            fichiers = {one.source.fichier for one in wanted if one.source.flux_id == flux.id}
            for relue in self.relecture.read(flux, fichiers):
                relues[Source(flux.id, relue.nom, relue.facture.rang)] = relue
        return write_pivot(
            enveloppe,
            [self._as_pivot(relues[one.source], one, brought[one.source.flux_id].recu_le) for one in wanted],
        )

    def _as_pivot(self, relue: Relue, wanted: ARemettre, recu_le: datetime) -> FacturePivot:
        jour, limite = recu_le.astimezone(self.emitter.fuseau).date(), self.relecture.limites.piece_jointe
        added = [
            PiecePivot(p.nom, COMPLEMENT, p.mime, self.relecture.spool.blob(p.sha256).read_bytes())
            for p in wanted.pieces
        ]
        return as_pivot(relue, wanted, jour, limite, added)


def as_pivot(
    relue: Relue, wanted: ARemettre, recue_le: date, limite: int, added: Sequence[PiecePivot] = ()
) -> FacturePivot:
    """An accepted invoice in the values of the pivot. Raises LookupError for one that lacks what it needs."""
    facture, deposee = relue.facture, wanted.facture
    montants = facture.montants
    if facture.date is None or montants.ht is None or montants.ttc is None:
        raise LookupError(f"facture {deposee.id} has no date, or no total")
    mode = _OTHER_MODES.get(facture.mode_paiement, facture.mode_paiement)
    known = mode in _MODES
    origines = facture.termes.get("BT-25", ())
    ibans = facture.termes.get("BT-84", ())
    avoir = facture.type in AVOIRS
    return FacturePivot(
        id=deposee.id,
        fournisseur=emit.as_chorus(facture.fournisseur),
        debiteur=deposee.destinataire,
        service=deposee.service,
        numero=facture.numero,
        origine=origines[0] if avoir and origines and len(origines[0]) <= 20 else "",
        type="381" if avoir else "380",
        cadre=_cadre(facture.cadre),
        date=facture.date,
        mode_paiement=mode if known else _VIREMENT,
        mode_libelle="" if known or not facture.mode_paiement else f"code {facture.mode_paiement}",
        recue_le=recue_le,
        devise=facture.devise,
        ht=montants.ht,
        ttc=montants.ttc,
        net=montants.ttc if montants.net is None else montants.net,
        tva=tuple(
            LigneTva(row.taux or Decimal(0), row.base, row.montant)
            for row in facture.tva
            if row.base is not None and row.montant is not None
        ),
        marche=facture.marche,
        engagement=deposee.engagement,
        iban=ibans[0] if len(ibans) == 1 else "",
        lignes=_lignes(facture),
        pieces=_pieces(relue, limite, added),
        nature=wanted.nature,
    )


def _cadre(cadre: str) -> str:
    """Chorus Pro's own; of the reform's (B2, S2, M2: already paid) what comes nearest."""
    if cadre in _CADRES:
        return cadre
    return "A2" if cadre[1:] == "2" else "A1"


def _lignes(facture: Facture) -> tuple[LignePivot, ...]:
    """The lines, where each says price, quantity and amount; else none: the invoice itself is attached."""
    lignes = []
    for one in facture.calculs:
        if one.prix is None or one.quantite is None or one.montant is None or not one.par:
            return ()
        prix = one.prix if one.par == 1 else (one.prix / one.par).quantize(_MICRO)
        lignes.append(LignePivot(prix, one.quantite, one.montant))
    return tuple(lignes)


def _pieces(relue: Relue, limite: int, added: Sequence[PiecePivot]) -> tuple[PiecePivot, ...]:
    """Every attachment; before them the document itself, unless one of them is the invoice (TypePJ 01)."""
    facture = relue.facture
    found = {where(element): element for element in contents(relue.document.tree)}
    pieces = []
    for i, piece in enumerate(facture.pieces_jointes):
        path = facture.place(f"pj[{i}].contenu").path.removeprefix(facturx.PREFIXE)
        element = found.get(path)
        layers = unwrap(element.text or "", limite) if element is not None else ()
        if layers and not piece.membre:
            layers = layers[:1]
        pieces.append(PiecePivot(piece.nom, piece.type, piece.mime, layers[-1] if layers else None))
    if not any(piece.type == FACTURE for piece in pieces):
        pieces.insert(0, _whole(relue))
    pieces += added
    noms = name_pieces([piece.nom for piece in pieces])
    return tuple(piece._replace(nom=nom) for piece, nom in zip(pieces, noms, strict=True))


def _whole(relue: Relue) -> PiecePivot:
    pdf = relue.data.startswith(b"%PDF-")
    forme, mime = ("pdf", "application/pdf") if pdf else ("xml", "application/xml")
    nom = "".join(char if char.isalnum() or char in "+-" else "_" for char in relue.facture.numero)
    return PiecePivot(f"facture_{nom}.{forme}", FACTURE, mime, relue.data, f"Facture {forme.upper()}")
