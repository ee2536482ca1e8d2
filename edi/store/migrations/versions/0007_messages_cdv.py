"""messages of cycle de vie (CDAR): what each return flow of that format tells"""

from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_cdv",
        sa.Column("emission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=True),
        sa.Column("fichier", sa.Text(), nullable=False),
        sa.Column("statut", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["emission_id"], ["emission.id"], name=op.f("fk_message_cdv_emission_id_emission")
        ),
        sa.ForeignKeyConstraint(
            ["facture_id"], ["facture.id"], name=op.f("fk_message_cdv_facture_id_facture")
        ),
        sa.PrimaryKeyConstraint("emission_id", name=op.f("pk_message_cdv")),
    )
    with op.batch_alter_table("message_cdv", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_cdv_facture_id"), ["facture_id"], unique=False)


def downgrade() -> None:
    op.drop_table("message_cdv")
