"""Many rows written at once, on either database: numbered in order, told as an ordinary INSERT would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bases import open_base
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from edi.lifecycle.advance import receive_flux
from edi.model import Flux
from edi.store.masse import write_numbered, write_rows
from edi.store.tables import facture, facture_unique, finding

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
MANY = 100
WORDS = "fichier code location value expected fix term motif source".split()


@pytest.fixture
def base(tmp_path: Path) -> Engine:
    return open_base(tmp_path)


@pytest.fixture
def received(base: Engine) -> Flux:
    with base.begin() as conn:
        return receive_flux(conn, "001-AAA123", "AAA123", "a.xml", NOW)


def found_in(received: Flux, message: str) -> dict[str, Any]:
    named = {"flux_id": received.id, "facture_id": None, "severity": 2, "line": None}
    return {**named, **dict.fromkeys(WORDS, ""), "message": message}


def numbered(received: Flux, rank: int) -> dict[str, Any]:
    texts = (column.name for column in facture.c if column.type.python_type is str)
    return {
        **dict.fromkeys(texts, "é"),
        "flux_id": received.id,
        "ordre": rank,
        "rang": 1,
        "date": date(2026, 11, rank % 28 + 1),
        "ht": Decimal(rank) / 100,
        "tva": None,
        "ttc": Decimal("1.00"),
        "net": Decimal("-0.5"),
        "lignes": 1,
        "pieces_jointes": 0,
    }


@pytest.mark.parametrize("many", [3, MANY])
def test_rows_are_numbered_in_their_order(base: Engine, received: Flux, many: int) -> None:
    told = [f"é\t\\{n}\n" for n in range(many)]
    with base.begin() as conn:
        ids = write_numbered(conn, finding, [found_in(received, one) for one in told])
        query = select(finding.c.id, finding.c.message).order_by(finding.c.id)
        kept = [tuple(one) for one in conn.execute(query)]

    assert list(zip(ids, told, strict=True)) == kept


def test_many_at_once_lie_there_as_one_by_one(base: Engine, received: Flux) -> None:
    rows = [numbered(received, rank) for rank in range(MANY)]
    with base.begin() as conn:
        write_rows(conn, facture, rows)
        for row in rows:
            conn.execute(insert(facture), {**row, "ordre": row["ordre"] + MANY})
        columns = [column for column in facture.c if column.name not in ("id", "ordre")]
        kept = [tuple(row) for row in conn.execute(select(*columns).order_by(facture.c.ordre))]

    assert len(kept) == 2 * MANY
    assert kept[:MANY] == kept[MANY:]


@pytest.mark.parametrize("many", [3, MANY])
def test_what_breaks_a_rule_of_the_tables_is_told_as_an_insert_would(base: Engine, many: int) -> None:
    row = {"fournisseur": "1", "numero": "F-1", "annee": 2026}
    rows = [{**row, "facture_id": n} for n in range(1, many)]
    with pytest.raises(IntegrityError), base.begin() as conn:
        write_rows(conn, facture_unique, rows)
