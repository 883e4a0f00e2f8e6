#!/usr/bin/env python3
"""gorgonode, SciPy and SUNDIALS CVODE on the same initial value problems at the same tolerances, in one run.

    pip install numpy scipy
    apt-get install libsundials-dev gcc      # or any other way to CVODE 6; without it, --no-cvode
    python3 bench/peers/ivp.py               # from the repository's root

Prints the ratios of what the libraries need for the same error, and all that was measured, as Markdown. Times are the
processor's for one thread. All have exact Jacobians, the Brusselator's banded or sparse. Each library calls a right-hand side in its
own language, which is most of SciPy's time on the small problems.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
import scipy  # noqa: E402
import scipy.sparse  # noqa: E402
from scipy.integrate import solve_ivp  # noqa: E402

CELLS = 250
DIFFUSION = (CELLS + 1) ** 2 / 50


def lotka_volterra(t, y):
    return [1.5 * y[0] - y[0] * y[1], -3 * y[1] + y[0] * y[1]]


def lorenz(t, y):
    a, b, c = y
    return [10 * (b - a), a * (28 - c) - b, a * b - 8 / 3 * c]


def vanderpol(t, y):
    return [y[1], 1000 * (1 - y[0] * y[0]) * y[1] - y[0]]


def vanderpol_jacobian(t, y):
    return np.array([[0, 1], [-2000 * y[0] * y[1] - 1, 1000 * (1 - y[0] * y[0])]])


def robertson(t, y):
    a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]
    return [b - a, a - b - c, c]


def robertson_jacobian(t, y):
    return np.array(
        [
            [-0.04, 1e4 * y[2], 1e4 * y[1]],
            [0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1]],
            [0, 6e7 * y[1], 0],
        ]
    )


def hires(t, y):
    r = 280 * y[5] * y[7]
    s = r - 1.81 * y[6]
    return [
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
        1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
        -1.745 * y[4] + 0.43 * (y[5] + y[6]),
        -r + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
        s,
        -s,
    ]


HIRES = np.zeros((8, 8))
for row, entries in enumerate(
    [
        {0: -1.71, 1: 0.43, 2: 8.32},
        {0: 1.71, 1: -8.75},
        {2: -10.03, 3: 0.43, 4: 0.035},
        {1: 8.32, 2: 1.71, 3: -1.12},
        {4: -1.745, 5: 0.43, 6: 0.43},
        {3: 0.69, 4: 1.71, 5: -0.43, 6: 0.69},
        {6: -1.81},
        {6: 1.81},
    ]
):
    for column, value in entries.items():
        HIRES[row, column] = value


def hires_jacobian(t, y):
    j = HIRES.copy()
    a, b = 280 * y[7], 280 * y[5]
    j[5, 5] -= a
    j[5, 7] -= b
    j[6, 5] += a
    j[6, 7] += b
    j[7, 5] -= a
    j[7, 7] -= b
    return j


def brusselator(t, y):
    u, v = y[0::2], y[1::2]
    d = np.empty_like(y)
    r = u * u * v
    du, dv = d[0::2], d[1::2]
    du[:] = 1 + r - 4 * u - 2 * DIFFUSION * u
    dv[:] = 3 * u - r - 2 * DIFFUSION * v
    du[1:] += DIFFUSION * u[:-1]
    du[:-1] += DIFFUSION * u[1:]
    dv[1:] += DIFFUSION * v[:-1]
    dv[:-1] += DIFFUSION * v[1:]
    du[0] += DIFFUSION
    du[-1] += DIFFUSION
    dv[0] += 3 * DIFFUSION
    dv[-1] += 3 * DIFFUSION
    return d


def brusselator_diagonals(y):
    """The Jacobian as LAPACK's bands: entry (i, k) at [2 + i - k, k]."""
    u, v = y[0::2], y[1::2]
    b = np.zeros((5, 2 * CELLS))
    b[0, 2:] = b[4, :-2] = DIFFUSION
    b[1, 1::2] = u * u
    b[2, 0::2] = 2 * u * v - 4 - 2 * DIFFUSION
    b[2, 1::2] = -u * u - 2 * DIFFUSION
    b[3, 0::2] = 3 - 2 * u * v
    return b


