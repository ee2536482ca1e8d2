"""Which addresses of the API stand for which page, or act, of the console: read by test_api_parite.py."""

from __future__ import annotations

Route = tuple[str, str]  # method, path

_FORMULAIRE = "un formulaire : ce qu'il montre se lit ailleurs, ce qu'il envoie est un geste"
_SEANCE = "ouvrir ou fermer une séance de navigateur : un programme montre son jeton à chaque demande"
_PASSE = "le mot de passe et le code d'une personne ; un jeton n'en a pas, et une séance n'agit pas par l'API"

# Pages and acts that programs have no counterpart of, and why.
SANS_PENDANT: dict[Route, str] = {
    ("GET", "/connexion"): _SEANCE,
    ("POST", "/connexion"): _SEANCE,
    ("POST", "/deconnexion"): _SEANCE,
    ("GET", "/connexion/oidc"): _SEANCE,
    ("GET", "/connexion/retour"): _SEANCE,
    ("POST", "/compte/code"): _PASSE,
    ("POST", "/compte/sans-code"): _PASSE,
    ("POST", "/compte/mot-de-passe"): _PASSE,
    ("GET", "/deposer"): _FORMULAIRE,
    ("GET", "/mandats/nouveau"): _FORMULAIRE,
    ("GET", "/annuaire/{identifiant}/corriger"): _FORMULAIRE,
    ("GET", "/nouvelles"): "un flux d'événements qui fait se redessiner une page ouverte",
    ("GET", "/health/live"): "la sonde de vie, sans jeton",
}

PENDANTS: dict[Route, tuple[str, ...]] = {
    ("GET", "/"): ("/plateforme", "/alertes"),
    ("GET", "/plateforme"): ("/deposants", "/attendus", "/canaux"),
    ("GET", "/alertes"): ("/alertes", "/alertes/passees", "/regles/doutes"),
    ("GET", "/annuaire"): ("/annuaire", "/annuaire/services"),
    ("GET", "/annuaire/{identifiant}"): (
        "/annuaire/{identifiant}",
        "/annuaire/{identifiant}/historique",
        "/annuaire/{identifiant}/corrections",
        "/guerisons",
    ),
    ("GET", "/compte"): ("/compte",),
    ("GET", "/comptes"): ("/comptes", "/jetons"),
    ("GET", "/deposants"): ("/deposants", "/attendus"),
    ("GET", "/deposants/{appli}"): ("/deposants/{appli}",),
    ("GET", "/deposer/depots"): ("/depots",),
    ("GET", "/deposer/depots/{number}"): ("/depots/{depot_id}",),
    ("GET", "/factures/{facture_id}"): (
        "/factures/{facture_id}",
        "/factures/{facture_id}/historique",
        "/factures/{facture_id}/constats",
        "/factures/{facture_id}/facsimile",
        "/factures/{facture_id}/changements",
    ),
    ("GET", "/factures/{facture_id}/document"): ("/factures/{facture_id}/document",),
    ("GET", "/factures/{facture_id}/pdf"): ("/factures/{facture_id}/pdf",),
    ("GET", "/factures/{facture_id}/pdf/{page}"): ("/factures/{facture_id}/pdf/{page}",),
    ("GET", "/factures/{facture_id}/pieces/{piece}"): ("/factures/{facture_id}/pieces/{rang}",),
    ("GET", "/factures/{facture_id}/pieces/{piece}/pdf"): ("/factures/{facture_id}/pieces/{rang}/pdf",),
    ("GET", "/factures/{facture_id}/pieces/{piece}/pdf/{page}"): (
        "/factures/{facture_id}/pieces/{rang}/pdf/{page}",
    ),
    ("GET", "/flux"): ("/flux", "/factures"),
    ("GET", "/flux/{flux_id}"): (
        "/flux/{flux_id}",
        "/flux/{flux_id}/historique",
        "/flux/{flux_id}/factures",
        "/flux/{flux_id}/constats",
        "/flux/{flux_id}/retours",
        "/flux/{flux_id}/indecises",
        "/jugements/motifs",
    ),
    ("GET", "/flux/{flux_id}/original"): ("/flux/{flux_id}/original",),
    ("GET", "/flux/{flux_id}/retours/{emission_id}"): ("/flux/{flux_id}/retours/{retour_id}",),
    ("GET", "/jugements"): ("/jugements",),
    ("GET", "/mandats"): ("/mandats",),
    ("GET", "/mandats/export"): ("/mandats/export",),
    ("GET", "/mandats/{mandat_id}"): ("/mandats/{mandat_id}", "/guerisons"),
    ("GET", "/nuits"): ("/nuits", "/passages"),
    ("GET", "/nuits/passages/{passage_id}"): ("/passages/{passage_id}",),
    ("GET", "/nuits/passages/{passage_id}/rapport.{forme}"): ("/passages/{passage_id}/rapport.{forme}",),
    ("GET", "/quarantaine"): ("/quarantaine",),
    ("GET", "/regles"): ("/regles",),
    ("GET", "/regles/catalogue"): ("/regles/catalogue",),
    ("GET", "/regles/{jeu}/{version}"): ("/regles/{jeu}/{version}",),
    ("GET", "/rejets"): ("/rejets", "/rejeux"),
    ("GET", "/rejets/{code}"): ("/rejets/{code}", "/rejets/{code}/factures"),
    ("GET", "/rejeux/{rejeu_id}"): ("/rejeux/{rejeu_id}", "/rejeux/{rejeu_id}/factures"),
    ("GET", "/retenues"): ("/retenues",),
    ("POST", "/alertes/{numero}/acquitte"): ("/alertes/{alerte_id}/acquittement",),
    ("POST", "/alertes/regles/{numero}"): ("/regles/doutes/{doute_id}/avis",),
    ("POST", "/annuaire/{identifiant}/corriger"): (
        "/annuaire/{identifiant}/corrections",
        "/annuaire/{identifiant}/services/corrections",
    ),
    ("POST", "/annuaire/{identifiant}/relacher"): (
        "/annuaire/{identifiant}/corrections/{correction_id}/relachement",
    ),
    ("POST", "/comptes/{number}/acces"): ("/comptes/{compte_id}/acces",),
    ("POST", "/comptes/jetons"): ("/jetons",),
    ("POST", "/comptes/jetons/{number}/revocation"): ("/jetons/{jeton_id}/revocation",),
    ("POST", "/deposer"): ("/depots", "/depots/essai", "/depots/pdf", "/depots/pdf/essai"),
    ("POST", "/flux/{flux_id}/jugements"): ("/flux/{flux_id}/jugements",),
    ("POST", "/flux/{flux_id}/relance"): ("/flux/{flux_id}/relance",),
    ("POST", "/flux/{flux_id}/retenue"): ("/flux/{flux_id}/retenue",),
    ("POST", "/flux/{flux_id}/retours/{emission_id}/renvoi"): ("/flux/{flux_id}/retours/{retour_id}/renvoi",),
    ("POST", "/jugements/{numero}/reponse"): ("/jugements/{jugement_id}/reponse",),
    ("POST", "/jugements/{numero}/retrait"): ("/jugements/{jugement_id}/retrait",),
    ("POST", "/mandats"): ("/mandats",),
    ("POST", "/mandats/{mandat_id}/envoyer"): ("/mandats/{mandat_id}/envoi",),
    ("POST", "/mandats/{mandat_id}/signer"): ("/mandats/{mandat_id}/signature",),
    ("POST", "/mandats/{mandat_id}/revoquer"): ("/mandats/{mandat_id}/revocation",),
    ("POST", "/nuits/{nom}/pause"): ("/nuits/{nom}/pause",),
    ("POST", "/nuits/{nom}/reprise"): ("/nuits/{nom}/reprise",),
    ("POST", "/quarantaine/{flux_id}/abandon"): ("/quarantaine/{flux_id}/abandon",),
    ("POST", "/quarantaine/{flux_id}/reprise"): ("/quarantaine/{flux_id}/reprise",),
    ("POST", "/rejeux"): ("/rejeux",),
    ("POST", "/rejeux/{rejeu_id}/valider"): ("/rejeux/{rejeu_id}/acceptation",),
    ("POST", "/retenues"): ("/deposants/{appli}/retenue",),
    ("POST", "/retenues/{numero}/levee"): ("/retenues/{retenue_id}/levee",),
}

