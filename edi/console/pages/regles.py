"""Rules: the packs in force and what another version changes; the catalogue of all codes, to be searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.regles import Comparaison, Difference, JeuVu, RegleVue, VersionVue, fold_words
from edi.store import comparaisons

router = APIRouter(prefix="/regles")

_PAGE = 30  # rules
_CHANGES = 300  # codes of a version on a page
_LONG = 100  # characters that anybody looks for


class VersionLue(NamedTuple):
    """A version of a pack, and what is known of what it would change."""

    jeu: JeuVu
    vue: VersionVue
    difference: Difference | None
    comparaison: Comparaison | None


@router.get("", dependencies=[needs(Droit.VOIR_PLATEFORME)])
def list_jeux(ici: Ici) -> HTMLResponse:
    """The packs, and the documents that each judges."""
    jeux = ici.console.gestes.plateforme.jeux()
    return ici.show("regles.html", rubrique="/plateforme", jeux=jeux)


@router.get("/catalogue")
def list_rules(
    ici: Ici, cherche: str = "", origine: str = "", de: Annotated[int, Query(ge=0)] = 0
) -> HTMLResponse:
    """The rules that bear what is looked for, those whose code it is first."""
    catalogue = ici.console.gestes.plateforme.catalogue()
    found = of_origin(search(catalogue, cherche[:_LONG]), origine)
    return ici.show(
        "catalogue.html",
        rubrique="/plateforme",
        cherche=cherche.strip()[:_LONG],
        origine=origine,
        origines=list(dict.fromkeys(name for one in catalogue for name in one.origine.split(", "))),
        trouvees=found[de : de + _PAGE],
        nombre=len(found),
        de=de,
        pas=_PAGE,
    )


@router.get("/{jeu}/{version}", dependencies=[needs(Droit.VOIR_PLATEFORME)])
def show_version(ici: Ici, jeu: str, version: str) -> HTMLResponse:
    """A version beside the one in force: its rules, and the verdicts that it would change."""
    found = find_version(ici, jeu, version)
    difference = found.difference
    return ici.show(
        "version.html",
        rubrique="/plateforme",
        jeu=found.jeu,
        vue=found.vue,
        difference=difference,
        changements=difference.changements[:_CHANGES] if difference else (),
        comparaison=found.comparaison,
    )


def find_version(ici: Visite, jeu: str, version: str) -> VersionLue:
    """A version that is known; the one in force is compared with nothing. Raises HTTPException."""
    told = ici.console.gestes.plateforme
    held = ici.known(next((one for one in told.jeux() if one.id == jeu), None))
    shown = ici.known(next((one for one in held.versions if one.version == version), None))
    difference = told.compare(jeu, version) if shown in held.a_regarder else None
    with ici.reading() as conn:
        return VersionLue(held, shown, difference, comparaisons.find(conn, jeu, version, shown.sha256))


def of_origin(found: list[RegleVue], origine: str) -> list[RegleVue]:
    """The rules that are ours (« Navette ») or of a pack; '' all of them."""
    return [one for one in found if origine in one.origine.split(", ")] if origine else found


def search(catalogue: Sequence[RegleVue], text: str) -> list[RegleVue]:
    """The rules in which each word of a text stands, without regard to case and accents; best first."""
    words = fold_words(text).split()
    whole = " ".join(words)
    found = []
    for one in catalogue:
        if all(word in one.recherche for word in words):
            code = one.code.casefold()
            rank = 0 if code == whole else 1 if code.startswith(whole) else 2 if whole in code else 3
            found.append((rank, one))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]
