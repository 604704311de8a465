"""Published constants of short-term plasticity."""

from __future__ import annotations

from typing import Self

from plastica import coerce
from plastica.part import Rule

_LIQUID = {  # U, tau_rec, tau_facil
    "EE": (0.5, 1100.0, 50.0),
    "EI": (0.05, 125.0, 1200.0),
    "IE": (0.25, 700.0, 20.0),
    "II": (0.32, 144.0, 60.0),
}


class TsodyksMarkramSets(Rule):
    """Constants of `TsodyksMarkram`, by name."""

    @classmethod
    def depressing(cls) -> Self:
        """A depressing synapse of pyramidal cells: U 0.5, tau_rec 800 ms, tau_I 3 ms.

        Tsodyks, Pawelzik and Markram (1998), figure 1A.
        """
        return cls(U=0.5, tau_rec=800.0, tau_facil=0.0, tau_I=3.0)

    @classmethod
    def facilitating(cls) -> Self:
        """A facilitating synapse onto an interneuron: U 0.03, tau_rec 130 ms, tau_facil 530 ms, tau_I 1.5 ms.

        Tsodyks, Pawelzik and Markram (1998), figure 1B and C.
        """
        return cls(U=0.03, tau_rec=130.0, tau_facil=530.0, tau_I=1.5)

    @classmethod
    def liquid(cls, name: str) -> Self:
        """The mean constants of Maass, Natschlaeger and Markram (2002), Neural Comput 14:2531.

        Parameters
        ----------
        name : {"EE", "EI", "IE", "II"}
            From excitatory (E) or inhibitory (I) neurons to excitatory or inhibitory ones.
        """
        U, tau_rec, tau_facil = _LIQUID[coerce.choice(name, "name", tuple(_LIQUID))]
        return cls(U=U, tau_rec=tau_rec, tau_facil=tau_facil)
