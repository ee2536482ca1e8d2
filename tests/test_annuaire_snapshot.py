"""The snapshot of a lot: the same world from the database or from files, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from bases import is_postgresql, open_base
from sqlalchemy import Connection, Engine, event

from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import give
from edi.annuaire.snapshot import take_snapshot
from edi.model import (
    SIREN,
    SIRET,
    UE_HORS_FRANCE,
    CleFacture,
    Facture,
    Identifiant,
    Mandat,
    Original,
    Partie,
    Saisie,
    Snapshot,
    Structure,
)

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
JOUR = date(2026, 3, 2)
STRUCTURES = (
    "TypeIdentifiant;Identifiant;RaisonSociale;EmetteurEdi;RecepteurEdi;GestionStatutMiseEnPaiement;"
    "GestionEngagement;GestionService;GestionServiceEngagement;EstMOA;EstMOAUniquement;StructureActive"
)
SERVICES = "Identifiant;Code;Nom;GestionEGMT;ServiceActif"


def numero(rang: int, etablissement: int = 1) -> str:
    return f"{200_000_000 + rang}{etablissement:05d}"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """900 legal entities of two establishments, each with two services; and one stranger."""
    sirets = [numero(rang, place) for rang in range(900) for place in (1, 2)]
    structures = [f"1;{siret};STRUCTURE {siret};{'false;' * 8}true" for siret in sirets]
    structures.append(f"2;DE123456789;GMBH;{'false;' * 8}true")
    services = [f"{siret};SRV{n};Service {n};false;true" for siret in sirets for n in (1, 2)]
    paths = (tmp_path / "structures.csv", tmp_path / "services.csv")
    for path, lines in zip(paths, ([STRUCTURES, *structures], [SERVICES, *services]), strict=True):
        path.write_text("\n".join(lines), encoding="utf-8")
    return paths


@pytest.fixture
def engine(tmp_path: Path, files: tuple[Path, Path]) -> Iterator[Engine]:
    engine = open_base(tmp_path)
    with engine.begin() as conn:
        for path in files:
            import_csv(conn, path, AT)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def facture(fournisseur: Identifiant, destinataire: Identifiant, rang: int = 1) -> Facture:
    return Facture(
        rang, f"F{rang}", "380", "A1", JOUR, "EUR", Partie(fournisseur), Partie(destinataire), service="SRV1"
    )


def lot(size: int) -> list[Facture]:
    """Invoices of different parties, some named by SIREN, one by a foreign VAT number."""
    named = [
        facture(Identifiant(SIRET, numero(rang)), Identifiant(SIRET, numero(899 - rang)), rang)
        for rang in range(size)
    ]
    by_siren = facture(Identifiant(SIREN, numero(1)[:9]), Identifiant(SIREN, numero(2)[:9]))
    abroad = facture(Identifiant(UE_HORS_FRANCE, "DE123456789"), Identifiant(SIRET, numero(3)))
    return [*named, by_siren, abroad]


def count_queries(engine: Engine, factures: Sequence[Facture]) -> int:
    statements: list[str] = []

    def note(conn: object, cursor: object, sql: str, *rest: object) -> None:
        statements.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    with engine.begin() as conn:
        take_snapshot(conn, factures, "AAA123", {})
    event.remove(engine, "before_cursor_execute", note)
    return sum(sql.startswith("SELECT") for sql in statements)


def test_a_large_lot_costs_no_more_queries_than_a_small_one(engine: Engine) -> None:
    small, large = count_queries(engine, lot(10)), count_queries(engine, lot(400))

    expected = 6 if is_postgresql() else 5  # there, the lock of writers is a query

    assert (small, large) == (expected, expected)


def test_a_snapshot_holds_what_the_lot_names_and_nothing_else(conn: Connection) -> None:
    fournisseur, destinataire = Identifiant(SIRET, numero(1)), Identifiant(SIRET, numero(2))
    unknown = Identifiant(SIRET, numero(5_000))
    original = {CleFacture(numero(1)[:9], "F1", 2026): Original("FSO1100A_AAA123_1", AT)}
    factures = [facture(fournisseur, destinataire), facture(fournisseur, unknown)]
    snapshot = take_snapshot(conn, factures, "AAA123", original)

    assert set(snapshot.structures) == {fournisseur, destinataire}
    assert set(snapshot.services) == {(numero(2), "SRV1"), (numero(2), "SRV2")}
    assert (snapshot.annuaire_du, snapshot.originaux, snapshot.mandats) == (AT, original, ())


def test_a_party_named_by_its_siren_brings_all_its_establishments(conn: Connection) -> None:
    fournisseur, destinataire = Identifiant(SIREN, numero(1)[:9]), Identifiant(SIREN, numero(2)[:9])
    snapshot = take_snapshot(conn, [facture(fournisseur, destinataire)], "AAA123", {})
    establishments = [s.identifiant.valeur for s in snapshot.structures_of(destinataire)]

    assert sorted(establishments) == [numero(2, 1), numero(2, 2)]
    assert {(siret, code) for siret, code in snapshot.services if siret.startswith(destinataire.valeur)} == {
        (siret, code) for siret in establishments for code in ("SRV1", "SRV2")
    }


def test_a_type_and_a_number_go_together(conn: Connection) -> None:
    fournisseur = Identifiant(SIRET, "DE123456789")
    abroad = Identifiant(UE_HORS_FRANCE, numero(1))
    snapshot = take_snapshot(conn, [facture(fournisseur, abroad)], "AAA123", {})

    assert snapshot.structures == {}


def test_a_lot_without_invoices_or_parties_sees_an_empty_world(conn: Connection) -> None:
    nobody = facture(Identifiant(SIRET, ""), Identifiant(SIREN, ""))
    snapshots = [take_snapshot(conn, factures, "AAA123", {}) for factures in ((), (nobody,))]

    assert snapshots == [Snapshot(annuaire_du=AT)] * 2


def test_before_any_import_the_snapshot_says_so(tmp_path: Path) -> None:
    engine = open_base(tmp_path)
    with engine.begin() as conn:
        snapshot = take_snapshot(conn, lot(1), "AAA123", {})
    engine.dispose()

    assert Snapshot() == snapshot


def test_mandats_of_the_parties_are_brought_whichever_number_they_name(conn: Connection) -> None:
    mandants = {
        "same siret": Identifiant(SIRET, numero(1)),
        "other establishment": Identifiant(SIRET, numero(1, 2)),
        "its siren": Identifiant(SIREN, numero(1)[:9]),
        "vat": Identifiant(UE_HORS_FRANCE, "DE123456789"),
        "stranger": Identifiant(SIRET, numero(7)),
        "other type": Identifiant(UE_HORS_FRANCE, numero(1)),
    }
    names = {
        give(conn, mandant, "AAA123", JOUR, Saisie(AT, "")).id: name for name, mandant in mandants.items()
    }
    give(conn, Identifiant(SIRET, numero(1)), "BBB456", JOUR, Saisie(AT, ""))
    brought = {}
    for key in ("same siret", "its siren", "vat"):
        factures = [facture(mandants[key], Identifiant(SIRET, numero(2)))]
        brought[key] = [names[m.id] for m in take_snapshot(conn, factures, "AAA123", {}).mandats]

    assert brought == {
        "same siret": ["same siret", "other establishment", "its siren"],
        "its siren": ["same siret", "other establishment", "its siren"],
        "vat": ["vat"],
    }


def test_what_is_found_along_the_index_is_what_lies_there() -> None:
    parties = [Identifiant(SIRET, numero(n, m)) for n in range(1, 40) for m in range(1, 1 + n % 4)]
    parties += [Identifiant(SIREN, numero(n)[:9]) for n in range(1, 40, 3)]
    parties += [Identifiant(UE_HORS_FRANCE, f"DE{n:09d}") for n in range(20)]
    structures = {one: Structure(one, f"n° {rank}") for rank, one in enumerate(parties) if one.type == SIRET}
    mandats = tuple(Mandat(rank, one, "AAA123", JOUR) for rank, one in enumerate(parties) if rank % 3)
    world = Snapshot(AT, structures, mandats=mandats)

    for one in parties:
        named = (s for s in structures.values() if s.identifiant == one)
        owned = (s for s in structures.values() if s.identifiant.siren == one.valeur)
        among = list(owned if one.type == SIREN else named)
        assert list(world.structures_of(one)) == among
        given = [m for m in mandats if m.mandant == one or (one.siren and m.mandant.siren == one.siren)]
        assert list(world.mandats_of(one)) == given
