"""Oracles of plasticity rules, one file for each header in `cpp/parts/plasticity`; `rule.py` says how to write one."""

from reference.registry import found_in

from .rule import (
    Rule,
    Variables,
    bounded,
    decay,
    last_before,
    trace,
    trace_of_all,
    trace_of_last,
    trace_suppressed,
)

__all__ = [
    "Rule",
    "Variables",
    "bounded",
    "decay",
    "last_before",
    "trace",
    "trace_of_all",
    "trace_of_last",
    "trace_suppressed",
]

globals().update(found_in(__name__, __path__))
