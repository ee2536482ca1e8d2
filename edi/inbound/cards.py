"""Every finding of the inbound room: its code, its motif, its text of reference and its sentences.

``{value}`` is what was found and ``{expected}`` what was expected; other words are named beside the card
that asks for them. Motifs are those of the control of reception of a flux (IRR_*).
"""

from __future__ import annotations

from edi.model import Card, Severity

_MOTIFS = "DGFiP, dossier général §3.4.6 (motifs IRR_*)"
_NOMMAGE = f"Chorus Pro, annexe EDI : nommage des flux ; {_MOTIFS}"
_LIMITES = f"Chorus Pro, annexe EDI : taille et nombre de fichiers d'un flux ; {_MOTIFS}"
_RACCORDEMENT = f"Chorus Pro, raccordement EDI : code application AAA999 ; {_MOTIFS}"
_ARCHIVES = f"Chorus Pro, annexe EDI : flux unitaires xml (pdf pour Factur-X), lots tar.gz ; {_MOTIFS}"
_MEME_FORMAT = f"DGFiP, dossier général : fichiers d'un flux de même nature et de même format ; {_MOTIFS}"

ADMIN = "L'administrateur EDI du déposant"
RECREER = f"{ADMIN} recrée l'archive et dépose de nouveau le flux."


def _fatal(code: str, motif: str, citation: str, message: str, fix: str) -> Card:
    return Card(code, Severity.FATAL, motif, citation, message, fix)


# -- the envelope: the name of the flux, and the flux as a whole --------------------------------------------

NOM_MALFORME = _fatal(  # raison
    "EDI-ENV-01",
    "IRR_FORM",
    _NOMMAGE,
    "Le nom du flux « {value} » n'est pas conforme : {raison}.",
    ADMIN + " renomme le flux selon la forme {expected} et le redépose.",
)
INTERFACE_INCONNUE = _fatal(
    "EDI-ENV-02",
    "IRR_CODE_INTER",
    _NOMMAGE,
    "Le code interface « {value} » du nom du flux est inconnu.",
    ADMIN
    + " corrige le code interface du nom (codes ouverts les plus proches : {expected}) et redépose le flux.",
)
INTERFACE_FERMEE = _fatal(  # libelle
    "EDI-ENV-03",
    "IRR_CODE_INTER",
    _NOMMAGE,
    "L'interface « {value} » ({libelle}) existe, mais elle n'est pas ouverte sur cette plateforme.",
    ADMIN + " redépose les factures dans un format ouvert : {expected}.",
)
APPLI_ETRANGERE = _fatal(
    "EDI-ENV-04",
    "IRR_CODE_APP",
    _NOMMAGE,
    "Le nom du flux porte le code application « {value} », mais le flux a été déposé dans le dossier de"
    " « {expected} ».",
    ADMIN + " dépose le flux dans le dossier de son propre code application, ou corrige le nom.",
)
RACCORDEMENT_REFUSE = _fatal(  # raison: RACCORDEMENT_INACTIF or NON_EMETTEUR
    "EDI-ENV-05",
    "IRR_CODE_APP",
    _RACCORDEMENT,
    "Le code application « {value} » ne peut pas déposer de flux : {raison}.",
    ADMIN + " fait vérifier son raccordement EDI par l'assistance de la plateforme, puis redépose le flux.",
)
RACCORDEMENT_INACTIF = "son raccordement n'est pas actif"
NON_EMETTEUR = "il n'est pas raccordé comme émetteur en mode EDI"
IDFLUX_INCOHERENT = _fatal(  # raison
    "EDI-ENV-06",
    "IRR_FORM",
    _NOMMAGE,
    "L'identifiant de flux « {value} » n'est pas conforme : {raison}.",
    ADMIN + " corrige l'identifiant ({expected}) et redépose le flux.",
)
IDFLUX_DEJA_UTILISE = _fatal(  # original, le
    "EDI-ENV-07",
    "IRR_UNCITE",
    _NOMMAGE,
    "L'identifiant de flux « {value} » a déjà servi : flux « {original} » reçu le {le}.",
    ADMIN + " attribue un nouvel identifiant au flux, s'il s'agit bien d'autres factures, et le redépose.",
)
EXTENSION_REFUSEE = _fatal(
    "EDI-ENV-08",
    "IRR_TYPE",
    _ARCHIVES,
    "L'extension « {value} » du flux n'est pas admise : {expected} est attendu.",
    ADMIN + " dépose un fichier de cette extension ; un lot est au format tar.gz ou zip.",
)
FLUX_VIDE = _fatal(
    "EDI-ENV-09",
    "IRR_VIDE",
    _MOTIFS,
    "Le flux « {value} » est vide : il ne contient aucun octet.",
    ADMIN + " vérifie la production et le transfert du fichier, puis le redépose.",
)
FLUX_TROP_GROS = _fatal(
    "EDI-ENV-10",
    "IRR_TAILLE",
    _LIMITES,
    "Le flux pèse {value} ; la limite est de {expected}.",
    ADMIN + " répartit les factures en plusieurs flux.",
)
TROP_DE_FACTURES = _fatal(
    "EDI-ENV-11",
    "IRR_TAILLE",
    _LIMITES,
    "Le flux contient {value} factures ; la limite est de {expected}.",
    ADMIN + " répartit les factures en plusieurs flux de {expected} factures au plus.",
)
PAS_UN_FICHIER = _fatal(
    "EDI-ENV-12",
    "IRR_TYPE",
    _MOTIFS,
    "« {value} » n'est pas un fichier ordinaire (dossier, lien ou fichier spécial).",
    ADMIN + " dépose le fichier du flux lui-même, sans dossier ni lien.",
)
SANS_NOM_DE_FLUX = Card(
    "EDI-ENV-13",
    Severity.WARNING,
    "IRR_FORM",
    _NOMMAGE,
    "Le fichier « {value} » ne porte pas de nom de flux ; son format a été reconnu d'après son contenu.",
    ADMIN + " nomme ses prochains flux selon la forme {expected}.",
)

