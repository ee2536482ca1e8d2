"""The déposants as they are agreed with, what is expected of them, the channels that serve them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection

from edi.attendus.constats import tell_last, tell_now, tell_received
from edi.attendus.jugement import Vue
from edi.attendus.observation import Observation
from edi.attendus.phrases import tell_attendu
from edi.canaux.etat import EtatCanal, look_at, tell_state
from edi.espace import Espace
from edi.lisezmoi import measure
from edi.model import Deposant, Dossier, EtatAttendu
from edi.model.plateforme import Allure, AttenduVu, CanalVu, DeposantVu, FenetreVue
from edi.store import attendus as store

_WINDOWS = 10  # that are over, shown of one déposant
_CONTRATS = {
    "renommage": "dès qu'il porte son nom définitif",
    "temoin": "avec son fichier témoin ({temoins})",
    "manifeste": "avec son empreinte (.sha256 ou manifeste)",
    "archive": "quand il ne change plus et qu'il est entier",
    "immobilite": "quand il ne change plus",
}
_FORMATS = {"cpp": "CPP (FEN1200A)", "cdar": "CDAR (FFE0614A)", "cpp+cdar": "CPP et CDAR"}


def list_deposants(espace: Espace) -> tuple[DeposantVu, ...]:
    """All of them, by code."""
    return tuple(_tell(espace, one) for _, one in sorted(espace.settings.deposants.items()))


def _tell(espace: Espace, one: Deposant) -> DeposantVu:
    active = one.raccordement_actif and one.emetteur_edi
    return DeposantVu(
        code=one.code,
        nom=one.libelle,
        actif=active,
        raccordement="Raccordé" if active else "Raccordement inactif",
        contrat=_CONTRATS[one.readiness].format(temoins=" ou ".join(one.temoins)),
        reglages=tuple(_agreed(espace, one)),
    )


def _agreed(espace: Espace, one: Deposant) -> Iterator[tuple[str, str]]:
    whole = one.politique == "tout_ou_rien"
    if one.siret:
        yield "SIRET", one.siret
    yield (
        "Politique",
        "tout ou rien : une facture rejetée fait rejeter le lot" if whole else "par facture",
    )
    yield "Signature", "exigée" if one.signature == "exigee" else "facultative"
    if one.readiness != "renommage":
        patience = (one.attente_max or espace.settings.collecte.attente_max) / 60
        yield "Dépôt incomplet", f"refusé au bout de {measure(patience, 'minute', 'minutes')}"
    yield "Cycle de vie", _FORMATS[one.format_retour] if one.recoit_cycles_de_vie else "aucun"
    places = ((one.out_local, "dans son dossier out"), (one.pousse, "sur son serveur"))
    yield "Réponses", " et ".join(where for there, where in places if there)
    if one.reste:
        yield "Reste", "les fichiers rejetés lui sont rendus en une archive"
    yield "Protocoles", ", ".join(protocole.upper() for protocole in one.protocoles)
    if one.utilisateur:
        keys = len(one.cles)
        yield "Compte SFTP", f"{one.utilisateur}, {keys} {'clé publique' if keys < 2 else 'clés publiques'}"
    if one.courriel:
        yield "Prévenu par courriel", ", ".join(one.courriel)


# -- channels ---------------------------------------------------------------------------------------------


def list_canaux(espace: Espace, conn: Connection) -> tuple[CanalVu, ...]:
    """The channels of all servers, as they are recorded; nobody is called."""
    return tuple(_channel(espace, look_at(conn, serveur)) for serveur in espace.settings.serveurs)


def _channel(espace: Espace, etat: EtatCanal) -> CanalVu:
    serveur, canal = etat.serveur, etat.canal
    return CanalVu(
        nom=serveur.nom,
        adresse=f"{serveur.hote}:{serveur.port}",
        sens=tuple((dossier.appli, _ways(dossier)) for dossier in serveur.dossiers),
        allure=_channel_allure(etat),
        dit=tell_state(etat, espace.settings.fuseau),
        reussi_le=canal.reussi_le,
        prochain_essai=canal.prochain_essai,
        incident=canal.incident,
        a_deposer=etat.a_deposer,
        a_ranger=etat.a_ranger,
    )


def _channel_allure(etat: EtatCanal) -> Allure:
    if etat.arrete or etat.canal.prochain_essai is not None:
        return Allure.MAUVAIS
    return Allure.BON if etat.canal.reussi_le else Allure.NEUTRE


def _ways(dossier: Dossier) -> str:
    ways = (
        (dossier.entree, "dépôts pris"),
        (dossier.sortie, "réponses posées"),
        (dossier.statut, "statuts posés"),
    )
    return ", ".join(word for folder, word in ways if folder)


# -- what is expected -------------------------------------------------------------------------------------


def list_attendus(espace: Espace, conn: Connection, appli: str = "") -> tuple[AttenduVu, ...]:
    """What is expected of one déposant with its last windows, or of all without them."""
    observation = Observation(timedelta(seconds=espace.settings.attendus.tolerance))
    expected = store.current(conn, espace.settings.fuseau, appli)
    now, found = espace.now(), []
    for rank, one in enumerate(expected):
        vue, _ = observation.look_at(conn, one, now)
        # Windows count from the confirmed one, which comes first.
        past = observation.past(conn, one, now, _WINDOWS) if appli and rank == 0 else ()
        windows = (
            FenetreVue(
                bilan.fenetre.echeance.jour,
                tell_received(bilan),
                why,
                Allure.MAUVAIS if why and bilan.juge else Allure.BON if bilan.compte.flux else Allure.NEUTRE,
            )
            for bilan, why in past
        )
        found.append(
            AttenduVu(
                appli=one.appli,
                regle=tell_attendu(one),
                allure=_expected_allure(vue),
                dit=tell_now(vue, now),
                derniere=tell_last(vue),
                prochaine=vue.prochaine.ouvre if vue.prochaine else None,
                fenetres=tuple(windows),
            )
        )
    return tuple(found)


def _expected_allure(vue: Vue) -> Allure:
    if vue.attendu.etat is EtatAttendu.PROPOSE:
        return Allure.NEUTRE
    return Allure.MAUVAIS if vue.troubles else Allure.BON
