"""reprises: accepted invoices that are recycled or completed; what was acknowledged"""

from alembic import op
import sqlalchemy as sa


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reprise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("nature", sa.String(length=16), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("flux_id", sa.Integer(), nullable=True),
        sa.Column("fichier", sa.Text(), nullable=False),
        sa.Column("rang", sa.Integer(), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.Column("commentaire", sa.Text(), nullable=False),
        sa.Column("destinataire_type", sa.Text(), nullable=False),
        sa.Column("destinataire", sa.Text(), nullable=False),
        sa.Column("destinataire_nom", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("engagement", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["facture_id"], ["facture.id"], name=op.f("fk_reprise_facture_id_facture")),
        sa.ForeignKeyConstraint(["flux_id"], ["flux.id"], name=op.f("fk_reprise_flux_id_flux")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reprise")),
    )
    op.create_index(op.f("ix_reprise_facture_id"), "reprise", ["facture_id"], unique=False)
    op.create_index(op.f("ix_reprise_flux_id"), "reprise", ["flux_id"], unique=False)
    op.create_table(
        "piece_ajoutee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reprise_id", sa.Integer(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taille", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reprise_id"], ["reprise.id"], name=op.f("fk_piece_ajoutee_reprise_id_reprise")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_piece_ajoutee")),
    )
    op.create_index(op.f("ix_piece_ajoutee_reprise_id"), "piece_ajoutee", ["reprise_id"], unique=False)
    op.create_table(
        "acquittement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facture_id", sa.Integer(), nullable=False),
        sa.Column("vu", sa.String(length=32), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.Column("par", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["facture_id"], ["facture.id"], name=op.f("fk_acquittement_facture_id_facture")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acquittement")),
    )
    op.create_index(op.f("ix_acquittement_facture_id"), "acquittement", ["facture_id"], unique=False)
    with op.batch_alter_table("facture", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origine", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_facture_origine"), ["origine"], unique=False)
    with op.batch_alter_table("remise", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reprise_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_remise_reprise_id_reprise"), "reprise", ["reprise_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("remise", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_remise_reprise_id_reprise"), type_="foreignkey")
        batch_op.drop_column("reprise_id")
    with op.batch_alter_table("facture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facture_origine"))
        batch_op.drop_column("origine")
    op.drop_table("acquittement")
    op.drop_table("piece_ajoutee")
    op.drop_table("reprise")
