"""``edi worker`` and ``edi scheduler`` say what is wrong with their command line, and what Dask is for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from workspace import type_edi

from edi import wiring
from edi.settings import Settings, SettingsRefused
from edi.settings.sections import Moteur


@pytest.fixture
def without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """This installation, as it is without the extra ``cluster``."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "dask", None)
    for name in ("envoi", "grappe", "travailleur", "ordonnanceur"):
        monkeypatch.delitem(sys.modules, f"edi.engine.{name}", raising=False)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("worker", "10.0.0.5"), "« 10.0.0.5 » n'est pas une adresse d'ordonnanceur : dask://hôte:8786"),
        (("worker", "dask://h:1", "--memoire", "beaucoup"), "--memoire : une taille s'écrit en octets"),
        (("worker", "dask://h:1", "--cle", "k.pem"), "TLS demande les trois options"),
        (("scheduler", "--ecoute", "8786"), "« 8786 » n'est pas une adresse : 127.0.0.1:8786"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_told(
    typed: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, *typed)

    assert done.code == 2
    assert told in done.err


def test_a_file_of_tls_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "absent.pem"
    files = [word for key in ("autorite", "certificat", "cle") for word in (f"--{key}", missing)]
    done = type_edi(capsys, "scheduler", *files)

    assert (done.code, f"« {missing} » n'existe pas" in done.err) == (2, True)


@pytest.mark.usefixtures("without_dask")
@pytest.mark.parametrize("typed", [("worker", "dask://h:1"), ("scheduler",)])
def test_without_dask_the_commands_say_what_to_install(
    typed: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, *typed)

    assert (done.code, "pip install 'navette-edi[cluster]'" in done.err) == (2, True)


@pytest.mark.usefixtures("without_dask")
def test_without_dask_a_configuration_that_asks_for_a_cluster_is_refused() -> None:
    with pytest.raises(SettingsRefused, match=r"navette-edi\[cluster\]"):
        wiring.make_engine(Settings(moteur=Moteur(mode="dask://h:1")))
