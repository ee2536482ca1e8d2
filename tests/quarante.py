"""A night of forty fournisseurs after thirty ordinary ones: what the report is looked at with.

``python tests/quarante.py DOSSIER`` makes it, and prints where its report lies.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from nuits import PARIS, EspaceDeNuit, Horloge, at_night
from workspace import deposit, write_annuaire

from edi.annuaire.imports import import_csv
from edi.app import App
from edi.espace import open_espace
from edi.model import SIRET, Identifiant, Structure
from edi.samples import LotSpec, services_csv, structures_csv
from edi.samples.world import STRUCTURES, siret

NUIT = """[[nuit]]
nom = "nuit"
debut = "22:00"
fin = "05:00"
"""
LAST = date(2026, 11, 20)
_NOMS = """Menuiserie Kervadec|Papeteries du Léon|Électricité Abgrall|Cornouaille Propreté|Iroise Bureautique
Les Jardins de l'Odet|Transports Le Bihan|Plomberie Guéguen|Ateliers du Ponant|Imprimerie des Abers
Boulangerie Tanguy|Maçonnerie Quéméner|Armorique Réseaux|Couverture Jaouen|Peintures Cloarec
Laverie du Trégor|Chauffage Menez|Signalétique Ouest|Espaces verts Riou|Travaux publics Kerbrat
Fournitures scolaires Penn|Restauration Gwenn|Nettoyage Le Gall|Ascenseurs Bretagne|Mobilier Le Roux
Matériel médical Iroise|Vitrerie Salaün|Serrurerie Prigent|Informatique Goarant|Formation Kerjean
Archives Mazé|Géomètres Floc'h|Architectes Ty Mad|Blanchisserie Caroff|Location Hamon
Énergie bois Corre|Carburants Pleyber|Télécoms Menhir|Sécurité Rozenn|Assainissement Kermorgant"""
NOMS = tuple(_NOMS.replace("\n", "|").split("|"))
FOURNISSEURS = tuple(
    Structure(
        Identifiant(SIRET, siret(f"0004{rang:04d}")),
        nom.upper(),
        code_postal="29200",
        ville="BREST",
        pays="FR",
        privee=True,
        emetteur_edi=True,
    )
    for rang, nom in enumerate(NOMS, 1)
)
CODES = tuple(f"FRN{rang:03d}" for rang in range(1, len(NOMS) + 1))
# What goes wrong in the last night, by fournisseur: how many invoices, and what strikes the last ones.
_FAULTS = {
    1: (14, ("ttc-faux",) * 14),  # its software was changed
    4: (24, ("service-echu",) * 10),
    9: (18, ("engagement-manquant",)),
    13: (31, ("service-inconnu", "destinataire-ferme")),
    17: (12, ("doublon",)),
    # So many of several fournisseurs that the rule is held to be wrong: what comes after waits.
    19: (25, ("engagement-manquant",) * 25),
    24: (28, ("engagement-manquant",) * 26),
    30: (20, ("engagement-manquant",) * 20),
    35: (18, ("engagement-manquant",) * 15),
    22: (9, ("xml-tronque",)),
    28: (22, ("piece-jointe-nom-trop-long",)),
}
_CUT, _PARTIAL = 7, 33  # a cut archive; one that is still being transferred
_SLOPPY = {9: "engagement-manquant", 13: "service-inconnu", 28: "piece-jointe-nom-trop-long"}


def make_quarante(root: Path, nights: int = 30) -> EspaceDeNuit:
    """A new workspace in which ordinary nights have been run, and the last one is about to begin."""
    (root / "config").mkdir(parents=True)
    lines = ["[moteur]", 'mode = "in_process"', "[collecte]", "pas = 0.01", "[alertes]", "tenue = 0.0", NUIT]
    for code, one in zip(CODES, FOURNISSEURS, strict=True):
        readiness = "temoin" if code == CODES[_PARTIAL] else "renommage"
        lines += ["[[deposant]]", f'code = "{code}"', f'siret = "{one.identifiant.valeur}"']
        lines += [f'libelle = "{one.nom}"', f'readiness = "{readiness}"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    structures, services = write_annuaire(root)
    structures.write_bytes(structures_csv((*STRUCTURES, *FOURNISSEURS)))
    services.write_bytes(services_csv())
    first = LAST - timedelta(days=nights)
    horloge = Horloge(datetime.combine(first, time(12), PARIS))
    espace = at_night(open_espace(root), horloge)
    with espace.engine.begin() as conn:
        for path in (structures, services):
            import_csv(conn, path, espace.now())
    for rank in range(nights):
        _ordinary(espace, first + timedelta(days=rank), rank)
    horloge.set(f"{LAST}T21:50")
    _unusual(espace)
    return espace


def _ordinary(espace: EspaceDeNuit, day: date, rank: int) -> None:
    """About half of them send a little, some of it with their usual fault."""
    espace.horloge.set(f"{day}T21:50")
    rng = random.Random(rank)
    for number, (code, one) in enumerate(zip(CODES, FOURNISSEURS, strict=True)):
        if number != _PARTIAL and rng.random() < (0.15 if day.weekday() > 4 else 0.6):
            fautes = (_SLOPPY[number],) if number in _SLOPPY and rng.random() < 0.5 else ()
            many = rng.randint(1, 5)
            deposit(espace, LotSpec("ubl", many, fautes, number, code, rank + 1, jour=day, fournisseur=one))
    run_night(espace, day)


def _unusual(espace: EspaceDeNuit) -> None:
    """Everybody sends, and some of it is very wrong."""
    rng = random.Random(99)
    for number, (code, one) in enumerate(zip(CODES, FOURNISSEURS, strict=True)):
        many, fautes = _FAULTS.get(number, (rng.randint(2, 30), ()))
        spec = LotSpec("ubl", many, fautes, number, code, 1_000, jour=LAST, fournisseur=one)
        deposit(espace, replace(spec, tronque=number == _CUT))


def run_night(espace: EspaceDeNuit, day: date) -> None:
    """The run of a day, each flux of which takes seven seconds by the clock of the workspace."""
    espace.horloge.set(f"{day}T22:00")
    app = App(espace, settled=lambda flux: espace.horloge.move(seconds=7))
    app.run_jobs(("nuit",))


def main() -> None:
    espace = make_quarante(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 30)
    run_night(espace, LAST)
    for nom in espace.spool.reports()[-2:]:
        print(espace.spool.root / "rapports" / nom)


if __name__ == "__main__":
    main()
