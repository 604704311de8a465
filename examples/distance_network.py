"""A wave on a sheet: neurons at places, connections that fall with distance, delays that grow with it.

A current starts a few neurons in the middle of a square millimetre; the activity travels outwards as fast as axons and
membranes let it. Prints how far the spikes are from the middle as time goes on.
"""

import numpy as np

import plastica as pl

SPEED = 0.3  # mm per ms, of spikes along axons

net = pl.Network(dt=0.1, seed=4)
cell = pl.LIF(t_ref=20, receptors={"input": pl.CurrentExp(tau=2.0)})
sheet = net.population(60 * 60, cell, name="sheet", positions=pl.Grid((60, 60), extent=(1.0, 1.0)))
nearby = pl.DistanceDependent(kernel="gaussian", scale=0.05, probability=0.8, max_distance=0.2, allow_autapses=False)
local = net.connect(
    sheet,
    sheet,
    nearby,
    weight=lambda distance: 400.0 * np.exp(-distance / 0.1),
    delay=lambda distance: 0.5 + distance / SPEED,
)

places = sheet.positions
assert places is not None
distance = np.linalg.norm(places - 0.5, axis=1)
kick = net.drive(sheet[distance < 0.08], pl.ConstantCurrent(amplitude=3000.0))
spikes = net.record(sheet, "spikes")
net.run(5)
kick.active = False
net.run(25)

print(net)
delays = local.delays
print(f"{len(local) / len(sheet):.0f} connections per neuron, delays {delays.min():.1f} to {delays.max():.1f} ms")
front = distance[spikes.ids]
for start in range(0, 30, 3):
    now = front[(spikes.times > start) & (spikes.times <= start + 3)]
    if len(now):
        print(f"{start:3d} to {start + 3:2d} ms: {len(now):5d} spikes, {now.mean():.2f} mm from the middle")
