"""What a return flow is called.

``{INTERFACE}_{EMITTER}_{FLUX ID}.xml`` with a flux id of 25 characters: our application code (6), the four
digits of the interface, then 15 digits. Those 15 digits are ours to choose; they hold the déposant (8 digits:
its three letters as a number in base 26 on 5 digits, then its own three digits) and the number of the flow
for that déposant and interface (7 digits), so that a name is unique and can be computed again at any time.
"""

from __future__ import annotations

CYCLE_DE_VIE = "FEN1200A"
PIVOT = "FEN0036A"
CDAR_FACTURE = "FFE0614A"  # a message of the reform about an invoice or a file
_REFORME = 20_000  # added to the letters of the déposant, so that CFE1100A and CSO1100A share no flux id
_SUR_MESSAGE = 40_000  # the same for the report on a message (CSO0614A), beside the messages themselves


def cdar_flux_code(interface: str) -> str:
    """The code of the message of the reform about a flux: FSO1100A -> CFE1100A."""
    return f"CFE{integration_report_code(interface)[3:]}"


def is_cdar(interface: str) -> bool:
    """Whether a return flow is a message of cycle de vie of the reform."""
    return interface == CDAR_FACTURE or interface.startswith("CFE")


def integration_report_code(interface: str) -> str:
    """The code of the compte rendu d'intégration of an input interface: FSO1100A -> CSO1100A.

    A flux whose interface could not be read is answered under CSO0000A.
    """
    digits = interface[3:7] if interface[3:7].isdigit() else "0000"
    return f"CSO{digits}A"


def flux_id(emitter: str, interface: str, appli: str, numero: int) -> str:
    """The flux id of the ``numero``-th return flow of that kind. Raises ValueError past 7 digits."""
    if not 0 < numero < 10**7:
        raise ValueError(f"return flow {numero} of {interface} for {appli}: 7 digits are not enough")
    letters = 0
    for letter in appli[:3]:
        letters = letters * 26 + ord(letter) - ord("A")
    if interface.startswith("CFE"):
        letters += _REFORME
    elif interface == integration_report_code(CDAR_FACTURE):
        letters += _SUR_MESSAGE
    return f"{emitter}{interface[3:7]}{letters:05d}{appli[3:]}{numero:07d}"


def file_name(emitter: str, interface: str, appli: str, numero: int) -> str:
    """The file name of that return flow."""
    return f"{interface}_{emitter}_{flux_id(emitter, interface, appli, numero)}.xml"