# -- the archive: refuses the whole flux, except the nested archive -----------------------------------------

ARCHIVE_ILLISIBLE = _fatal(  # raison
    "EDI-ARCHIVE-01", "IRR_EXTRAC", _MOTIFS, "L'archive est illisible : {raison}.", RECREER
)
CHEMIN_INTERDIT = _fatal(
    "EDI-ARCHIVE-02",
    "IRR_EXTRAC",
    _MOTIFS,
    "L'archive contient « {value} », un chemin absolu ou qui remonte hors du dossier.",
    ADMIN + " recrée l'archive avec des noms relatifs, sans « / » initial ni « .. », et redépose le flux.",
)
ENTREE_SPECIALE = _fatal(  # nature
    "EDI-ARCHIVE-03",
    "IRR_EXTRAC",
    _MOTIFS,
    "L'archive contient « {value} », qui est {nature} et non un fichier ordinaire.",
    ADMIN + " recrée l'archive avec les fichiers eux-mêmes et redépose le flux.",
)
NOM_EN_DOUBLE = _fatal(
    "EDI-ARCHIVE-04",
    "IRR_EXTRAC",
    _MOTIFS,
    "L'archive contient deux fichiers de même nom : « {value} » et « {premier} ».",  # premier
    ADMIN
    + " donne à chaque facture un nom de fichier différent (changer la casse d'une lettre ne suffit pas).",
)
EXPANSION_EXCESSIVE = _fatal(  # raison
    "EDI-ARCHIVE-05",
    "IRR_TAILLE",
    _LIMITES,
    "L'archive est démesurée une fois décompressée : {raison}.",
    ADMIN + " vérifie le contenu de l'archive et répartit les factures en plusieurs flux.",
)
ARCHIVE_IMBRIQUEE = _fatal(
    "EDI-ARCHIVE-06",
    "IRR_EXTRAC",
    _MEME_FORMAT,
    "L'archive contient une autre archive, « {value} », qui n'est pas ouverte.",
    ADMIN + " place les factures directement dans le lot, sans archive intérieure.",
)
OCTETS_ETRANGERS = _fatal(  # ou
    "EDI-ARCHIVE-07", "IRR_EXTRAC", _MOTIFS, "L'archive est {ou} d'octets qui n'en font pas partie.", RECREER
)
ARCHIVE_SANS_FICHIER = _fatal(
    "EDI-ARCHIVE-08",
    "IRR_VIDE",
    _MOTIFS,
    "L'archive ne contient aucun fichier.",
    ADMIN + " place au moins une facture dans le lot et redépose le flux.",
)
ARCHIVE_CHIFFREE = _fatal(  # raison
    "EDI-ARCHIVE-09",
    "IRR_EXTRAC",
    _MOTIFS,
    "Le fichier « {value} » de l'archive ne peut pas être ouvert : {raison}.",
    ADMIN + " recrée l'archive sans mot de passe, avec la compression usuelle (deflate).",
)
TROP_D_ENTREES = _fatal(
    "EDI-ARCHIVE-10",
    "IRR_TAILLE",
    _LIMITES,
    "L'archive contient plus de {expected} entrées, dossiers compris.",
    ADMIN + " répartit les factures en plusieurs flux.",
)

