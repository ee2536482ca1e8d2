"""The world of a simulated month: fifty déposants, thirty destinataires, their mandats, their configuration.

Everybody here is invented or of the qualification platform (see ``edi/samples/world.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import sign
from edi.espace import Espace, open_espace
from edi.model import SIRET, Identifiant, Saisie, Structure
from edi.samples import services_csv, structures_csv, world
from edi.store.mandats import add_mandat, list_mandats

SIGNE = date(2024, 1, 15)
SIGNATURE = 15  # the day on which late mandants sign
FORMATS = (
    "ubl",
    "ubl",
    "ubl",
    "cii",
    "ubl-min",
    "cii-min",
    "mixte",
)  # those without official rules are cheap
OBLIGES = (world.AVEC_SERVICE, world.AVEC_ENGAGEMENT, world.AVEC_LES_DEUX, world.ETAT, world.BREST)


@dataclass(frozen=True)
class Fournisseur:
    """One who deposits, for itself and for those who gave it a mandat."""

    code: str
    structure: Structure
    mandants: tuple[Structure, ...]
    tardif: Structure | None  # a mandant that signs late
    formats: tuple[str, ...]
    reste: bool
    statuts: str  # cpp, cpp+cdar, or '' for one that wants no cycle de vie


class Raccorde(NamedTuple):
    """A destinataire that gets its invoices, and says its statuts, by EDI."""

    code: str
    structure: Structure
    groupement: str


@dataclass(frozen=True)
class Marche:
    """Who sells, who buys."""

    fournisseurs: tuple[Fournisseur, ...]
    destinataires: tuple[Structure, ...]  # open ones, connected or not
    raccordes: tuple[Raccorde, ...]

    @property
    def structures(self) -> tuple[Structure, ...]:
        own = [f.structure for f in self.fournisseurs]
        return (*world.STRUCTURES, *own, *(d for d in self.destinataires if d not in world.STRUCTURES))


def draw(rng: Random, fournisseurs: int, destinataires: int) -> Marche:
    """A market of so many déposants and destinataires, the closed ones included."""
    closed = (world.FERME, world.MOA_SEULE)
    known = (*OBLIGES, world.SANS_OBLIGATION, world.SERVICE_OU_ENGAGEMENT)
    others = destinataires - len(known) - len(closed)
    invented = [_buyer(rng, rang) for rang in range(others)]
    open_ = (*known, *invented)
    connected = [*rng.sample(known, 4), *rng.sample(invented, others // 2)]
    raccordes = tuple(
        Raccorde(f"DST{rang:03d}", one, rng.choice(("flux", "flux", "facture")))
        for rang, one in enumerate(connected, 1)
    )
    own = [_seller(rang) for rang in range(fournisseurs)]
    sellers = []
    for rang, structure in enumerate(own):
        mandants = rng.sample([one for one in own if one is not structure], 3 if rang % 5 == 0 else 0)
        formats = tuple(rng.sample(FORMATS, rng.choice((1, 2, 3))))
        if rang == 0:
            formats = ("ubl-reforme", "ubl")  # one under the official rules
        statuts = "cpp+cdar" if rang == 1 else "" if rang % 9 == 8 else "cpp"
        code = f"{'ABCDE'[rang % 5]}EP{rang:03d}"
        signed, tardif = tuple(mandants[:2]), mandants[2] if mandants else None
        sellers.append(Fournisseur(code, structure, signed, tardif, formats, rang % 2 == 0, statuts))
    return Marche(tuple(sellers), open_, raccordes)


def _buyer(rng: Random, rang: int) -> Structure:
    siret = Identifiant(SIRET, world.siret(f"0004{rang:04d}"))
    given = replace(world.SANS_OBLIGATION, identifiant=siret, nom=f"COMMUNE N° {rang} - EXEMPLE")
    return replace(given, gestion_engagement=rng.random() < 0.3)


def _seller(rang: int) -> Structure:
    siret = Identifiant(SIRET, world.siret(f"0005{rang:04d}"))
    return replace(world.KERVADEC, identifiant=siret, nom=f"ENTREPRISE N° {rang} - EXEMPLE")


def open_market(root: Path, marche: Marche) -> Espace:
    """The workspace of the market, as its operator would configure it."""
    lines = ["[moteur]", 'mode = "in_process"', "[collecte]", "pas = 0.01"]
    lines += ["[releve]", 'cle = "config/releve.pem"']
    for one in marche.fournisseurs:
        lines += ["[[deposant]]", f'code = "{one.code}"', f'siret = "{one.structure.identifiant.valeur}"']
        lines += ['readiness = "renommage"', f"reste = {str(one.reste).lower()}"]
        lines += [f'format_retour = "{one.statuts}"' if one.statuts else "recoit_cycles_de_vie = false"]
    for buyer in marche.raccordes:
        lines += ["[[destinataire]]", f'code = "{buyer.code}"', 'readiness = "renommage"']
        lines += [f'siret = "{buyer.structure.identifiant.valeur}"', f'groupement = "{buyer.groupement}"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    return open_espace(root)


def at(espace: Espace, instant: datetime, groupement: str) -> Espace:
    """The workspace at an instant, under the configuration of that day."""
    settings = espace.settings
    changed = {
        "essais": settings.essais.model_copy(update={"horloge": instant}),
        "cycle_de_vie": settings.cycle_de_vie.model_copy(update={"groupement": groupement}),
    }
    return replace(espace, settings=settings.model_copy(update=changed))


def sign_mandats(espace: Espace, marche: Marche) -> None:
    """Every mandant has signed, long ago, but those that are late."""
    with espace.engine.begin() as conn:
        for one in marche.fournisseurs:
            for mandant in one.mandants:
                add_mandat(conn, mandant.identifiant, one.code, SIGNE, espace.now(), SIGNE, "Soazig Le Goff")
            if one.tardif is not None:
                add_mandat(conn, one.tardif.identifiant, one.code, SIGNE, espace.now())


def sign_late_mandats(espace: Espace, marche: Marche) -> None:
    """Those that were late sign today."""
    with espace.engine.begin() as conn:
        for one in marche.fournisseurs:
            if one.tardif is not None:
                (mandat,) = [
                    m for m in list_mandats(conn, one.tardif.identifiant) if m.mandataire == one.code
                ]
                saisie = Saisie(espace.now(), "exploitant")
                sign(conn, mandat.id, espace.today(), saisie, "Soazig Le Goff")


def import_annuaire(espace: Espace, marche: Marche) -> None:
    """The annuaire of the day."""
    structures = marche.structures
    with espace.engine.begin() as conn:
        for nom, data in (
            ("structures.csv", structures_csv(structures)),
            ("services.csv", services_csv(structures=structures)),
        ):
            (espace.root / nom).write_bytes(data)
            import_csv(conn, espace.root / nom, espace.now())
