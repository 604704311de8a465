"""The table that `print(network)` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .contents import Contents
    from .projection import Projection


class Table(NamedTuple):
    """A table of texts, with a title."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables(network: Contents) -> list[Table]:
    """Populations, projections, drives, controllers and recorders; without those that are empty."""
    populations = [
        (p.name, f"{p.size:,}", type(p.model).__name__, ", ".join(p.receptors) or "-", f"{p.spike_count:,}")
        for p in network.populations.values()
    ]
    projections = [
        (
            p.name,
            f"{p.pre.name} -> {p.post.name}",
            p.receptor,
            f"{len(p):,}",
            p.delay_text,
            _plasticity(p),
        )
        for p in network.projections.values()
    ]
    moving = "frozen" if network.engine().frozen() else "yes"
    drives = [
        (d.name, repr(d._record.in_force), d.target.name, "yes" if d.active else "no") for d in network.drives.values()
    ]
    controllers = [
        (c.name, repr(c._in_force), c.target.name, c.acts_on, moving if c.active else "no")
        for c in network.controllers.values()
    ]
    recorders = [(r.what, r.target) for r in network.recorders]
    every = [
        Table("populations", ("name", "neurons", "model", "receptors", "spikes"), populations),
        Table("projections", ("name", "from -> to", "receptor", "synapses", "delay", "plasticity"), projections),
        Table("drives", ("name", "stimulus", "on", "active"), drives),
        Table("controllers", ("name", "law", "on", "acts on", "active"), controllers),
        Table("recorders", ("of what", "of whom"), recorders),
    ]
    return [table for table in every if table.rows]


def _plasticity(projection: Projection) -> str:
    rules = ", ".join(type(rule).__name__ for rule in projection.rules)
    if not rules:
        return "static"
    core = projection.network.engine()
    frozen = core.learns(projection.index) and (core.frozen() or not projection.plastic)
    return f"{rules} (frozen)" if frozen else rules


def headline(network: Contents) -> str:
    """One line about the network as a whole."""
    threads = f"{network.threads} thread{'s' if network.threads != 1 else ''}"
    return (
        f"Network at {network.time:,.10g} ms: dt = {network.dt:g} ms, seed {network.seed}, {threads}, "
        f"{network.precision} precision"
    )


def text(network: Contents) -> str:
    """The summary as plain text."""
    lines = [headline(network)]
    for table in tables(network):
        widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
        right = [cell.replace(",", "").isdigit() for cell in table.rows[0]]
        lines += ["", table.title]
        for row in (table.header, *table.rows):
            cells = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
            lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def html(network: Contents) -> str:
    """The summary as HTML tables."""
    from html import escape

    parts = [f"<p>{escape(headline(network))}</p>"]
    for table in tables(network):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
        caption = f"<caption>{escape(table.title)}</caption>"
        parts.append(f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "<div>" + "".join(parts) + "</div>"
