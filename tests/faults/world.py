"""A spool full of lots, runs of it in child processes that may be ended anywhere, and what came of them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import select
from workspace import copy_espace, deposit, make_espace

from edi.audit import audit
from edi.espace import open_espace, real_now
from edi.samples import LotSpec
from edi.store.tables import metadata

LOTS = (
    LotSpec("ubl", 2, numero_flux=1),
    LotSpec("ubl", 3, numero_flux=2, graine=2, fautes=("numero-trop-long", "service-inconnu")),
    LotSpec("mixte", 2, numero_flux=3, graine=3, archive="xml"),
    LotSpec("ubl", 2, numero_flux=4, graine=4, tronque=True),
    LotSpec("ubl", 1, numero_flux=1, graine=8, appli="BBB456", fautes=("mandat-revoque",)),
)
LOTS_WITH_DONE_FILE = ("BBB456",)  # déposants whose flux_list are complete when their done file is there


def make_template(root: Path, *, doublon: bool = True) -> Path:
    """The workspace that every run starts from, with what is deposited there."""
    espace = make_espace(root, observations=1)
    config = root / "config" / "edi.toml"
    text = config.read_text(encoding="utf-8")
    for code in LOTS_WITH_DONE_FILE:
        text = re.sub(rf'(code = "{code}"\n.*\n)readiness = "\w+"', r'\1readiness = "temoin"', text)
    config.write_text(text, encoding="utf-8")
    for spec in LOTS:
        nom = deposit(espace, spec)
        if spec.appli in LOTS_WITH_DONE_FILE:
            (espace.spool.inbox(spec.appli) / f"{nom}.ok").touch()
    if doublon:
        first = next(p for p in sorted(espace.spool.inbox("AAA123").iterdir()))
        again = first.with_name(first.name.replace("000000000000001.", "000000000000099."))
        again.write_bytes(first.read_bytes())  # the same invoices under another flux id
    espace.engine.dispose()
    return root


def copy_of(template: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    copy_espace(template, target)
    return target


def outcome_of(root: Path, *, when: bool = True) -> dict[str, Any]:
    """What the world can see, and what we remember of it; ``when``: the hours of statuts count too."""
    depots = root / "spool" / "depots"
    answers = {str(p.relative_to(depots)): p.read_bytes() for p in sorted(depots.glob("*/out/*"))}
    if not when:
        hours = re.compile(rb"<Horodatage>[^<]*</Horodatage>")
        answers = {nom: hours.sub(b"", data) for nom, data in answers.items()}
    espace = open_espace(root)
    told: dict[str, Any] = {"answers": answers}
    if when:
        told["statut"] = {
            str(p.relative_to(depots)): p.read_bytes() for p in sorted(depots.glob("*/statut/*.*"))
        }
    with espace.engine.begin() as conn:
        flux, facture = metadata.tables["flux"], metadata.tables["facture"]
        history, keys = metadata.tables["facture_statut"], metadata.tables["cle_reservee"]
        wanted = (flux.c.nom, flux.c.statut, flux.c.acceptees, flux.c.rejetees, flux.c.sha256)
        told["flux"] = sorted(map(tuple, conn.execute(select(*wanted))))
        columns = (facture.c.numero, facture.c.fichier, facture.c.statut)
        told["factures"] = sorted(map(tuple, conn.execute(select(*columns))))
        told["history"] = sorted(map(tuple, conn.execute(select(history.c.facture_id, history.c.apres))))
        told["reserved"] = conn.execute(select(keys)).all()
        told["at work"] = conn.execute(select(metadata.tables["processus"].c.id)).all()
    told["audit"] = audit(espace.engine, espace.spool, real_now()).ecarts
    espace.engine.dispose()
    told["left"] = {
        "in": sorted(p.name for p in depots.glob("*/in/*")),
        "queues": [str(p) for p in (root / "spool" / "queue").glob("*/*")],
        "aside": [p.name for p in (root / "spool" / "store" / "aside").iterdir()],
        "presence": [p.name for p in (root / "spool" / "presence").iterdir()],
        "parts": [p.name for p in (*depots.glob("*/out/.*"), *depots.glob("*/statut/.*"))],
    }
    return told


NOTHING = {"in": [], "queues": [], "aside": [], "presence": [], "parts": []}
