"""What can go wrong with a server, each with the class that says who must act. Messages are French."""

from __future__ import annotations

from edi.model import ErrorClass


class RemoteFailed(Exception):
    """Something did not work on a server. ``remede`` says what to do about it, in French."""

    error_class = ErrorClass.TRANSIENT
    remede = "Rien à faire : la connexion est tentée de nouveau au prochain passage."

    def __init__(self, message: str, remede: str = "") -> None:
        super().__init__(message)
        self.remede = remede or self.remede


class ConnectionLost(RemoteFailed):
    """No connection, or one that was cut or fell silent. What was under way may or may not have happened."""


class ProtocolBroken(RemoteFailed):
    """The server's answer makes no sense, or is a failure without a reason (a full disk, often)."""


class HostKeyRefused(RemoteFailed):
    """The server does not show the key that is pinned. Nothing was sent to it."""

    error_class = ErrorClass.OPERATOR
    remede = (
        "Ne changez « empreinte » qu'après avoir fait confirmer la nouvelle clé par l'exploitant du serveur, "
        "par un autre moyen que cette connexion."
    )

    def __init__(self, expected: str, found: str) -> None:
        if expected:
            super().__init__(f"La clé du serveur a changé : attendue {expected}, présentée {found}")
        else:
            super().__init__(f"La clé du serveur est inconnue : aucune n'est configurée, présentée {found}")
        self.expected, self.found = expected, found


class AuthRefused(RemoteFailed):
    """The server does not let us in."""

    error_class = ErrorClass.OPERATOR
    remede = (
        "Vérifiez « utilisateur », « cle » ou « mot_de_passe », "
        "et que la clé publique est déposée chez l'exploitant du serveur."
    )


class SecretUnusable(RemoteFailed):
    """A key, passphrase or password of ours cannot be read."""

    error_class = ErrorClass.OPERATOR
    remede = "Vérifiez « cle », « phrase » et « mot_de_passe » du serveur dans la configuration."


class RemoteMissing(RemoteFailed):
    """The server knows no such file or folder."""

    error_class = ErrorClass.OPERATOR
    remede = "Vérifiez le nom du dossier dans la configuration, ou faites-le créer sur le serveur."


class RemoteDenied(RemoteFailed):
    """The server forbids it."""

    error_class = ErrorClass.OPERATOR
    remede = "Demandez à l'exploitant du serveur les droits nécessaires sur ce dossier."


class RemoteUnsupported(RemoteFailed):
    """The server does not know this operation."""

    error_class = ErrorClass.OPERATOR
    remede = "Si le serveur ne sait ni renommer ni lister, dites-le : renommage = false, liste = false."


class ContentRefused(RemoteFailed):
    """The file is not what its list or its manifest says: the sender must look."""

    error_class = ErrorClass.SENDER
    remede = "Le fichier reste sur le serveur ; le déposant doit le déposer de nouveau."
