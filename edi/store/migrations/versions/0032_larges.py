"""larges: on a server, numbers of rows and of bytes have 64 bits, as they have always had in SQLite"""

from alembic import op
import sqlalchemy as sa


revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_COLUMNS = {
    "acquittement": "id facture_id",
    "alerte": "id",
    "annonce": "id",
    "annuaire_correction": "id import_id",
    "annuaire_import": "id",
    "attendu": "id",
    "attendu_evenement": "id attendu_id",
    "cle_reservee": "flux_id",
    "decompte": "id flux_id",
    "depot_manuel": "id taille",
    "disjoncteur": "id",
    "ecart": "id",
    "emission": "id flux_id accuse_id",
    "envoi": "flux_id",
    "facture": "id flux_id pack_set_id",
    "facture_statut": "id facture_id emission_id retour_id",
    "facture_unique": "facture_id",
    "finding": "id flux_id facture_id",
    "flux": "id taille rappel_de",
    "flux_statut": "id flux_id emission_id",
    "gel": "id flux_id",
    "indecise": "id flux_id",
    "jeton": "id",
    "jeton_deposant": "jeton_id",
    "journal": "flux_id fait_id",
    "jugement": "id flux_id reglage_id annuaire mandats factures flux reprises",
    "jugement_facture": "facture_id jugement_id pack_set_id",
    "jugement_main": "id flux_id",
    "livraison": "emission_id",
    "mandat": "id",
    "mandat_evenement": "id mandat_id",
    "message_cdv": "emission_id facture_id facture_statut_id",
    "oubli": "flux_id taille",
    "pack_set": "id",
    "passage": "id rattrape_par",
    "passage_bilan": "passage_id",
    "passage_etape": "passage_id",
    "passage_flux": "passage_id flux_id derniere",
    "piece_ajoutee": "id reprise_id taille",
    "prise": "id",
    "reception": "id",
    "reglage": "id",
    "rejet": "facture_id flux_id",
    "rejeu_facture": "rejeu_id facture_id flux_id",
    "rejeu_lance": "id emission_avant",
    "remise": "emission_id facture_id reprise_id",
    "reprise": "id facture_id flux_id",
    "retenue": "id flux_id",
    "seance": "utilisateur_id",
    "service_passe": "id",
    "signalement": "id attendu_id",
    "structure_passee": "id",
    "suivi": "flux_id reste_de",
    "utilisateur": "id",
    "utilisateur_deposant": "utilisateur_id",
    "utilisateur_oidc": "utilisateur_id",
}


def upgrade() -> None:
    _make("BIGINT")


def downgrade() -> None:
    _make("INTEGER")


def _make(kind: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in _COLUMNS.items():
        changes = ", ".join(f'ALTER COLUMN "{column}" TYPE {kind}' for column in columns.split())
        op.execute(f'ALTER TABLE "{table}" {changes}')
    counted = {(table, "id") for table, columns in _COLUMNS.items() if "id" in columns.split()}
    found = sa.text("SELECT pg_get_serial_sequence(:t, :c)")
    for table, column in sorted(counted):
        sequence = op.get_bind().execute(found, {"t": f'"{table}"', "c": column}).scalar()
        if sequence is not None:
            op.execute(f"ALTER SEQUENCE {sequence} AS {kind}")
