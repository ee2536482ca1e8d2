"""``statut/LISEZMOI.txt`` of each déposant: what the live configuration asks of it, and how answers are read.

Written when it differs from what lies there: at each start, while we serve, and by ``edi depots lisezmoi``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import structlog

from edi.espace import Espace
from edi.model import Deposant, Limites
from edi.outbound.names import integration_report_code
from edi.settings.sections import Retention
from edi.validators.scenarios import INTERFACES
from edi.validators.schematron.packs import Pack, PackUnavailable
from edi.validators.schematron.versions import Etat, state_on

log = structlog.get_logger()

NOM = "LISEZMOI.txt"

_READINESS = {
    "renommage": "Écrivez sous un nom provisoire (.nom, nom.part, nom.tmp), puis renommez : un fichier qui "
    "porte son nom définitif est pris aussitôt.",
    "temoin": "Déposez le fichier, puis à côté un fichier témoin de même nom suivi de {temoins} : le fichier "
    "est pris quand son témoin est là.",
    "manifeste": "Déposez le fichier, puis NOM.sha256 ou un fichier *.manifeste (lignes « sha256  taille "
    "nom ») : le fichier est pris quand son empreinte est la bonne.",
    "archive": "Un fichier est pris quand il ne change plus et qu'il est entier (fin d'archive, balise "
    "fermante, %%EOF d'un PDF).",
    "immobilite": "Un fichier est pris quand il ne change plus ({immobile}) ; une archive doit "
    "aussi être entière.",
}


def tell_all(espace: Espace, appli: str = "", process: str = "") -> list[str]:
    """Write what differs, for one déposant or all; the déposants whose page was written."""
    try:
        packs = [pack for versions in espace.regles.read().values() for pack in versions]
    except PackUnavailable:  # told by whoever judges; pages stay as they are
        log.exception("lisezmoi_without_packs")
        return []
    written = []
    for code, deposant in sorted(espace.settings.deposants.items()):
        if appli and code != appli:
            continue
        data = render(espace, deposant, packs).encode()
        try:
            if espace.spool.told(code, NOM) != data:
                espace.spool.tell(code, NOM, data, process)
                written.append(code)
        except OSError:  # one full or missing folder must not keep the others waiting
            log.exception("lisezmoi_not_written", appli=code)
    return written


def render(espace: Espace, deposant: Deposant, packs: Sequence[Pack]) -> str:
    """The page of one déposant. It bears no hour: the same configuration gives the same bytes."""
    settings = espace.settings
    sections = (
        ("Qui vous êtes", _who(deposant, settings.plateforme.code_appli)),
        ("Nom d'un flux", _names(deposant)),
        ("Quand un fichier est complet", _readiness(espace, deposant)),
        ("Limites", _limits(settings.as_limites())),
        ("Règles qui jugent", _rules(packs, espace.today())),
        ("Lire les réponses", _answers(deposant, settings.retention)),
    )
    title = f"{settings.plateforme.libelle} : mode d'emploi pour {deposant.code}"
    parts = [
        title,
        "=" * len(title),
        "Page écrite d'après la configuration en vigueur ; elle change avec elle.",
    ]
    for head, lines in sections:
        parts.append("\n".join((head, "-" * len(head), *lines)))
    return "\n\n".join(parts) + "\n"


def _who(deposant: Deposant, plateforme: str) -> Iterator[str]:
    yield f"Code application : {deposant.code}{f' ({deposant.libelle})' if deposant.libelle else ''}."
    if deposant.siret:
        yield f"SIRET déclaré : {deposant.siret}."
    yield f"Code application de la plateforme : {plateforme}."
    if not deposant.raccordement_actif or not deposant.emetteur_edi:
        yield "ATTENTION : votre raccordement n'est pas actif ; tout flux sera irrecevable."
    if deposant.politique == "tout_ou_rien":
        yield "Politique : tout ou rien. Une facture rejetée fait rejeter tout le lot."
    else:
        yield "Politique : par facture. Les bonnes factures d'un lot passent, les autres sont rejetées."
    if deposant.signature == "exigee":
        yield "Signature exigée : une facture sans signature électronique est rejetée."


def _names(deposant: Deposant) -> Iterator[str]:
    yield f"INTERFACE_{deposant.code}_IDENTIFIANT.xml, .pdf (Factur-X), .tar.gz ou .zip"
    yield (
        f"L'identifiant compte 25 caractères : {deposant.code}, les 4 chiffres de l'interface, puis 15 "
        "chiffres. Il ne ressert pas après un flux accepté."
    )
    yield f"Exemple : FSO1100A_{deposant.code}_{deposant.code}1100000000000000001.tar.gz"
    yield "Interfaces ouvertes :"
    for interface in INTERFACES.values():
        if interface.ouverte:
            yield f"  {interface.code}  {interface.libelle}"


def _readiness(espace: Espace, deposant: Deposant) -> Iterator[str]:
    collecte = espace.settings.collecte
    immobile = measure((collecte.observations - 1) * collecte.pas, "seconde", "secondes")
    yield _READINESS[deposant.readiness].format(temoins=" ou ".join(deposant.temoins), immobile=immobile)
    if deposant.readiness != "renommage":
        patience = (deposant.attente_max or collecte.attente_max) / 60
        minutes = measure(patience, "minute", "minutes")
        yield f"Un dépôt incomplet qui ne change plus est refusé au bout de {minutes}."
    yield "La même règle vaut dans test."


def _limits(limites: Limites) -> Iterator[str]:
    many = measure(limites.factures, "facture", "factures")
    entrees = measure(limites.entrees, "entrée", "entrées")
    yield f"Un flux : {show_octets(limites.flux)}, {many}, {entrees}."
    yield f"Un fichier, pièces jointes comprises : {show_octets(limites.fichier)}."
    yield (
        f"Une pièce jointe : {show_octets(limites.piece_jointe)}, nom de {limites.nom_piece_jointe} "
        "caractères au plus, extension comprise."
    )
    yield f"Extensions des pièces jointes : {', '.join(sorted(limites.extensions))}."


def measure(number: float, singular: str, plural: str) -> str:
    """A quantity in French: a comma, no useless zero, plural from two on."""
    shown = f"{number:f}".rstrip("0").rstrip(".").replace(".", ",")
    return f"{shown} {singular if number < 2 else plural}"


def show_octets(octets: int) -> str:
    """A limit as it was configured: in the largest unit that divides it."""
    for unit, size in (("Go", 1024**3), ("Mo", 1024**2), ("Ko", 1024)):
        if octets % size == 0:
            return f"{octets // size} {unit}"
    return measure(octets, "octet", "octets")


def _rules(packs: Sequence[Pack], jour: date) -> Iterator[str]:
    yield "Jeux de règles officielles ; le jour de la facture choisit la version :"
    for pack in packs:
        state = state_on(pack, jour)
        if state in (Etat.EN_VIGUEUR, Etat.A_VENIR):
            since = "" if pack.valid_from == date.min else f", depuis le {pack.valid_from:%d/%m/%Y}"
            yield f"  {pack.libelle} : version {pack.version} ({state.value}{since})"


def _answers(deposant: Deposant, kept: Retention) -> Iterator[str]:
    yield "statut/<identifiant de flux>.json : où en est chaque flux, à tout instant."
    yield f"out/{integration_report_code('FSO1100A')}_….xml : compte rendu d'intégration d'un flux FSO1100A."
    if deposant.recoit_cycles_de_vie:
        yield "out/FEN1200A_….xml : statuts des factures (cycle de vie)."
    if deposant.reste:
        yield "out/RESTE_<identifiant de flux>.zip : les seuls fichiers à corriger et à redéposer."
    yield "À recycler : redéposer la même facture, où seuls changent SIRET, service, engagement."
    yield "Suspendue : redéposer la même facture, avec des pièces jointes ou des notes en plus."
    yield "in/acquittement-….csv (colonnes facture, fournisseur) : rejets et suspensions que vous avez vus."
    yield "statut/test/<nom>.txt et .json : réponse à un fichier mis dans test, jugé sans être déposé."
    yield "statut/signalement-AAAA-MM-JJ-….txt : un dépôt attendu de vous n'est pas venu, ou surprend."
    yield "statut/releve-AAAA-MM-JJ.csv : relevé de la journée ; un contre-relevé mis dans test est comparé."
    ages = [("réponses d'essais", kept.essais_jours), ("relevés", kept.releves_jours)]
    ages += [("restes", kept.restes_jours)] if deposant.reste else []
    yield f"Gardés : {', '.join(f'{what} {_kept(days)}' for what, days in ages)}."
    yield "Rejeté : à corriger et à redéposer. En attente : rien à faire, ne pas redéposer."


def _kept(days: int) -> str:
    return measure(days, "jour", "jours") if days else "pour toujours"
