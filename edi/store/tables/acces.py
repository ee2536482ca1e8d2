"""Who may look at the pages: users, their sessions, the logins that failed; the tokens of programs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from edi.store.tables.colonnes import NUMERO, Instant, metadata

utilisateur = Table(
    "utilisateur",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),  # in small letters
    Column("nom", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("empreinte", Text, nullable=False),  # of the password, by argon2
    Column("actif", Boolean, nullable=False),
    Column("cree_le", Instant, nullable=False),
    Column("totp", String(64), nullable=False, default="", server_default=""),  # shared secret; '': none
    Column("totp_pas", BigInteger, nullable=False, default=0, server_default="0"),  # of the last code used
)

# The déposants that a supplier user sees.
utilisateur_deposant = Table(
    "utilisateur_deposant",
    metadata,
    Column("utilisateur_id", NUMERO, ForeignKey("utilisateur.id"), primary_key=True, autoincrement=False),
    Column("appli", String(6), primary_key=True),
)

# A token is known by its hash alone: whoever reads this table cannot take anybody's place.
seance = Table(
    "seance",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("utilisateur_id", NUMERO, ForeignKey("utilisateur.id"), nullable=False, index=True),
    Column("ouverte_le", Instant, nullable=False),
    Column("vue_le", Instant, nullable=False, index=True),  # to the minute
)

# Logins that failed in a row, of an account (compte:…) or from an address (adresse:…).
connexion_ratee = Table(
    "connexion_ratee",
    metadata,
    Column("cle", Text, primary_key=True),
    Column("nombre", Integer, nullable=False),
    Column("derniere_le", Instant, nullable=False, index=True),
)

# Tokens of the API, each known by its hash; one that is revoked stays, for what it did.
jeton = Table(
    "jeton",
    metadata,
    Column("id", NUMERO, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("nom", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("cree_le", Instant, nullable=False),
    Column("cree_par", Text, nullable=False),
    Column("expire_le", Instant, nullable=False),
    Column("utilise_le", Instant),  # to the minute
    Column("revoque_le", Instant),
    Column("revoque_par", Text, nullable=False, default="", server_default=""),
)

# The déposants that the token of a supplier sees.
jeton_deposant = Table(
    "jeton_deposant",
    metadata,
    Column("jeton_id", NUMERO, ForeignKey("jeton.id"), primary_key=True, autoincrement=False),
    Column("appli", String(6), primary_key=True),
)

# Accounts that an identity provider vouches for: who it says that they are.
utilisateur_oidc = Table(
    "utilisateur_oidc",
    metadata,
    Column("utilisateur_id", NUMERO, ForeignKey("utilisateur.id"), primary_key=True, autoincrement=False),
    Column("emetteur", Text, nullable=False),
    Column("sujet", Text, nullable=False),
    UniqueConstraint("emetteur", "sujet"),
)

# Logins begun at an identity provider and not come back from it: by the hash of what their browser keeps.
connexion_oidc = Table(
    "connexion_oidc",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("vers", Text, nullable=False),
    Column("le", Instant, nullable=False, index=True),
)
