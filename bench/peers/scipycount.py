#!/usr/bin/env python3
"""What SciPy's solvers need for an error: the rows that the tests of the package solvers compare with.

    pip install numpy scipy                              # SciPy 1.17.1
    python3 bench/peers/scipycount.py explicit           # scipyRuns in solvers/scipy_test.go
    python3 bench/peers/scipycount.py radau              # scipyRadau in solvers/radaucount_test.go
    python3 bench/peers/scipycount.py --check            # both, against the rows that are in the files

From the repository's root. Another machine's exp, cos and matrix products may round otherwise, and --check allows for that.
"""

import argparse
import math
import os
import re
import sys

import ivp  # first: it lets BLAS have one thread, whose sums are those of the rows

import numpy as np
import scipy
from scipy.integrate import solve_ivp


def c2(t, y):
    i = np.arange(1.0, 10.0)
    return np.concatenate(([0.0], i * y[:9])) - np.concatenate((i * y[:9], [0.0]))


EXPLICIT = {
    "LV": ivp.lotka_volterra,
    "LORENZ10": ivp.lorenz,
    "BRUS": lambda t, y: [1 + y[0] * y[0] * y[1] - 4 * y[0], 3 * y[0] - y[0] * y[0] * y[1]],
    "E2": lambda t, y: [y[1], (1 - y[0] * y[0]) * y[1] - y[0]],
    "B1": lambda t, y: [2 * (y[0] - y[0] * y[1]), -(y[1] - y[0] * y[1])],
    "B5": lambda t, y: [y[1] * y[2], -y[0] * y[2], -0.51 * y[0] * y[1]],
    "A3": lambda t, y: [y[0] * math.cos(t)],
    "C2": c2,
}


def explicit():
    """Geometric means over 17 tolerances around each: evaluations, and the error at T relative to 1 + |y|."""
    for name, method in (("dopri5", "RK45"), ("dop853", "DOP853")):
        for key, f in EXPLICIT.items():
            p = ivp.Problem(key, key, f, "reference.json", key, 1)
            for tol in (1e-4, 1e-6, 1e-8, 1e-10):
                count = error = 0.0
                for i in range(-8, 9):
                    at = tol * 10 ** (i / 8)
                    s = solve_ivp(p.f, (0, p.t1), p.y0, method=method, rtol=at, atol=at)
                    count += math.log(s.nfev) / 17
                    error += math.log(p.error(s.y[:, -1])) / 17
                yield f'{{"{name}", "{key}", {tol:.0e}, {math.exp(count):.1f}, {math.exp(error):.3g}}},'


def oregonator(t, y):
    s, q, w = 77.27, 8.375e-6, 0.161
    return [s * (y[1] + y[0] * (1 - q * y[0] - y[1])), (y[2] - (1 + y[0]) * y[1]) / s, w * (y[0] - y[2])]


def relaxation(t, y):
    return [y[1], ((1 - y[0] * y[0]) * y[1] - y[0]) / 1e-6]


def radau():
    """Evaluations, those for Jacobians by differences included, factorisations of matrices and the error at T."""
    problems = [
        ivp.Problem("VDPOL", "", ivp.vanderpol, "stiff.json", "VDPOL", 1),
        ivp.Problem("ROBER", "", ivp.robertson, "stiff.json", "ROBER", 1e-6),
        ivp.Problem("HIRES", "", ivp.hires, "stiff.json", "HIRES", 1e-2),
        ivp.Problem("OREGO", "", oregonator, "stiff.json", "OREGO", 1),
        ivp.Problem("VDPEPS", "", relaxation, "stiff.json", "VDPOL", 1),
    ]
    eps = problems[-1]  # Van der Pol's problem in the time t/1000
    eps.t1 /= 1000
    eps.want[1] *= 1000
    for p in problems:
        for rtol in (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8):
            calls = 0

            def f(t, y):
                nonlocal calls
                calls += 1
                return p.f(t, y)

            s = solve_ivp(f, (0, p.t1), p.y0, method="Radau", rtol=rtol, atol=rtol * p.small)
            yield f'{{"{p.name}", {rtol:g}, {calls}, {s.nlu}, {p.error(s.y[:, -1]):.1e}}},'


TABLES = {"explicit": (explicit, "scipy_test.go"), "radau": (radau, "radaucount_test.go")}


def cells(row):
    """The names and the numbers of a row."""
    words = row.strip().strip("{},").split(", ")
    return [w for w in words if w[0] == '"'], [float(w) for w in words if w[0] != '"']


def differences(rows, file):
    """The rows that the file has otherwise: counts by more than 2 %, errors by more than a third."""
    with open(os.path.join("solvers", file)) as source:
        recorded = [cells(line) for line in source if re.match(r'\t\{"\w+", ("\w+", )?[\d.e-]+, [\d.]+, ', line)]
    for row in rows:
        names, numbers = cells(row)
        near = [n for k, n in recorded if k == names and math.isclose(n[0], numbers[0])]
        if len(near) != 1:
            yield f"{row} is not in {file}"
        elif not all(math.isclose(a, b, rel_tol=0.02) for a, b in zip(near[0][:-1], numbers[:-1])) or not math.isclose(
            near[0][-1], numbers[-1], rel_tol=1 / 3
        ):
            yield f"{row} is {near[0]} in {file}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("table", nargs="?", choices=TABLES, help="the rows to print")
    options.add_argument("--check", action="store_true", help="say which rows of the tests come out otherwise")
    o = options.parse_args()
    if not o.table and not o.check:
        options.error("which rows?")
    print(f"SciPy {scipy.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}", file=sys.stderr)
    wrong = 0
    for name, (make, file) in TABLES.items():
        if o.table and o.table != name:
            continue
        if not o.check:
            for row in make():
                print(row, flush=True)
            continue
        for difference in differences(make(), file):
            wrong += 1
            print(difference, flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
