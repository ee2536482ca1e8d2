"""What can be wrong with a message of cycle de vie that its schema and the official rules let pass."""

from __future__ import annotations

from edi.model import Card, Severity

_FORMAT = "DGFiP, spécifications externes v3.1 : flux 6 (CDAR D22B) ; FNFE-MPE, BR-FR-CDV"
_LISTES = "FNFE-MPE, BR-FR-CDV : listes de codes CL-01 à CL-11"
_REMETTANT = "L'émetteur du message"
_RENVOI = "et envoie un nouveau message."


def _fatal(code: str, motif: str, message: str, fix: str, citation: str = _FORMAT) -> Card:
    return Card(code, Severity.FATAL, motif, citation, message, f"{_REMETTANT} {fix}, {_RENVOI}")


def _warning(code: str, message: str, fix: str, citation: str = _FORMAT) -> Card:
    return Card(code, Severity.WARNING, "", citation, message, f"{fix} ; le message est accepté.")


ILLISIBLE = _fatal(  # raison
    "EDI-CDV-01",
    "IRR_SYNTAX",
    "Le message de cycle de vie ne peut pas être lu : {raison}.",
    "vérifie qu'il n'a pas été tronqué et corrige sa syntaxe",
)
AUTRE_DOCUMENT = _fatal(  # value: the root
    "EDI-CDV-02",
    "IRR_TYPE_F",
    "Le fichier n'est pas un message de cycle de vie CDAR (élément racine « {value} »).",
    "produit un message CDAR D22B",
)
ABSENT = _fatal(  # quoi
    "EDI-CDV-03",
    "REJ_SEMAN",
    "Il manque dans le message : {quoi}.",
    "ajoute cette donnée",
)
CONSEILLE = _warning(  # quoi
    "EDI-CDV-04",
    "Le message n'indique pas : {quoi}.",
    f"{_REMETTANT} ajoute cette donnée à ses prochains messages",
)
FORME = _fatal(  # quoi
    "EDI-CDV-05",
    "IRR_SYNTAX",
    "La valeur « {value} » ne peut pas être lue ; attendu : {expected}.",
    "écrit la valeur sous cette forme",
)
CODE_INCONNU = _warning(  # quoi
    "EDI-CDV-06",
    "Le code « {value} » n'est pas connu : {quoi}.",
    f"{_REMETTANT} emploie un code de la liste",
    _LISTES,
)
PHASE = _fatal(  # libelle
    "EDI-CDV-07",
    "REJ_COH",
    "Le message est de la phase « {value} », mais le statut {libelle} est de la phase {expected}.",
    "corrige la phase (MDT-77)",
)
CODE_1373 = _warning(  # libelle; it only repeats the statut, and real emitters send a constant
    "EDI-CDV-08",
    "Le code « {value} » (UNTDID 1373) n'est pas celui du statut {libelle} ; attendu : {expected}.",
    f"{_REMETTANT} corrige ce code ou le retire (MDT-88)",
)
AUTEUR_NOMME = _fatal(
    "EDI-CDV-09",
    "REJ_COH",
    "L'auteur du statut porte l'identifiant « {value} », alors qu'un statut de transmission est donné par "
    "une plateforme, qui reste anonyme.",
    "retire l'identifiant de l'auteur (MDT-38)",
)
AUTEUR = _warning(  # libelle
    "EDI-CDV-10",
    "Le statut {libelle} est donné par un « {value} », ce qui n'est pas prévu ; attendu : {expected}.",
    f"{_REMETTANT} vérifie le rôle de l'auteur du statut (MDT-40)",
)
PLUSIEURS = _fatal(
    "EDI-CDV-11",
    "REJ_SEMAN",
    "Le message parle de {value} objets ; un message ne porte qu'un objet et un statut.",
    "produit un message pour chaque objet",
)
RANGS = _warning(
    "EDI-CDV-12",
    "Les numéros d'ordre des motifs sont « {value} » ; attendu : {expected}.",
    f"{_REMETTANT} numérote les motifs à partir de 1",
)
SIREN = _warning(
    "EDI-CDV-13",
    "Le SIREN « {value} » n'est pas valable ; attendu : {expected}.",
    f"{_REMETTANT} vérifie ce SIREN, que le PPF refuserait",
)
MOTIF_INTERDIT = _fatal(  # libelle
    "EDI-CDV-14",
    "REJ_SEMAN",
    "Le motif « {value} » n'est pas admis pour le statut {libelle} ; attendu : {expected}.",
    "choisit un motif admis pour ce statut",
    _LISTES,
)
MOTIF_ABSENT = _fatal(  # libelle
    "EDI-CDV-15",
    "REJ_SEMAN",
    "Le statut {libelle} exige un motif ; attendu : {expected}.",
    "ajoute un motif",
)
ENCAISSEMENT = _fatal(
    "EDI-CDV-16",
    "REJ_SEMAN",
    "Un encaissement doit indiquer au moins un montant encaissé (MEN), chacun avec son taux de TVA.",
    "indique le montant et le taux de chaque encaissement",
)
SANS_ADRESSE = _fatal(
    "EDI-CDV-17",
    "REJ_SEMAN",
    "Le destinataire « {value} » du message n'a pas d'adresse électronique.",
    "ajoute son adresse (MDT-73)",
)
SANS_NOTE = _warning(
    "EDI-CDV-18",
    "Le motif AUTRE est donné sans explication.",
    f"{_REMETTANT} explique ce motif dans une note (MDT-126)",
)
NUMERO = _warning(
    "EDI-CDV-19",
    "Le numéro de facture « {value} » contient des caractères que le PPF refuse ; attendu : {expected}.",
    "L'émetteur de la facture n'emploie que les caractères admis",
    "DGFiP, règle G1.05 ; FNFE-MPE, BR-FR-02",
)
ANONYME = _fatal(
    "EDI-CDV-20",
    "REJ_SEMAN",
    "La copie pour le PPF ne nomme pas la plateforme qui l'envoie ; attendu : {expected}.",
    "ajoute son matricule (MDT-19)",
)

CARDS = (
    ILLISIBLE,
    AUTRE_DOCUMENT,
    ABSENT,
    CONSEILLE,
    FORME,
    CODE_INCONNU,
    PHASE,
    CODE_1373,
    AUTEUR_NOMME,
    AUTEUR,
    PLUSIEURS,
    RANGS,
    SIREN,
    MOTIF_INTERDIT,
    MOTIF_ABSENT,
    ENCAISSEMENT,
    SANS_ADRESSE,
    SANS_NOTE,
    NUMERO,
    ANONYME,
)
