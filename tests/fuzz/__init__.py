"""Damaged and edited checkpoints: what `plastica.load` does with files that nobody should trust.

``python -m tests.fuzz --cases 10000 --seed 1`` tries many and reports each that can be repeated by its number; `test_fuzz` tries some.
"""
