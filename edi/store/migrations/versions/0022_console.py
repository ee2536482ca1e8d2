"""console: users, sessions, logins that failed; what its pages look for"""

from alembic import op
import sqlalchemy as sa


revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "utilisateur",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("nom", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("empreinte", sa.Text(), nullable=False),
        sa.Column("actif", sa.Boolean(), nullable=False),
        sa.Column("cree_le", sa.String(length=32), nullable=False),
        sa.Column("totp", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("totp_pas", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utilisateur")),
        sa.UniqueConstraint("login", name=op.f("uq_utilisateur_login")),
    )
    op.create_table(
        "utilisateur_deposant",
        sa.Column("utilisateur_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("appli", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["utilisateur_id"],
            ["utilisateur.id"],
            name=op.f("fk_utilisateur_deposant_utilisateur_id_utilisateur"),
        ),
        sa.PrimaryKeyConstraint("utilisateur_id", "appli", name=op.f("pk_utilisateur_deposant")),
    )
    op.create_table(
        "seance",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("utilisateur_id", sa.Integer(), nullable=False),
        sa.Column("ouverte_le", sa.String(length=32), nullable=False),
        sa.Column("vue_le", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["utilisateur_id"], ["utilisateur.id"], name=op.f("fk_seance_utilisateur_id_utilisateur")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_seance")),
    )
    op.create_index(op.f("ix_seance_utilisateur_id"), "seance", ["utilisateur_id"])
    op.create_index(op.f("ix_seance_vue_le"), "seance", ["vue_le"])
    op.create_table(
        "connexion_ratee",
        sa.Column("cle", sa.Text(), nullable=False),
        sa.Column("nombre", sa.Integer(), nullable=False),
        sa.Column("derniere_le", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("cle", name=op.f("pk_connexion_ratee")),
    )
    op.create_index(op.f("ix_connexion_ratee_derniere_le"), "connexion_ratee", ["derniere_le"])
    for column in ("appli", "interface", "statut"):  # the longer index serves for the shorter
        op.create_index(f"ix_flux_{column}_recu_le", "flux", [column, "recu_le"])
        op.drop_index(f"ix_flux_{column}", "flux")
    op.create_index("ix_finding_code_flux_id", "finding", ["code", "flux_id"])
    op.drop_index("ix_finding_code", "finding")
    _partial("ix_finding_lifted", "finding", "leve_le IS NOT NULL")
    _partial("ix_flux_statut_first", "flux_statut", "avant IS NULL")


def _partial(name: str, table: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, ["flux_id"], sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    op.drop_index("ix_flux_statut_first", "flux_statut")
    op.drop_index("ix_finding_lifted", "finding")
    op.create_index("ix_finding_code", "finding", ["code"])
    op.drop_index("ix_finding_code_flux_id", "finding")
    for column in ("appli", "interface", "statut"):
        op.create_index(f"ix_flux_{column}", "flux", [column])
        op.drop_index(f"ix_flux_{column}_recu_le", "flux")
    for table in ("connexion_ratee", "seance", "utilisateur_deposant", "utilisateur"):
        op.drop_table(table)
