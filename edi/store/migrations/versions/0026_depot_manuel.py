"""depot_manuel: deposits made through a page, and who made them"""

from alembic import op
import sqlalchemy as sa


revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "depot_manuel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("nom", sa.Text(), server_default="", nullable=False),
        sa.Column("genre", sa.String(length=16), nullable=False),
        sa.Column("interface", sa.String(length=8), nullable=False),
        sa.Column("origine", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taille", sa.Integer(), nullable=False),
        sa.Column("signe", sa.Boolean(), nullable=False),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("pose_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depot_manuel")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_depot_manuel_appli_id", "depot_manuel", ["appli", "id"])
    op.create_index("ix_depot_manuel_appli_sha256", "depot_manuel", ["appli", "sha256"])
    pending = sa.text("pose_le IS NULL")
    op.create_index(
        "ix_depot_manuel_open", "depot_manuel", ["le"], sqlite_where=pending, postgresql_where=pending
    )


def downgrade() -> None:
    op.drop_table("depot_manuel")
