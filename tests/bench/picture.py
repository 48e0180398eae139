"""Pictures of what the benchmarks found, as SVG and without a library."""

import math

WIDTH, HEIGHT, LEFT, TOP = 760, 380, 70, 50


class Picture:
    """An SVG with one pair of axes."""

    def __init__(self, title, across, up, xs, most):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="24" font-size="15">{title}</text>',
        ]
        self.xs, self.most = xs, most
        self.right, self.bottom = WIDTH - 30, HEIGHT - 45
        self.text((LEFT + self.right) / 2, HEIGHT - 8, across, "middle")
        self.text(LEFT, 44, up, "start")
        for i in range(6):
            y = self.y(most * i / 5)
            self.line(LEFT, y, self.right, y, "#e0e0e0", 1)
            self.text(LEFT - 6, y + 4, f"{most * i / 5:.3g}", "end")
        for x in xs:
            self.text(self.x(x), self.bottom + 18, f"{x:,}", "middle")

    def x(self, value):
        return LEFT + (self.right - LEFT - 40) * value / max(self.xs) + 20

    def y(self, value):
        return self.bottom - (self.bottom - TOP) * value / self.most

    def text(self, x, y, words, anchor):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{words}</text>"
        )

    def line(self, x1, y1, x2, y2, colour, width):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" stroke-width="{width}"/>'
        )

    def curve(self, name, colour, points, number, dashed=False):
        """number: its place among the names; one that is dashed has none."""
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="2"{dash}/>'
        )
        for x, y in points:
            self.parts.append(
                f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" '
                f'fill="{colour}"/>'
            )
        if not dashed:
            y = TOP + 14 + 18 * number
            self.line(LEFT + 20, y - 4, LEFT + 45, y - 4, colour, 2)
            self.text(LEFT + 52, y, name, "start")

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>", ""]))


def draw_bars(path, title, unit, bars):
    """Bars to the right on a logarithmic scale: (label, value) each."""
    low = min(math.floor(math.log10(value)) for _, value in bars)
    high = max(math.ceil(math.log10(value)) for _, value in bars)
    height, left, right = TOP + 26 * len(bars) + 40, 380, WIDTH - 70

    def x(value):
        return left + (right - left) * (math.log10(value) - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="20" y="24" font-size="15">{title}, {unit}</text>',
    ]
    for power in range(low, high + 1):
        at = x(10**power)
        parts.append(
            f'<line x1="{at:.1f}" y1="{TOP - 10}" x2="{at:.1f}" '
            f'y2="{height - 35}" stroke="#e0e0e0"/>'
            f'<text x="{at:.1f}" y="{height - 18}" text-anchor="middle">'
            f"{10**power:g}</text>"
        )
    for number, (label, value) in enumerate(bars):
        y = TOP + 26 * number
        parts.append(
            f'<text x="{left - 10}" y="{y + 12}" text-anchor="end">{label}'
            f'</text><rect x="{left}" y="{y}" width="{x(value) - left:.1f}" '
            f'height="16" fill="#b3261e"/><text x="{x(value) + 5:.1f}" '
            f'y="{y + 12}">{value:.4g}</text>'
        )
    path.write_text("\n".join([*parts, "</svg>", ""]))
