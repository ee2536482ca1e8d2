"""How ``edi flux show --pourquoi`` shows its answer to people: sentences, then tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from edi import __version__
from edi.cli.affichage import console, print_table
from edi.cli.espace import Espace
from edi.model import Finding
from edi.outbound.phrases import count
from edi.pourquoi.accord import Difference
from edi.pourquoi.chaine import Paire
from edi.pourquoi.configuration import changes_since
from edi.pourquoi.explication import DuFlux, Explication, agrees, decides_alike
from edi.pourquoi.rejouer import Passee, Reponse, Vue


class Page:
    """The answer for people."""

    def __init__(self, espace: Espace, reponse: Reponse) -> None:
        self._zone = espace.settings.fuseau
        self._reponse = reponse

    def show(
        self, wanted: Sequence[Explication], du_flux: Sequence[DuFlux], rappel: int | None, *, detail: bool
    ) -> None:
        flux = self._reponse.dossier.flux
        if rappel is not None:
            self._say(f"Le flux n° {rappel} est un rappel du flux n° {flux.id}, qui a été jugé :")
        self._say(
            f"Flux {flux.reference} (n° {flux.id}), reçu le {self._at(flux.recu_le)} de {flux.appli} : "
            f"{flux.statut.libelle}."
        )
        if flux.statut.en_cours:
            self._say("Il n'est décidé qu'en partie ; ce qui attend encore n'est pas montré ici.")
        self._show_passes()
        self._show_agreement(wanted, du_flux)
        if du_flux:
            self._show_flux(du_flux)
        if len(wanted) > 1 or (wanted and not detail):
            self._show_factures(wanted)
        if detail:
            for one in wanted:
                self._show_chain(one)
        elif wanted:
            self._say("« --facture NUMÉRO » montre la chaîne des raisons d'une facture.")
        self._say("Rien n'a été modifié. L'antivirus n'est pas interrogé de nouveau : son avis est repris.")

    def _show_passes(self) -> None:
        if self._reponse.raison:
            self._say(f"Rejeu impossible : {self._reponse.raison}. Ci-dessous, ce qui a été enregistré.")
        for passee in self._reponse.passees:
            self._show_pass(passee)
        today = self._reponse.aujourd_hui
        if today is not None:
            self._say(f"Aujourd'hui, {self._at(today.le)} : {self._conditions(today)}.")

    def _show_pass(self, passee: Passee) -> None:
        many = count(len(passee.decidees), "facture décidée", "factures décidées")
        told = f"Le {self._at(passee.le)} : {many}" if passee.decidees else f"Le {self._at(passee.le)}"
        self._say(f"{told} ; {self._conditions(passee.vue)}." if passee.vue else f"{told}.")
        for absent in passee.manquants:
            self._say(
                f"Rejeu impossible sans le jeu {absent.id} version {absent.version} (sha256 "
                f"{absent.sha256[0][:12]}…) : « edi rules install FICHIER --jeu {absent.id} --version "
                f"{absent.version} » le rend. Ci-dessous, ce qui a été enregistré."
            )
        for reserve in passee.reserves:
            self._say(f"Réserve : {reserve}.")
        for cle, avant, apres in changes_since(passee, self._reponse):
            told = f"{avant or 'rien'} → {apres or 'rien'}"
            self._say(f"Configuration changée depuis, {cle} : {told}.")

    def _conditions(self, vue: Vue) -> str:
        """What it was asked under, in a few words."""
        told = [f"Navette {vue.reglage.version}"] if vue.reglage.version else []
        du = vue.snapshot.annuaire_du if vue.snapshot else None
        told += [f"annuaire du {self._at(du)}"] if du else ["sans annuaire"]
        told += [f"services du {self._at(vue.services_du)}"] if du and vue.services_du else []
        return ", ".join(told)

    def _show_agreement(self, wanted: Sequence[Explication], du_flux: Sequence[DuFlux]) -> None:
        replayed = [one for one in wanted if one.rejouee]
        versions = sorted(self._other_versions(wanted))
        possible = any(passee.vue is not None for passee in self._reponse.passees)
        if possible and agrees(wanted, du_flux) and (replayed or not wanted):
            many = f" ({count(len(replayed), 'facture', 'factures')})" if replayed else ""
            self._say(f"Le rejeu retrouve exactement ce qui avait été enregistré{many}.")
        for one in wanted:
            self._show_differences(f"facture {one.decidee.facture.numero}", one.differences)
            if not decides_alike(one):
                acceptee = "acceptée" if one.decidee.acceptee else "rejetée"
                self._say(
                    f"ÉCART, facture {one.decidee.facture.numero} : son statut la dit {acceptee}, ses "
                    f"constats la disent {one.decision}"
                )
        for other in du_flux:
            self._show_differences(f"fichier {other.fichier}" if other.fichier else "flux", other.differences)
        if versions:
            self._say(
                f"Jugé par Navette {', '.join(versions)}, rejoué par Navette {__version__} : nos règles "
                "ont pu changer entre les deux."
            )

    def _other_versions(self, wanted: Sequence[Explication]) -> set[str]:
        """Of Navette, those that judged and are not this one."""
        passes = [p.jugement.reglage for p in self._reponse.passees if p.jugement and p.jugement.reglage]
        return ({one.version for one in wanted} | {one.version for one in passes}) - {"", __version__}

    def _show_differences(self, where: str, differences: Sequence[Difference]) -> None:
        for finding, recorded in differences:
            what = "enregistré, et le rejeu ne le retrouve pas" if recorded else "trouvé par le rejeu seul"
            self._say(f"ÉCART, {where} : {finding.code} {what} ({finding.message})")

    def _show_flux(self, du_flux: Sequence[DuFlux]) -> None:
        rows = [
            (one.fichier or "le flux", _tell(one.alors), _beside(_tell(one.alors), _tell(one.aujourd_hui)))
            for one in du_flux
        ]
        print_table(("où", self._alors(self._reponse.dossier.le), "et aujourd'hui ?"), rows)

    def _show_factures(self, wanted: Sequence[Explication]) -> None:
        rows = [
            (
                one.decidee.facture.numero,
                self._at(one.decidee.le),
                self._decision(one),
                self._agreement(one),
                _beside(one.decision, one.aujourd_hui or "non jugée"),
            )
            for one in wanted
        ]
        print_table(("facture", "décidée le", "décision", "rejeu", "et aujourd'hui ?"), rows)

    def _decision(self, one: Explication) -> str:
        again = f" ; acceptée par le rejeu du {self._at(one.rejeu_le)}" if one.rejeu_le else ""
        return one.decision + again

    def _agreement(self, one: Explication) -> str:
        if one.differences:
            return "ÉCART"
        return "d'accord" if one.rejouee else "impossible"

    def _show_chain(self, one: Explication) -> None:
        facture, (fichier, _) = one.decidee.facture, one.decidee.place
        later = {maillon.etape: maillon.reponse for maillon in one.rejeu}
        rows = [
            (
                paire.alors.etape,
                paire.alors.question,
                paire.alors.cadre,
                paire.alors.reponse,
                *([_beside(paire.alors.reponse, later[paire.alors.etape])] if later else []),
                _today(paire),
            )
            for paire in one.paires
        ]
        columns = ["étape", "question", "demandé avec", self._alors(one.decidee.le)]
        columns += [f"rejeu du {self._at(one.rejeu_le)}"] if later and one.rejeu_le else []
        titre = f"Facture {facture.numero} (fichier {fichier})"
        print_table((*columns, "et aujourd'hui ?"), rows, titre)
        if one.rejeu_le is not None:
            self._say(f"Acceptée depuis, par le rejeu du {self._at(one.rejeu_le)} (edi rejoue).")

    def _alors(self, le: datetime) -> str:
        return f"le {self._at(le)}"

    def _at(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%d/%m/%Y %H:%M}"

    def _say(self, text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)


def _today(paire: Paire) -> str:
    alors, now = paire
    if now is None:
        return "non jugée"
    told = f"≠ {now.reponse}" if paire.change else "sans changement"
    return f"{told} ({now.cadre})" if now.cadre != alors.cadre else told


def _beside(alors: str, now: str) -> str:
    return "sans changement" if alors == now else f"≠ {now}"


def _tell(findings: Sequence[Finding]) -> str:
    return " ; ".join(dict.fromkeys(f"{one.code} : {one.message}" for one in findings)) or "rien à redire"
