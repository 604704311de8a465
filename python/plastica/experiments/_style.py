"""The look of the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXCITATORY = "#2166ac"
INHIBITORY = "#c0392b"
FIRST = "#e08214"
SECOND = "#7b4ea3"
THIRD = "#1b8a6b"
INK = "#222222"
GREY = "#8c8c8c"
LIGHT = "#d9d9d9"

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "lines.linewidth": 1.3,
    "figure.facecolor": "white",
}


def letter(axes: Axes, text: str, title: str) -> None:
    """Titles a panel: a bold letter and what it shows."""
    axes.set_title(rf"$\bf{{{text}}}$  {title}")
