"""What the official rules of the reform do not see: an unknown profile, and notes that say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from edi.model import Card, Note, Severity
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import enumerate_all, shown

_EN = "urn:cen.eu:en16931:2017"
EN16931 = _EN
EXTENDED_CTC_FR = f"{_EN}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr"
FACTURX_EXTENDED = f"{_EN}#conformant#urn:factur-x.eu:1p0:extended"
FACTURX_BASIC_WL = "urn:factur-x.eu:1p0:basicwl"
BASE = (EN16931, EXTENDED_CTC_FR, FACTURX_EXTENDED)
# Profiles that exist and that no French platform need accept, with the name people know them by.
OTHERS = {
    f"{_EN}#compliant#urn:factur-x.eu:1p0:basic": "Factur-X BASIC",
    "urn:factur-x.eu:1p0:minimum": "Factur-X MINIMUM",
    f"{_EN}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0": "Peppol BIS Billing 3",
}
BASIC_WL_UNTIL = date(2027, 9, 1)  # tolerated in the first year of the reform

NOTES = {
    "PMT": "l'indemnité forfaitaire de 40 € pour frais de recouvrement",
    "PMD": "les pénalités de retard",
    "AAB": "l'escompte, ou son absence",
}
_DUMMIES = frozenset("na n/a nc nr nd tbd todo test xx xxx null none vide aucune valeur".split())
_NO_WORD = re.compile(r"[^\w/]|_")

_KNOWN = (*BASE, FACTURX_BASIC_WL, *OTHERS)
_BASE_NAMED = enumerate_all(BASE, "ou")
_REFORME = frozenset({"reforme"})


def _check_profile_known(context: Context) -> Iterator[Hit]:
    """In the formats of Chorus Pro, where BT-24 means nothing, only a misspelt profile is told."""
    profil = context.facture.profil
    if not profil or profil in _KNOWN:
        return
    near = get_close_matches(profil, _KNOWN, n=1, cutoff=0.85)
    if near or context.famille == "reforme":
        expected = near[0] if near else _BASE_NAMED
        yield Hit(context.facture.place("profil"), shown(profil), expected)


def _check_profile_french(context: Context) -> Iterator[Hit]:
    profil = context.facture.profil
    if profil in OTHERS:
        yield Hit(context.facture.place("profil"), profil, _BASE_NAMED, {"nom": OTHERS[profil]})


def _check_basic_wl(context: Context) -> Iterator[Hit]:
    if context.facture.profil == FACTURX_BASIC_WL:
        yield Hit(context.facture.place("profil"), FACTURX_BASIC_WL, _BASE_NAMED)


def says_nothing(note: Note) -> bool:
    """True for a text put only to fill the place: ``.``, ``NA``, the code itself."""
    words = " ".join(_NO_WORD.sub(" ", note.texte).split())
    if note.code == "AAB" and "0" in words:
        return False  # « 0 » is an answer: no discount
    word = words.replace(" ", "").casefold()
    return len(word) < 2 or word in _DUMMIES or word == note.code.casefold()


def _notes(context: Context) -> Iterator[tuple[str, Note]]:
    for i, note in enumerate(context.facture.notes):
        if note.code in NOTES:
            yield f"note[{i}]", note


def _check_note_not_empty(context: Context) -> Iterator[Hit]:
    for place, note in _notes(context):
        if not note.texte.strip():
            words = {"code": note.code, "objet": NOTES[note.code]}
            yield Hit(context.facture.place(place), "", f"une phrase sur {NOTES[note.code]}", words)


def _check_note_says_something(context: Context) -> Iterator[Hit]:
    for place, note in _notes(context):
        if note.texte.strip() and says_nothing(note):
            words = {"code": note.code, "objet": NOTES[note.code]}
            expected = f"une phrase sur {NOTES[note.code]}"
            yield Hit(context.facture.place(place), shown(note.texte), expected, words)


_NOTES_CITED = "Code de commerce, article L441-9 ; BR-FR-05 (notes PMT, PMD et AAB)"
_PROFILS_CITED = "DGFiP, spécifications externes B2B : formats du socle ; EN 16931, BT-24"

RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-PROFIL-01",
            Severity.WARNING,
            "REJ_SEMAN",
            _PROFILS_CITED,
            "Le profil de la facture, « {value} », n'est pas connu ; attendu : {expected}.",
            "L'éditeur du logiciel de facturation corrige l'identifiant du profil (BT-24).",
        ),
        _check_profile_known,
    ),
    Rule(
        Card(
            "EDI-PROFIL-02",
            Severity.WARNING,
            "REJ_SEMAN",
            _PROFILS_CITED,
            "Le profil de la facture, {nom} (« {value} »), n'est pas de ceux du socle français.",
            "L'éditeur du logiciel de facturation produit la facture sous un profil du socle : {expected}.",
        ),
        _check_profile_french,
        _REFORME,
    ),
    Rule(
        Card(
            "EDI-PROFIL-03",
            Severity.WARNING,
            "REJ_SEMAN",
            _PROFILS_CITED,
            "Le profil de la facture, Factur-X BASIC WL (« {value} »), n'est plus toléré depuis le "
            "01/09/2027.",
            "L'éditeur du logiciel de facturation produit la facture sous un profil du socle : {expected}.",
            since=BASIC_WL_UNTIL,
        ),
        _check_basic_wl,
        _REFORME,
    ),
    Rule(
        Card(
            "EDI-NOTE-01",
            Severity.ERROR,
            "REJ_SEMAN",
            _NOTES_CITED,
            "La mention obligatoire {code} ({objet}) est vide.",
            "Le fournisseur écrit la mention {code} ({objet}) et dépose de nouveau la facture.",
        ),
        _check_note_not_empty,
        _REFORME,
    ),
    Rule(
        Card(
            "EDI-NOTE-02",
            Severity.WARNING,
            "REJ_SEMAN",
            _NOTES_CITED,
            "La mention obligatoire {code} ({objet}) ne dit rien : « {value} ».",
            "Le fournisseur écrit une vraie mention {code} ({objet}).",
        ),
        _check_note_says_something,
        _REFORME,
    ),
)
