"""référentiel: corrections of the annuaire by hand, reasons, what its lists and those of mandats go along"""

import re
import unicodedata

from alembic import op
import sqlalchemy as sa


revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile("[A-Z0-9]+")
_STRUCTURE = (
    "recherche identifiant type siren code_postal active gestion_service gestion_engagement "
    "gestion_service_engagement moa_uniquement emetteur_edi recepteur_edi"
).split()


def upgrade() -> None:
    for table in ("service", "service_passe"):
        op.add_column(table, sa.Column("recherche", sa.Text(), server_default="", nullable=False))
    _fold_services()
    for name in ("par", "raison"):
        op.add_column("annuaire_import", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("mandat_evenement", sa.Column("raison", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "annuaire_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("identifiant", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("champ", sa.String(length=32), nullable=False),
        sa.Column("valeur", sa.Text(), nullable=False),
        sa.Column("ajout", sa.Boolean(), nullable=False),
        sa.Column("jusqu_au", sa.Date(), nullable=True),
        sa.Column("finie_le", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["annuaire_import.id"],
            name=op.f("fk_annuaire_correction_import_id_annuaire_import"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annuaire_correction")),
    )
    op.create_index(op.f("ix_annuaire_correction_import_id"), "annuaire_correction", ["import_id"])
    op.create_index("ix_annuaire_correction_identifiant", "annuaire_correction", ["identifiant"])
    standing = sa.text("finie_le IS NULL")
    op.create_index(
        "ix_annuaire_correction_en_cours",
        "annuaire_correction",
        ["jusqu_au"],
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("ix_structure_recherche", "structure", _STRUCTURE)
    op.drop_index("ix_structure_nom", "structure")
    op.create_index("ix_service_recherche", "service", ["code", "siret", "recherche", "actif"])
    days = ["soumis_le", "signe_le", "revoque_le"]
    op.create_index("ix_mandat_cree_le", "mandat", ["cree_le", "id", "mandataire", *days])
    op.create_index("ix_mandat_mandataire_cree_le", "mandat", ["mandataire", "cree_le", "id", *days])
    op.drop_index("ix_mandat_mandataire", "mandat")


def _fold_services() -> None:
    """As the store folds them from now on."""
    conn = op.get_bind()
    known = conn.execute(sa.text("SELECT siret, code, nom FROM service")).all()
    rows = [{"siret": siret, "code": code, "recherche": _fold(f"{code} {nom}")} for siret, code, nom in known]
    if rows:
        written = sa.text("UPDATE service SET recherche = :recherche WHERE siret = :siret AND code = :code")
        conn.execute(written, rows)


def _fold(text: str) -> str:
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).upper()
    return " ".join(_WORD.findall(plain.replace("Œ", "OE").replace("Æ", "AE")))


def downgrade() -> None:
    op.create_index("ix_mandat_mandataire", "mandat", ["mandataire"])
    op.drop_index("ix_mandat_mandataire_cree_le", "mandat")
    op.drop_index("ix_mandat_cree_le", "mandat")
    op.drop_index("ix_service_recherche", "service")
    op.create_index("ix_structure_nom", "structure", ["nom"])
    op.drop_index("ix_structure_recherche", "structure")
    op.drop_table("annuaire_correction")
    for table, column in (
        ("mandat_evenement", "raison"),
        ("annuaire_import", "raison"),
        ("annuaire_import", "par"),
        ("service_passe", "recherche"),
        ("service", "recherche"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
