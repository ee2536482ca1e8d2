"""PDF in the console: drawn as pictures with their text, for who may see the invoice; no other bytes are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from console import add_user, enter
from sqlalchemy import select
from starlette.testclient import TestClient
from workspace import deposit, make_espace

from edi.app import App
from edi.console.portier import CSP
from edi.espace import Espace
from edi.model import Role
from edi.samples import LotSpec
from edi.store.database import reading
from edi.store.tables import facture


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    made = make_espace(tmp_path_factory.mktemp("pdf") / "e")
    deposit(made, LotSpec("ubl", 1, numero_flux=1, graine=2))
    deposit(made, LotSpec("mixte", 2, numero_flux=2, graine=3, archive="xml"))
    deposit(made, LotSpec("facturx", 1, numero_flux=3, graine=8))
    App(made).run_once()
    add_user(made, "marie")
    add_user(made, "ouest", Role.FOURNISSEUR, "AAA123")
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    return made


@pytest.fixture(scope="module")
def as_user(espace: Espace) -> Callable[[str], TestClient]:
    return partial(enter, espace)


def first_of(espace: Espace, flux_id: int) -> int:
    query = select(facture.c.id).where(facture.c.flux_id == flux_id).order_by(facture.c.ordre)
    with reading(espace.engine) as conn:
        return int(conn.execute(query).scalars().first() or 0)


@pytest.fixture
def addresses(espace: Espace) -> dict[str, str]:
    return {
        "facturx": f"/factures/{first_of(espace, 3)}/pdf",
        "pièce": f"/factures/{first_of(espace, 2)}/pieces/0/pdf",
        "xml": f"/factures/{first_of(espace, 1)}/pdf",
    }


@pytest.mark.parametrize("kind", ["facturx", "pièce"])
def test_a_pdf_is_shown_page_by_page_with_its_text(
    as_user: Callable[[str], TestClient], addresses: dict[str, str], kind: str
) -> None:
    marie, address = as_user("marie"), addresses[kind]
    whole, page = marie.get(address), marie.get(f"{address}/1")

    assert f'<img src="{address}/1"' in whole.text
    assert "Total TTC" in whole.text
    assert (page.content[:4], page.content[8:12]) == (b"RIFF", b"WEBP")
    assert page.headers["content-type"] == "image/webp"
    assert page.headers["content-security-policy"] == CSP
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", ["facturx", "pièce"])
def test_the_page_of_the_invoice_shows_the_first_page_of_it(
    as_user: Callable[[str], TestClient], addresses: dict[str, str], kind: str
) -> None:
    address = addresses[kind]
    invoice = "/".join(address.split("/")[:3])

    assert f'<img src="{address}/1"' in as_user("marie").get(invoice).text


def test_what_is_no_pdf_or_no_page_of_it_is_not_there(
    as_user: Callable[[str], TestClient], addresses: dict[str, str]
) -> None:
    marie = as_user("marie")
    paths = [
        addresses["xml"],
        f"{addresses['xml']}/1",
        f"{addresses['facturx']}/0",
        f"{addresses['facturx']}/-1",
        f"{addresses['facturx']}/2",
        addresses["pièce"].replace("/0/", "/7/"),
    ]

    assert [marie.get(path).status_code for path in paths] == [404] * len(paths)
    assert "<img" not in marie.get(addresses["xml"].removesuffix("/pdf")).text


def test_a_supplier_sees_the_pdf_of_its_own_invoices_and_no_other(
    as_user: Callable[[str], TestClient], addresses: dict[str, str]
) -> None:
    paths = [addresses[kind] + rest for kind in ("facturx", "pièce") for rest in ("", "/1")]

    assert [as_user("ouest").get(path).status_code for path in paths] == [200] * 4
    assert [as_user("armor").get(path).status_code for path in paths] == [404] * 4
