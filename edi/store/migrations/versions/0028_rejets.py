"""rejets: rejected invoices by cause, replays that people asked for"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from alembic import op
import sqlalchemy as sa


revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_BATCH = 5_000


def upgrade() -> None:
    op.create_table(
        "rejet",
        sa.Column("facture_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("recu_le", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("fournisseur", sa.Text(), nullable=False),
        sa.Column("devise", sa.Text(), nullable=False),
        sa.Column("centimes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_rejet_facture_id_facture")),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_rejet_flux_id_flux")),
        sa.PrimaryKeyConstraint("facture_id", name=op.f("pk_rejet")),
    )
    op.create_table(
        "rejeu_lance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("cible", sa.Text(), nullable=False),
        sa.Column("adresse", sa.Text(), server_default="", nullable=False),
        sa.Column("valider", sa.Boolean(), nullable=False),
        sa.Column("raison", sa.Text(), server_default="", nullable=False),
        sa.Column("demande_le", sa.String(length=32), nullable=False),
        sa.Column("emission_avant", sa.Integer(), nullable=False),
        sa.Column("processus", sa.Text(), nullable=False),
        sa.Column("avance_le", sa.String(length=32), nullable=False),
        sa.Column("fini_le", sa.String(length=32), nullable=True),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("incident", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejeu_lance")),
    )
    op.create_index(op.f("ix_rejeu_lance_par"), "rejeu_lance", ["par"], unique=False)
    op.create_table(
        "rejeu_facture",
        sa.Column("rejeu_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facture_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=16), server_default="", nullable=False),
        sa.Column("raison", sa.Text(), server_default="", nullable=False),
        sa.Column("avant", sa.Text(), server_default="[]", nullable=False),
        sa.Column("apres", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(
            ["facture_id"], ["facture.id"], name=op.f("fk_rejeu_facture_facture_id_facture")
        ),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_rejeu_facture_flux_id_flux")),
        sa.ForeignKeyConstraint(
            ["rejeu_id"], ["rejeu_lance.id"], name=op.f("fk_rejeu_facture_rejeu_id_rejeu_lance")
        ),
        sa.PrimaryKeyConstraint("rejeu_id", "facture_id", name=op.f("pk_rejeu_facture")),
    )
    _fill(op.get_bind())
    op.create_index(op.f("ix_rejet_recu_le"), "rejet", ["recu_le"], unique=False)
    op.create_index("ix_rejet_code_facture_id", "rejet", ["code", "facture_id"], unique=False)
    columns = ["code", "signature", "fournisseur", "facture_id", "recu_le", "appli"]
    op.create_index("ix_rejet_cause", "rejet", columns, unique=False)


_REJECTED = """
SELECT f.id, f.flux_id, f.destinataire, f.service, f.fournisseur, f.devise, f.ttc, x.appli, x.recu_le,
       c.code, c.value, c.term, c.location
FROM facture f
JOIN flux x ON x.id = f.flux_id
JOIN finding c ON c.facture_id = f.id AND c.severity >= :error AND c.leve_le IS NULL
WHERE f.statut = 'NON_CONFORME' AND f.id > :last AND f.id <= :last + :batch
ORDER BY f.id, c.severity DESC, c.id
"""
_INSERT = """
INSERT INTO rejet (facture_id, flux_id, appli, recu_le, code, signature, fournisseur, devise, centimes)
VALUES (:facture_id, :flux_id, :appli, :recu_le, :code, :signature, :fournisseur, :devise, :centimes)
"""
_MENDED = """
SELECT r.id, r.date AS rejetee, a.date AS acceptee
FROM rejet x
JOIN facture r ON r.id = x.facture_id
JOIN facture a ON a.numero = r.numero AND a.fournisseur = r.fournisseur AND a.id > r.id
WHERE r.numero <> '' AND a.statut NOT IN ('', 'NON_CONFORME')
"""
_ERROR = 3


def _fill(conn: sa.Connection) -> None:
    """What was rejected before, as edi/lifecycle/causes.py told its cause when this was written."""
    most = conn.execute(sa.text("SELECT max(id) FROM facture")).scalar() or 0
    for last in range(0, most, _BATCH):
        rows = {}
        asked = {"error": _ERROR, "last": last, "batch": _BATCH}
        for row in conn.execute(sa.text(_REJECTED), asked):
            if row.id not in rows:
                rows[row.id] = {
                    "facture_id": row.id,
                    "flux_id": row.flux_id,
                    "appli": row.appli,
                    "recu_le": row.recu_le,
                    "code": row.code,
                    "signature": _sign(row)[:120],
                    "fournisseur": row.fournisseur,
                    "devise": row.devise,
                    "centimes": _cents(row.ttc),
                }
        if rows:
            conn.execute(sa.text(_INSERT), list(rows.values()))
    mended = [
        {"id": row.id}
        for row in conn.execute(sa.text(_MENDED))
        if str(row.rejetee)[:4] == str(row.acceptee)[:4]
    ]
    if mended:
        conn.execute(sa.text("DELETE FROM rejet WHERE facture_id = :id"), mended)


def _cents(ttc: str | None) -> int:
    cents = (Decimal(ttc or 0) * 100).to_integral_value(ROUND_HALF_UP)
    most = Decimal(10) ** 17
    return int(min(max(cents, -most), most))


def _sign(row: sa.Row[Any]) -> str:
    parts = row.code.split("-")
    subject = parts[1] if parts[0] == "EDI" and len(parts) > 1 else ""
    if subject in ("FOURN", "MANDAT", "DOUBLON", "REPRISE"):
        return ""
    if subject in ("DEST", "SERVICE", "ENGAGEMENT"):
        service = f", service {row.service or 'absent'}" if subject == "SERVICE" else ""
        return f"destinataire {row.destinataire or 'absent'}{service}"
    place: str = row.term or row.location.rpartition("/")[2].partition("[")[0]
    shape = re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "A", re.sub(r"\s+", " ", row.value.strip())))
    if shape.lstrip("-") in ("9", "9.9", "9,9"):
        return place
    return " : ".join(filter(None, (place, shape)))


def downgrade() -> None:
    op.drop_table("rejeu_facture")
    op.drop_table("rejeu_lance")
    op.drop_table("rejet")
