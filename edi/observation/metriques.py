"""Every metric: its name, what it tells, its labels; and from figures to metrics. Pure.

Figures are read at each scrape from the database, so that they are the same whichever process is asked, and
right after a restart. They are gauges: an invoice that changes its statut leaves the one it had. Labels are
bounded: partners and servers are those of the configuration, codes are the most frequent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from edi import __version__
from edi.model import Severity
from edi.model.confiance import FeuilleSuivie
from edi.store.mesures import Mesures

CODES = 50  # labels at most; all others are counted under AUTRES
AUTRES = "autres"


class Metrique(NamedTuple):
    """One metric; a name in ``_total`` is a counter of this process, any other a gauge."""

    nom: str
    aide: str
    labels: tuple[str, ...] = ()


METRIQUES = {
    metrique.nom: metrique
    for metrique in (
        Metrique("navette_info", "Version installée ; vaut 1.", ("version",)),
        Metrique("navette_pret", "1 : règles chaudes, base qui répond, spool inscriptible ; 0 sinon."),
        Metrique("navette_coordonne", "1 : ce processus juge et répond ; 0 : un autre le fait."),
        Metrique("navette_base_disponible", "1 quand la base a répondu à cette mesure, 0 sinon."),
        Metrique("navette_mesure_secondes", "Durée de la lecture des mesures dans la base."),
        Metrique("navette_moteur_arrets_total", "Travailleurs arrêtés ou hors délai, dans ce processus."),
        Metrique("navette_moteur_travailleurs", "Travailleurs du contrôle : aptes, ecartes.", ("etat",)),
        Metrique("navette_attente", "Ce qui attend, par partenaire et étape.", ("appli", "etape")),
        Metrique("navette_attente_age_secondes", "Âge du plus ancien qui attend.", ("appli", "etape")),
        Metrique("navette_flux", "Flux reçus, par nature et statut.", ("nature", "statut")),
        Metrique("navette_factures", "Factures, par statut.", ("statut",)),
        Metrique("navette_recus_heure", "Reçus depuis une heure : flux, factures.", ("objet",)),
        Metrique(
            "navette_delai_secondes",
            "Durée d'une étape, des flux reçus depuis 24 h : médiane et 95 %.",
            ("etape", "quantile"),
        ),
        Metrique("navette_constats_jour", "Constats des flux reçus depuis 24 h.", ("code", "gravite")),
        Metrique(
            "navette_conservation",
            "Reçu, moins ce qui est décidé, moins ce qui est en cours ; 0, ou « edi audit ».",
            ("objet",),
        ),
        Metrique("navette_canal_arrete", "1 quand un exploitant doit rouvrir ce canal.", ("serveur",)),
        Metrique("navette_canal_echecs", "Échecs de suite du canal d'un serveur.", ("serveur",)),
        Metrique("navette_canal_dernier_succes", "Dernier échange, en secondes d'époque.", ("serveur",)),
        Metrique("navette_alertes", "Alertes ouvertes, par gravité.", ("gravite",)),
        Metrique("navette_regles_en_doute", "Règles dont le disjoncteur retient des factures."),
        Metrique(
            "navette_feuille_documents",
            "Documents par feuille officielle : compiles, replis, doubles, ecarts.",
            ("feuille", "objet"),
        ),
        Metrique("navette_feuille_etat", "État de la forme compilée ; vaut 1.", ("feuille", "etat")),
        Metrique("navette_retenues", "Retenues posées par un exploitant, en cours."),
        Metrique("navette_annuaire_importe", "Dernier import de l'annuaire, en secondes d'époque."),
        Metrique("navette_processus", "Processus au travail sur cet espace."),
    )
}

Sample = tuple[tuple[str, ...], float]


def make(nom: str, samples: Iterable[Sample]) -> Metric:
    """One metric with its values. Raises KeyError for a name that :data:`METRIQUES` does not know."""
    metrique = METRIQUES[nom]
    family: CounterMetricFamily | GaugeMetricFamily
    if nom.endswith("_total"):
        family = CounterMetricFamily(nom, metrique.aide, labels=metrique.labels)
    else:
        family = GaugeMetricFamily(nom, metrique.aide, labels=metrique.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def of_process(
    *, pret: bool, base: bool, coordonne: bool, arrets: int, aptes: int, ecartes: int
) -> Iterator[Metric]:
    """What a process knows without its database."""
    yield make("navette_info", [((__version__,), 1)])
    yield make("navette_pret", [((), pret)])
    yield make("navette_coordonne", [((), coordonne)])
    yield make("navette_base_disponible", [((), base)])
    yield make("navette_moteur_arrets_total", [((), arrets)])
    yield make("navette_moteur_travailleurs", [(("aptes",), aptes), (("ecartes",), ecartes)])


def of_figures(seen: Mesures, at: datetime) -> Iterator[Metric]:
    """What the database told at that instant."""
    ages = [((q.appli, q.etape), max(0.0, (at - q.depuis).total_seconds())) for q in seen.queues]
    yield make("navette_attente", [((q.appli, q.etape), q.nombre) for q in seen.queues])
    yield make("navette_attente_age_secondes", ages)
    yield make("navette_flux", [((nature, statut), many) for nature, statut, many in seen.flux])
    yield make("navette_factures", [((statut,), many) for statut, many in seen.factures])
    flux_list, factures = seen.recus
    yield make("navette_recus_heure", [(("flux",), flux_list), (("factures",), factures)])
    times = [((d.etape, q), value) for d in seen.delais for q, value in (("0.5", d.median), ("0.95", d.p95))]
    yield make("navette_delai_secondes", times)
    yield make("navette_constats_jour", bound_codes(seen.constats))
    lost = [(("flux",), seen.flux_perdus), (("factures",), seen.factures_perdues)]
    yield make("navette_conservation", lost)
    yield make("navette_canal_arrete", [((c.serveur,), c.arrete) for c in seen.canaux])
    yield make("navette_canal_echecs", [((c.serveur,), c.essais) for c in seen.canaux])
    last = [((c.serveur,), c.reussi_le.timestamp()) for c in seen.canaux if c.reussi_le is not None]
    yield make("navette_canal_dernier_succes", last)
    yield make("navette_alertes", [((gravite,), many) for gravite, many in seen.alertes])
    yield make("navette_regles_en_doute", [((), seen.regles_en_doute)])
    yield from of_sheets(seen.feuilles)
    yield make("navette_retenues", [((), seen.retenues)])
    imported = [] if seen.annuaire_du is None else [((), seen.annuaire_du.timestamp())]
    yield make("navette_annuaire_importe", imported)
    yield make("navette_processus", [((), seen.processus)])


def of_sheets(feuilles: Sequence[FeuilleSuivie]) -> Iterator[Metric]:
    """How the compiled form of each official sheet does; two of one name are told apart by their hashes."""
    names = Counter(one.nom for one in feuilles)
    named = [(one.nom if names[one.nom] == 1 else f"{one.nom} {one.feuille[:12]}", one) for one in feuilles]
    counts = [
        ((nom, objet), many)
        for nom, one in named
        for objet, many in (
            ("compiles", one.documents),
            ("replis", one.replis),
            ("doubles", one.doubles),
            ("ecarts", one.ecarts),
        )
    ]
    yield make("navette_feuille_documents", counts)
    yield make("navette_feuille_etat", [((nom, one.etat.name), 1) for nom, one in named])


def bound_codes(constats: Iterable[tuple[str, int, int]]) -> list[Sample]:
    """The most frequent codes by themselves, all others together, by severity."""
    samples: list[Sample] = []
    others: dict[int, int] = {}
    for rank, (code, severity, many) in enumerate(constats):
        if rank < CODES:
            samples.append(((code, Severity(severity).name), many))
        else:
            others[severity] = others.get(severity, 0) + many
    return samples + [((AUTRES, Severity(severity).name), many) for severity, many in sorted(others.items())]
