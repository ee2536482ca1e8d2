"""Every table, and nothing else: no query, no rule, no transition.

Instants are stored in UTC and come back aware; amounts are stored as the text they arrived in.
A statut row of ``flux_statut`` or ``facture_statut`` is history and outbox in one: ``emission_id`` names the
return flow that tells it.
"""

from edi.store.tables.acces import (
    connexion_oidc,
    connexion_ratee,
    jeton,
    jeton_deposant,
    seance,
    utilisateur,
    utilisateur_deposant,
    utilisateur_oidc,
)
from edi.store.tables.attendus import attendu, attendu_evenement, signalement
from edi.store.tables.colonnes import Instant, Montant, metadata
from edi.store.tables.decides import (
    acquittement,
    emission,
    envoi,
    facture_statut,
    flux_statut,
    livraison,
    message_cdv,
    piece_ajoutee,
    remise,
    reprise,
    suivi,
)
from edi.store.tables.garde import gel, oubli
from edi.store.tables.gestes import quarantaine, retenue
from edi.store.tables.journal import journal, journal_tete
from edi.store.tables.jugements import jugement, jugement_facture, reglage
from edi.store.tables.mains import indecise, jugement_main
from edi.store.tables.manuel import depot_manuel
from edi.store.tables.nuits import (
    apscheduler_jobs,
    passage,
    passage_bilan,
    passage_etape,
    passage_flux,
    releve_jour,
    tache,
)
from edi.store.tables.presence import processus
from edi.store.tables.recus import (
    ACCEPTEE,
    cle_reservee,
    facture,
    facture_unique,
    finding,
    flux,
    pack_set,
    reception,
)
from edi.store.tables.registre import (
    annuaire_correction,
    annuaire_import,
    mandat,
    mandat_evenement,
    service,
    service_passe,
    structure,
    structure_passee,
)
from edi.store.tables.regles import comparaison, feuille, feuille_repli
from edi.store.tables.rejets import rejet, rejeu_facture, rejeu_lance
from edi.store.tables.serveurs import canal, prise
from edi.store.tables.veille import alerte, annonce, decompte, disjoncteur, ecart

__all__ = [
    "ACCEPTEE",
    "Instant",
    "Montant",
    "acquittement",
    "alerte",
    "annonce",
    "annuaire_correction",
    "annuaire_import",
    "apscheduler_jobs",
    "attendu",
    "attendu_evenement",
    "canal",
    "cle_reservee",
    "comparaison",
    "connexion_oidc",
    "connexion_ratee",
    "decompte",
    "depot_manuel",
    "disjoncteur",
    "ecart",
    "emission",
    "envoi",
    "facture",
    "facture_statut",
    "facture_unique",
    "feuille",
    "feuille_repli",
    "finding",
    "flux",
    "flux_statut",
    "gel",
    "indecise",
    "jeton",
    "jeton_deposant",
    "journal",
    "journal_tete",
    "jugement",
    "jugement_facture",
    "jugement_main",
    "livraison",
    "mandat",
    "mandat_evenement",
    "message_cdv",
    "metadata",
    "oubli",
    "pack_set",
    "passage",
    "passage_bilan",
    "passage_etape",
    "passage_flux",
    "piece_ajoutee",
    "prise",
    "processus",
    "quarantaine",
    "reception",
    "reglage",
    "rejet",
    "rejeu_facture",
    "rejeu_lance",
    "releve_jour",
    "remise",
    "reprise",
    "retenue",
    "seance",
    "service",
    "service_passe",
    "signalement",
    "structure",
    "structure_passee",
    "suivi",
    "tache",
    "utilisateur",
    "utilisateur_deposant",
    "utilisateur_oidc",
]
