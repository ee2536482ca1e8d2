"""Logging in and staying so: throttled tries, sessions that end by themselves, tokens of forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from edi.console import codes, mots_de_passe
from edi.model import ReglagesConsole, Role, Utilisateur, hash_token
from edi.store import connexions, jetons, seances, utilisateurs
from edi.store.database import reading
from edi.store.seances import Seance

log = structlog.get_logger()

# Failures in a row that cost nothing: of an account, from an address (a whole office may share one).
_LIBRES = {"compte": 4, "adresse": 20, "jeton": 20}
_PLAFOND = timedelta(minutes=15)
_OUBLI = timedelta(hours=24)  # after which failures no longer count
_PAS = timedelta(minutes=1)  # of what is written about a session that is in use


class Refusee(Exception):
    """A login that is not let in; ``attente``: for how long none will be (None: it may be tried again)."""

    def __init__(self, attente: timedelta | None = None) -> None:
        super().__init__("login refused")
        self.attente = attente


@dataclass(frozen=True, slots=True)
class Visiteur:
    """Somebody who is logged in, and the secret of its forms."""

    utilisateur: Utilisateur
    jeton: str  # each form of its session bears it


@dataclass(frozen=True)
class Entree:
    """The door: who comes in, who is still in."""

    base: Engine
    reglages: ReglagesConsole
    horloge: Callable[[], datetime]  # the real one, whatever a rehearsal says

    def log_in(self, login: str, password: str, adresse: str, code: str = "") -> str:
        """The token of a new session. Raises Refusee.

        The try counts as failed before the password is looked at: many at once gain nothing.
        """
        login, at = login.strip().lower()[:64], self.horloge()
        compte, origine = f"compte:{login}", f"adresse:{adresse}"
        with self.base.begin() as conn:
            failed = connexions.failures(conn, (compte, origine))
            wait = max((_wait(cle, *told, at) for cle, told in failed.items()), default=timedelta())
            found = utilisateurs.find(conn, login)
            if wait <= timedelta():
                connexions.record(conn, compte, at)
                connexions.record(conn, origine, at)
        who, empreinte = found or (None, mots_de_passe.nobodys_hash())
        if wait > timedelta():
            log.warning("login_throttled", user=who and who.id, address=adresse)
            raise Refusee(wait)
        known = mots_de_passe.is_password(empreinte, password) and who is not None and self.may_type(who)
        if not known or who is None or not who.actif or not self.accepts_code(who, code):
            log.warning("login_refused", user=who and who.id, address=adresse)
            raise Refusee
        with self.base.begin() as conn:
            connexions.forget(conn, compte)
            connexions.take_back(conn, origine)  # others may be guessing from there
            connexions.forget_before(conn, at - _OUBLI)
            seances.forget_ended(conn, at - self.reglages.inactivite, at - self.reglages.duree)
            if mots_de_passe.is_outdated(empreinte):
                utilisateurs.keep_hash(conn, who, mots_de_passe.hash_password(password))
        log.info("logged_in", user=who.id, address=adresse)
        return self.open_session(who)

    def may_type(self, who: Utilisateur) -> bool:
        """True for who may log in by a password: others are vouched for elsewhere."""
        return self.reglages.mots_de_passe == "tous" or who.role is Role.ADMINISTRATEUR

    def accepts_code(self, who: Utilisateur, code: str) -> bool:
        """True for a one-time code that was not used before, and for who is asked for none."""
        if not who.double:
            return True
        with self.base.begin() as conn:
            pas = codes.find_step(utilisateurs.totp_of(conn, who), code, self.horloge())
            return pas is not None and utilisateurs.use_totp(conn, who, pas)

    def open_session(self, who: Utilisateur) -> str:
        """The token of a new session of somebody who has shown who it is."""
        token = secrets.token_urlsafe(32)
        with self.base.begin() as conn:
            seances.open_one(conn, hash_token(token), who.id, self.horloge())
        return token

    def find_visitor(self, token: str, *, touch: bool = True) -> Visiteur | None:
        """Who is logged in by a token; None when its session has ended. ``touch``: it was somebody's act."""
        if not token:
            return None
        key, at = hash_token(token), self.horloge()
        with reading(self.base) as conn:
            seance = seances.find(conn, key)
            who = None if seance is None else utilisateurs.get(conn, seance.utilisateur_id)
        if seance is None or who is None or not who.actif or self._is_over(seance, at):
            return None
        if touch and at - seance.vue_le >= _PAS:
            with self.base.begin() as conn:
                seances.touch(conn, key, at)
        return Visiteur(who, make_form_token(token))

    def find_client(self, token: str, adresse: str) -> Visiteur | None:
        """The program that shows a token of the API; None when no valid one is shown.

        Raises Refusee when that address has shown too many that are none; a valid one always serves.
        """
        at, origine = self.horloge(), f"jeton:{adresse}"
        with reading(self.base) as conn:
            jeton = jetons.find(conn, hash_token(token))
        if jeton is not None and jeton.is_valid(at):
            if jeton.utilise_le is None or at - jeton.utilise_le >= _PAS:
                with self.base.begin() as conn:
                    jetons.touch(conn, jeton.id, at)
            return Visiteur(jeton.as_utilisateur(), "")
        number = jeton.id if jeton else None
        with reading(self.base) as conn:
            failed = connexions.failures(conn, [origine])
        wait = max((_wait(cle, *told, at) for cle, told in failed.items()), default=timedelta())
        if wait > timedelta():
            log.warning("token_throttled", token=number, address=adresse)
            raise Refusee(wait)
        with self.base.begin() as conn:
            connexions.record(conn, origine, at)
        log.warning("token_refused", token=number, address=adresse)
        return None

    def log_out(self, token: str) -> None:
        """End a session."""
        with self.base.begin() as conn:
            seances.close(conn, hash_token(token))

    def _is_over(self, seance: Seance, at: datetime) -> bool:
        idle, old = at - seance.vue_le, at - seance.ouverte_le
        return idle >= self.reglages.inactivite or old >= self.reglages.duree


def make_form_token(token: str) -> str:
    """The token of the forms of a session: nobody else's, and it does not tell the session's own."""
    return hmac.new(token.encode(), b"formulaire", hashlib.sha256).hexdigest()


def _wait(cle: str, failed: int, last: datetime, at: datetime) -> timedelta:
    """How long a key must still wait: twice as long after each failure, up to a quarter of an hour."""
    beyond = failed - _LIBRES[cle.partition(":")[0]]
    if beyond <= 0 or at - last >= _OUBLI:
        return timedelta()
    return last + min(timedelta(seconds=1 << min(beyond, 12)), _PLAFOND) - at
