"""``edi worker``, ``edi scheduler``: a machine lent to a cluster, and who shares the work out there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from edi.cli.affichage import console
from edi.cli.espace import Erreur
from edi.identite import read_identite
from edi.settings.sections import read_size
from edi.wiring import name_tls

_ADRESSE = re.compile(r"(?:dask|tcp|tls)://(\S+:\d{1,5})")
_ECOUTE = re.compile(r"(\S+):(\d{1,5})")

Autorite = Annotated[
    Path | None, typer.Option("--autorite", help="TLS : l'autorité qui signe les certificats, en PEM.")
]
Certificat = Annotated[Path | None, typer.Option("--certificat", help="TLS : notre certificat, en PEM.")]
Cle = Annotated[Path | None, typer.Option("--cle", help="TLS : sa clé, en PEM.")]


def worker(
    adresse: Annotated[
        str,
        typer.Argument(metavar="ADRESSE", help="L'ordonnanceur, comme « moteur.mode » : dask://hôte:8786"),
    ],
    travailleurs: Annotated[int, typer.Option(min=0, help="Combien ; 0 : un par processeur.")] = 0,
    memoire: Annotated[
        str, typer.Option(help="Mémoire que chacun peut prendre, comme « 1 Go » ; 0 : sa part de la machine.")
    ] = "0",
    hote: Annotated[
        str, typer.Option(help="Nom ou adresse par où les autres machines joignent celle-ci.")
    ] = "",
    autorite: Autorite = None,
    certificat: Certificat = None,
    cle: Cle = None,
) -> None:
    """Prête des travailleurs à une grappe de contrôle, jusqu'à l'arrêt. Ne garde rien sur cette machine."""
    found = _ADRESSE.fullmatch(adresse)
    if found is None:
        raise Erreur(f"« {adresse} » n'est pas une adresse d'ordonnanceur : dask://hôte:8786")
    tls = _read_tls(autorite, certificat, cle)
    try:
        from edi.engine.travailleur import Equipe, run_workers
    except ImportError as error:
        raise _lacks_dask(error) from error
    identite = read_identite()
    equipe = Equipe(
        adresse=f"{'tls' if tls else 'tcp'}://{found[1]}",
        identite=identite,
        travailleurs=travailleurs or os.cpu_count() or 1,
        memoire=_read_memory(memoire),
        hote=hote or None,
        tls=name_tls("worker", tls),
    )
    console.print(
        f"{equipe.travailleurs} travailleur(s) pour {equipe.adresse}, installation {identite.empreinte}.",
        markup=False,
    )
    run_workers(equipe)


def scheduler(
    ecoute: Annotated[
        str, typer.Option(metavar="HÔTE:PORT", help="Où il écoute ; « 0.0.0.0:8786 » : partout.")
    ] = "127.0.0.1:8786",
    silence: Annotated[
        float,
        typer.Option(min=1.0, help="Secondes sans nouvelles d'un travailleur : un autre a son travail."),
    ] = 60.0,
    autorite: Autorite = None,
    certificat: Certificat = None,
    cle: Cle = None,
) -> None:
    """Répartit le travail d'une grappe de contrôle entre ses travailleurs, jusqu'à l'arrêt."""
    found = _ECOUTE.fullmatch(ecoute)
    if found is None:
        raise Erreur(f"« {ecoute} » n'est pas une adresse : 127.0.0.1:8786")
    tls = _read_tls(autorite, certificat, cle)
    try:
        from edi.engine.ordonnanceur import Ordonnanceur, run_scheduler
    except ImportError as error:
        raise _lacks_dask(error) from error
    console.print(f"Ordonnanceur à l'écoute de {ecoute}{' (TLS)' if tls else ''}.", markup=False)
    run_scheduler(Ordonnanceur(found[1], int(found[2]), silence, name_tls("scheduler", tls)))


def _read_memory(memoire: str) -> int:
    """Bytes; 0 when nothing is said."""
    try:
        read = read_size(int(memoire) if memoire.isdigit() else memoire)
    except ValueError as error:
        raise Erreur(f"--memoire : {error}") from error
    assert isinstance(read, int)
    return read


def _read_tls(autorite: Path | None, certificat: Path | None, cle: Path | None) -> dict[str, str]:
    """The files of :attr:`edi.settings.Settings.tls`; all of them or none."""
    given = {"autorite": autorite, "certificat": certificat, "cle": cle}
    named = {key: path for key, path in given.items() if path is not None}
    if named and len(named) < len(given):
        raise Erreur("TLS demande les trois options : --autorite, --certificat et --cle")
    for key, path in named.items():
        if not path.is_file():
            raise Erreur(f"--{key} : « {path} » n'existe pas")
    return {key: str(path) for key, path in named.items()}


def _lacks_dask(error: ImportError) -> Erreur:
    return Erreur(f"Dask manque ({error.name}) : pip install 'navette-edi[cluster]'")
