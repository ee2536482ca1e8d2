"""Rejets: what is rejected, grouped by cause; one cause with its invoices, first bad beside last good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple

from fastapi import APIRouter, BackgroundTasks, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from edi.console.droits import DROITS, Droit
from edi.console.filtres import DemandeRejets, read_rejets, write_signature
from edi.console.visite import Ici, Visite
from edi.model import Explication, FactureDeposee, FactureStatut, Finding, FluxStatut
from edi.outbound.suites import Suite, suite_facture
from edi.store import causes, nouvelles, recherches, rejeux
from edi.store.causes import Groupe, Rejetee, Reperes, Tete

router = APIRouter(prefix="/rejets")

_PAGE = 50  # invoices
_GROUPES = 30  # of one code on its page
_TETES = 3  # of each code on the first page
_REFUSES = 8  # flux refused as a whole
_REJEUX = 5


class Regle(NamedTuple):
    """A code, explained by its card or by what it last said."""

    code: str
    explication: Explication
    suite: Suite


class Ligne(NamedTuple):
    """A cause of rejection: its rule, what it comes to, its largest groups."""

    regle: Regle
    groupe: Groupe
    tetes: Sequence[Tete]
    autres: int  # groups that are not shown


class Tableau(NamedTuple):
    """What the first page tells, kept for a moment."""

    lignes: Sequence[Ligne]
    noms: Mapping[str, str]  # of the fournisseurs


class CauseLue(NamedTuple):
    """One cause: its rule, what it comes to, first bad beside last good, its largest groups."""

    regle: Regle
    total: Groupe | None
    premiere: Rejetee | None
    bonne: tuple[FactureDeposee, bool] | None
    groupes: Sequence[Groupe]
    autres: int  # groups that are not among them
    noms: Mapping[str, str]  # of the fournisseurs


@router.get("")
def list_causes(ici: Ici) -> HTMLResponse:
    """Everything that is rejected, by rule, then by signature and supplier."""
    demande, reperes = _read(ici)
    refused = recherches.Filtre(
        appli=demande.deposant, statuts=(FluxStatut.IRRECEVABLE,), depuis=demande.filtre.depuis
    )
    with ici.reading() as conn:
        flux = recherches.list_flux(conn, ici.portee, refused, _REFUSES)
        why = recherches.causes(conn, [one.id for one in flux.lignes])
        marque = nouvelles.mark(conn, ici.portee)
        runs = rejeux.recent(conn, _REJEUX) if _sees_all(ici) else []
    afterwards = BackgroundTasks()
    tableau = find_tableau(ici, demande, reperes, afterwards)
    page = ici.show(
        "rejets.html",
        demande=demande,
        marque=marque,
        lignes=tableau.lignes,
        noms=tableau.noms,
        total=sum(one.groupe.factures for one in tableau.lignes),
        montants=add_up([one.groupe for one in tableau.lignes]),
        refuses=flux.lignes,
        refuses_autres=flux.plus_anciens,
        causes=why,
        runs=[(one, ici.console.gestes.is_replaying(one)) for one in runs],
        deposants=ici.deposants,
        signature=write_signature,
        tendance=tell_trend,
        minuit=reperes.minuit,
    )
    page.background = afterwards
    return page


@router.get("/{code}")
def show_cause(
    ici: Ici,
    code: str,
    avant: Annotated[int, Query(ge=0)] = 0,
    apres: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """One cause: what it is, since when, its groups, its invoices."""
    demande, reperes = _read(ici, code)
    found = ici.known(read_cause(ici, code, demande, reperes))
    with ici.reading() as conn:
        page = causes.list_rejected(conn, ici.portee, demande.filtre, _PAGE, avant=avant, apres=apres)
        marque = nouvelles.mark(conn, ici.portee)
    return ici.show(
        "rejet.html",
        demande=demande,
        marque=marque,
        regle=found.regle,
        total=found.total,
        premiere=found.premiere,
        derniere_bonne=found.bonne,
        groupes=found.groupes,
        groupes_autres=found.autres,
        page=page,
        noms=found.noms,
        deposants=ici.deposants,
        signature=write_signature,
        tendance=tell_trend,
        minuit=reperes.minuit,
    )


def read_cause(ici: Visite, code: str, demande: DemandeRejets, reperes: Reperes) -> CauseLue | None:
    """What there is to say of one cause; None: nobody knows that code."""
    filtre, portee = demande.filtre, ici.portee
    with ici.reading() as conn:
        regle = explain(ici, code, causes.example_of(conn, portee, code))
        if regle is None:
            return None
        first = causes.first_rejected(conn, portee, filtre)
        good = causes.last_accepted(conn, portee, first.facture) if first else None
        (total,) = causes.count_by(conn, portee, filtre, ("code",), reperes) or (None,)
        tetes, many = causes.largest(conn, portee, filtre, _GROUPES)
        groups = causes.count_by(conn, portee, filtre, ("signature", "fournisseur"), reperes, tetes)
        sellers = [one.fournisseur for one in tetes] + [filtre.fournisseur]
        noms = causes.names_of(conn, sorted(set(filter(None, sellers))))
    return CauseLue(regle, total, first, good, groups, many - len(groups), noms)


def find_tableau(
    ici: Visite, demande: DemandeRejets, reperes: Reperes, afterwards: BackgroundTasks
) -> Tableau:
    """All causes, kept for a moment; ``afterwards`` renews them."""
    with ici.reading() as conn:
        replays = rejeux.mark(conn)
    # Whoever has just accepted some must not find them here again.
    key = ("rejets", ici.portee, demande.filtre, reperes, replays)
    tableau: Tableau = ici.memoire.get(key, lambda: _gather(ici, demande, reperes), afterwards.add_task)
    return tableau


def _read(ici: Visite, code: str = "") -> tuple[DemandeRejets, Reperes]:
    reperes = set_marks(ici)
    demande = read_rejets(ici.request.query_params, ici.console.fuseau, reperes.minuit.date(), code)
    return demande, reperes


def set_marks(ici: Visite) -> Reperes:
    """The instants that a trend is measured between."""
    today = ici.console.now().astimezone(ici.console.fuseau).date()
    midnight = datetime.combine(today, time.min, ici.console.fuseau)
    return Reperes(midnight - timedelta(days=7), midnight)


def _sees_all(ici: Visite) -> bool:
    return ici.visiteur is not None and Droit.VOIR_PLATEFORME in DROITS[ici.visiteur.utilisateur.role]


def _gather(ici: Visite, demande: DemandeRejets, reperes: Reperes) -> Tableau:
    with ici.reading() as conn:
        by_code = causes.count_by(conn, ici.portee, demande.filtre, ("code",), reperes)
        found = [_line(ici, conn, demande, one) for one in by_code]
        lignes = [line for line in found if line is not None]
        sellers = {tete.fournisseur for line in lignes for tete in line.tetes}
        return Tableau(lignes, causes.names_of(conn, sorted(sellers)))


def _line(ici: Visite, conn: Connection, demande: DemandeRejets, groupe: Groupe) -> Ligne | None:
    code = groupe.cle[0]
    regle = explain(ici, code, causes.example_of(conn, ici.portee, code))
    if regle is None:
        return None
    tetes, many = causes.largest(conn, ici.portee, demande.filtre._replace(code=code), _TETES)
    return Ligne(regle, groupe, tetes, many - len(tetes))


def explain(ici: Visite, code: str, example: Finding | None) -> Regle | None:
    """A rule as its card tells it; an official one by what it last said. None: nobody knows that code."""
    known = ici.console.gestes.explain_rule(code)
    if known is None and example is not None:
        known = Explication("Règle officielle", example.message, example.fix, example.source)
    if known is None:
        return None
    return Regle(code, known, suite_facture(FactureStatut.NON_CONFORME, [example] if example else []))


def add_up(groups: Sequence[Groupe]) -> list[tuple[str, Decimal]]:
    """The amounts of some groups, by currency."""
    sums: dict[str, Decimal] = {}
    for one in groups:
        for devise, amount in one.montants:
            sums[devise] = sums.get(devise, Decimal()) + amount
    return sorted(sums.items())


def tell_trend(groupe: Groupe, minuit: datetime) -> str:
    """How today compares with the week before, in a word; today is not over: a fall is not told."""
    a_day = groupe.avant / 7
    if groupe.premier_le >= minuit:
        return "apparu aujourd'hui"
    if groupe.aujourdhui >= 3 and groupe.aujourdhui > 1.5 * a_day:
        return "en hausse"
    return ""