def brusselator_sparse(t, y):
    return scipy.sparse.dia_matrix((brusselator_diagonals(y), [2, 1, 0, -1, -2]), shape=(2 * CELLS, 2 * CELLS)).tocsc()


class Problem:
    def __init__(self, name, title, f, file, key, small, jacobian=None):
        self.name, self.title, self.f, self.jacobian, self.small = name, title, f, jacobian, small
        with open(os.path.join("testdata", "ivp", file)) as data:
            entry = next(p for p in json.load(data)["problems"] if p["id"] == key)
        self.t1 = float(entry["T"])
        self.y0 = np.array([float(v) for v in entry["y0"]])
        self.want = np.array([float(v) for v in entry["y_verified"]])

    def error(self, y):
        return float(np.max(np.abs(np.asarray(y) - self.want) / (self.small + np.abs(self.want))))


def problems():
    return [
        Problem("lotka-volterra", "Lotka–Volterra", lotka_volterra, "reference.json", "LV", 1),
        Problem("lorenz", "Lorenz", lorenz, "reference.json", "LORENZ10", 1),
        Problem("vanderpol", "Van der Pol", vanderpol, "stiff.json", "VDPOL", 1, vanderpol_jacobian),
        Problem("robertson", "Robertson", robertson, "stiff.json", "ROBER", 1e-8, robertson_jacobian),
        Problem("hires", "HIRES", hires, "stiff.json", "HIRES", 1e-4, hires_jacobian),
        Problem("brusselator", "Brusselator 500", brusselator, "brusselator.json", "BRUSS1D", 1, brusselator_sparse),
    ]


def scipy_solves(p):
    for method in ("Radau", "BDF", "LSODA") if p.jacobian else ("RK23", "RK45", "DOP853", "LSODA"):
        options = {}
        if p.jacobian:
            options["jac"] = p.jacobian
            if p.name == "brusselator" and method == "LSODA":
                options = {"jac": lambda t, y: brusselator_diagonals(y), "lband": 2, "uband": 2}
        for e in range(3, 11):
            rtol = 10.0**-e
            times = []
            while len(times) < 3 and sum(times) < 1:
                begin = time.process_time()
                s = solve_ivp(p.f, (0, p.t1), p.y0, method=method, rtol=rtol, atol=rtol * p.small, **options)
                times.append(time.process_time() - begin)
            if not s.success:
                print(f"scipy: {p.name} by {method} at {rtol:g}: {s.message}", file=sys.stderr)
                continue
            yield {
                "problem": p.name,
                "library": "SciPy",
                "method": method,
                "rtol": rtol,
                "error": p.error(s.y[:, -1]),
                "f": int(s.nfev),
                "jacobians": int(s.njev),
                "factorizations": int(s.nlu),
                "steps": len(s.t) - 1,
                "seconds": sorted(times)[len(times) // 2],
            }


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def cvode_solves(ps):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cvode.c")
    libraries = "cvode nvecserial sunmatrixdense sunmatrixband sunlinsoldense sunlinsolband sunnonlinsolfixedpoint".split()
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "cvode")
        links = ["-lsundials_" + name for name in libraries] + ["-lm"]
        subprocess.run(["cc", "-O3", "-march=native", source, "-o", program] + links, check=True)
        solves = lines(subprocess.run([program], check=True, capture_output=True, text=True).stdout)
    by_name = {p.name: p for p in ps}
    for s in solves:
        s["error"] = by_name[s["problem"]].error(s.pop("y"))
    return solves


