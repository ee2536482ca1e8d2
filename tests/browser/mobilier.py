"""A demonstration with something on every page of the console, through what people and servers do."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from attendus import expect
from console import add_user
from nuits import add_settings
from workspace import deposit

from edi import assemblage
from edi.app import App
from edi.console.gestes import Gestes
from edi.espace import Espace, open_espace
from edi.gestes.jetons import create_jeton
from edi.model import SIRET, DepotVoulu, FluxStatut, Identifiant, Role
from edi.model.corrections import Correction
from edi.samples import LotSpec, make_lot
from edi.samples.world import PAPETERIES, PLATEFORME
from edi.store import attendus as attendus_store
from edi.store import flux as flux_store
from edi.store import jugements_main, rejeux
from edi.store.database import reading
from edi.store.rejets import Choix

STRUCTURE = "12345678200028"  # to which an invoice names a service that it does not have
_REGLAGES = """
[alertes]
tenue = 0.0
[[deposant]]
code = "DDD012"
libelle = "Imprimerie des Abers"
readiness = "temoin"
attente_max = 0.1
[[nuit]]
nom = "factures"
debut = "22:00"
fin = "05:00"
[[serveur]]
nom = "kervadec"
hote = "127.0.0.1"
port = 1
utilisateur = "navette"
empreinte = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
cle = "config/cles/kervadec"
[[serveur.dossier]]
deposant = "AAA123"
entree = "depots"
sortie = "retours"
"""


def make_demonstration(root: Path) -> Espace:
    """The workspace of ``edi demo``, and what happens to a platform in the weeks after."""
    subprocess.run([sys.executable, "-m", "edi", "demo", root], check=True, stdout=subprocess.DEVNULL)
    add_settings(root, _REGLAGES)
    espace = open_espace(root)
    for login, role, *deposants in (
        ("anne", Role.ADMINISTRATEUR),
        ("vera", Role.VALIDEUR),
        ("marie", Role.OPERATEUR),
        ("armor", Role.FOURNISSEUR, "BBB456"),
    ):
        add_user(espace, login, role, *deposants)
    create_jeton(espace, "comptabilite", Role.LECTURE, (), 365, "anne")
    _receive(espace)
    pipeline = assemblage.make_pipeline(espace, "mobilier", lambda flux, done: None)
    gestes = assemblage.make_console(espace, pipeline).gestes
    try:
        _act(espace, gestes)
    finally:
        gestes.close()
    App(espace).look()
    return espace


def _receive(espace: Espace) -> None:
    """Lots that put a rule in doubt, an invoice that waits for it, a deposit that is never complete."""
    with espace.engine.begin() as conn:
        attendus_store.add(conn, replace(expect("02:00", "06:00"), appli="BBB456", id=0))
    espace.spool.inbox("DDD012")
    lots = (
        LotSpec("ubl", 10, ("engagement-manquant",) * 8, 21, numero_flux=21, prefixe="KA"),
        LotSpec(
            "ubl", 9, ("engagement-manquant",) * 8, 22, numero_flux=22, fournisseur=PAPETERIES, prefixe="PA"
        ),
        LotSpec(
            "ubl", 9, ("engagement-manquant",) * 8, 23, "BBB456", 23, fournisseur=PLATEFORME, prefixe="PL"
        ),
    )
    for spec in lots:
        deposit(espace, replace(spec, jour=espace.today()))
    App(espace).run_jobs(("factures",), forced=True)
    deposit(
        espace,
        LotSpec("ubl", 3, ("engagement-manquant",), 24, numero_flux=24, jour=espace.today(), prefixe="KB"),
    )
    deposit(espace, LotSpec("ubl", 2, (), 25, "DDD012", 25, jour=espace.today()))
    App(espace).run_once()
    time.sleep(0.2)  # longer than its déposant waits for a done file
    App(espace).run_once()


def _act(espace: Espace, gestes: Gestes) -> None:
    """What people do: correct, replay, hold, judge by hand, deposit by hand."""
    service = {"nom": "Urbanisme", "actif": True}
    structure = Identifiant(SIRET, STRUCTURE)
    corrected = Correction(structure, service, "ouvert par arrêté du 12", "SERVICE_INCONNU", ajout=True)
    gestes.referentiel.correct(corrected, "marie")
    choix = Choix(cause="EDI-SERVICE-02")
    number = gestes.try_replay("marie", "la cause EDI-SERVICE-02", "/rejets/EDI-SERVICE-02", choix)
    _await(espace, gestes, number)
    gestes.hold_deposant("CCC789", "son logiciel renvoie d'anciennes factures", timedelta(days=2), "vera")
    with reading(espace.engine) as conn:
        held = next(one for one in flux_store.search(conn)[1] if one.statut is FluxStatut.EN_ATTENTE)
        waiting = jugements_main.undecided(conn, held.id)[0]
    gestes.hold_flux(held, "à relire avec le fournisseur", timedelta(days=1), "marie")
    gestes.propose(waiting.id, "acceptee", "", "l'engagement n'est pas exigé de ce service", "marie")
    voulu = DepotVoulu("AAA123", "factures-novembre.tar.gz", {}, "panne de leur logiciel")
    lot = make_lot(LotSpec("ubl", 2, (), 26, numero_flux=26, jour=espace.today(), prefixe="KM"))
    with gestes.manuel.open_versement() as versement:
        versement.write(lot.data)
        gestes.manuel.deposit(voulu, versement, "marie")
    App(espace).run_once()


def _await(espace: Espace, gestes: Gestes, number: int) -> None:
    """Until a replay has ended."""
    while True:
        with reading(espace.engine) as conn:
            lance = rejeux.find(conn, number)
        if lance is not None and not gestes.is_replaying(lance):
            return
        time.sleep(0.05)
