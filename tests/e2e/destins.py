"""What destinataires do: take their invoices, decide each in its time, and say so: late, twice, wrongly.

:data:`DESTINS` draws the life of an invoice, statut by statut, :data:`ERREURS` what is said by mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time
from typing import TYPE_CHECKING

from lxml import etree
from marche import Raccorde
from registre import REDIT, REFUSE, Envoi, Parole, Pivot, Recu

from edi.espace import Espace
from edi.model import FluxStatut, Identifiant, Partie
from edi.outbound.cpp_statut import (
    Enveloppe,
    Partenaire,
    StatutFacture,
    StatutFlux,
    write_facture_statuts,
    write_flux_statut,
)

if TYPE_CHECKING:
    from mois import Mois

X = FluxStatut
JAMAIS_REMIS = "CPP0010036000000000000099"

DESTINS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (6, ("07", "08", "11")),
    (2, ("07", "08", "09", "10", "11")),
    (2, ("06", "07", "08", "11")),
    (1, ("11", "08")),  # mandatée after mise en paiement: late, and legal
    (1, ("05",)),
    (1, ("05", "08")),
    (2, ("04",)),
    (2, ("06",)),
    (1, ("07",)),
    (2, ()),
)
MOTIVES = ("04", "05", "06")


def read_pivots(data: bytes) -> list[Pivot]:
    """The invoices of a pivot flow."""
    return [
        Pivot(
            int(unit.findtext("DonneesFacture/IdCPRO", "0")),
            unit.findtext("DonneesFacture/Id", ""),
            Partie(
                Identifiant(
                    unit.findtext("Fournisseur/TypeIdentifiant", ""),
                    unit.findtext("Fournisseur/Identifiant", ""),
                ),
                unit.findtext("Fournisseur/RaisonSociale", ""),
                unit.findtext("Fournisseur/CodePays", ""),
            ),
            date.fromisoformat(unit.findtext("DonneesFacture/DateEmissionFacture", "")),
        )
        for unit in etree.fromstring(data).iter("CPPFacturePivotUnitaire")
    ]


def take_in(mois: Mois, espace: Espace, one: Raccorde, recu: Recu, jour: int) -> None:
    """Read a pivot, plan what becomes of each of its invoices, and report on the flux, at times."""
    for pivot in read_pivots(recu.data):
        mois.tenues.setdefault(one.code, []).append(pivot)
        (destin,) = mois.rng.choices([d for _, d in DESTINS], [w for w, _ in DESTINS])
        _plan(mois, one, pivot, jour, destin)
    if mois.rng.random() < 0.5:
        id_flux = recu.nom.rpartition("_")[2].removesuffix(".xml")
        mois.registre.accuses[id_flux] = mois.rng.choice(("90", "90", "90", "93", "94"))
        _report(mois, espace, one, id_flux, mois.registre.accuses[id_flux], jour)
    elif mois.rng.random() < 0.1:
        _report(mois, espace, one, JAMAIS_REMIS, "90", jour)


def _plan(mois: Mois, one: Raccorde, pivot: Pivot, jour: int, destin: Sequence[str]) -> None:
    """When each statut is decided, and when it is said: at times days later, after what followed it."""
    decided = jour
    for rang, id_statut in enumerate(destin):
        decided += mois.rng.randint(0, 3)
        le = mois.instant(decided, time(10, mois.rng.randint(0, 59), rang))
        motif = "Le bon de livraison manque." if id_statut in MOTIVES else ""
        said, parole = decided + mois.rng.choice((0, 0, 0, 1, 4)), Parole(pivot, id_statut, le, motif)
        mois.agenda.setdefault((one.code, said), []).append(parole)
        if mois.rng.random() < 0.05:
            again = parole._replace(effet=REDIT)
            mois.agenda.setdefault((one.code, said + 2), []).append(again)


def speak(mois: Mois, espace: Espace, one: Raccorde, jour: int) -> None:
    """Say what is due today in one flow, at times with a mistake, at times shuffled or sent twice."""
    days = sorted(day for code, day in mois.agenda if code == one.code and day <= jour)
    paroles = [parole for day in days for parole in mois.agenda.pop((one.code, day))]
    if mois.tenues.get(one.code) and mois.rng.random() < 0.15:
        paroles.append(mois.rng.choice(ERREURS)(mois, one, jour))
    if not paroles:
        return
    if mois.rng.random() < 0.3:
        mois.rng.shuffle(paroles)
    id_flux = _next_flux(mois, one)
    data = write_facture_statuts(_enveloppe(mois, one, id_flux, jour), [_unit(p) for p in paroles])
    refused = sum(parole.effet == REFUSE for parole in paroles)
    statut = X.INTEGRE_PARTIEL if refused else X.INTEGRE
    statut = X.REJETE if refused == len(paroles) else statut
    envoi = Envoi(one.code, f"STATUTS_{one.code}_{id_flux}.xml", jour, statut)
    mois.registre.paroles += [(one.code, parole) for parole in paroles]
    mois.deposit(espace, envoi, data)
    if statut is not X.REJETE and mois.rng.random() < 0.1:
        again = replace(envoi, statut=X.RAPPEL)
        mois.plan_morning(jour + 1, lambda espace, le: mois.deposit(espace, replace(again, jour=le), data))


def _unit(parole: Parole) -> StatutFacture:
    facture = parole.facture
    return StatutFacture(
        fournisseur=facture.fournisseur,
        debiteur=Partie(Identifiant("1", "12345678200051")),
        service="",
        id_statut=parole.id_statut,
        complement="",
        commentaire=parole.motif,
        horodatage=parole.le,
        numero=facture.numero,
        date=facture.date,
        mandat="MDT-2026-1" if parole.id_statut == "08" else "",
    )


def _report(mois: Mois, espace: Espace, one: Raccorde, id_flux: str, id_statut: str, jour: int) -> None:
    own = _next_flux(mois, one)
    statut = StatutFlux(id_statut, "", "", mois.instant(jour, time(14)), id_flux)
    data = write_flux_statut(_enveloppe(mois, one, own, jour), statut)
    known = id_flux != JAMAIS_REMIS
    nom = f"STATUTS_{one.code}_{own}.xml"
    mois.deposit(espace, Envoi(one.code, nom, jour, X.INTEGRE if known else X.REJETE), data)


def _next_flux(mois: Mois, one: Raccorde) -> str:
    return f"{one.code}{mois.next_number(one.code):019d}"


def _enveloppe(mois: Mois, one: Raccorde, id_flux: str, jour: int) -> Enveloppe:
    return Enveloppe(mois.day(jour), id_flux, Partenaire("CPP001"), Partenaire(one.code))


# -- mistakes ---------------------------------------------------------------------------------------------


def _say(mois: Mois, facture: Pivot, id_statut: str, jour: int, motif: str = "") -> Parole:
    return Parole(facture, id_statut, mois.instant(jour, time(11, 11)), motif, REFUSE)


def name_unknown(mois: Mois, one: Raccorde, jour: int) -> Parole:
    """An invoice that nobody knows."""
    known = mois.rng.choice(mois.tenues[one.code])
    return _say(mois, known._replace(idcpro=0, numero="INCONNUE-1"), "07", jour)


def forget_motif(mois: Mois, one: Raccorde, jour: int) -> Parole:
    """A suspension without its motif."""
    return _say(mois, mois.rng.choice(mois.tenues[one.code]), "06", jour)


def say_transmission(mois: Mois, one: Raccorde, jour: int) -> Parole:
    """What is ours to say."""
    return _say(mois, mois.rng.choice(mois.tenues[one.code]), "03", jour)


def judge_another(mois: Mois, one: Raccorde, jour: int) -> Parole:
    """The invoice of another destinataire, where there is one."""
    others = [code for code in sorted(mois.tenues) if code != one.code]
    if not others:
        return name_unknown(mois, one, jour)
    facture = mois.rng.choice(mois.tenues[mois.rng.choice(others)])
    return _say(mois, facture, "05", jour, "Pas pour nous.")


ERREURS: tuple[Callable[[Mois, Raccorde, int], Parole], ...] = (
    name_unknown,
    forget_motif,
    say_transmission,
    judge_another,
)
