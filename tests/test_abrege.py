"""What a lot keeps of its invoices: enough for the rest of the way, each equal value once."""

from __future__ import annotations

import base64
import pickle
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from edi.abrege import Aside, Partage, abridge, judge_briefly, judge_file, read_whole
from edi.inbound.readers import pieces
from edi.judge import Demande, judge_whole
from edi.model import Limites, Montants, Politique
from edi.samples.document import make_facture
from edi.samples.faults import MIXTE, REFORME, UBL

DEMANDE = Demande("", date(2026, 11, 20), Politique(), Limites())
_LET_GO = {"tva", "calculs", "notes", "identifiants", "termes", "places"}


@pytest.mark.parametrize("nom", [UBL, REFORME, MIXTE])
def test_what_is_kept_is_as_it_was_read(nom: str) -> None:
    whole = judge_whole("f.xml", make_facture(nom, faute="ttc-faux"), DEMANDE)
    short = abridge(whole)

    (before,), (after,) = whole.factures, short.factures
    kept = [name for name in before.facture.__slots__ if name not in _LET_GO]
    assert before.findings == after.findings
    assert [getattr(before.facture, name) for name in kept] == [getattr(after.facture, name) for name in kept]
    assert all(before.facture.place(name) == place for name, place in after.facture.places.items())


def test_an_avoir_still_says_what_it_corrects() -> None:
    (jugee,) = judge_briefly("f.xml", make_facture(UBL, avoir=True), DEMANDE).factures

    assert list(jugee.facture.termes) == ["BT-25"]


def test_what_was_let_go_of_is_read_again() -> None:
    data = make_facture(REFORME)
    (jugee,) = judge_whole("f.xml", data, DEMANDE).factures

    assert (jugee.facture,) == read_whole(data, DEMANDE)


def test_lines_weigh_nothing_any_more() -> None:
    few, many = (judge_briefly("f.xml", make_facture(REFORME, longueur=n), DEMANDE) for n in (1, 60))

    assert len(pickle.dumps(many)) < len(pickle.dumps(few)) + 100


def test_equal_values_of_a_lot_are_one_object_and_none_is_changed() -> None:
    partage, data = Partage(), make_facture(REFORME)
    one, other = (judge_briefly(nom, data, DEMANDE) for nom in ("a.xml", "b.xml"))
    shared, again = partage.share(one), partage.share(other)

    assert (one, other) == (shared, again)
    assert shared.factures[0].facture.fournisseur is again.factures[0].facture.fournisseur
    assert shared.factures[0].packs is again.factures[0].packs


def test_amounts_keep_their_digits() -> None:
    partage = Partage()
    read = judge_briefly("f.xml", make_facture(UBL), DEMANDE)
    (jugee,) = read.factures

    def share(ht: str) -> str:
        facture = replace(jugee.facture, montants=Montants(ht=Decimal(ht)))
        one = partage.share(replace(read, factures=(replace(jugee, facture=facture),)))
        return str(one.factures[0].facture.montants.ht)

    assert [share("10.0"), share("10.00")] == ["10.0", "10.00"]


def test_a_large_document_is_judged_where_it_lies() -> None:
    data, aside = make_facture(UBL), Aside()
    with aside.folder:
        path = aside.put("f.xml", data)
        judged = judge_file("f.xml", path, DEMANDE)
        aside.drop("f.xml")

        assert judge_briefly("f.xml", data, DEMANDE) == judged
        with pytest.raises(FileNotFoundError):
            judge_file("f.xml", path, DEMANDE)


def test_base64_is_decoded_by_pieces_as_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound, cut, with blanks, with padding and strange characters anywhere."""
    monkeypatch.setattr(pieces, "_PIECE", 16)
    chance = random.Random(1)
    for _ in range(5_000):
        text = list(base64.b64encode(chance.randbytes(chance.randrange(80))).decode())
        for _ in range(chance.randrange(3)):
            text.insert(chance.randrange(len(text) + 1), chance.choice(" \n\t==A-é\0"))
        contenu = "".join(text[: chance.randrange(len(text) + 1)] if chance.random() < 0.2 else text)

        assert _decode_at_once(contenu) == _decode(contenu), contenu


def _decode(contenu: str) -> bytes | None:
    try:
        return pieces._decode(contenu)
    except ValueError:
        return None


def _decode_at_once(contenu: str) -> bytes | None:
    try:
        return base64.b64decode("".join(contenu.split()), validate=True)
    except ValueError:
        return None
