"""STDP between two neurons: the change of one weight against the time between two spikes.

Each pair of spikes meets at its own synapse. A teacher makes the postsynaptic neuron fire when it should; the
synapse itself is too weak for that. Prints the window beside its closed form.
"""

import numpy as np

import plastica as pl

differences = np.array([-40.0, -20.0, -10.0, -5.0, 5.0, 10.0, 20.0, 40.0])  # ms, postsynaptic minus presynaptic spike
pairs = len(differences)
pre_times = np.full(pairs, 100.0)

net = pl.Network(dt=0.1, precision="double")
pre = net.population(pairs, pl.SpikeSource(times=[[t] for t in pre_times]), name="pre")
# A teacher's spike reaches its neuron 1 ms later, and the neuron fires in the step after that.
teacher = net.population(pairs, pl.SpikeSource(times=[[t] for t in pre_times + differences - 0.1]), name="teacher")
post = net.population(pairs, pl.LIF(receptors={"input": pl.CurrentDelta()}), name="post")

net.connect(teacher, post, pl.OneToOne(), weight=100.0, delay=1.0)
rule = pl.STDP(learning_rate=0.01, A_plus=1.0, A_minus=1.05, tau_plus=20, tau_minus=20, w_max=1.0)
# With the whole delay in the axon, the presynaptic spike is at the synapse 1 ms after it was fired, like the teacher's.
synapse = net.connect(pre, post, pl.OneToOne(), weight=0.5, delay=1.0, plasticity=rule)

net.run(300)

change = synapse.weights - 0.5
window = np.where(differences > 0, 1.0, -1.05) * 0.01 * np.exp(-np.abs(differences) / 20)
print("post - pre (ms)    change  closed form")
for difference, measured, expected in zip(differences, change, window, strict=True):
    print(f"{difference:15.0f} {measured:9.6f}    {expected:9.6f}")
