"""feuilles: how the compiled form of each official sheet has done, and why the official one stood in"""

from alembic import op
import sqlalchemy as sa


revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feuille",
        sa.Column("feuille", sa.String(length=64), nullable=False),
        sa.Column("compilateur", sa.String(length=64), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("etat", sa.String(length=16), nullable=False),
        sa.Column("depuis", sa.String(length=32), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("documents_etat", sa.Integer(), nullable=False),
        sa.Column("replis", sa.Integer(), nullable=False),
        sa.Column("doubles", sa.Integer(), nullable=False),
        sa.Column("ecarts", sa.Integer(), nullable=False),
        sa.Column("dernier_ecart", sa.Text(), nullable=False),
        sa.Column("ecart_le", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("feuille", "compilateur", name=op.f("pk_feuille")),
    )
    op.create_table(
        "feuille_repli",
        sa.Column("feuille", sa.String(length=64), nullable=False),
        sa.Column("compilateur", sa.String(length=64), nullable=False),
        sa.Column("raison", sa.Text(), nullable=False),
        sa.Column("nombre", sa.Integer(), nullable=False),
        sa.Column("vu_le", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["feuille", "compilateur"],
            ["feuille.feuille", "feuille.compilateur"],
            name=op.f("fk_feuille_repli_feuille_compilateur_feuille"),
        ),
        sa.PrimaryKeyConstraint("feuille", "compilateur", "raison", name=op.f("pk_feuille_repli")),
    )


def downgrade() -> None:
    op.drop_table("feuille_repli")
    op.drop_table("feuille")
