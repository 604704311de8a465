"""Irregular activity from balance: 4,000 excitatory and 1,000 inhibitory neurons, and noise from outside.

Excitation and inhibition cancel on average; what is left are fluctuations, and every neuron fires at random moments
(Brunel 2000, J Comput Neurosci 8:183). Prints the mean rate and the irregularity of excitatory neurons.
"""

import plastica as pl

WEIGHT = 0.2  # mV
INHIBITION = 8.0  # times as strong as excitation, and a quarter as many neurons
OUTSIDE = 10_000.0  # Hz, in all, onto each neuron: twice what would just reach the threshold

net = pl.Network(dt=0.1, seed=1)
cell = pl.LIF(tau_m=20, E_L=0, V_th=20, V_reset=10, t_ref=2, receptors={"input": pl.CurrentDelta()})
cells = net.population(5000, cell, name="cells", initial={"V": pl.Uniform(0, 20)})
exc, inh = cells[:4000], cells[4000:]

net.connect(exc, cells, pl.FixedInDegree(400), weight=WEIGHT, delay=pl.Uniform(0.5, 3.0))
net.connect(inh, cells, pl.FixedInDegree(100), weight=-INHIBITION * WEIGHT, delay=pl.Uniform(0.5, 3.0))
net.drive(cells, pl.PoissonInput(rate=OUTSIDE), weight=WEIGHT)

spikes = net.record(exc, "spikes")
net.run(200)  # until the start is forgotten
spikes.clear()
net.run(2000)

_, rates = spikes.rate(bin=2000)
print(net)
print(f"rate {rates[0]:.1f} Hz; intervals vary by {spikes.cv().mean():.2f} of their mean (a Poisson process: 1)")
