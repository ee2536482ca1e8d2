"""bilans: the figures of each run, and the flux that it told of"""

from alembic import op
import sqlalchemy as sa


revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passage_bilan",
        sa.Column("passage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tache", sa.String(length=40), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("contenu", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passage.id"], name=op.f("fk_passage_bilan_passage_id_passage")
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passage_bilan")),
    )
    op.create_index("ix_passage_bilan_tache_passage_id", "passage_bilan", ["tache", "passage_id"])
    op.create_table(
        "passage_flux",
        sa.Column("passage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flux_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ouvert", sa.Boolean(), nullable=False),
        sa.Column("derniere", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_passage_flux_flux_id_flux")),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passage.id"], name=op.f("fk_passage_flux_passage_id_passage")
        ),
        sa.PrimaryKeyConstraint("passage_id", "flux_id", name=op.f("pk_passage_flux")),
    )
    op.create_index(op.f("ix_passage_flux_flux_id"), "passage_flux", ["flux_id"])


def downgrade() -> None:
    op.drop_table("passage_flux")
    op.drop_table("passage_bilan")
