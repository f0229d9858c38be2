"""The figures of a run as a small picture: time by number of clients, both on logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

Curves = Mapping[str, Mapping[int, float]]
"""Seconds by number of clients, by the name of what was measured."""

_COLOURS = ("#0b6e4f", "#8a8d91", "#2b59c3", "#c8553d", "#8b3fa8")
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 480, 20, 270
_LINE = 14
"""The height of a line of text."""
_LEAST, _MOST = -2, 2
"""10 ms and 100 s, as powers of ten."""


def draw(curves: Curves) -> str:
    """An SVG of the curves."""
    largest = max((number for curve in curves.values() for number in curve), default=10)
    decades = range(1, max(2, math.ceil(math.log10(largest))) + 1)
    coloured = list(zip(curves.items(), _COLOURS, strict=True))
    parts = [
        *_grid(decades),
        *(part for each in coloured for part in _curve(each, decades)),
        *_names(coloured, decades),
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 310" font-family="sans-serif" font-size="12">\n'
        '<rect width="640" height="310" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _grid(decades: range) -> Iterator[str]:
    for power, label in zip(range(_LEAST, _MOST + 1), ("10 ms", "100 ms", "1 s", "10 s", "100 s"), strict=True):
        y = _y(10.0**power)
        yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke="#dddddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{label}</text>'
    for power in decades:
        yield f'<text x="{_x(10**power, decades)}" y="{_BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>'
    yield f'<text x="{(_LEFT + _RIGHT) // 2}" y="{_BOTTOM + 34}" text-anchor="middle">clients</text>'


def _curve(named: tuple[tuple[str, Mapping[int, float]], str], decades: range) -> Iterator[str]:
    (_, curve), colour = named
    places = _places(curve, decades)
    if not places:
        return
    points = " ".join(f"{x},{y}" for x, y in places)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places)


def _names(coloured: Sequence[tuple[tuple[str, Mapping[int, float]], str]], decades: range) -> Iterator[str]:
    """What each curve is, at its end; from the top down, so that none is written over another."""
    ends = [(_places(curve, decades)[-1], name, colour) for (name, curve), colour in coloured if curve]
    lowest: dict[int, int] = {}
    for (x, y), name, colour in sorted(ends, key=lambda end: end[0][1]):
        lowest[x] = max(y + 4, lowest.get(x, 0) + _LINE)
        yield f'<text x="{x + 8}" y="{lowest[x]}" fill="{colour}">{name}</text>'


def _places(curve: Mapping[int, float], decades: range) -> list[tuple[int, int]]:
    return [(_x(number, decades), _y(seconds)) for number, seconds in sorted(curve.items())]


def _x(number: int, decades: range) -> int:
    share = (math.log10(number) - decades[0]) / (decades[-1] - decades[0])
    return round(_LEFT + share * (_RIGHT - _LEFT))


def _y(seconds: float) -> int:
    share = (math.log10(max(seconds, 0.01)) - _LEAST) / (_MOST - _LEAST)
    return round(_BOTTOM - share * (_BOTTOM - _TOP))
