"""Prints what compare.sh has measured as a Markdown table: times, and how many times ours a peer's is.

    python3 ratios.py lines.json
"""

import json
import sys


def milliseconds(s):
    return f"{s * 1e3:.3g}"


def main(path):
    with open(path) as f:
        lines = [json.loads(l) for l in f if l.strip()]
    rows = {}
    for l in lines:
        rows.setdefault((l["workload"], l["mode"]), {})[l.get("library", "gorgonode")] = l
    print("| workload | mode | gorgonode, ms | f evaluations | error | torchdiffeq, ms | ratio | error | diffrax, ms | ratio | error | first: gorgonode, diffrax, s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for (workload, mode), by in rows.items():
        us = by.get("gorgonode")
        if us is None:
            continue
        cells = [workload, mode, milliseconds(us["median_s"]), f"{us['evaluations_forward']}+{us['evaluations_backward']}", f"{us['error']:.1e}"]
        for peer in ("torchdiffeq", "diffrax"):
            l = by.get(peer)
            cells += [milliseconds(l["median_s"]), f"{l['median_s'] / us['median_s']:.3g}", f"{l['error']:.1e}"] if l else ["", "", ""]
        first = by.get("diffrax", {}).get("first_s")
        cells.append(f"{us['first_s']:.2g}, {first:.2g}" if first else f"{us['first_s']:.2g}")
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
