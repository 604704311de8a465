"""The experiment `clopath2010`: the table it is judged by, computed again, and a reduced run."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from plastica.cli import main
from plastica.experiments import clopath2010

E_L, THETA_PLUS = -70.6, -45.3


def burst_in_steps_of_1_ms(pre, post, b):
    """The change of the weight in one burst by the scheme of ModelDB 144566: forward Euler, spikes of two steps, filters of
    3 ms ago, weights in the order of depression and potentiation."""
    V, w, z, V_th, spike = E_L, 0.0, 0.0, -50.4, 0
    minus, plus, x, change = [E_L] * 4, [E_L] * 4, 0.0, 0.0
    for t in range(post[-1] + 200):
        if spike == 2:
            V, w, z, V_th, spike = E_L + 15 + 6.0984, w + b, 400.0, -30.4, 0
        steep = 60 * math.exp(min((V - V_th) / 2, 300.0))
        dV, dw = (-30 * (V - E_L) + steep - w + z) / 281 + 3558.7 * (t in post), (4 * (V - E_L) - w) / 144
        V, w, z, V_th = V + dV, w + dw, z - z / 40, V_th + (-50.4 - V_th) / 50
        if spike == 1:
            V, w, spike = 29.4 + 3.462, w - dw, 2
        elif V > 20:
            V, spike = 29.4, 1
        change -= 14e-5 * (t in pre) * max(minus[-4] - E_L, 0)
        change += 8e-5 * max(V - THETA_PLUS, 0) * x * max(plus[-4] - E_L, 0)
        x += ((t in pre) - x) / 15
        minus.append(minus[-1] + (V - minus[-1]) / 10)
        plus.append(plus[-1] + (V - plus[-1]) / 7)
    return change


@pytest.mark.parametrize("interval", clopath2010.INTERVALS)
@pytest.mark.parametrize("frequency", clopath2010.FREQUENCIES)
def test_the_table_is_what_the_published_scheme_gives_with_a_tiny_adaptation_and_a_sixth_spike(frequency, interval):
    """Oracle: the scheme, written anew; 15 bursts of 5 pairs (50 single pairs at 0.1 Hz) of a weight of 0.5, to 0.1 %."""
    train = clopath2010.protocol(frequency, interval, True, 3)
    spikes = 5 + (interval < 0) if frequency > 1 else 1
    first = min(train.pre[0], train.post[0]) - 30
    pre = np.rint(train.pre[: min(spikes, 5)] - first).astype(int).tolist()
    post = np.rint(train.post[:spikes] - first).astype(int).tolist()
    if frequency > 1:
        change = 15 * burst_in_steps_of_1_ms(pre, post, 0.0805)
    elif interval > 0:
        change = 50 * burst_in_steps_of_1_ms(pre, post, 0.0805)
    else:  # ten times five pairs, and the sixth spike comes 11 ms before the next five
        twice = burst_in_steps_of_1_ms(pre, [post[0] - 11, *post], 0.0805)
        change = 41 * burst_in_steps_of_1_ms(pre, post, 0.0805) + 9 * twice
    weight = 100 * (1 + change / 0.5)
    published = clopath2010.PUBLISHED[interval][clopath2010.FREQUENCIES.index(frequency)]
    assert weight == pytest.approx(published, abs=0.1)


@pytest.mark.science
def test_the_sign_of_plasticity_depends_on_the_rate_and_a_receptive_field_begins_to_form(tmp_path) -> None:
    assert main(["run", "clopath2010", "--quick", "--out", str(tmp_path)]) == 0
    records = json.loads((tmp_path / "clopath2010" / "result.json").read_text(encoding="utf-8"))["records"]
    records = {record["metric"]: record for record in records}
    judged = [record for record in records.values() if record["criterion"] is not None]
    # the receptive field never gets as compact as asked, nor does that of the published scheme
    missed = [record["metric"] for record in judged if not record["pass"]]
    assert missed == ["receptive field: part of the weight in one block"]
    assert len(judged) == 12
    field, before = records[missed[0]]["value"], records["receptive field: part at the start"]["value"]
    assert field > 1.15 * before
