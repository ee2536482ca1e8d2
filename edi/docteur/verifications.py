"""The checks: pure, each from the portrait of a workspace to its lines. Order is that of the telling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from edi.docteur.avis import Avis, Etat, tell_age
from edi.docteur.machine import (
    check_antivirus,
    check_clock,
    check_disk,
    check_engine,
    check_entrepot,
    check_places,
)
from edi.docteur.portrait import Base, Cle, Liaison, Portrait
from edi.model import Canal

Verification = Callable[[Portrait], Iterator[Avis]]

_VIEUX = 45  # days: the annuaire is published anew each month
_TOUS_LISENT = 0o077  # permissions that a private key must not have


def check_configuration(vu: Portrait) -> Iterator[Avis]:
    """Can it be used, and does it name anybody?"""
    for refus in vu.refus:
        yield Avis("configuration", "", Etat.FAUTE, refus, "Corrigez cette clé de config/edi.toml.")
    if vu.refus:
        return
    found = f"{vu.deposants} déposant(s), {vu.serveurs} serveur(s)"
    if vu.deposants:
        yield Avis("configuration", "", Etat.OK, found)
    else:
        remede = "Ajoutez un bloc [[deposant]] à config/edi.toml."
        yield Avis("configuration", "", Etat.FAUTE, found, remede)
    host = vu.observation.rpartition(":")[0].strip("[]")
    if host and host not in ("127.0.0.1", "::1", "localhost"):
        told = f"« {vu.observation} » répond à d'autres machines, sans identification"
        remede = "Écoutez sur 127.0.0.1, ou fermez ce port par le pare-feu."
        yield Avis("configuration", "observation", Etat.ATTENTION, told, remede)


def check_keys(vu: Portrait) -> Iterator[Avis]:
    """Private keys can be read, by us alone; each server's own key is pinned."""
    yield from (_check_key(cle) for cle in vu.cles)


def _check_key(cle: Cle) -> Avis:
    if cle.incident:
        remede = "Vérifiez ce que la configuration nomme, et que le compte de Navette peut le lire."
        return Avis("clés", cle.sujet, Etat.FAUTE, cle.incident, remede)
    if cle.mode is not None and cle.mode & _TOUS_LISENT:
        remede = "chmod 600 : le compte de Navette seul doit la lire."
        return Avis("clés", cle.sujet, Etat.ATTENTION, f"ouverte à d'autres ({cle.mode:04o})", remede)
    return Avis("clés", cle.sujet, Etat.OK, cle.empreinte or "lisible")


def check_database(vu: Portrait) -> Iterator[Avis]:
    """Reachable, brought up to date, and whole."""
    if vu.base is None:
        return
    yield _check_revision(vu.base)
    if vu.base.integrite is not None:
        yield _check_integrity(vu.base)


def _check_revision(base: Base) -> Avis:
    if base.incident:
        remede = "Vérifiez « espace.base », et que la base est démarrée ; un fichier perdu se restaure."
        return Avis("base", base.url, Etat.FAUTE, base.incident, remede)
    if base.revision == base.attendue:
        return Avis("base", base.url, Etat.OK, f"à jour ({base.revision})")
    found = f"au pas {base.revision or 'aucun'}, attendu {base.attendue}"
    if base.revision < base.attendue:  # migrations are numbered
        return Avis("base", base.url, Etat.ATTENTION, found, "« edi run » ou « edi serve » la met à jour.")
    remede = "Une version plus récente de Navette l'a mise à jour : installez celle-là."
    return Avis("base", base.url, Etat.FAUTE, found, remede)


def _check_integrity(base: Base) -> Avis:
    if base.integrite:
        remede = "Arrêtez Navette, gardez ce fichier, rendez la dernière sauvegarde, puis « edi audit »."
        return Avis("base", "intégrité", Etat.FAUTE, base.integrite, remede)
    return Avis("base", "intégrité", Etat.OK, "fichier relu en entier")