# Counterparts that ask for another right than their page, and why.
AUTRE_DROIT: dict[Route, str] = {
    ("GET", "/alertes"): "l'accueil ne montre les alertes qu'à qui voit la plateforme entière",
    ("GET", "/annuaire/{identifiant}/corrections"): "sa page ne les montre qu'à qui voit tout",
    ("GET", "/flux/{flux_id}/indecises"): "sa page ne les montre qu'à qui voit la plateforme entière",
    ("GET", "/jugements/motifs"): "ils vont avec les indécises",
    ("GET", "/guerisons"): "leur page ne les compte que pour qui vient d'agir",
    ("GET", "/rejeux"): "la page des rejets ne les montre qu'à qui voit la plateforme entière",
    ("GET", "/quarantaine"): "un fournisseur y voit les siens, sans savoir qui en a décidé",
}

# What only a page asks of itself: where it stands in a list, what it has just done.
_DE_LA_PAGE = {"avant", "apres", "de", "fait", "comparer"}
# Parameters and fields of pages that the API names or splits otherwise, or does without, and why.
RENOMMES: dict[tuple[str, str], str] = {
    ("/annuaire", "quoi"): "deux adresses : /annuaire et /annuaire/services",
    ("/annuaire/{identifiant}/corriger", "service"): "« code »",
    ("/annuaire/{identifiant}/corriger", "nouveau"): "« ajout »",
    (
        "/annuaire/{identifiant}/corriger",
        "vu",
    ): "garde d'un formulaire entier ; ici, seul ce qui est nommé change",
    ("/annuaire/{identifiant}/relacher", "correction"): "dans l'adresse",
    ("/deposer", "acte"): "deux adresses : le dépôt et l'essai",
    ("/flux/{flux_id}", "factures"): "« famille », de /flux/{flux_id}/factures",
    ("/mandats", "deposant"): "« mandataire »",
    ("/mandats", "fournisseur"): "« mandant »",
    ("/mandats/export", "deposant"): "« mandataire »",
    ("/mandats/export", "fournisseur"): "« mandant »",
    ("/retenues", "deposant"): "dans l'adresse",
}
# What some pages read from their address, or from their form, by themselves.
LUS: dict[Route, set[str]] = {
    ("GET", "/flux"): {"cherche", "deposant", "interface", "code", "du", "au", "statut"},
    ("GET", "/rejets"): {"deposant", "depuis"},
    ("GET", "/rejets/{code}"): {"deposant", "depuis", "signature", "fournisseur"},
}


def is_of_page(path: str, name: str) -> bool:
    """True for a parameter that programs need not have."""
    return name in _DE_LA_PAGE or (path, name) in RENOMMES
