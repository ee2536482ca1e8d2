"""What whoever deposited an invoice does about it by hand: recycle it, complete it, say that it was seen.

The same judgement, the same transitions and the same return flows as when a flux brings it back; nothing is
written when anything is wrong, and what is wrong is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from edi.acquittement import ACQUITTABLES
from edi.annuaire.snapshot import take_snapshot
from edi.inbound.nature_piece import measure
from edi.judge import Demande
from edi.lots import judge_registry
from edi.model import (
    SIRET,
    Acheminement,
    Deposant,
    Facture,
    FactureDeposee,
    FactureJugee,
    FichierJuge,
    Finding,
    Flux,
    Identifiant,
    LotJuge,
    Nature,
    Outcome,
    Partie,
    PieceAjoutee,
    PieceJointe,
    Politique,
    Reprise,
    Snapshot,
)
from edi.relecture import Relecture
from edi.settlement import Settlement
from edi.store import annuaire, reprises
from edi.store import flux as flux_store
from edi.store.reprises import Nouvelle
from edi.validators import pieces_jointes
from edi.validators.doublon import unicity_key
from edi.validators.reprise import goes_elsewhere
from edi.validators.rules import Context, run

_COMPLEMENT = "02"  # TypePJ
COMMENTAIRE = "commentaire_du_fournisseur.txt"  # the attachment in which a comment reaches the destinataire


class RepriseRefused(Exception):
    """An invoice cannot be taken up again; the message says why, in French, ``findings`` what is wrong."""

    def __init__(self, why: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(why)
        self.findings = tuple(findings)


class Changement(NamedTuple):
    """Where an invoice went, and where it goes now."""

    avant: Acheminement
    apres: Acheminement


class Piece(NamedTuple):
    """A file to be attached."""

    nom: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Reprises:
    """Where invoices are taken up again by hand."""

    base: Engine
    relecture: Relecture
    settlement: Settlement
    deposants: Mapping[str, Deposant]
    politique: Politique
    fuseau: ZoneInfo
    now: Callable[[], datetime]
    par: str  # who does it

    def recycle(
        self,
        facture: FactureDeposee,
        *,
        siret: str | None = None,
        service: str | None = None,
        engagement: str | None = None,
        commentaire: str = "",
        valider: bool = True,
    ) -> Changement:
        """Send an invoice *à recycler* elsewhere; None leaves a value as it is. Raises RepriseRefused."""
        self._must_be(facture, Nature.RECYCLAGE)
        at = self.now()
        with self.base.begin() as conn:
            avant = Acheminement(facture.destinataire, facture.service, facture.engagement)
            apres = Acheminement(
                avant.destinataire if siret is None else _name(conn, siret),
                avant.service if service is None else service,
                avant.engagement if engagement is None else engagement,
            )
            lue = self.relecture.read_one(conn, facture)
            wanted = replace(
                lue, destinataire=apres.destinataire, service=apres.service, engagement=apres.engagement
            )
            if not goes_elsewhere(lue, wanted):
                raise RepriseRefused("ni le SIRET, ni le service, ni l'engagement ne changent")
            flux = flux_store.get(conn, facture.flux_id)
            jugee = self._ask_registry(conn, flux, facture, wanted, at)
            if valider:
                nouvelle = Nouvelle(
                    facture.id, Nature.RECYCLAGE, apres, par=self.par, commentaire=commentaire
                )
                self.settlement.settle_reprise(conn, flux, jugee, nouvelle, at)
        return Changement(avant, apres)

    def complete(
        self, facture: FactureDeposee, pieces: Sequence[Piece], commentaire: str = ""
    ) -> tuple[Finding, ...]:
        """Give a suspended invoice what was missing; what is odd about it. Raises RepriseRefused, OSError."""
        self._must_be(facture, Nature.COMPLEMENT)
        if commentaire.strip():
            pieces = [*pieces, Piece(COMMENTAIRE, "text/plain", commentaire.encode())]
        if not pieces:
            raise RepriseRefused("ni pièce jointe ni commentaire : il n'y a rien à ajouter")
        at = self.now()
        with self.base.begin() as conn:
            lue = self.relecture.read_one(conn, facture)
            lue = replace(lue, destinataire=facture.destinataire)
            found = self._check_pieces(lue, pieces)
            kept = [
                PieceAjoutee(one.nom, one.mime, self.relecture.spool.keep_bytes(one.data), len(one.data))
                for one in pieces
            ]
            flux = flux_store.get(conn, facture.flux_id)
            jugee = FactureJugee(lue, reprise=Reprise(Nature.COMPLEMENT, facture.id))
            nouvelle = Nouvelle(
                facture.id, Nature.COMPLEMENT, par=self.par, commentaire=commentaire, pieces=tuple(kept)
            )
            self.settlement.settle_reprise(conn, flux, jugee, nouvelle, at)
        return found

    def acknowledge(self, facture: FactureDeposee) -> bool:
        """Say that a rejection or a suspension was seen; False when it had been. Raises RepriseRefused."""
        seen = facture.statut
        if seen is None or seen not in ACQUITTABLES:
            statut = seen.court if seen else "en attente"
            raise RepriseRefused(
                f"la facture n° {facture.numero} n'est ni rejetée, ni suspendue, ni à recycler : « {statut} »"
            )
        with self.base.begin() as conn:
            return reprises.acknowledge(conn, facture.id, seen, self.now(), self.par)

    # -- what must hold -----------------------------------------------------------------------------------

    def _must_be(self, facture: FactureDeposee, nature: Nature) -> None:
        if facture.statut is not nature.depuis:
            statut = facture.statut.court if facture.statut else "en attente"
            what = "à recycler" if nature is Nature.RECYCLAGE else "suspendue"
            raise RepriseRefused(f"la facture n° {facture.numero} n'est pas {what} : « {statut} »")

    def _ask_registry(
        self, conn: Connection, flux: Flux, facture: FactureDeposee, wanted: Facture, at: datetime
    ) -> FactureJugee:
        """The invoice as it would be deposited today, for its new destinataire. Raises RepriseRefused."""
        demande = Demande(
            flux.interface,
            at.astimezone(self.fuseau).date(),
            self.politique,
            self.relecture.limites,
            at,
        )

        def world(factures: Sequence[Facture]) -> Snapshot:
            keys = {key for one in factures if (key := unicity_key(one, self.politique)) is not None}
            return take_snapshot(conn, factures, flux.appli, self.relecture.see_originals(conn, keys))

        lot = LotJuge(fichiers=(FichierJuge(facture.fichier, flux.interface, (FactureJugee(wanted),)),))
        deposant = self.deposants.get(flux.appli, Deposant(flux.appli))
        (jugee,) = judge_registry(lot, demande, deposant, world).factures
        if jugee.verdict.outcome is Outcome.UNDECIDED:
            raise RepriseRefused("le registre ne peut pas répondre maintenant", jugee.findings)
        if not jugee.verdict.accepted:
            raise RepriseRefused("la facture serait rejetée ainsi", jugee.findings)
        return jugee

    def _check_pieces(self, lue: Facture, pieces: Sequence[Piece]) -> tuple[Finding, ...]:
        """What is odd about some attachments. Raises RepriseRefused with what the rules have against them."""
        measured = []
        for one in pieces:
            nature, lisible = measure(one.data)
            measured.append(
                PieceJointe(one.nom, _COMPLEMENT, one.mime, len(one.data), nature=nature, lisible=lisible)
            )
        whole = replace(lue, pieces_jointes=(*lue.pieces_jointes, *measured))
        context = Context(
            whole, "chorus", self.politique, self.relecture.limites, self.now().astimezone(self.fuseau).date()
        )
        verdict = FactureJugee(whole, run(pieces_jointes.RULES, context))
        if not verdict.verdict.accepted:
            raise RepriseRefused("ces pièces jointes ne sont pas admises", verdict.findings)
        return verdict.findings


def _name(conn: Connection, siret: str) -> Partie:
    """A destinataire as the annuaire names it; by its SIRET alone when it does not know it."""
    identifiant = Identifiant(SIRET, siret)
    found = annuaire.structures_named(conn, [identifiant]).get(identifiant)
    return Partie(identifiant, found.nom if found else "")
