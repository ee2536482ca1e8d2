"""What Chorus Pro asks of the reform's formats besides the norm: BR-FR-CPRO-01 to 44, as far as published.

No official file tests them: Chorus Pro applies them itself and answers REJ_CONT_B2G. Numbers 11 to 13 are in
:mod:`.service`, 14 and 15 in :mod:`.facture`, 41 in :mod:`.pieces_jointes`. Not judged: 16 and 22 (said not
to be verifiable), 18, 21 and 28 (seller's agent), 23 (needs the recipient's own word), 29 and 40 (length and
place not published), 45 to 50 (content not published).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from edi.model import Card, Severity
from edi.validators.facture import NUMERO_MAX
from edi.validators.rules import Check, Context, Hit, Rule
from edi.validators.wording import shown

CONTRATS = ("MARCHE", "CONTRAT", "CT", "GC")  # the last two are announced in place of the first two
LIGNES_MAX = 999_999
SOUS_TRAITANT = "S5"
_SIREN, _SIRET = "0002", "0009"
_HORS_B2G = frozenset({"B2B", "B2BINT", "B2C"})


class _Schema(NamedTuple):
    nom: str
    forme: re.Pattern[str]
    attendu: str


# The bounds are the wider ones where two sources differ by one character.
SCHEMAS = {
    _SIRET: _Schema("SIRET", re.compile(r"[0-9]{14}"), "14 chiffres"),
    "0223": _Schema("numéro de TVA de l'Union européenne", re.compile(r".{1,18}"), "18 caractères au plus"),
    "0226": _Schema(
        "identifiant de particulier",
        re.compile(r"[0-9]{10}.{0,70}"),
        "10 chiffres, puis 70 caractères au plus",
    ),
    "0227": _Schema("identifiant hors Union européenne", re.compile(r".{1,18}"), "18 caractères au plus"),
    "0228": _Schema("RIDET", re.compile(r".{9,10}"), "9 ou 10 caractères"),
    "0229": _Schema("numéro TAHITI", re.compile(r".{6,10}"), "de 6 à 10 caractères"),
}


class _Longueur(NamedTuple):
    regle: str
    maximum: int
    nom: str


LONGUEURS = {
    "BT-122": _Longueur("30", 50, "référence de pièce jointe"),
    "BT-154": _Longueur("31", 1024, "description d'article"),
    "BT-35": _Longueur("32", 400, "adresse du fournisseur"),
    "BT-37": _Longueur("33", 400, "ville du fournisseur"),
    "BT-45": _Longueur("34", 99, "nom commercial du destinataire"),
    "BT-20": _Longueur("35", 1024, "texte des conditions de paiement"),
    "BT-28": _Longueur("36", 99, "nom commercial du fournisseur"),
    "BT-59": _Longueur("37", 99, "nom du bénéficiaire"),
    "BT-71": _Longueur("38", 20, "identifiant du lieu de livraison"),
    "BT-84": _Longueur("39", 27, "compte à créditer"),
}
_NOTE = _Longueur("42", 1024, "texte de note")
_NOM_FOURNISSEUR = _Longueur("43", 99, "raison sociale du fournisseur")
_NOM_DESTINATAIRE = _Longueur("44", 99, "nom du destinataire")

# Terms that may stand once.
UNIQUES = {
    "BT-25": ("20", "référence à une facture antérieure"),
    "BT-20": ("25", "conditions de paiement"),
    "BG-6": ("26", "contact du fournisseur"),
    "BG-9": ("27", "contact du destinataire"),
}


def is_b2g(context: Context) -> bool:
    """True unless the invoice itself says that it is private business: note BAR, without a note ADN = B2G."""
    values = {note.code: note.texte.strip().upper() for note in context.facture.notes}
    return values.get("ADN") == "B2G" or values.get("BAR") not in _HORS_B2G


def _terms(context: Context, terme: str) -> Iterator[tuple[str, str]]:
    for i, texte in enumerate(context.facture.termes.get(terme, ())):
        yield f"{terme}[{i}]", texte


def _check_contract_type(context: Context) -> Iterator[Hit]:
    for place, texte in _terms(context, "EXT-FR-FE-01"):
        if texte and texte not in CONTRATS:
            upper = texte.strip().upper()
            expected = upper if upper in CONTRATS else "MARCHE ou CONTRAT"
            yield Hit(context.facture.place(place), shown(texte), expected)


def _check_origin_length(context: Context) -> Iterator[Hit]:
    for place, texte in _terms(context, "BT-25"):
        if len(texte) > NUMERO_MAX:
            words = {"longueur": str(len(texte)), "maximum": str(NUMERO_MAX)}
            expected = f"{NUMERO_MAX} caractères au plus"
            yield Hit(context.facture.place(place), shown(texte), expected, words)


def _schemes(context: Context, partie: str) -> set[str]:
    return {identifiant.type for identifiant in context.facture.identifiants.get(partie, ())}


def _check_seller_scheme(context: Context) -> Iterator[Hit]:
    schemes = _schemes(context, "fournisseur")
    if schemes and not schemes & {*SCHEMAS, _SIREN}:  # a SIREN alone is told by its own rule
        yield Hit(context.facture.place("fournisseur"), expected="un SIRET, sous le schéma 0009")


def _check_seller_form(context: Context) -> Iterator[Hit]:
    for i, identifiant in enumerate(context.facture.identifiants.get("fournisseur", ())):
        schema = SCHEMAS.get(identifiant.type)
        # A malformed SIRET is refused by EDI-SIRET-01 and BR-FR-09.
        if schema and identifiant.type != _SIRET and not schema.forme.fullmatch(identifiant.valeur):
            words = {"nom": schema.nom, "schema": identifiant.type}
            place = context.facture.place(f"fournisseur_id[{i}]")
            yield Hit(place, shown(identifiant.valeur), schema.attendu, words)


def _check_siret_with_siren(context: Context) -> Iterator[Hit]:
    for partie, regle in (("fournisseur", "09"), ("beneficiaire", "17")):
        schemes = _schemes(context, partie)
        if _SIREN in schemes and _SIRET not in schemes:
            words = {"partie": "bénéficiaire" if partie == "beneficiaire" else partie, "regle": regle}
            i = next(
                i for i, found in enumerate(context.facture.identifiants[partie]) if found.type == _SIREN
            )
            yield Hit(context.facture.place(f"{partie}_id[{i}]"), expected="un SIRET", words=words)


def _check_buyer_siret(context: Context) -> Iterator[Hit]:
    schemes = _schemes(context, "destinataire")
    if schemes and _SIRET not in schemes:
        yield Hit(context.facture.place("destinataire"), expected="un SIRET, sous le schéma 0009")


def _check_cadre(context: Context) -> Iterator[Hit]:
    if context.facture.cadre == SOUS_TRAITANT:
        yield Hit(context.facture.place("cadre"), SOUS_TRAITANT, "S3")


def _check_lines(context: Context) -> Iterator[Hit]:
    if context.facture.lignes > LIGNES_MAX:
        yield Hit(
            context.facture.place("lignes"), str(context.facture.lignes), f"{LIGNES_MAX} lignes au plus"
        )


def _check_unique(context: Context) -> Iterator[Hit]:
    for terme, (regle, nom) in UNIQUES.items():
        count = len(context.facture.termes.get(terme, ()))
        if count > 1:
            words = {"nom": nom, "nombre": str(count), "regle": regle}
            yield Hit(context.facture.place(f"{terme}[1]"), str(count), "1", words)


def _too_long(context: Context) -> Iterator[tuple[str, str, _Longueur]]:
    """Place, text and bound of every text that is longer than Chorus Pro admits."""
    facture = context.facture
    for terme, bound in LONGUEURS.items():
        for i, texte in enumerate(facture.termes.get(terme, ())):
            if len(texte) > bound.maximum:
                yield f"{terme}[{i}]", texte, bound
    for i, note in enumerate(facture.notes):
        if len(note.texte) > _NOTE.maximum:
            yield f"note[{i}]", note.texte, _NOTE
    if len(facture.fournisseur.nom) > _NOM_FOURNISSEUR.maximum:
        yield "fournisseur_nom", facture.fournisseur.nom, _NOM_FOURNISSEUR
    if len(facture.destinataire.nom) > _NOM_DESTINATAIRE.maximum:
        yield "destinataire_nom", facture.destinataire.nom, _NOM_DESTINATAIRE


def _check_lengths(context: Context) -> Iterator[Hit]:
    for place, texte, bound in _too_long(context):
        words = {"nom": bound.nom, "longueur": str(len(texte)), "maximum": str(bound.maximum)}
        expected = f"{bound.maximum} caractères au plus"
        yield Hit(context.facture.place(place), shown(texte), expected, {**words, "regle": bound.regle})


def _rule(code: str, regles: str, check: Check, message: str, fix: str, *, blocks: bool = True) -> Rule:
    def check_b2g(context: Context) -> Iterator[Hit]:
        for hit in check(context):  # few invoices have one, and only then is it asked whether they are B2G
            if is_b2g(context):
                yield hit

    severity = Severity.ERROR if blocks else Severity.WARNING
    citation = f"Chorus Pro, règles de gestion B2G de la réforme : BR-FR-CPRO-{regles}"
    card = Card(f"EDI-CPRO-{code}", severity, "REJ_CONT_B2G", citation, message, fix)
    return Rule(card, check_b2g, frozenset({"reforme"}))


_REDEPOSE = "et dépose de nouveau la facture."

RULES: tuple[Rule, ...] = (
    _rule(
        "01",
        "01",
        _check_contract_type,
        "Le type de contrat « {value} » n'est pas admis par Chorus Pro ; attendu : {expected}.",
        f"Le fournisseur indique si le contrat est un marché (MARCHE) ou un contrat (CONTRAT) {_REDEPOSE}",
    ),
    _rule(
        "02",
        "02",
        _check_origin_length,
        "Le numéro de facture antérieure « {value} » compte {longueur} caractères ; Chorus Pro en admet "
        "{maximum} au plus.",
        f"Le fournisseur reprend le numéro sous lequel la facture antérieure a été déposée {_REDEPOSE}",
    ),
    _rule(
        "03",
        "03",
        _check_seller_scheme,
        "Le fournisseur n'a aucun identifiant que Chorus Pro connaisse (schémas 0009, 0223, 0226, 0227, 0228 "
        "et 0229).",
        "Le fournisseur indique son SIRET sous le schéma 0009 (BT-29) ; Chorus Pro peut rejeter la facture.",
        blocks=False,
    ),
    _rule(
        "04",
        "04 à 08",
        _check_seller_form,
        "L'identifiant du fournisseur « {value} » (schéma {schema}, {nom}) n'a pas la forme attendue : "
        "{expected}.",
        f"Le fournisseur corrige son identifiant {_REDEPOSE}",
    ),
    _rule(
        "05",
        "09 et 17",
        _check_siret_with_siren,
        "Le {partie} est désigné par son SIREN sans son SIRET, que Chorus Pro demande (BR-FR-CPRO-{regle}).",
        "Le fournisseur ajoute le SIRET du {partie} sous le schéma 0009 ; Chorus Pro peut rejeter la "
        "facture.",
        blocks=False,
    ),
    _rule(
        "06",
        "10",
        _check_buyer_siret,
        "Le destinataire n'est pas désigné par son SIRET, que Chorus Pro demande.",
        "Le fournisseur indique le SIRET du destinataire sous le schéma 0009 (BT-46) ; Chorus Pro peut "
        "rejeter la facture.",
        blocks=False,
    ),
    _rule(
        "07",
        "24",
        _check_cadre,
        "Le cadre de facturation « {value} » (facture de sous-traitant) n'est pas admis envers une entité "
        "publique.",
        f"Le fournisseur choisit {{expected}} pour demander le paiement direct {_REDEPOSE}",
    ),
    _rule(
        "08",
        "19",
        _check_lines,
        "La facture compte {value} lignes ; Chorus Pro en admet 999 999 au plus.",
        "Le fournisseur répartit les lignes en plusieurs factures et les dépose.",
    ),
    _rule(
        "09",
        "20 et 25 à 27",
        _check_unique,
        "La facture porte {nombre} fois la donnée « {nom} » ; Chorus Pro n'en admet qu'une "
        "(BR-FR-CPRO-{regle}).",
        f"Le fournisseur n'en garde qu'une {_REDEPOSE}",
    ),
    _rule(
        "10",
        "30 à 39 et 42 à 44",
        _check_lengths,
        "La donnée « {nom} » compte {longueur} caractères ; Chorus Pro en admet {maximum} au plus "
        "(BR-FR-CPRO-{regle}).",
        f"Le fournisseur raccourcit cette donnée à {{maximum}} caractères {_REDEPOSE}",
    ),
)