def check_rules(vu: Portrait) -> Iterator[Avis]:
    """Every version of official rules that judges has its files, and they are the recorded ones."""
    if vu.regles:
        remede = "Rendez regles/packs.toml depuis une sauvegarde."
        yield Avis("règles", "versions installées", Etat.FAUTE, f"illisibles ({vu.regles})", remede)
    for jeu in vu.jeux:
        if jeu.incident:
            remede = "Réinstallez Navette, ou la version par « edi rules install » ; les flux attendent."
            yield Avis("règles", jeu.sujet, Etat.FAUTE, f"inutilisable ({jeu.incident})", remede)
    for code in vu.doutes:
        found = f"{code} refuse soudain presque tout : ce qu'elle seule refuse attend"
        remede = f"« edi alertes list » dit pourquoi ; « edi alertes leve {code} » tranche."
        yield Avis("règles", code, Etat.ATTENTION, found, remede)
    sound = sum(not jeu.incident for jeu in vu.jeux)
    if sound:
        yield Avis("règles", "", Etat.OK, f"{sound} version(s) de jeux officiels, empreintes vérifiées")


def check_channels(vu: Portrait) -> Iterator[Avis]:
    """Each server's channel is open, and was used."""
    for liaison in vu.liaisons:
        yield _check_channel(liaison, vu.horloges.ici if vu.horloges else None)


def _check_channel(liaison: Liaison, now: datetime | None) -> Avis:
    canal = liaison.canal
    sujet = canal.serveur
    if liaison.incident:
        return Avis("canaux", sujet, Etat.FAUTE, liaison.incident, liaison.remede)
    if canal.arrete and canal.empreinte == liaison.empreinte:
        remede = f"Faites confirmer sa clé, corrigez « empreinte », puis « edi serveur check {sujet} »."
        return Avis("canaux", sujet, Etat.FAUTE, f"arrêté : {canal.incident}", remede)
    if canal.prochain_essai is not None:
        found = f"en échec ({canal.essais}) : {canal.incident}"
        return Avis("canaux", sujet, Etat.ATTENTION, found, f"« edi serveur check {sujet} » dit pourquoi.")
    called = "répond" if liaison.appele else _tell_last(canal, now)
    if called:
        return Avis("canaux", sujet, Etat.OK, called)
    return Avis("canaux", sujet, Etat.ATTENTION, "jamais appelé", f"« edi serveur check {sujet} » l'essaie.")


def _tell_last(canal: Canal, now: datetime | None) -> str:
    if canal.reussi_le is None:
        return ""
    return f"dernier échange il y a {tell_age(now - canal.reussi_le)}" if now else "déjà appelé"


def check_annuaire(vu: Portrait) -> Iterator[Avis]:
    """It was imported, and not too long ago."""
    if vu.base is None or not vu.base.lisible or vu.horloges is None:
        return
    remede = "Importez les derniers fichiers : « edi annuaire import »."
    if vu.annuaire_du is None:
        yield Avis("annuaire", "", Etat.FAUTE, "jamais importé : tout flux attend", remede)
        return
    age = vu.horloges.ici - vu.annuaire_du
    told = f"importé il y a {tell_age(age)}"
    if age.days >= _VIEUX:
        yield Avis("annuaire", "", Etat.ATTENTION, told, remede)
    else:
        yield Avis("annuaire", "", Etat.OK, told)


def check_deadlines(vu: Portrait) -> Iterator[Avis]:
    """Nothing waits past the deadline of its stage."""
    if vu.base is None or not vu.base.lisible or vu.horloges is None:
        return
    for retard in vu.retards:
        age = tell_age(vu.horloges.ici - retard.depuis)
        found = f"{retard.nombre} en retard, le premier attend depuis {age}"
        sujet = f"{retard.appli} {retard.etape}"
        yield Avis("échéances", sujet, Etat.ATTENTION, found, "« edi queue » dit qui doit agir.")
    if not vu.retards:
        yield Avis("échéances", "", Etat.OK, "rien n'attend au-delà de son échéance")


VERIFICATIONS: tuple[Verification, ...] = (
    check_configuration,
    check_keys,
    check_clock,
    check_disk,
    check_places,
    check_database,
    check_rules,
    check_channels,
    check_engine,
    check_entrepot,
    check_antivirus,
    check_annuaire,
    check_deadlines,
)


def verify(vu: Portrait) -> tuple[Avis, ...]:
    """Everything there is to say of a workspace."""
    return tuple(avis for check in VERIFICATIONS for avis in check(vu))
