"""What was recorded of the decisions of one flux: read once, whatever has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from edi.model import (
    FactureDeposee,
    FactureStatut,
    Finding,
    Flux,
    Jugement,
    Passe,
    Severity,
    Verdict,
)
from edi.store import factures, histoire, jugements, packs, reprises
from edi.store.histoire import Trouve
from edi.store.packs import PackSet

Rang = tuple[str, int]  # where an invoice stands in its flux: file, and position in it


@dataclass(frozen=True, slots=True)
class Decidee:
    """One invoice as a flux brought it, and what was decided of it at deposit."""

    facture: FactureDeposee
    place: Rang
    le: datetime
    acceptee: bool
    findings: tuple[Finding, ...]
    packs: PackSet
    jugement: Jugement | None  # None: decided before judgements were kept
    levee_le: datetime | None = None  # when a replay accepted it after all
    rejeu: Jugement | None = None  # that replay; None where there was none, or where it was not kept
    packs_du_rejeu: PackSet = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """A flux, what was decided of its invoices, what was found in the flux itself and in its files."""

    flux: Flux
    decidees: tuple[Decidee, ...]
    constats: tuple[tuple[str, Finding], ...]  # file ('' for the flux), finding
    jugement: Jugement | None  # the last one: it told of the flux itself
    le: datetime  # when it was


def read_dossier(conn: Connection, flux: Flux) -> Dossier:
    """All that is recorded of a decided flux; of one that waits, what is decided already."""
    own = factures.of_flux(conn, flux.id)
    brought = [((one.fichier, one.rang), facture) for one, facture in reprises.of_flux(conn, flux.id)]
    placed = [*(((one.fichier, one.rang), one) for one in own), *brought]
    ids = [facture.id for _, facture in placed]
    told = histoire.findings_recorded(conn, flux.id)
    first = histoire.first_decision(conn, [one.id for one in own])
    sets, passes = packs.sets_of_factures(conn, ids), jugements.of_factures(conn, ids)
    by_facture: dict[int | None, list[Trouve]] = {}
    for one in told:
        by_facture.setdefault(one.facture_id, []).append(one)
    decidees = []
    for place, facture in placed:
        mine = by_facture.get(facture.id, [])
        findings = tuple(one.finding for one in mine)
        judged = passes.get(facture.id, ())
        jugement, applied = _pick(judged, Passe.DEPOT, flux)
        rejeu, applied_again = _pick(judged, Passe.REJEU, flux)
        statut, le = first.get(facture.id, (None, flux.recu_le))
        decidees.append(
            Decidee(
                facture,
                place,
                jugement.le if jugement else le,
                statut is not FactureStatut.NON_CONFORME if statut else Verdict(findings).accepted,
                findings,
                applied if jugement else sets.get(facture.id, ()),
                jugement,
                max((one.leve_le for one in mine if one.leve_le), default=None),
                rejeu,
                applied_again,
            )
        )
    last = next((one for one in reversed(jugements.of_flux(conn, flux.id)) if one.passe is Passe.DEPOT), None)
    constats = tuple((one.fichier, one.finding) for one in by_facture.get(None, ()))
    le = last.le if last else max((one.le for one in decidees), default=flux.recu_le)
    return Dossier(flux, tuple(decidees), constats, last, le)


def _pick(
    passes: Iterable[tuple[Jugement, PackSet]], passe: Passe, flux: Flux
) -> tuple[Jugement | None, PackSet]:
    """The judgement of one kind in a flux, with its packs; it may have been judged in others too."""
    found = (one for one in passes if one[0].passe is passe and one[0].flux_id == flux.id)
    return next(found, (None, ()))


def group_by_pass(dossier: Dossier) -> list[tuple[Jugement | None, list[Decidee]]]:
    """The invoices by the judgement that decided them, oldest first.

    The last one stands there even without an invoice, where something was found in the flux itself.
    """
    groups: dict[int | None, list[Decidee]] = {}
    known: dict[int | None, Jugement | None] = {}
    for one in dossier.decidees:
        key = one.jugement.id if one.jugement else None
        groups.setdefault(key, []).append(one)
        known[key] = one.jugement
    last = dossier.jugement.id if dossier.jugement else None
    if not dossier.decidees or (dossier.constats and last not in groups):
        groups[last], known[last] = [], dossier.jugement
    return [(known[key], groups[key]) for key in sorted(groups, key=lambda key: key or 0)]


def blocks(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that keep an invoice from being accepted."""
    return [finding for finding in findings if finding.severity >= Severity.ERROR]
