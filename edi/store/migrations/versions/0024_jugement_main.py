"""undecided invoices, and what two persons say of them"""

from alembic import op
import sqlalchemy as sa


revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "indecise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("fichier", sa.Text(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.Column("fournisseur", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("doutes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_indecise_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indecise")),
    )
    op.create_index(op.f("ix_indecise_flux_id"), "indecise", ["flux_id"])
    op.create_table(
        "jugement_main",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.Column("fichier", sa.Text(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("doutes", sa.Text(), nullable=False),
        sa.Column("issue", sa.String(length=16), nullable=False),
        sa.Column("motif", sa.String(length=32), nullable=False),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("propose_par", sa.Text(), nullable=False),
        sa.Column("propose_le", sa.String(length=32), nullable=False),
        sa.Column("confirme", sa.Boolean(), nullable=True),
        sa.Column("repondu_par", sa.Text(), nullable=False, server_default=""),
        sa.Column("repondu_le", sa.String(length=32), nullable=True),
        sa.Column("reponse", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_jugement_main_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jugement_main")),
    )
    op.create_index(op.f("ix_jugement_main_flux_id"), "jugement_main", ["flux_id"])
    unanswered = sa.text("confirme IS NULL")
    op.create_index(
        "ix_jugement_main_open",
        "jugement_main",
        ["flux_id", "fichier", "rang"],
        unique=True,
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )


def downgrade() -> None:
    op.drop_table("jugement_main")
    op.drop_table("indecise")
