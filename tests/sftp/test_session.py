"""A server is who its pinned key says, or nothing is exchanged; we are let in by what is configured, only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from conftest import House
from rig import PASSWORD, SSHD, Line, Server, asyncssh_server, free_port, make_key, sshd

from edi.model import Dossier, ErrorClass, fingerprint, pinned
from edi.sftp import (
    AuthRefused,
    ConnectionLost,
    HostKeyRefused,
    RemoteFailed,
    SecretUnusable,
    connect,
)
from edi.store import canaux

OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJAJr8oA6SlDkYyjsVZjKBvQPkxrDlWbkVOkRhZ0UPoE"


def state(house: House, nom: str = "partenaire") -> tuple[bool, str]:
    with house.base.begin() as conn:
        canal = canaux.get(conn, nom)
    return canal.arrete, canal.incident


def test_the_whole_key_or_its_fingerprint_pins_a_server(server: Server, tmp_path: Path) -> None:
    for empreinte in (server.host_key, pinned(server.host_key), f"{server.host_key} partenaire"):
        with connect(server.serveur(empreinte=empreinte), tmp_path) as remote:
            assert remote.stat(b"/") is not None


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"])
@pytest.mark.parametrize("as_fingerprint", [False, True])
def test_a_host_key_of_any_kind_can_be_pinned(tmp_path: Path, kind: str, as_fingerprint: bool) -> None:
    public = make_key(tmp_path / "host", kind)
    (tmp_path / "host.pub").write_text(public)
    with asyncssh_server(tmp_path / "server", host_key=tmp_path / "host") as server:
        empreinte = pinned(public) if as_fingerprint else public
        with connect(server.serveur(empreinte=empreinte), tmp_path) as remote:
            assert remote.stat(b"/") is not None


def test_a_changed_key_is_named_with_the_one_expected(server: Server, tmp_path: Path) -> None:
    with pytest.raises(HostKeyRefused) as refused:
        connect(server.serveur(empreinte=OTHER), tmp_path)

    assert (refused.value.expected, refused.value.found) == (pinned(OTHER), pinned(server.host_key))
    assert str(refused.value) == (
        f"La clé du serveur a changé : attendue {pinned(OTHER)}, présentée {pinned(server.host_key)}"
    )


def test_a_key_of_another_kind_than_the_pinned_one_is_named_too(server: Server, tmp_path: Path) -> None:
    rsa = make_key(tmp_path / "rsa", "ssh-rsa")
    with pytest.raises(HostKeyRefused) as refused:
        connect(server.serveur(empreinte=rsa), tmp_path)

    assert (refused.value.expected, refused.value.found) == (pinned(rsa), pinned(server.host_key))


def test_an_unknown_key_is_shown_and_never_added(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    known = tmp_path / ".ssh" / "known_hosts"
    known.parent.mkdir()
    known.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")  # the user trusts it: we do not care
    for _ in range(2):
        with pytest.raises(HostKeyRefused, match=r"inconnue.*présentée SHA256:") as refused:
            connect(server.serveur(empreinte=""), tmp_path)

    assert refused.value.found == pinned(server.host_key)
    assert refused.value.error_class is ErrorClass.OPERATOR


def test_nothing_is_sent_to_a_server_whose_key_is_refused(quick_server: Server, tmp_path: Path) -> None:
    password = tmp_path / "secret"
    password.write_text(PASSWORD)
    changes = {"empreinte": OTHER, "cle": "", "mot_de_passe": "fichier:secret"}
    with Line(quick_server.port) as line:
        with pytest.raises(HostKeyRefused):
            connect(quick_server.serveur(port=line.port, **changes), tmp_path)
        refused = line.passed["up"]
    with Line(quick_server.port) as line:
        connect(quick_server.serveur(port=line.port, cle="", mot_de_passe="fichier:secret"), tmp_path).close()
        let_in = line.passed["up"]

    assert refused < let_in - 200  # no request for a service, no name, no password


def test_a_channel_whose_key_changed_stops_and_the_others_go_on(server: Server, house: House) -> None:
    (server.folder("depot") / "a.xml").write_bytes(b"<x/>")
    (server.folder("autre") / "b.xml").write_bytes(b"<y/>")
    bad = server.serveur(Dossier("AAA123", entree=str(server.folder("depot"))), empreinte=OTHER)
    good = server.serveur(Dossier("AAA123", entree=str(server.folder("autre"))), nom="autre")
    bilan = house.canaux(bad, good).call([bad, good])

    assert set(house.taken()) == {"b.xml"}
    assert [e.serveur for e in bilan.ennuis] == ["partenaire"]
    assert state(house)[0] is True
    assert "attendue" in state(house)[1]
    assert state(house, "autre") == (False, "")

    house.later(days=30)
    again = house.canaux(bad, good).call([bad])

    assert again.ennuis == []  # it is not even called


def test_a_stopped_channel_opens_again_once_another_key_is_pinned(quick_server: Server, house: House) -> None:
    (quick_server.folder("depot") / "a.xml").write_bytes(b"<x/>")
    dossier = Dossier("AAA123", entree=str(quick_server.folder("depot")))
    house.call(quick_server.serveur(dossier, empreinte=OTHER), forced=False)
    right = quick_server.serveur(dossier)

    assert len(house.canaux(right).call([right]).prises) == 1
    assert state(house) == (False, "")


@pytest.mark.parametrize(
    ("kind", "sizes"), [("ssh-rsa", {"key_size": 3072}), ("ssh-ed25519", {}), ("ecdsa-sha2-nistp256", {})]
)
def test_we_are_let_in_by_a_key_with_its_passphrase(
    tmp_path: Path, kind: str, sizes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDI_PHRASE", "clé à moi")
    start = sshd if SSHD.exists() else asyncssh_server
    with start(tmp_path / "server") as server:
        public = make_key(tmp_path / "cle", kind, "clé à moi", **sizes)
        (tmp_path / "server" / "authorized").write_text(public + "\n")
        if server.kind == "asyncssh":
            pytest.skip("asyncssh reads its authorized keys once, at its start")
        connect(server.serveur(cle="cle", phrase="env:EDI_PHRASE"), tmp_path).close()

        with pytest.raises(SecretUnusable, match="phrase de passe"):
            connect(server.serveur(cle="cle"), tmp_path)
        monkeypatch.setenv("EDI_PHRASE", "autre")
        with pytest.raises(SecretUnusable) as refused:
            connect(server.serveur(cle="cle", phrase="env:EDI_PHRASE"), tmp_path)

    assert "autre" not in str(refused.value).replace("autre format", "")
    assert refused.value.error_class is ErrorClass.OPERATOR


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cle": "absente"}, "absente"),
        ({"cle": "", "mot_de_passe": ""}, "ni clé ni mot de passe"),
        ({"cle": "", "mot_de_passe": "env:EDI_NULLE_PART"}, "EDI_NULLE_PART"),
        ({"cle": "", "mot_de_passe": "fichier:absent"}, "absent"),
        ({"cle": "texte"}, "inutilisable"),
    ],
)
def test_a_secret_that_cannot_be_read_is_told_before_any_call(
    tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    (tmp_path / "texte").write_text("bonjour")
    nowhere = Server(free_port(), tmp_path, OTHER, tmp_path / "cle", "none")

    with pytest.raises(SecretUnusable, match=told):
        connect(nowhere.serveur(**changes), tmp_path)


def test_a_key_that_the_server_does_not_know_is_refused(server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "inconnue")

    with pytest.raises(AuthRefused, match="par clé"):
        connect(server.serveur(cle="inconnue"), tmp_path)


def test_a_password_is_tried_only_when_it_is_configured(quick_server: Server, tmp_path: Path) -> None:
    (tmp_path / "bon").write_text(PASSWORD + "\n")
    (tmp_path / "faux").write_text("azerty\n")
    connect(quick_server.serveur(cle="", mot_de_passe="fichier:bon"), tmp_path).close()

    with pytest.raises(AuthRefused, match="par mot de passe") as refused:
        connect(quick_server.serveur(cle="", mot_de_passe="fichier:faux"), tmp_path)
    assert "azerty" not in str(refused.value)
    assert refused.value.error_class is ErrorClass.OPERATOR


def test_a_refused_key_is_followed_by_the_password(quick_server: Server, tmp_path: Path) -> None:
    make_key(tmp_path / "inconnue")
    (tmp_path / "bon").write_text(PASSWORD)

    connect(quick_server.serveur(cle="inconnue", mot_de_passe="fichier:bon"), tmp_path).close()


def test_nobody_there_is_a_passing_trouble(tmp_path: Path, house: House) -> None:
    make_key(tmp_path / "cle")
    serveur = Server(free_port(), tmp_path, OTHER, tmp_path / "cle", "none").serveur()
    with pytest.raises(ConnectionLost) as lost:
        connect(serveur, tmp_path)

    assert lost.value.error_class is ErrorClass.TRANSIENT
    for failures, minutes in ((1, 0.5), (2, 1), (3, 2)):
        assert len(house.canaux(serveur).call([serveur]).ennuis) == 1
        with house.base.begin() as conn:
            canal = canaux.get(conn, "partenaire")
        assert (canal.essais, canal.arrete) == (failures, False)
        assert canal.prochain_essai is not None
        assert 1 <= (canal.prochain_essai - house.at) / timedelta(minutes=minutes) <= 1.25
        assert house.canaux(serveur).call([serveur]).ennuis == []  # not before its time
        house.at = canal.prochain_essai


@pytest.mark.parametrize("after", [0, 10, 100, 500, 1000, 1500, 2000])
def test_a_server_that_falls_silent_or_cuts_at_once_is_a_passing_trouble(
    quick_server: Server, tmp_path: Path, after: int
) -> None:
    with Line(quick_server.port, down=after) as line, pytest.raises(RemoteFailed) as failed:
        connect(quick_server.serveur(port=line.port), tmp_path)

    assert failed.value.error_class is ErrorClass.TRANSIENT


def test_fingerprints_are_those_that_openssh_shows() -> None:
    known = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"  # github.com

    assert pinned(known) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
    assert pinned("") == ""
    assert fingerprint(b"")[:7] == "SHA256:"
