"""Relevés: what was deposited on a day, sealed; and what a déposant says against it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.releve.service import Releves
from edi.samples import LotSpec

JOUR = date(2026, 11, 20)  # the samples' own day
LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))
STEM = "releve-2026-11-20"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    espace = make_espace(tmp_path / "espace")
    deposit(espace, LOT)
    App(espace).run_once()
    return espace


def with_key(espace: Espace, data: bytes) -> Espace:
    (espace.root / "config" / "releve.pem").write_bytes(data)
    config = espace.root / "config" / "edi.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[releve]\ncle = "config/releve.pem"\n', "utf-8")
    return open_espace(espace.root)


def pem(key: Any) -> bytes:
    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data


def file_of(espace: Espace, suffix: str) -> bytes:
    return (espace.spool.statut("AAA123") / f"{STEM}.{suffix}").read_bytes()


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def test_a_releve_counts_what_was_received_and_seals_its_csv(espace: Espace) -> None:
    made = Releves(espace).put("AAA123", JOUR)
    told, table = json.loads(file_of(espace, "json")), file_of(espace, "csv")

    assert (made.flux, made.factures, made.signe) == (1, 3, False)
    assert told["csv"]["sha256"] == hashlib.sha256(table).hexdigest()
    assert told["signature"] is None
    assert "non signé" in told["avertissement"]
    assert {k: told["totaux"][k] for k in ("recues", "acceptees", "rejetees", "en_attente")} == {
        "recues": 3,
        "acceptees": 2,
        "rejetees": 1,
        "en_attente": 0,
    }
    assert set(told["totaux"]["montants_ttc"]["EUR"]) == {"acceptee", "rejetee"}
    assert len(rows_of(table)) == 3


def test_a_signed_releve_is_verified_and_a_changed_one_is_not(espace: Espace) -> None:
    key = Ed25519PrivateKey.generate()
    made = Releves(with_key(espace, pem(key))).put("AAA123", JOUR)
    sealed, signature = file_of(espace, "json"), file_of(espace, "json.sig")
    key.public_key().verify(signature, sealed)

    assert made.signe
    with pytest.raises(InvalidSignature):
        key.public_key().verify(signature, sealed.replace(b"INTEGRE_PARTIEL", b"INTEGRE"))


@pytest.mark.parametrize("data", [b"", b"-----BEGIN NOTHING-----", pem(generate_private_key(65537, 2048))])
def test_a_key_that_cannot_sign_is_told_in_one_line(
    espace: Espace, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with_key(espace, data)
    done = type_edi(capsys, "-e", espace.root, "releve", "--jour", "2026-11-20")

    assert done.code == 2
    assert "releve.pem" in done.err


@pytest.mark.parametrize(("jour", "flux"), [("2026-11-19", 0), ("2026-11-20", 1), ("2026-11-21", 0)])
def test_a_day_holds_what_was_received_on_it(
    espace: Espace, jour: str, flux: int, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, "releve", "--jour", jour, "--appli", "AAA123")

    assert f"{flux} flux" in done.out
    assert "NON SIGNÉ" in done.out


# -- contre-relevés ---------------------------------------------------------------------------------------


def compare(espace: Espace, data: bytes, nom: str = f"contre-{STEM}.csv") -> dict[str, Any]:
    """Drop a contre-relevé into ``test``; its answer."""
    (espace.spool.inbox("AAA123", "test") / nom).write_bytes(data)
    App(espace).run_once()
    answers = espace.spool.statut("AAA123") / "test"
    assert (answers / f"{nom}.txt").is_file()
    told: dict[str, Any] = json.loads((answers / f"{nom}.json").read_bytes())
    return told


def own(espace: Espace) -> list[dict[str, str]]:
    Releves(espace).put("AAA123", JOUR)
    return rows_of(file_of(espace, "csv"))


def write(rows: list[dict[str, str]], delimiter: str = ";") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("cp1252")


def test_our_own_releve_differs_only_by_what_was_not_accepted(espace: Espace) -> None:
    own(espace)
    told = compare(espace, file_of(espace, "csv"))

    assert told["verdict"] == "1 écart"
    assert [ecart["nature"] for ecart in told["ecarts"]] == ["reçue et non acceptée"]


def test_every_kind_of_difference_is_told(espace: Espace) -> None:
    rows = own(espace)
    accepted = [row for row in rows if not row["statut"].startswith("Non conforme")]
    rejected = next(row for row in rows if row not in accepted)
    lines = [
        {**accepted[0], "ttc": "1,23", "sha256": "0" * 64},
        rejected,
        {**accepted[0], "facture": "JAMAIS-VUE"},
    ]
    told = compare(espace, write(lines, ","))

    assert [(ecart["nature"], ecart["facture"]) for ecart in told["ecarts"]] == [
        ("montant TTC différent", accepted[0]["facture"]),
        ("octets du flux différents", accepted[0]["facture"]),
        ("reçue et non acceptée", rejected["facture"]),
        ("absente chez nous", "JAMAIS-VUE"),
        ("reçue et absente de votre fichier", accepted[1]["facture"]),
    ]


def test_a_list_of_numbers_is_enough(espace: Espace) -> None:
    rows = own(espace)
    numbers = "\r\n".join(["facture", *(row["facture"] for row in rows if row["statut"][:3] != "Non")])
    told = compare(espace, numbers.encode(), "contre-releve.csv")

    assert told["verdict"] == "aucun écart"
    assert told["lignes"] == 2


@pytest.mark.parametrize("ttc", ["{}", "{}0", " {} "])
def test_an_amount_is_compared_as_an_amount(espace: Espace, ttc: str) -> None:
    (row, *_) = [row for row in own(espace) if row["statut"][:3] != "Non"]
    told = compare(
        espace, write([{**row, "ttc": ttc.format(row["ttc"]).replace(".", ",")}]), "contre-releve.csv"
    )

    assert told["ecarts"] == []


@pytest.mark.parametrize(
    ("data", "nom", "said"),
    [
        (b"", "contre-releve.csv", "doit nommer les colonnes"),
        (b"numero;montant\n1;2\n", "contre-releve.csv", "numero, montant"),
        (b"facture\n1\n", "contre-releve-2026-02-30.csv", "n'existe pas"),
    ],
)
def test_a_file_that_cannot_be_compared_is_answered_with_why(
    espace: Espace, data: bytes, nom: str, said: str
) -> None:
    told = compare(espace, data, nom)

    assert told["verdict"] == "contre-relevé illisible"
    assert said in told["raison"]


def test_the_invoices_of_another_deposant_are_not_told(espace: Espace) -> None:
    numero = own(espace)[0]["facture"]
    (espace.spool.inbox("BBB456", "test") / "contre-releve.csv").write_bytes(f"facture\n{numero}\n".encode())
    App(espace).run_once()
    answer = espace.spool.statut("BBB456") / "test" / "contre-releve.csv.json"
    (ecart,) = json.loads(answer.read_bytes())["ecarts"]

    assert ecart["chez_nous"] == "jamais reçue"
