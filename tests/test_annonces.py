"""Alerts leave by mail and by webhook, at least once: against real servers that refuse, hang or lie."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from interruption import At
from messagerie import PASSWORD, Box, free_port, mail_server, make_localhost
from workspace import make_espace

from edi import acts
from edi.alertes.courriel import NotTold, send
from edi.alertes.crochet import post
from edi.alertes.lettre import write_courriel
from edi.alertes.veille import Veille
from edi.alertes.vie import Nature, Nouvelle
from edi.assemblage import make_veille
from edi.espace import Espace
from edi.model import Acteur, Alerte, Courriel, Crochet, Gravite
from edi.store import alertes, annonces

CONTENU = json.dumps({"plateforme": "Navette", "instant": "", "alertes": []})


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key and the certificate of « localhost », its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    one = make_localhost()
    (folder / "cert.pem").write_bytes(one[0])
    (folder / "both.pem").write_bytes(one[1] + one[0])
    return folder


def mail_for(courriel: Courriel) -> EmailMessage:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return write_courriel(CONTENU, "cle", courriel, at, ZoneInfo("Europe/Paris"))


# -- mail -------------------------------------------------------------------------------------------------


def test_a_mail_goes_to_everybody_in_clear_on_this_machine(box: Box, tmp_path: Path) -> None:
    with mail_server(box) as courriel:
        assert send(mail_for(courriel), courriel, tmp_path) == ()
    (mail,) = box.mails

    assert (mail["To"], mail["Message-ID"]) == ("edi@example.org, compta@example.org", "<cle@example.org>")
    assert "arrivent bien jusqu'ici" in mail.get_content()


@pytest.mark.parametrize("securite", ["starttls", "tls"])
def test_a_mail_leaves_over_tls_with_a_login_read_from_a_file(
    box: Box, certificate: Path, tmp_path: Path, securite: str
) -> None:
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    with mail_server(box, certificate, securite=securite) as courriel:
        known = replace(courriel, utilisateur="navette", mot_de_passe="fichier:secret")
        send(mail_for(known), known, tmp_path)

    assert len(box.mails) == 1


@pytest.mark.parametrize("securite", ["starttls", "tls"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    box: Box, certificate: Path, tmp_path: Path, securite: str
) -> None:
    told = r"certificat de 127\.0\.0\.1:\d+ n'est pas reconnu"
    with mail_server(box, certificate, securite=securite) as courriel, pytest.raises(NotTold, match=told):
        send(mail_for(courriel), replace(courriel, autorites=""), tmp_path)

    assert box.mails == []


def test_without_starttls_nothing_leaves_in_clear(box: Box, tmp_path: Path) -> None:
    with mail_server(box) as courriel, pytest.raises(NotTold, match="n'offre pas ce qui est demandé"):
        send(mail_for(courriel), replace(courriel, securite="starttls"), tmp_path)

    assert box.mails == []


def test_a_wrong_password_is_told_without_it(
    box: Box, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVETTE_MAIL", "un secret faux")
    with mail_server(box, certificate, securite="starttls") as courriel:
        known = replace(courriel, utilisateur="navette", mot_de_passe="env:NAVETTE_MAIL")
        with pytest.raises(NotTold, match="refuse l'accès à « navette »") as told:
            send(mail_for(known), known, tmp_path)

    assert "secret faux" not in str(told.value)


def test_a_secret_that_cannot_be_read_is_named_by_its_source(box: Box, tmp_path: Path) -> None:
    courriel = Courriel(
        "127.0.0.1", "n@example.org", ("e@example.org",), mot_de_passe="env:NAVETTE_NULLE_PART"
    )

    with pytest.raises(NotTold, match="NAVETTE_NULLE_PART n'existe pas"):
        send(mail_for(courriel), courriel, tmp_path)


def test_an_address_that_is_refused_does_not_keep_the_others_from_being_told(
    box: Box, tmp_path: Path
) -> None:
    box.refused = {"edi@example.org"}
    with mail_server(box) as courriel:
        assert send(mail_for(courriel), courriel, tmp_path) == ("edi@example.org",)
        box.refused = set(courriel.a)
        with pytest.raises(NotTold, match="refuse tous les destinataires"):
            send(mail_for(courriel), courriel, tmp_path)

    assert len(box.mails) == 1


def test_a_mail_server_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        courriel = Courriel(
            "127.0.0.1", "n@example.org", ("e@example.org",), port=mute.getsockname()[1], delai=0.3
        )
        with pytest.raises(NotTold, match=r"ne répond pas en 0\.3 s"):
            send(mail_for(courriel), courriel, tmp_path)


def test_a_mail_server_that_is_away_is_told(tmp_path: Path) -> None:
    courriel = Courriel("127.0.0.1", "n@example.org", ("e@example.org",), port=free_port())

    with pytest.raises(NotTold, match=r"127\.0\.0\.1:\d+ : "):
        send(mail_for(courriel), courriel, tmp_path)


# -- webhook ----------------------------------------------------------------------------------------------

Posts = list[tuple[dict[str, str], bytes]]


@contextmanager
def web_server(
    answers: list[int], hang: threading.Event | None = None, certificate: Path | None = None
) -> Iterator[tuple[Crochet, Posts]]:
    """A program that is posted to, and answers with these codes, then 204."""
    posts: Posts = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((dict(self.headers), body))
            if hang is not None:
                hang.wait(10)
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Location", "/ailleurs")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the screen of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    scheme, autorites = "http", ""
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(str(certificate / "both.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme, autorites = "https", str(certificate / "cert.pem")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        url = f"{scheme}://127.0.0.1:{server.server_port}/navette?x=1"
        yield Crochet("astreinte", url, "fichier:secret", autorites, delai=5), posts
    finally:
        if hang is not None:
            hang.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "espace")
    (made.root / "secret").write_text("entre nous")
    return made


def test_an_event_is_signed_with_the_instant_and_the_shared_secret(espace: Espace) -> None:
    with web_server([]) as (crochet, posts):
        post(CONTENU, "cle", crochet, espace.root, espace.now())
    ((headers, body),) = posts
    signed = f"{headers['X-Navette-Instant']}.".encode() + body
    expected = "sha256=" + hmac.new(b"entre nous", signed, hashlib.sha256).hexdigest()

    assert (headers["X-Navette-Signature"], headers["Idempotency-Key"]) == (expected, "cle")
    assert json.loads(body)["plateforme"] == "Navette"


@pytest.mark.parametrize("code", [301, 307, 400, 401, 500, 503])
def test_any_answer_but_success_is_a_failure(espace: Espace, code: int) -> None:
    with web_server([code]) as (crochet, posts), pytest.raises(NotTold, match=f"répond {code}"):
        post(CONTENU, "cle", crochet, espace.root, espace.now())

    assert len(posts) == 1  # a redirection is not followed: the signature is for this address


def test_a_receiver_that_hangs_is_given_up_in_time(espace: Espace) -> None:
    told = r"ne répond pas en 0\.3 s"
    with web_server([], threading.Event()) as (crochet, _), pytest.raises(NotTold, match=told):
        post(CONTENU, "cle", replace(crochet, delai=0.3), espace.root, espace.now())


def test_an_event_leaves_over_tls_for_a_server_that_is_vouched_for_alone(
    espace: Espace, certificate: Path
) -> None:
    with web_server([], certificate=certificate) as (crochet, posts):
        post(CONTENU, "cle", crochet, espace.root, espace.now())
        with pytest.raises(NotTold, match="n'est pas reconnu"):
            post(CONTENU, "cle", replace(crochet, autorites=""), espace.root, espace.now())

    assert len(posts) == 1


def test_an_event_without_a_secret_is_not_sent(espace: Espace) -> None:
    (espace.root / "secret").write_text("\n")
    with web_server([]) as (crochet, posts), pytest.raises(NotTold, match="vide"):
        post(CONTENU, "cle", crochet, espace.root, espace.now())

    assert posts == []


# -- at least once ----------------------------------------------------------------------------------------


def watch(espace: Espace, *canaux: Courriel | Crochet, minutes: float = 0) -> Veille:
    """Who looks after a workspace, some minutes after the first look."""
    made = make_veille(espace)
    made.reglages = replace(made.reglages, canaux=canaux)
    made.observation.canaux = [canal.nom for canal in canaux]
    at = espace.now() + timedelta(minutes=minutes)
    made.now = lambda: at
    return made


def book(veille: Veille) -> None:
    """Something to tell."""
    at = veille.now()
    alerte = Alerte("k", "disque", Gravite.CRITIQUE, Acteur.EXPLOITANT, "Plein.", "Videz.", at, at, at, id=7)
    with veille.base.begin() as conn:
        veille.book(conn, [Nouvelle(Nature.OUVERTE, alerte)], at)


def left(espace: Espace) -> list[tuple[str, int, str]]:
    with espace.engine.begin() as conn:
        found = annonces.pending(conn, ["courriel", "astreinte"])
    return [(one.canal, one.essais, one.incident.partition(" ")[2]) for one in found]


def test_what_was_refused_is_tried_again_later_with_the_same_bytes_and_key(espace: Espace) -> None:
    with web_server([500]) as (crochet, posts):
        veille = watch(espace, crochet)
        book(veille)
        assert veille.send() == {"astreinte": f"{crochet.url[7:].partition('/')[0]} répond 500"}
        assert watch(espace, crochet, minutes=0.1).send() == {}  # not due yet
        assert left(espace) == [("astreinte", 1, "répond 500")]
        assert watch(espace, crochet, minutes=2).send() == {}
        assert watch(espace, crochet, minutes=9).send() == {}
    (first, body), (second, again) = posts

    assert body == again
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert first["X-Navette-Instant"] != second["X-Navette-Instant"]
    assert left(espace) == []


def test_a_channel_that_fails_does_not_keep_the_other_from_telling(espace: Espace, box: Box) -> None:
    with mail_server(box) as courriel:
        away = Crochet("astreinte", f"http://127.0.0.1:{free_port()}/", "fichier:secret", delai=1)
        veille = watch(espace, away, courriel)
        book(veille)
        failures = veille.send()
    (mail,) = box.mails

    assert mail["Subject"] == "[Navette] URGENT : Plein."
    assert failures.keys() == {"astreinte"}
    assert [(canal, essais) for canal, essais, _ in left(espace)] == [("astreinte", 1)]


def test_a_mail_that_was_refused_for_now_comes_once_and_in_order(espace: Espace, box: Box) -> None:
    box.answers = ["451 later"]
    with mail_server(box) as courriel:
        book(watch(espace, courriel))
        book(watch(espace, courriel, minutes=1))
        watch(espace, courriel, minutes=1).send()
        assert (len(box.mails), len(left(espace))) == (0, 2)
        watch(espace, courriel, minutes=5).send()

    dates = [mail["Date"].datetime for mail in box.mails]
    assert dates == sorted(dates)
    assert (len(box.mails), left(espace)) == (2, [])


class Killed(BaseException):
    """The process ends here."""


def end(act: str, subject: object) -> None:
    raise Killed


def test_wherever_a_look_ends_its_alert_is_one_and_is_told_at_least_once_under_one_key(
    espace: Espace, box: Box
) -> None:
    told = []
    with mail_server(box) as courriel:
        for point in range(1, 20):
            box.mails.clear()
            fresh = make_espace(espace.root.parent / str(point))
            with fresh.engine.begin() as conn:
                alertes.record_audit(conn, [("rien ne manque", "F1", "absent")], fresh.now(), complet=True)
            watch(fresh, courriel).look()
            try:
                with acts.observed(At(point, end, "commit")):
                    watch(fresh, courriel, minutes=2).look()
                break  # there are fewer points than that
            except Killed:
                pass
            for minute in (3, 5, 9):
                watch(fresh, courriel, minutes=minute).look()
            told.append((len({mail["Message-ID"] for mail in box.mails}), len(box.mails)))
            with fresh.engine.begin() as conn:
                assert len(alertes.latest(conn, 9)) == 1

    assert len(told) >= 3  # what is told, the try, and its success
    assert set(told) == {(1, 1), (1, 2)}  # twice when the mail had left and nobody had written it down


def test_a_channel_that_does_not_take_alerts_is_an_alert_on_the_other(espace: Espace, box: Box) -> None:
    with mail_server(box) as courriel:
        away = Crochet("astreinte", f"http://127.0.0.1:{free_port()}/", "fichier:secret", delai=1)
        book(watch(espace, away))
        for minute in (0, 5, 15, 30, 33):
            watch(espace, away, courriel, minutes=minute).look()

    assert "Les alertes ne partent plus par « astreinte »" in box.mails[-1].get_content()