# -- one file of the lot: the rest of the lot goes on -------------------------------------------------------

FICHIER_VIDE = _fatal(
    "EDI-FICHIER-01",
    "IRR_VIDE_F",
    _MOTIFS,
    "Le fichier « {value} » est vide : il ne contient aucun octet.",
    ADMIN + " produit de nouveau cette facture et la dépose dans un nouveau flux.",
)
FICHIER_DE_TYPE_REFUSE = _fatal(  # raison, format
    "EDI-FICHIER-02",
    "IRR_TYPE_F",
    _MEME_FORMAT,
    "Le fichier « {value} » n'est pas une facture au format {format} : {raison}.",
    ADMIN + " dépose chaque facture comme un fichier {format}.",
)
FICHIER_TROP_GROS = _fatal(  # nom
    "EDI-FICHIER-03",
    "IRR_TAILLE_F",
    _LIMITES,
    "Le fichier « {nom} » pèse {value} ; la limite est de {expected}, pièces jointes comprises.",
    ADMIN + " allège les pièces jointes de cette facture et la dépose dans un nouveau flux.",
)
FICHIER_MAL_NOMME = _fatal(  # raison
    "EDI-FICHIER-04",
    "IRR_NOM_F",
    _MOTIFS,
    "Le nom du fichier « {value} » n'est pas admis : {raison}.",
    ADMIN + " renomme le fichier ({expected}) et dépose la facture dans un nouveau flux.",
)

# -- a deposit that never became complete -------------------------------------------------------------------

DEPOT_INCOMPLET = _fatal(  # raison, le
    "EDI-RECEPTION-01",
    "IRR_EXTRAC",
    _MOTIFS,
    "Le dépôt « {value} » est resté incomplet : {raison} ; la suite a été attendue jusqu'au {le}.",
    ADMIN + " vérifie le transfert et dépose de nouveau le fichier entier.",
)
EMPREINTE_DIFFERENTE = _fatal(  # le
    "EDI-RECEPTION-02",
    "IRR_FORM",
    _MOTIFS,
    "Le dépôt « {value} » n'a pas la taille ou l'empreinte qu'annonce son manifeste ; il a été attendu"
    " jusqu'au {le}.",
    ADMIN + " dépose de nouveau le fichier entier, avec un manifeste calculé sur ce fichier.",
)
DEPOT_NON_CONFIRME = _fatal(  # raison, le
    "EDI-RECEPTION-03",
    "IRR_FORM",
    _MOTIFS,
    "Rien n'a confirmé que le dépôt « {value} » était complet : {raison} a été attendu jusqu'au {le}.",
    ADMIN + " dépose de nouveau le fichier, puis le fichier qui le confirme.",
)

CARDS = (
    NOM_MALFORME,
    INTERFACE_INCONNUE,
    INTERFACE_FERMEE,
    APPLI_ETRANGERE,
    RACCORDEMENT_REFUSE,
    IDFLUX_INCOHERENT,
    IDFLUX_DEJA_UTILISE,
    EXTENSION_REFUSEE,
    FLUX_VIDE,
    FLUX_TROP_GROS,
    TROP_DE_FACTURES,
    PAS_UN_FICHIER,
    SANS_NOM_DE_FLUX,
    ARCHIVE_ILLISIBLE,
    CHEMIN_INTERDIT,
    ENTREE_SPECIALE,
    NOM_EN_DOUBLE,
    EXPANSION_EXCESSIVE,
    ARCHIVE_IMBRIQUEE,
    OCTETS_ETRANGERS,
    ARCHIVE_SANS_FICHIER,
    ARCHIVE_CHIFFREE,
    TROP_D_ENTREES,
    FICHIER_VIDE,
    FICHIER_DE_TYPE_REFUSE,
    FICHIER_TROP_GROS,
    FICHIER_MAL_NOMME,
    DEPOT_INCOMPLET,
    EMPREINTE_DIFFERENTE,
    DEPOT_NON_CONFIRME,
)
