"""jugements: what imports of the annuaire replace is kept; what each decision was made under"""

from alembic import op
import sqlalchemy as sa


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("structure", sa.Column("depuis", sa.Integer(), nullable=True))
    op.add_column("service", sa.Column("depuis", sa.Integer(), nullable=True))
    # Of the imports done so far, nobody kept what they replaced: false.
    op.add_column(
        "annuaire_import", sa.Column("garde", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "structure_passee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("identifiant", sa.Text(), nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("recherche", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("emetteur_edi", sa.Boolean(), nullable=False),
        sa.Column("recepteur_edi", sa.Boolean(), nullable=False),
        sa.Column("gestion_engagement", sa.Boolean(), nullable=False),
        sa.Column("gestion_service", sa.Boolean(), nullable=False),
        sa.Column("gestion_service_engagement", sa.Boolean(), nullable=False),
        sa.Column("statut_paiement", sa.Boolean(), nullable=False),
        sa.Column("moa", sa.Boolean(), nullable=False),
        sa.Column("moa_uniquement", sa.Boolean(), nullable=False),
        sa.Column("privee", sa.Boolean(), nullable=False),
        sa.Column("code_postal", sa.String(length=16), nullable=False),
        sa.Column("ville", sa.Text(), nullable=False),
        sa.Column("pays", sa.String(length=8), nullable=False),
        sa.Column("depuis", sa.Integer(), nullable=True),
        sa.Column("jusqu_a", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structure_passee")),
    )
    op.create_index("ix_structure_passee_identifiant", "structure_passee", ["identifiant"], unique=False)
    op.create_index("ix_structure_passee_siren", "structure_passee", ["siren"], unique=False)
    op.create_table(
        "service_passe",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("actif", sa.Boolean(), nullable=False),
        sa.Column("engagement", sa.Boolean(), nullable=False),
        sa.Column("debut", sa.Date(), nullable=True),
        sa.Column("fin", sa.Date(), nullable=True),
        sa.Column("depuis", sa.Integer(), nullable=True),
        sa.Column("jusqu_a", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_passe")),
    )
    op.create_index("ix_service_passe_siret", "service_passe", ["siret"], unique=False)
    op.create_table(
        "reglage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("texte", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reglage")),
        sa.UniqueConstraint("sha256", name=op.f("uq_reglage_sha256")),
    )
    op.create_table(
        "jugement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("passe", sa.String(length=16), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("reglage_id", sa.Integer(), nullable=False),
        sa.Column("annuaire", sa.Integer(), nullable=False),
        sa.Column("mandats", sa.Integer(), nullable=False),
        sa.Column("factures", sa.Integer(), nullable=False),
        sa.Column("flux", sa.Integer(), nullable=False),
        sa.Column("reprises", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_jugement_flux_id_flux")),
        sa.ForeignKeyConstraint(["reglage_id"], ["reglage.id"], name=op.f("fk_jugement_reglage_id_reglage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jugement")),
    )
    op.create_index(op.f("ix_jugement_flux_id"), "jugement", ["flux_id"], unique=False)
    op.create_table(
        "jugement_facture",
        sa.Column("facture_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("jugement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pack_set_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["facture_id"], ["facture.id"], name=op.f("fk_jugement_facture_facture_id_facture")
        ),
        sa.ForeignKeyConstraint(
            ["jugement_id"], ["jugement.id"], name=op.f("fk_jugement_facture_jugement_id_jugement")
        ),
        sa.ForeignKeyConstraint(
            ["pack_set_id"], ["pack_set.id"], name=op.f("fk_jugement_facture_pack_set_id_pack_set")
        ),
        sa.PrimaryKeyConstraint("facture_id", "jugement_id", name=op.f("pk_jugement_facture")),
    )


def downgrade() -> None:
    for table in ("jugement_facture", "jugement", "reglage", "service_passe", "structure_passee"):
        op.drop_table(table)
    for table, column in (("annuaire_import", "garde"), ("service", "depuis"), ("structure", "depuis")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
