"""Faults of the attachments. An invoice that has none is first given one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lxml import etree

from edi.samples.brouillon import Brouillon
from edi.samples.faults.fault import CII, CII_MIN, MIXTE, UBL, UBL_MIN, Fault, Scene, SpoilValues
from edi.samples.pieces import PieceJointe, encode, write_pdf, write_zip

_TROP_GROS = 11 * 1024 * 1024  # bytes; 10 MiB is the limit
_ZIPPED = (UBL, UBL_MIN, CII, CII_MIN, MIXTE)  # formats whose attachments travel in a zip


def _spoil_last(spoil: Callable[[PieceJointe, Scene], PieceJointe]) -> SpoilValues:
    def apply(brouillon: Brouillon, scene: Scene) -> Brouillon:
        pieces = brouillon.pieces_jointes or (_spare(),)
        return replace(brouillon, pieces_jointes=(*pieces[:-1], spoil(pieces[-1], scene)))

    return apply


def _set(**changes: Any) -> SpoilValues:
    return _spoil_last(lambda piece, scene: piece._replace(**changes))


def _spare() -> PieceJointe:
    return PieceJointe("bon_de_livraison.pdf", write_pdf(("Bon de livraison",)))


def _swell(piece: PieceJointe, scene: Scene) -> PieceJointe:
    """Swollen with bytes that a zip shrinks some twenty times: large, yet no bomb."""
    blocks = [scene.rng.randbytes(32) + bytes(992) for _ in range(_TROP_GROS // 1024)]
    return piece._replace(contenu=b"%PDF-1.4\n" + b"".join(blocks))


def _put_two_members(piece: PieceJointe, scene: Scene) -> PieceJointe:
    members = ((piece.nom, piece.contenu), ("annexe.pdf", piece.contenu))
    return piece._replace(base64=encode(write_zip(members)))


def _break_zip(piece: PieceJointe, scene: Scene) -> PieceJointe:
    whole = write_zip(((piece.nom, piece.contenu),))
    return piece._replace(base64=encode(whole[: len(whole) // 2]))


def _repeat(brouillon: Brouillon, scene: Scene) -> Brouillon:
    pieces = brouillon.pieces_jointes or (_spare(),)
    return replace(brouillon, pieces_jointes=(*pieces, pieces[-1]._replace(type="02")))


def _call_complementary(brouillon: Brouillon, scene: Scene) -> Brouillon:
    return replace(brouillon, pieces_jointes=tuple(p._replace(type="02") for p in brouillon.pieces_jointes))


def _add_unknown_type(unit: etree._Element) -> None:
    """A second attachment of type 03, after the invoice of type 01."""
    attachment = etree.SubElement(unit, "PJ", NumOrdre="99")
    texts = {
        "Contenu": _spare().texte,
        "NomPJ": _spare().nom,
        "TypePJ": "03",
        "MimeTypePJ": "application/pdf",
    }
    for name, text in texts.items():
        etree.SubElement(attachment, name).text = text


FAUTES = (
    Fault(
        "piece-jointe-nom-trop-long",
        "EDI-PJ-01",
        "nom de pièce jointe de plus de 50 caractères",
        values=_set(nom="attestation_de_regularite_" + "tres_" * 6 + "longue.pdf"),
        codes={MIXTE: "EDI-XSD-06"},
        aussi=("EDI-PJ-01", "EDI-CPRO-10"),
    ),
    Fault(
        "piece-jointe-extension",
        "EDI-PJ-02",
        "pièce jointe dont l'extension n'est pas admise",
        values=_set(nom="facture.exe"),
    ),
    Fault(
        "piece-jointe-trop-grosse",
        "EDI-PJ-03",
        "pièce jointe de plus de 10 Mio",
        values=_spoil_last(_swell),
    ),
    Fault("piece-jointe-vide", "EDI-PJ-04", "pièce jointe de 0 octet", values=_set(contenu=b"")),
    Fault(
        "piece-jointe-base64",
        "EDI-PJ-05",
        "pièce jointe qui n'est pas du base64",
        (MIXTE,),
        values=_set(base64="ceci n'est pas du base64 !"),
    ),
    Fault(
        "piece-jointe-zip-tronque",
        "EDI-PJ-05",
        "pièce jointe dont l'archive zip est tronquée",
        _ZIPPED,
        values=_spoil_last(_break_zip),
    ),
    Fault(
        "piece-jointe-deux-fichiers",
        "EDI-PJ-05",
        "pièce jointe dont l'archive zip contient deux fichiers",
        _ZIPPED,
        values=_spoil_last(_put_two_members),
    ),
    Fault(
        "piece-jointe-autre-nom",
        "EDI-PJ-06",
        "pièce jointe qui porte un autre nom dans son archive zip (avertissement)",
        _ZIPPED,
        values=_set(membre="scan0001.pdf"),
    ),
    Fault(
        "piece-jointe-en-double",
        "EDI-PJ-07",
        "deux pièces jointes du même nom (avertissement)",
        values=_repeat,
    ),
    Fault(
        "piece-jointe-sans-facture",
        "EDI-PJ-08",
        "facture mixte sans pièce jointe de type 01",
        (MIXTE,),
        values=_call_complementary,
    ),
    Fault(
        "piece-jointe-type-inconnu",
        "EDI-XSD-04",
        "pièce jointe de type 03",
        (MIXTE,),
        tree=_add_unknown_type,
    ),
)
