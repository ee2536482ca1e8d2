"""console: tokens of programs; accounts and logins of an identity provider"""

from alembic import op
import sqlalchemy as sa


revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jeton",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("nom", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("cree_le", sa.String(length=32), nullable=False),
        sa.Column("cree_par", sa.Text(), nullable=False),
        sa.Column("expire_le", sa.String(length=32), nullable=False),
        sa.Column("utilise_le", sa.String(length=32), nullable=True),
        sa.Column("revoque_le", sa.String(length=32), nullable=True),
        sa.Column("revoque_par", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jeton")),
        sa.UniqueConstraint("nom", name=op.f("uq_jeton_nom")),
        sa.UniqueConstraint("sha256", name=op.f("uq_jeton_sha256")),
    )
    op.create_table(
        "jeton_deposant",
        sa.Column("jeton_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(["jeton_id"], ["jeton.id"], name=op.f("fk_jeton_deposant_jeton_id_jeton")),
        sa.PrimaryKeyConstraint("jeton_id", "appli", name=op.f("pk_jeton_deposant")),
    )
    op.create_table(
        "utilisateur_oidc",
        sa.Column("utilisateur_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("emetteur", sa.Text(), nullable=False),
        sa.Column("sujet", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["utilisateur_id"],
            ["utilisateur.id"],
            name=op.f("fk_utilisateur_oidc_utilisateur_id_utilisateur"),
        ),
        sa.PrimaryKeyConstraint("utilisateur_id", name=op.f("pk_utilisateur_oidc")),
        sa.UniqueConstraint("emetteur", "sujet", name=op.f("uq_utilisateur_oidc_emetteur_sujet")),
    )
    op.create_table(
        "connexion_oidc",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("vers", sa.Text(), nullable=False),
        sa.Column("le", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_connexion_oidc")),
    )
    op.create_index(op.f("ix_connexion_oidc_le"), "connexion_oidc", ["le"])


def downgrade() -> None:
    for table in ("connexion_oidc", "utilisateur_oidc", "jeton_deposant", "jeton"):
        op.drop_table(table)
