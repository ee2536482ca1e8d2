"""servers of partners: what was taken there, what is put there, how their channels stand"""

from alembic import op
import sqlalchemy as sa


revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "releve",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serveur", sa.Text(), nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.Column("dossier", sa.Text(), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("taille", sa.BigInteger(), nullable=False),
        sa.Column("mtime", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("pris_le", sa.String(length=32), nullable=False),
        sa.Column("apres", sa.String(length=16), nullable=False),
        sa.Column("apres_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releve")),
        sa.UniqueConstraint("ticket", name=op.f("uq_releve_ticket")),
    )
    with op.batch_alter_table("releve", schema=None) as batch_op:
        batch_op.create_index("ix_releve_serveur_dossier_nom", ["serveur", "dossier", "nom"], unique=False)
        batch_op.create_index(
            "ix_releve_apres_pending",
            ["serveur"],
            unique=False,
            sqlite_where=sa.text("apres_le IS NULL"),
            postgresql_where=sa.text("apres_le IS NULL"),
        )
    op.create_table(
        "canal",
        sa.Column("serveur", sa.Text(), nullable=False),
        sa.Column("arrete", sa.Boolean(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("reussi_le", sa.String(length=32), nullable=True),
        sa.Column("essais", sa.Integer(), nullable=False),
        sa.Column("prochain_essai", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("serveur", name=op.f("pk_canal")),
    )
    op.create_table(
        "livraison",
        sa.Column("emission_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("livre_le", sa.String(length=32), nullable=True),
        sa.Column("serveur", sa.Text(), nullable=False),
        sa.Column("essais", sa.Integer(), nullable=False),
        sa.Column("prochain_essai", sa.String(length=32), nullable=True),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["emission_id"], ["emission.id"], name=op.f("fk_livraison_emission_id_emission")
        ),
        sa.PrimaryKeyConstraint("emission_id", name=op.f("pk_livraison")),
    )
    with op.batch_alter_table("livraison", schema=None) as batch_op:
        batch_op.create_index(
            "ix_livraison_pending",
            ["emission_id"],
            unique=False,
            sqlite_where=sa.text("livre_le IS NULL"),
            postgresql_where=sa.text("livre_le IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("livraison")
    op.drop_table("canal")
    op.drop_table("releve")
