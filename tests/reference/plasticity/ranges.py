"""Ranges that several rules are drawn with."""

from reference.registry import Weight

W_MAX = {"w_max": Weight(1, 1)}
TAUS = {"tau_plus": (0.3, 30), "tau_minus": (0.3, 30)}
PAIRS = {"learning_rate": (0.01, 0.3), "A_plus": (0.2, 1.5), "A_minus": (0.2, 1.5)} | TAUS | W_MAX

# Bounds act at events, and where the engine takes a new origin for its integrals, every 8 time constants: what moves a weight
# into a bound and out of it again between two events must be slower than the tests.
SLOW = (19, 100)

CALCIUM = {"tau_Ca": (5, 30), "C_pre": (0.3, 1.0), "C_post": (0.3, 1.0), "theta_p": (1.2, 1.5), "theta_d": (0.8, 1.1)}
CALCIUM |= {"gamma_p": (1, 5), "gamma_d": (1, 5), "delay_Ca": (0.2, 8)}