def cost(solves, key, target):
    """What a method needs for an error that stays at most target at all tighter tolerances too: between two tolerances by
    a power law. None outside of what was measured."""
    solves = sorted(solves, key=lambda s: -s["rtol"])
    above = [i for i, s in enumerate(solves) if s["error"] > target]
    if not above or above[-1] == len(solves) - 1:
        return None
    a, b = solves[above[-1]], solves[above[-1] + 1]
    part = math.log(a["error"] / target) / math.log(a["error"] / max(b["error"], 1e-17))
    return math.exp((1 - part) * math.log(a[key]) + part * math.log(b[key]))


PAIRS = {  # ours, theirs
    False: [
        ("bosh3", "SciPy RK23"),
        ("dopri5", "SciPy RK45"),
        ("dop853", "SciPy DOP853"),
        ("adams", "SciPy LSODA"),
        ("adams", "CVODE Adams"),
        ("vern7", "CVODE Adams"),
        ("vern9", "CVODE Adams"),
    ],
    True: [
        ("radau", "SciPy Radau"),
        ("bdf", "SciPy BDF"),
        ("bdf", "SciPy LSODA"),
        ("bdf", "CVODE BDF"),
        ("radau", "CVODE BDF"),
        ("radau9", "CVODE BDF"),
        ("rodas5p", "CVODE BDF"),
    ],
}
TARGETS = (1e-3, 1e-5, 1e-7)


def ratios(ps, found):
    print("| problem | gorgonode | peer |" + "".join(f" f at {t:.0e} | time at {t:.0e} |" for t in TARGETS))
    print("| --- | --- | --- |" + " ---: | ---: |" * len(TARGETS))
    for p in ps:
        for ours, theirs in PAIRS[p.jacobian is not None]:
            a = found.get((p.name, "gorgonode " + ours), [])
            b = found.get((p.name, theirs), [])
            cells = []
            for target in TARGETS:
                for key in ("f", "seconds"):
                    x, y = cost(a, key, target), cost(b, key, target)
                    cells.append(f"{x / y:.2g}" if x and y else "–")
            if b:
                print(f"| {p.title} | {ours} | {theirs} | " + " | ".join(cells) + " |")


def measured(ps, found, rtol):
    """The methods of the pairs at one tolerance."""
    print("| problem | method | error | f | Jacobians | factorisations | ms |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for p in ps:
        pairs = PAIRS[p.jacobian is not None]
        methods = ["gorgonode " + ours for ours, _ in pairs] + [theirs for _, theirs in pairs]
        for method in dict.fromkeys(methods):
            for s in found.get((p.name, method), []):
                if math.isclose(s["rtol"], rtol):
                    print(
                        f"| {p.title} | {method} | {s['error']:.1e} | {s['f']} | {s['jacobians']} | "
                        f"{s['factorizations']} | {1e3 * s['seconds']:.3g} |"
                    )


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--no-cvode", action="store_true", help="leave CVODE out")
    options.add_argument("--raw", metavar="FILE", help="write all measurements there, as JSON")
    o = options.parse_args()
    ps = problems()
    go = subprocess.run(["go", "run", "./bench/workprecision", "--json"], check=True, capture_output=True, text=True)
    solves = [s for s in lines(go.stdout) if "failure" not in s]
    if not o.no_cvode:
        solves += cvode_solves(ps)
    for p in ps:
        solves += scipy_solves(p)
    found = {}
    for s in solves:
        found.setdefault((s["problem"], s["library"] + " " + s["method"]), []).append(s)
    if o.raw:
        with open(o.raw, "w") as out:
            json.dump(solves, out, indent=0)
    version = subprocess.run(["go", "version"], check=True, capture_output=True, text=True).stdout.split()[2]
    print(f"{version}, SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}\n")
    print("gorgonode's cost over the peer's at the same error; below 1 is less:\n")
    ratios(ps, found)
    for rtol in (1e-4, 1e-6, 1e-8):
        print(f"\nAt rtol = {rtol:.0e}:\n")
        measured(ps, found, rtol)


if __name__ == "__main__":
    main()
