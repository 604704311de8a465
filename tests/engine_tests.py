"""Which tests reach all code of the engine, and which are about Python, files and pages, or reach the same code again.

The first carry the marker ``engine`` and run under AddressSanitizer on every change; the others in ``.ci/run full``. Every test file stands in
one of the two lists, by its own name or with its folder.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent

ENGINE = {
    "test_catalogue.py",
    "test_checkpoints.py",
    "conformance/test_controllers.py",
    "conformance/test_distributions.py",
    "conformance/test_every_part.py",
    "conformance/test_receptors.py",
    "conformance/test_rows.py",
    "conformance/test_stimuli.py",
    "test_copies.py",
    "test_few_sources.py",
    "test_first_edits.py",
    "fuzz/",
    "test_golden.py",
    "test_growth.py",
    "test_interrupts.py",
    "test_lifetime.py",
    "test_loading_costs.py",
    "test_modifiers.py",
    "test_modulators.py",
    "test_order_of_arrays.py",
    "test_processes.py",
    "properties/",
    "test_python_layer.py",
    "test_recorders.py",
    "test_rest.py",
    "test_rest_and_blocks.py",
    "test_robustness.py",
    "test_rule_states.py",
    "test_schedules.py",
    "test_small_print.py",
    "test_structural_plasticity.py",
    "test_structure.py",
    "test_threads.py",
    "test_threads_of_callers.py",
}

OTHERS = {
    # what users type, and what they are told
    "test_bench.py",
    "test_command_line.py",
    "test_docs.py",
    "test_drugs.py",
    "test_engine_tests.py",
    "test_examples.py",
    "test_layers.py",
    "test_progress.py",
    "test_protocols.py",
    "test_style.py",
    "test_wheel.py",
    "test_words.py",
    # how much memory is taken, which a sanitizer alters
    "test_memory.py",
    # files and processes
    "test_all_or_nothing.py",
    "test_locks.py",
    "test_owned_recordings.py",
    "test_recordings.py",
    "test_recordings_end.py",
    "test_resume.py",
    "test_save_paths.py",
    "test_stopped_runs.py",
    "test_stored_results.py",
    # numbers: the kernels are those that the tests of properties run, for every rule
    "conformance/test_membranes.py",
    "conformance/test_plasticity.py",
    "conformance/test_rules_calcium.py",
    "conformance/test_rules_reward.py",
    "conformance/test_rules_slow.py",
    "conformance/test_rules_stdp.py",
    "conformance/test_rules_stp.py",
    "conformance/test_rules_voltage.py",
    # experiments, which use the engine as the tests of conformance do; the oracle, which has none
    "reference/",
    "science/",
    # sweeps of bad input use up memory on purpose, and a sanitizer ends a process that does
    "robustness/",
}


def entries_of(path: Path) -> set[str]:
    """Return what may stand for a test file in the lists: its name in `tests`, or its folder."""
    name = path.resolve().relative_to(HERE).as_posix()
    folder, slash, _ = name.rpartition("/")
    return {name, folder + slash} if slash else {name}
