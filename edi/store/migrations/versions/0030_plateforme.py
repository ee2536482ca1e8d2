"""plateforme: who paused a job and why; what the comparison of a version of rules came to"""

from alembic import op
import sqlalchemy as sa


revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("pause_par", "pause_raison"):
        op.add_column("tache", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "comparaison",
        sa.Column("jeu", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("contre", sa.Text(), nullable=False),
        sa.Column("du", sa.Date(), nullable=True),
        sa.Column("au", sa.Date(), nullable=True),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("lignes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("jeu", "version", name=op.f("pk_comparaison")),
    )


def downgrade() -> None:
    op.drop_table("comparaison")
    for name in ("pause_raison", "pause_par"):
        op.drop_column("tache", name)
