"""``edi cdar``: the messages of cycle de vie of the reform."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from edi.cdar import PACK, CdarJuge, judge_cdar
from edi.cdv import tables
from edi.cli.affichage import console, print_json, print_table, show_amount
from edi.cli.espace import Erreur, read_settings_here, read_today
from edi.cli.facture import finding_as_json, fold
from edi.cli.packs import known_packs
from edi.cli.usage import tell_system
from edi.model import Cdv, DonneeCdv, MotifCdv, PartieCdv
from edi.outbound.phrases import describe_finding
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.confiance import Confiance
from edi.validators.schematron.packs import Pack, PackUnavailable, pack_on
from edi.wiring import make_confiance

app = typer.Typer(no_args_is_help=True, help="Les messages de cycle de vie de la réforme (CDAR).")


@app.callback()
def root() -> None:
    """Les messages de cycle de vie de la réforme (CDAR)."""


@app.command("check")
def check_cdar(
    ctx: typer.Context,
    fichiers: Annotated[list[Path], typer.Argument(help="Messages CDAR (XML).")],
    emission: Annotated[
        bool, typer.Option("--emission", help="Juger comme un message à envoyer : aucune tolérance.")
    ] = False,
    en_json: Annotated[bool, typer.Option("--json", help="Résultat en JSON.")] = False,
) -> None:
    """Dit ce que dit un message et ce qui n'y va pas. Code 0 : accepté ; 1 : refusé ; 2 : impossible."""
    try:
        pack = pack_on(PACK, read_today(ctx), known_packs(ctx))
        confiance = make_confiance(read_settings_here(ctx))
        judged = [(path, _judge(path, pack, emission, confiance)) for path in fichiers]
    except (PackUnavailable, SchemaUnavailable) as error:
        raise Erreur(f"les contrôles officiels du CDAR ne sont pas installés ({error})") from error
    if en_json:
        print_json([_as_json(path, juge) for path, juge in judged])
    else:
        for path, juge in judged:
            _print(path, juge)
    raise typer.Exit(int(not all(juge.accepted for _, juge in judged)))


def _judge(path: Path, pack: Pack, emission: bool, confiance: Confiance) -> CdarJuge:
    try:
        return judge_cdar(path.read_bytes(), pack, emission, confiance)
    except OSError as error:
        raise Erreur(tell_system(error)) from error


def _as_json(path: Path, juge: CdarJuge) -> dict[str, Any]:
    return {
        "file": str(path),
        "accepted": juge.accepted,
        "message": None if juge.cdv is None else asdict(juge.cdv),
        "findings": [finding_as_json(finding) for finding in juge.findings],
    }


def _print(path: Path, juge: CdarJuge) -> None:
    verdict = "accepté" if juge.accepted else "refusé"
    console.print(f"{path} : {verdict}", markup=False, soft_wrap=True)
    if juge.cdv is not None:
        print_table(("rubrique", "contenu"), [row for row in _rows(juge.cdv) if row[1]])
    if juge.findings:
        lines = fold(((f.code, f.message), describe_finding("", None, f)) for f in juge.findings)
        print_table(("code", "constat", "où et que faire", "fois"), lines)


def _rows(cdv: Cdv) -> list[tuple[str, str]]:
    objet, flux = cdv.objet, tables.is_of_flux(cdv)
    statut = tables.statut_of(cdv)
    words = statut.libelle if statut else tables.AUTRES_STATUTS.get(objet.statut, "inconnu")
    what = "Flux" if flux else "Fichier" if objet.statut == "501" else "Facture"
    rows = [
        ("Statut", f"{objet.statut} {words}" if objet.statut else ""),
        ("Phase", tables.PHASES.get(cdv.phase, cdv.phase)),
        (what, objet.id),
        ("Type", "" if flux else objet.type),
        ("Date de la facture", f"{objet.date:%d/%m/%Y}" if objet.date else ""),
        ("Vendeur", _party(objet.vendeur)),
        ("Statut donné le", _moment(cdv.pose_le)),
        ("Statut donné par", _party(cdv.auteur)),
        ("Envoyé par", _party(cdv.expediteur)),
        *(("Destinataire", _party(partie)) for partie in cdv.destinataires),
        ("Reçu le", _moment(objet.recu_le)),
        ("Message", f"{cdv.id}, créé le {_moment(cdv.cree_le)}" if cdv.cree_le else cdv.id),
    ]
    return rows + [(f"Motif {rank}", _motif(motif)) for rank, motif in enumerate(objet.motifs, 1)]


def _moment(at: datetime | None) -> str:
    return f"{at:%d/%m/%Y %H:%M:%S}" if at else ""


def _party(partie: PartieCdv | None) -> str:
    if partie is None:
        return ""
    role = tables.ROLES.get(partie.role, partie.role)
    return ", ".join(filter(None, (role, partie.nom, partie.identifiant, partie.adresse)))


def _motif(motif: MotifCdv) -> str:
    lines = [f"{motif.code} {tables.MOTIFS.get(motif.code, motif.libelle)}".strip(), *motif.notes]
    lines += [_donnee(donnee) for donnee in motif.donnees]
    if motif.action:
        lines.append(f"À faire : {tables.ACTIONS.get(motif.action, motif.action)}")
    return "\n".join(filter(None, lines))


def _donnee(donnee: DonneeCdv) -> str:
    name = tables.DONNEES.get(donnee.type, donnee.type)
    rate = "" if donnee.taux is None else f"{donnee.taux:f} %".replace(".", ",")
    values = (donnee.nom, donnee.valeur, show_amount(donnee.montant, donnee.devise), rate, donnee.lieu)
    return f"{' '.join(filter(None, (name, donnee.terme)))} : {', '.join(filter(None, values))}"
