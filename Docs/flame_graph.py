"""A flame graph of what `perf record -a -g` saw while a bench ran: where the time of all processes goes.

    perf record -a -F 499 -g -o bench.data -- sleep 8        # while `millwright bench runs` is at its load
    perf script -i bench.data -F comm,tid,ip,sym | python3 Docs/flame_graph.py 'millwright bench runs' > bench.svg

A bar's width is its share of all samples, idle time left out. Bars of less than 0.4 % are left out. `swift demangle` gives the
names, where it is there.
"""

import html
import re
import shutil
import subprocess
import sys

WIDTH, ROW, TOP, LEAST, DEPTH = 1200, 15, 24, 0.004, 26
PARTS = [  # the program of a thread, by what perf calls it
    (r"^postgres", "PostgreSQL", "#6f9ecf"),
    (r"^millwright-runn", "runners", "#8fbf7f"),
    (r"^(oot\.default|NIO-|db-|-qos|millwright)", "control plane and load", "#e0a050"),
    (r"^(swapper|perf)$", None, None),
    (r"", "kernel threads and others", "#b0b0b0"),
]


class Bar:
    def __init__(self):
        self.samples, self.under = 0, {}

    def add(self, path):
        self.samples += 1
        if path:
            self.under.setdefault(path[0], Bar()).add(path[1:])


def part_of(comm):
    return next((name, colour) for pattern, name, colour in PARTS if re.match(pattern, comm))


def samples(lines):
    """(thread's name, frames from the outermost to the innermost)"""
    comm, frames = None, []
    for line in lines:
        if line.strip() and line[0] not in " \t":
            comm, frames = re.sub(r"\s+\d+\s*$", "", line.strip()), []
        elif line.strip():
            frames.append(line.split(None, 1)[1].strip().split("+0x")[0])
        elif comm is not None:
            yield comm, frames[::-1]
            comm = None
    if comm is not None:
        yield comm, frames[::-1]


def demangled(names):
    if not names or not shutil.which("swift"):
        return {}
    done = subprocess.run(["swift", "demangle", "--simplified", "--compact", *names], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return dict(zip(names, lines)) if len(lines) == len(names) else {}


def main():
    root, colours = Bar(), {}
    for comm, frames in samples(sys.stdin):
        name, colour = part_of(comm)
        if name is None:
            continue
        colours[name] = colour
        known = [frame for frame in frames if not re.match(r"^(\[unknown\]|0x|_?start_thread|__libc_start|main$|_start$)", frame)]
        root.add([name] + known[:DEPTH])
    if root.samples == 0:
        sys.exit("There are no samples.")

    bars = []

    def place(bar, x, depth, colour):
        for name, child in sorted(bar.under.items(), key=lambda pair: -pair[1].samples):
            share = child.samples / root.samples
            if share >= LEAST:
                own = colours.get(name, colour) if depth == 0 else colour
                bars.append((name, share, x, depth, own))
                place(child, x, depth + 1, own)
            x += share * WIDTH

    place(root, 0.0, 0, "#b0b0b0")
    names = demangled(sorted({bar[0] for bar in bars if bar[0].startswith("$")}))
    height = TOP + ROW * (max(bar[3] for bar in bars) + 1) + 6
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="10">')
    title = html.escape(f"{sys.argv[1] if len(sys.argv) > 1 else 'perf record'} ({root.samples} samples)")
    print(f'<text x="6" y="16" font-size="13">{title}</text>')
    for name, share, x, depth, colour in bars:
        text = names.get(name, name)
        width = share * WIDTH
        fits = int(width / 6.1)
        shown = text if len(text) <= fits else text[: max(fits - 1, 0)] + "…"
        y = TOP + depth * ROW
        print(
            f'<g><title>{html.escape(text)} {share * 100:.1f} %</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" '
            f'fill="{colour}" fill-opacity="{0.95 if depth % 2 == 0 else 0.6}"/>'
            + (f'<text x="{x + 2:.1f}" y="{y + 10}">{html.escape(shown)}</text>' if fits >= 3 else "")
            + "</g>"
        )
    print("</svg>")


main()
