"""claims: who works here, who has claimed a flux, when a held one is tried again, keys being judged"""

from alembic import op
import sqlalchemy as sa


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "processus",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("depuis", sa.String(length=32), nullable=False),
        sa.Column("vu_le", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processus")),
    )
    with op.batch_alter_table("flux", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recues", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("proprietaire", sa.String(80), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("jeton", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("classe", sa.String(16), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("prochain_essai", sa.String(length=32), nullable=True))
    with op.batch_alter_table("emission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proprietaire", sa.String(80), nullable=False, server_default=""))
    op.create_table(
        "cle_reservee",
        sa.Column("fournisseur", sa.Text(), nullable=False),
        sa.Column("numero", sa.Text(), nullable=False),
        sa.Column("annee", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_cle_reservee_flux_id_flux")),
        sa.PrimaryKeyConstraint("fournisseur", "numero", "annee", name=op.f("pk_cle_reservee")),
    )
    with op.batch_alter_table("cle_reservee", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cle_reservee_flux_id"), ["flux_id"], unique=False)


def downgrade() -> None:
    op.drop_table("cle_reservee")
    with op.batch_alter_table("emission", schema=None) as batch_op:
        batch_op.drop_column("proprietaire")
    with op.batch_alter_table("flux", schema=None) as batch_op:
        for name in ("prochain_essai", "classe", "jeton", "proprietaire", "recues"):
            batch_op.drop_column(name)
    op.drop_table("processus")
