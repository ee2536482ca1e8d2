"""replay and mandats: findings that a replay has lifted; the day a mandat is submitted; its history"""

from alembic import op
import sqlalchemy as sa


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leve_le", sa.String(length=32), nullable=True))
    with op.batch_alter_table("mandat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("soumis_le", sa.Date(), nullable=True))
    op.execute("UPDATE mandat SET soumis_le = cree_le")
    op.create_table(
        "mandat_evenement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mandat_id", sa.Integer(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("quoi", sa.String(length=16), nullable=False),
        sa.Column("jour", sa.Date(), nullable=False),
        sa.Column("signataire", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mandat_id"], ["mandat.id"], name=op.f("fk_mandat_evenement_mandat_id_mandat")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandat_evenement")),
    )
    op.execute(
        "INSERT INTO mandat_evenement (mandat_id, le, par, quoi, jour, signataire) "
        "SELECT id, saisi_le, '', 'SOUSCRIT', cree_le, '' FROM mandat"
    )
    with op.batch_alter_table("mandat_evenement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandat_evenement_mandat_id"), ["mandat_id"], unique=False)


def downgrade() -> None:
    op.drop_table("mandat_evenement")
    with op.batch_alter_table("mandat", schema=None) as batch_op:
        batch_op.drop_column("soumis_le")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_column("leve_le")
