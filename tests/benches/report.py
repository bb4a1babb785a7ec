"""Makes docs/BENCHMARKS.md and its plot out of what the benchmarks left behind."""

import json
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRITERION = ROOT / "target" / "criterion"
DOCS = ROOT / "docs"


def cpu_rows():
    for path in sorted(CRITERION.glob("*/*/new/benchmark.json")):
        title = json.loads(path.read_text())
        estimates = json.loads((path.parent / "estimates.json").read_text())
        yield title["group_id"], title["function_id"], estimates["median"]["point_estimate"] / 1000


def load_rows(load):
    for row in load:
        resident = row["resident_bytes"] / 2**20
        yield (
            f"| {row['name']} | {row['clients']} | {row['per_second']:,.0f} | {row['p50_ms']:.2f} "
            f"| {row['p99_ms']:.2f} | {resident:.1f} |"
        )


def cold_rows(cold):
    for name, times in cold.items():
        yield f"| {name} | {statistics.median(times):.1f} | {min(times):.1f} | {max(times):.1f} |"


def plot(rows):
    """Horizontal bars of requests per second, as plain SVG."""
    widest = max(row["per_second"] for row in rows)
    height = 28 * len(rows) + 20
    bars = []
    for n, row in enumerate(rows):
        y, width = 28 * n + 10, 380 * row["per_second"] / widest
        label = f"{row['name']}, {row['clients']} client{'s' if row['clients'] > 1 else ''}"
        colour = "#9aa5b1" if row["name"].startswith("empty") else "#2f6fde"
        bars.append(f'<text x="330" y="{y + 14}" text-anchor="end">{label}</text>')
        bars.append(f'<rect x="340" y="{y}" width="{width:.0f}" height="18" fill="{colour}"/>')
        bars.append(f'<text x="{346 + width:.0f}" y="{y + 14}">{row["per_second"]:,.0f}/s</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{height}" '
        f'font-family="sans-serif" font-size="13">\n' + "\n".join(bars) + "\n</svg>\n"
    )


def page(load, instructions, machine):
    cold = load["cold_start_ms"]
    above = statistics.median(cold["AssumeRole"]) - statistics.median(cold["empty function"])
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench`. Machine: {machine}. Compare figures of one run only.",
        "",
        "## CPU of one call in-process",
        "",
        "From the gateway's event to the reply's JSON with a store that costs nothing; median of criterion.",
        "",
        "| what | µs |",
        "|---|---|",
        *(f"| {name} | {micros:.1f} |" for _, name, micros in cpu_rows()),
        "",
        instructions,
        "",
        "## Through the emulator",
        "",
        f"Release binaries, up to {load['processes']} processes a function, the engine in memory; client, gateway and",
        "engine share the machine with the functions.",
        "",
        "| what | clients | requests/s | p50 ms | p99 ms | resident MiB at most |",
        "|---|---|---|---|---|---|",
        *load_rows(load["load"]),
        "",
        "![Requests per second](benchmarks.svg)",
        "",
        "## Cold start",
        "",
        "From the start of the process to the first reply.",
        "",
        "| what | median ms | min | max |",
        "|---|---|---|---|",
        *cold_rows(cold),
        "",
        f"AssumeRole delivers its first credentials {above:.1f} ms after an empty function's first reply.",
        "",
        "## Size",
        "",
        f"`sts`, release: {load['binary_bytes'] / 1e6:.1f} MB.",
        "",
    ]
    return "\n".join(lines)


def main():
    load = json.loads(pathlib.Path(sys.argv[1]).read_text())
    instructions, machine = sys.argv[2], sys.argv[3]
    (DOCS / "BENCHMARKS.md").write_text(page(load, instructions, machine))
    (DOCS / "benchmarks.svg").write_text(plot(load["load"]))
    print((DOCS / "BENCHMARKS.md").read_text())


if __name__ == "__main__":
    main()
