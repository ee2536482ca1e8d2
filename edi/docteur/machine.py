"""The checks of what Navette stands on: clock, disks, folders, workers, antivirus. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from edi import antivirus
from edi.docteur.avis import Avis, Etat, tell_room
from edi.docteur.portrait import Disque, Place, Portrait

ECART = timedelta(seconds=2)  # between two clocks: past it somebody should look
ECART_MAX = timedelta(seconds=60)  # past it dates of deposit may be wrong
FICHIERS_MIN = 10_000
_AUTRES_ECRIVENT = 0o002

_HORLOGE = "Réglez l'heure de cette machine (NTP : chronyc tracking)"


def check_clock(vu: Portrait) -> Iterator[Avis]:
    """Ours, that of the disk, and what the database believes to be past."""
    seen = vu.horloges
    if seen is None:
        return
    if seen.essai:
        remede = "Videz « essais.horloge » avant de mettre en service."
        yield Avis("horloge", "", Etat.ATTENTION, f"horloge d'essai : {seen.ici:%d/%m/%Y %H:%M}", remede)
    elif seen.disque is not None:
        yield _compare_clocks("disque du spool", abs(seen.disque - seen.ici), seen.disque, seen.ici)
    if seen.base is not None and seen.base > seen.ici + ECART:
        ahead = seen.base - seen.ici
        found = f"la base contient un instant à venir ({seen.base:%d/%m/%Y %H:%M:%S}, {_seconds(ahead)})"
        state = Etat.FAUTE if ahead > ECART_MAX else Etat.ATTENTION
        remede = f"{_HORLOGE} ; ce qui est daté trop tard reste tel quel."
        yield Avis("horloge", "base", state, found, remede)


def _compare_clocks(sujet: str, ecart: timedelta, other: datetime, ours: datetime) -> Avis:
    if ecart <= ECART:
        return Avis("horloge", sujet, Etat.OK, "même heure")
    found = f"écart de {_seconds(ecart)} ({other:%H:%M:%S} là, {ours:%H:%M:%S} ici)"
    state = Etat.FAUTE if ecart > ECART_MAX else Etat.ATTENTION
    return Avis("horloge", sujet, state, found, f"{_HORLOGE}, et celle du serveur de fichiers.")


def _seconds(ecart: timedelta) -> str:
    return f"{ecart.total_seconds():.0f} s"


def check_disk(vu: Portrait) -> Iterator[Avis]:
    """There is room for deposits, and for what is written about them."""
    yield from (_check_room(disque, vu.place, vu.plus_gros) for disque in vu.disques)


def _check_room(disque: Disque, place: int, plus_gros: int) -> Avis:
    found = f"{tell_room(disque.libre)} libres sur {tell_room(disque.total)}"
    remede = "Libérez de la place : rien n'est perdu, mais tout attend quand il n'y en a plus."
    few = disque.fichiers is not None and disque.fichiers < FICHIERS_MIN
    if few:
        found += f", {disque.fichiers} fichiers encore possibles (inodes)"
    if disque.libre < plus_gros or few:
        return Avis("disque", disque.sujet, Etat.FAUTE, found, remede)
    state = Etat.ATTENTION if disque.libre < place else Etat.OK
    return Avis("disque", disque.sujet, state, found, remede if state is Etat.ATTENTION else "")


def check_places(vu: Portrait) -> Iterator[Avis]:
    """Every folder of the spool is there, is ours to use, and nobody's else."""
    told = [avis for place in vu.places if (avis := _check_place(place)) is not None]
    yield from told
    if vu.places and not told:
        yield Avis("spool", "", Etat.OK, f"{len(vu.places)} dossiers en place")
    if vu.horloges is not None and vu.horloges.disque is None:
        remede = "Rendez « store/aside » inscriptible : rien ne peut être pris sans cela."
        yield Avis("spool", "store/aside", Etat.FAUTE, "l'essai d'écriture échoue", remede)


def _check_place(place: Place) -> Avis | None:
    if not place.est_dossier:
        found = "absent, ou n'est pas un dossier"
        remede = "« edi run » le crée ; « edi depots sync » en donne le propriétaire."
        return Avis("spool", place.chemin, Etat.FAUTE, found, remede)
    if not place.ouvert:
        remede = "Rendez ce dossier au compte de Navette : « edi depots sync --a-blanc » dit comment."
        return Avis("spool", place.chemin, Etat.FAUTE, f"fermé à Navette ({place.mode:04o})", remede)
    if place.mode & _AUTRES_ECRIVENT:
        found = f"tout compte peut y écrire ({place.mode:04o})"
        return Avis("spool", place.chemin, Etat.ATTENTION, found, "chmod o-w : chacun chez soi.")
    return None


def check_engine(vu: Portrait) -> Iterator[Avis]:
    """A worker starts and finds a valid invoice valid."""
    moteur = vu.moteur
    if moteur is None:
        return
    if moteur.incident:
        remede = "Réinstallez Navette ; « moteur.mode » = « in_process » se passe de travailleurs."
        if moteur.grappe:
            remede = f"Démarrez l'ordonnanceur {moteur.grappe} et des travailleurs de cette installation."
        yield Avis("moteur", "", Etat.FAUTE, moteur.incident, remede)
    elif moteur.bloquants:
        found = f"une facture valable serait rejetée : {', '.join(moteur.bloquants)}"
        remede = "Comparez les versions de règles : « edi rules packs », « edi rules compare »."
        yield Avis("moteur", "", Etat.FAUTE, found, remede)
    else:
        yield Avis("moteur", "", Etat.OK, f"échantillon jugé en {moteur.secondes:.1f} s")


def check_entrepot(vu: Portrait) -> Iterator[Avis]:
    """It takes an object and lets it go again."""
    asked = vu.entrepot
    if asked is None:
        if not vu.refus:
            yield Avis("entrepôt", "", Etat.OK, "aucun n'est configuré : les octets reçus sont dans le spool")
        return
    if not asked.incident:
        yield Avis("entrepôt", asked.adresse, Etat.OK, "prend et rend un objet")
        return
    remede = "Rétablissez le service ou ses droits, ou corrigez [entrepot] ; les dépôts attendent jusque-là."
    yield Avis("entrepôt", asked.adresse, Etat.FAUTE, asked.incident, remede)


def check_antivirus(vu: Portrait) -> Iterator[Avis]:
    """It answers, and takes nothing harmless for a virus."""
    asked = vu.antivirus
    if asked is None:
        if not vu.refus:
            yield Avis("antivirus", "", Etat.OK, "aucun n'est configuré")
        return
    if asked.etat == antivirus.SAIN:
        yield Avis("antivirus", asked.adresse, Etat.OK, "répond")
        return
    remede = "Démarrez clamd, ou corrigez « antivirus.adresse » ; les dépôts attendent jusque-là."
    found = "ne répond pas" if asked.etat == antivirus.INJOIGNABLE else f"réponse anormale ({asked.etat})"
    yield Avis("antivirus", asked.adresse, Etat.FAUTE, f"{found} ({asked.raison})", remede)
