"""The figures of a run as a small picture: time by number of clients, both on logarithmic scales."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

Curves = Mapping[str, Mapping[int, float]]
"""Seconds by number of clients, by the name of what was measured."""

_COLOURS = ("#0b6e4f", "#8a8d91", "#2b59c3", "#c8553d", "#8b3fa8")
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 480, 20, 270
_LEAST, _MOST = -2, 2
"""10 ms and 100 s, as powers of ten."""


def draw(curves: Curves) -> str:
    """An SVG of the curves."""
    largest = max((number for curve in curves.values() for number in curve), default=10)
    decades = range(1, max(2, math.ceil(math.log10(largest))) + 1)
    parts = [
        *_grid(decades),
        *(part for each in zip(curves.items(), _COLOURS, strict=True) for part in _curve(each, decades)),
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
    (name, curve), colour = named
    places = [(_x(number, decades), _y(seconds)) for number, seconds in sorted(curve.items())]
    if not places:
        return
    points = " ".join(f"{x},{y}" for x, y in places)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places)
    x, y = places[-1]
    yield f'<text x="{x + 8}" y="{y + 4}" fill="{colour}">{name}</text>'


def _x(number: int, decades: range) -> int:
    share = (math.log10(number) - decades[0]) / (decades[-1] - decades[0])
    return round(_LEFT + share * (_RIGHT - _LEFT))


def _y(seconds: float) -> int:
    share = (math.log10(max(seconds, 0.01)) - _LEAST) / (_MOST - _LEAST)
    return round(_BOTTOM - share * (_BOTTOM - _TOP))
