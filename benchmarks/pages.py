"""How long the pages of the console take with a million invoices: ``python benchmarks/pages.py [N] [DIR]``.

The database is made of rows alone (no file, no judgement) and kept in DIR: a second run only measures.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Table, insert
from starlette.testclient import TestClient

from edi import assemblage
from edi.annuaire.imports import import_csv
from edi.console.application import make_application
from edi.console.mots_de_passe import hash_password
from edi.espace import Espace, open_espace
from edi.model import Role
from edi.store import utilisateurs
from edi.store.tables import (
    depot_manuel,
    emission,
    facture,
    facture_statut,
    finding,
    flux,
    flux_statut,
    mandat,
    rejet,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import annuaire
from console import PASSE, log_in

APPLIS = [f"{letter * 3}{number}" for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXY", 100)]
CODES = ["EDI-SERVICE-02", "EDI-MONTANT-03", "EDI-DEST-02", "BR-CO-15", "EDI-NUMERO-02", "EDI-DOUBLON-01"]
VIES = ["MISE_A_DISPOSITION"] * 20 + ["SUSPENDUE", "A_RECYCLER", "MISE_EN_PAIEMENT"]
GRAND, RARE = "10000000000001", "19999999999999"  # a destinataire of a fifth of all, one of few
SEED, JOURS, TOURS = 20261126, 90, 21
PAGES = (
    "/",
    "/flux",
    "/flux?statut=INTEGRE_PARTIEL",
    "/flux?statut=IRRECEVABLE",
    "/flux?statut=EN_ATTENTE",
    "/flux?deposant=DDD103",
    "/flux?deposant=DDD103&statut=REJETE",
    "/flux?interface=FSO1100A",
    "/flux?code=EDI-SERVICE-02",
    "/flux?code=EDI-SERVICE-02&deposant=DDD103",
    f"/flux?cherche={GRAND}",
    f"/flux?cherche={GRAND}&statut=REJETE",
    f"/flux?cherche={RARE}",
    "/flux?cherche=F-500",
    "/flux?cherche=EJ777",
    "/flux?cherche=FSO1100A_DDD103",
    "/flux?cherche=FSO1100A_",
    "/flux?cherche=rien",
    "/flux?avant=1000",
    "/flux/1000",
    "/factures/1000",
    "/plateforme",
    "/deposants",
    "/deposants/DDD103",
    "/regles",
    "/regles/catalogue?cherche=service",
    "/nuits",
    "/deposer",
    "/deposer/depots",
    "/deposer/depots?avant=20000",
    "/deposer/depots/1000",
    "/annuaire",
    "/annuaire?cherche=*montagne*",
    "/annuaire?cherche=commune*+pont+1*",
    "/annuaire?cherche=20000100000014",
    "/annuaire?cherche=29*&exige=service&active=non",
    "/annuaire?quoi=services&cherche=*99*+lycee",
    "/annuaire?quoi=services&cherche=rien",
    "/annuaire/20000100000014",
    "/mandats",
    "/mandats?etat=SOUSCRIT",
    "/mandats?deposant=DDD103&etat=REVOQUE",
    "/mandats?fournisseur=200000010",
    "/api/v1/plateforme",
    "/api/v1/flux?statut=EN_ATTENTE",
    f"/api/v1/flux?cherche={GRAND}",
    "/api/v1/flux/1000",
    "/api/v1/flux/1000/constats",
    f"/api/v1/factures?cherche={GRAND}",
    "/api/v1/factures/1000",
    "/api/v1/mandats",
    "/api/v1/quarantaine",
    "/alertes",
    "/quarantaine",
    "/jugements",
    "/retenues",
    "/rejets",
    "/rejets?deposant=DDD103",
    "/rejets?depuis=2020-01-01",
    "/rejets/EDI-SERVICE-02",
    "/rejets/EDI-SERVICE-02?depuis=2020-01-01&avant=900000",
    "/rejets/EDI-MONTANT-03?signature=~BT-10+:+A&fournisseur=20000000001000",
)


def make_rows(wanted: int, now: datetime) -> Iterator[dict[Table, list[dict[str, Any]]]]:
    """The rows of one lot after another, over the last three months."""
    chance, number, made = random.Random(SEED), 0, 0  # noqa: S311 (seeded on purpose)
    while made < wanted:
        number += 1
        size = min(chance.choice([1, 1, 5, 10, 20, 30, 50]), wanted - made)
        appli = chance.choices(APPLIS, [1] * 23 + [8, 20])[0]
        at = now - timedelta(days=JOURS) * (1 - made / wanted)
        bad = sum(chance.random() < 0.04 for _ in range(size))
        yield make_lot(chance, number, made, size, bad, appli, at, held=made > wanted - 200)
        made += size


def make_lot(
    chance: random.Random,
    number: int,
    made: int,
    size: int,
    bad: int,
    appli: str,
    at: datetime,
    *,
    held: bool,
) -> dict[Table, list[dict[str, Any]]]:
    """One lot: its first ``bad`` invoices are rejected; none is decided when it is held."""
    statut = (
        "EN_ATTENTE" if held else "INTEGRE" if not bad else "REJETE" if bad == size else "INTEGRE_PARTIEL"
    )
    idflux = f"{appli}1100{number:015d}"
    rows: dict[Table, list[dict[str, Any]]] = {
        flux: [
            {"id": number, "ticket": f"{number:020d}-{appli}", "appli": appli, "interface": "FSO1100A"}
            | {"nom": f"FSO1100A_{appli}_{idflux}.tar.gz", "idflux": idflux, "sha256": f"{number:064d}"}
            | {"taille": 1000, "recu_le": at, "statut": statut, "recues": size}
            | {"acceptees": 0 if held else size - bad, "rejetees": 0 if held else bad}
        ],
        emission: [
            {"id": number, "flux_id": number, "appli": appli, "interface": "CSO1100A", "numero": number}
            | {"nom": f"CSO1100A_CPP001_{number}.xml", "cree_le": at, "emis_le": at, "sha256": ""}
        ],
        flux_statut: [
            {"flux_id": number, "avant": before, "apres": after, "le": at}
            for before, after in ((None, "RECU"), ("RECU", "EN_COURS"), ("EN_COURS", statut))
        ],
        depot_manuel: [
            {"id": number, "appli": appli, "nom": f"FSO1100A_{appli}_{idflux}.tar.gz", "genre": "LOT"}
            | {"interface": "FSO1100A", "origine": f"lot {number}.tar.gz", "sha256": f"{number:064d}"}
            | {"taille": 1000, "signe": False, "raison": "essai", "par": "marie", "le": at, "pose_le": at}
        ],
        facture: [],
        facture_statut: [],
        finding: [],
        rejet: [],
    }
    for rank in range(size):
        ident, rejected = made + rank + 1, rank < bad
        now = "" if held else "NON_CONFORME" if rejected else chance.choice(VIES)
        dest = (
            GRAND if chance.random() < 0.2 else RARE if chance.random() < 1e-4 else str(10**13 + ident % 3000)
        )
        rows[facture].append(
            {"id": ident, "flux_id": number, "ordre": rank + 1, "fichier": f"f{ident}.xml", "rang": 1}
            | {"numero": f"F-{ident}", "type": "380", "cadre": "A1", "date": at.date(), "statut": now}
            | {
                "fournisseur_type": "1",
                "fournisseur": str(2 * 10**13 + number % 2000),
                "fournisseur_nom": "F",
            }
            | {
                "fournisseur_pays": "FR",
                "destinataire_type": "1",
                "destinataire": dest,
                "destinataire_nom": "D",
            }
            | {"service": "", "engagement": f"EJ{ident}", "marche": "", "devise": "EUR", "lignes": 3}
            | {"ht": 100, "tva": 20, "ttc": 120, "net": 120, "pieces_jointes": 0, "origine": ""}
        )
        if now:
            rows[facture_statut].append({"facture_id": ident, "apres": now, "le": at, "emission_id": number})
        if rejected:
            code, seller = chance.choice(CODES), str(2 * 10**13 + number % 2000)
            signature = f"destinataire {dest}" if code in ("EDI-SERVICE-02", "EDI-DEST-02") else "BT-10 : A"
            rows[rejet].append(
                {"facture_id": ident, "flux_id": number, "appli": appli, "recu_le": at, "code": code}
                | {"signature": signature, "fournisseur": seller, "devise": "EUR", "centimes": 12_000}
            )
            rows[finding].append(
                {
                    "flux_id": number,
                    "facture_id": ident,
                    "fichier": "",
                    "code": code,
                    "line": 1,
                }
                | {"severity": 3, "message": "Le service est inconnu.", "location": "/Invoice", "value": "x"}
                | {"expected": "", "fix": "y", "term": "BT-10", "motif": "REJ_SEMAN", "source": "edi"}
            )
    return rows


def fill(conn: Connection, wanted: int, now: datetime) -> None:
    """Write them, many at a time."""
    pending: dict[Table, list[dict[str, Any]]] = {}
    for lot in make_rows(wanted, now):
        for table, rows in lot.items():
            pending.setdefault(table, []).extend(rows)
        if len(pending[facture]) > 20_000:
            _flush(conn, pending)
    _flush(conn, pending)


def _flush(conn: Connection, pending: dict[Table, list[dict[str, Any]]]) -> None:
    for table, rows in pending.items():
        if rows:
            conn.execute(insert(table), rows)
    pending.clear()


def fill_registry(conn: Connection, folder: Path, now: datetime) -> None:
    """The annuaire of the whole country, and a mandat for each of fifty thousand fournisseurs."""
    for nom, rows in (("s.csv", annuaire.structures(120_000, 0)), ("v.csv", annuaire.services(200_000, 0))):
        import_csv(conn, annuaire.write(folder / nom, rows), now)
    chance, jour = random.Random(SEED), now.date()  # noqa: S311 (seeded on purpose)
    made = []
    for number in range(50_000):
        cree = jour - timedelta(days=chance.randrange(900))
        signed, revoked = chance.random() < 0.95, chance.random() < 0.1
        made.append(
            {"mandant_type": "1", "mandant": annuaire.siret(number), "mandataire": chance.choice(APPLIS)}
            | {"cree_le": cree, "soumis_le": cree, "signe_le": cree if signed else None, "saisi_le": now}
            | {"revoque_le": jour if revoked else None, "signataire": "Soazig Le Goff"}
        )
    conn.execute(insert(mandat), made)


def make_espace(root: Path, wanted: int) -> Espace:
    """A workspace with that many invoices, and two users."""
    (root / "config").mkdir(parents=True)
    deposants = "".join(f'[[deposant]]\ncode = "{code}"\n' for code in APPLIS)
    (root / "config" / "edi.toml").write_text(deposants)
    espace = open_espace(root)
    now, empreinte = datetime.now(UTC), hash_password(PASSE)
    with espace.engine.begin() as conn:
        fill(conn, wanted, now)
        fill_registry(conn, root, now)
        utilisateurs.add(conn, "marie", "Marie", Role.OPERATEUR, empreinte, now)
        utilisateurs.add(conn, "four", "Four", Role.FOURNISSEUR, empreinte, now, ["DDD103"])
    return espace


def ask(client: TestClient, page: str) -> float:
    """How long a page takes, in milliseconds."""
    began = time.perf_counter()
    client.get(page)
    return (time.perf_counter() - began) * 1000


def measure(espace: Espace) -> float:
    """Print each page's times, in milliseconds, the first request apart; the worst median."""
    pipeline = assemblage.make_pipeline(espace, "bench", lambda one, done: None)
    app, worst = make_application(assemblage.make_console(espace, pipeline)), 0.0
    for login in ("marie", "four"):
        client = TestClient(app, follow_redirects=False)
        log_in(client, login)
        print(f"{login:72}  median     p95   first")
        for page in PAGES:
            times = [ask(client, page) for _ in range(TOURS + 1)]
            first, times = times[0], times[1:]  # the first one fills what serves again
            median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            worst = max(worst, median)
            print(f"  {page:70} {median:7.1f} {p95:7.1f} {first:7.1f}")
    return worst


def main() -> None:
    """Make what is not there, and measure."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # silent: tables alone are printed
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp()) / "console"
    espace = open_espace(root) if (root / "config").is_dir() else make_espace(root, wanted)
    print(f"worst median: {measure(espace):.1f} ms")


if __name__ == "__main__":
    main()
