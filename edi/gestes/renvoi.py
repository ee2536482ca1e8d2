"""An operator's word: a return flow that has left is sent once more, the very same bytes under its name."""

from __future__ import annotations

from collections.abc import Callable

from edi.espace import Espace
from edi.model import Emission
from edi.model.gestes import GesteRefuse, read_reason
from edi.store import journal, livraisons

AUTRE = (
    "Ce flux retour ne se refait pas à l'identique : la configuration dont il dépend a changé depuis qu'il "
    "est parti. L'original est chez son destinataire."
)


def send_again(
    espace: Espace, remake: Callable[[Emission], bytes | None], emission: Emission, raison: str, par: str
) -> str:
    """Put a return flow where its partner fetches it once more; where, in French. Raises GesteRefuse.

    ``remake`` gives its very bytes, or None when they would not be the same.
    """
    raison = read_reason(raison)
    partner = espace.settings.recepteurs.get(emission.appli)
    if emission.emis_le is None:
        raise GesteRefuse("Ce flux retour n'est pas encore parti : il part de lui-même, une fois prêt.")
    if partner is None:
        raise GesteRefuse(f"{emission.appli} n'est plus raccordé : ses flux retour ne partent plus.")
    data = remake(emission)
    if data is None:
        raise GesteRefuse(AUTRE)
    local, distant = not partner.pousse or partner.out_local, partner.pousse
    vers = " et ".join([*(["son dossier out"] if local else []), *(["son serveur"] if distant else [])])
    with espace.engine.begin() as conn:
        if distant and not livraisons.ask_again(conn, emission.id, espace.now()):
            raise GesteRefuse("Ce flux retour est déjà à déposer sur le serveur de son destinataire.")
        detail = {"raison": raison, "sha256": emission.sha256, "vers": vers}
        journal.note_act(
            conn,
            "retour-renvoye",
            emission.nom,
            espace.now(),
            par=par,
            detail=detail,
            flux_id=emission.flux_id,
        )
        if local:
            _publish(espace, emission, data)
    return vers


def _publish(espace: Espace, emission: Emission, data: bytes) -> None:
    """Before the commit: what cannot be put there is not told as done."""
    try:
        espace.spool.publish(emission.appli, emission.nom, data)
    except OSError as error:
        raise GesteRefuse(
            f"Le dossier out de {emission.appli} ne se laisse pas écrire : {error.strerror}."
        ) from error
