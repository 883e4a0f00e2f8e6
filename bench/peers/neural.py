"""The workloads of bench/workload for torchdiffeq and for diffrax, one JSON object a line, in the form of `gorgonode bench --json`.

    python neural.py torchdiffeq|diffrax [--workload W1] [--mode forward] [--spend 1]

One thread. torchdiffeq runs with the seminorm in its adjoint; give it ATEN_CPU_CAPABILITY=avx512 and OPENBLAS_CORETYPE=SkylakeX
in the environment for its best setting on such a machine. diffrax's compilation is timed apart, in first_s. compare.sh installs
both and runs everything.
"""

import argparse
import json
import os
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def splitmix(seed, n):
    mask = (1 << 64) - 1
    out = np.empty(n)
    for i in range(n):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        out[i] = (z >> 11) / 2.0**53
    return out


def uniform(seed, shape, b):
    return ((2 * splitmix(seed, int(np.prod(shape))) - 1) * b).reshape(shape)


def mlp(seed, sizes, gain):
    return [
        (uniform(seed + 2 * i, (sizes[i + 1], sizes[i]), gain / sizes[i] ** 0.5), uniform(seed + 2 * i + 1, (sizes[i + 1],), gain / sizes[i] ** 0.5))
        for i in range(len(sizes) - 1)
    ]


def workloads():
    with open(os.path.join(HERE, "..", "workload", "spiral.json")) as f:
        spiral = json.load(f)
    weights = [(np.array(w), np.array(b)) for w, b in spiral["weights"]]
    starts = np.array(spiral["starts"])

    def one(name, dtype, weights, y0, times, kind="mlp", rtol=1e-5, atol=1e-5, rk4=False, probe=None):
        return dict(name=name, dtype=dtype, weights=weights, y0=y0, times=np.array(times), kind=kind, rtol=rtol, atol=atol, rk4=rk4, probe=probe)

    for dt in ("f64", "f32"):
        yield one("W1-short-" + dt, dt, weights, starts, spiral["t_short"], "cubed", 1e-7, 1e-9)
    yield one("W1-long-f64", "f64", weights, starts, spiral["t_long"], "cubed", 1e-7, 1e-9)
    for dt in ("f32", "f64"):
        yield one("W2-" + dt, dt, mlp(21, (64, 128, 128, 64), 3), uniform(5, (512, 64), 1), (0, 1))
    yield one("W3-f64", "f64", mlp(31, (2, 16, 2), 2), np.array([[1, 0.5]]), np.arange(101) / 100, rk4=True)
    zero = np.zeros((512, 1))
    yield one("W4-exact-f32", "f32", mlp(41, (2, 64, 64, 2), 3), np.hstack([uniform(6, (512, 2), 2), zero]), (0, 1), "exact")
    probe = np.where(uniform(7, (512, 32), 1) < 0, -1.0, 1.0)
    yield one("W4-probe-f32", "f32", mlp(41, (32, 64, 64, 32), 3), np.hstack([uniform(6, (512, 32), 2), zero]), (0, 1), "probe", probe=probe)


def timed(run, spend):
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < spend:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    times.sort()
    return dict(median_s=times[len(times) // 2], min_s=times[0], runs=len(times))


def emit(library, w, mode, forward, backward, first, error, **times):
    line = dict(library=library, workload=w["name"], mode=mode, threads=1, evaluations_forward=forward, evaluations_backward=backward, first_s=first, error=error, **times)
    print(json.dumps(line), flush=True)


def relative(got, want):
    return float(np.linalg.norm(got - want) / np.linalg.norm(want))


def torchdiffeq(chosen, modes, spend):
    import torch
    from torchdiffeq import odeint, odeint_adjoint

    torch.set_num_threads(1)

    class Field(torch.nn.Module):
        def __init__(self, w, dtype):
            super().__init__()
            tensor = lambda x: torch.tensor(x, dtype=dtype)
            self.w = torch.nn.ParameterList([torch.nn.Parameter(tensor(m)) for m, _ in w["weights"]])
            self.b = torch.nn.ParameterList([torch.nn.Parameter(tensor(b)) for _, b in w["weights"]])
            self.kind, self.calls = w["kind"], 0
            self.probe = None if w["probe"] is None else tensor(w["probe"])

        def net(self, h):
            last = len(self.w) - 1
            for i, (w, b) in enumerate(zip(self.w, self.b)):
                h = torch.nn.functional.linear(h, w, b)
                if i < last:
                    h = torch.tanh(h)
            return h

        def forward(self, t, y):
            self.calls += 1
            if self.kind == "mlp":
                return self.net(y)
            if self.kind == "cubed":
                return self.net(y**3)
            with torch.enable_grad():
                z = y[:, :-1]
                if not z.requires_grad:
                    z = z.detach().requires_grad_(True)
                dz = self.net(z)
                create = torch.is_grad_enabled()
                if self.kind == "probe":
                    jv = torch.autograd.grad(dz, z, self.probe, create_graph=True)[0]
                    trace = (jv * self.probe).sum(1, keepdim=True)
                else:
                    trace = sum(torch.autograd.grad(dz[:, i].sum(), z, create_graph=True)[0][:, i : i + 1] for i in range(z.shape[1]))
                return torch.cat([dz, trace], 1)

    def loss(w, y):
        if w["kind"] in ("exact", "probe"):
            return (0.5 * (y[:, :-1] ** 2).sum(1) - y[:, -1]).mean()
        return (y**2).mean()

    def program(w, mode, dtype, rtol, atol, method, exact=False):
        f = Field(w, dtype)
        y0, ts = torch.tensor(w["y0"], dtype=dtype), torch.tensor(w["times"], dtype=dtype)
        options = None
        if exact:  # a step that ends at the last time: the interpolant is less accurate
            ts = ts[[0, -1]]
            options = dict(step_t=ts[-1:])
        params = tuple(f.parameters())

        def run():
            f.calls = 0
            if mode == "forward":
                with torch.no_grad():
                    y = odeint(f, y0, ts, rtol=rtol, atol=atol, method=method, options=options)[-1]
                return f.calls, 0, y
            for p in params:
                p.grad = None
            if mode == "adjoint":
                y = odeint_adjoint(f, y0, ts, rtol=rtol, atol=atol, method=method, adjoint_params=params, adjoint_options=dict(norm="seminorm"))[-1]
            else:
                y = odeint(f, y0, ts, rtol=rtol, atol=atol, method=method, options=options)[-1]
            forward = f.calls
            loss(w, y).backward()
            return forward, f.calls - forward if mode == "adjoint" else forward, torch.cat([p.grad.reshape(-1) for p in params])

        return run

    for w in chosen:
        dtype = dict(f32=torch.float32, f64=torch.float64)[w["dtype"]]
        for mode in modes:
            method = "rk4" if w["rk4"] else "dopri5"
            begin = time.perf_counter()
            run = program(w, mode, dtype, w["rtol"], w["atol"], method)
            forward, backward, got = run()
            first = time.perf_counter() - begin
            want = program(w, "forward" if mode == "forward" else "backprop", torch.float64, 1e-12, 1e-12, "dopri8", exact=True)()[2]
            error = relative(got.detach().double().numpy(), want.detach().numpy())
            emit("torchdiffeq", w, mode, forward, backward, first, error, **timed(run, spend))


def diffrax(chosen, modes, spend):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    import jax

    jax.config.update("jax_enable_x64", True)
    import diffrax as dx
    import jax.numpy as jnp

    class RK4(dx.AbstractERK):
        tableau = dx.ButcherTableau(
            c=np.array([0.5, 0.5, 1.0]),
            a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
            b_sol=np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6]),
            b_error=np.zeros(4),
        )
        interpolation_cls = dx.ThirdOrderHermitePolynomialInterpolation.from_k

        def order(self, terms):
            return 4

    def program(w, mode, dtype, rtol, atol, exact=False):
        cast = lambda x: jnp.asarray(x, dtype)
        params = [(cast(m), cast(b)) for m, b in w["weights"]]
        y0, ts = cast(w["y0"]), jnp.asarray(w["times"])
        probe = None if w["probe"] is None else cast(w["probe"])

        def net(params, h):
            for i, (m, b) in enumerate(params):
                h = h @ m.T + b
                if i < len(params) - 1:
                    h = jnp.tanh(h)
            return h

        def field(t, y, params):
            if w["kind"] == "mlp":
                return net(params, y)
            if w["kind"] == "cubed":
                return net(params, y**3)
            z = y[:, :-1]
            f = lambda z: net(params, z)
            if w["kind"] == "probe":
                dz, jv = jax.jvp(f, (z,), (probe.astype(z.dtype),))
                trace = (probe.astype(z.dtype) * jv).sum(1, keepdims=True)
            else:
                trace = 0
                for i in range(z.shape[1]):
                    dz, jv = jax.jvp(f, (z,), (jnp.zeros_like(z).at[:, i].set(1),))
                    trace = trace + jv[:, i : i + 1]
            return jnp.concatenate([dz, trace], 1)

        fixed = w["rk4"] and not exact
        solver = RK4() if fixed else dx.Dopri8() if exact else dx.Dopri5()
        control = dx.ConstantStepSize() if fixed else dx.PIDController(rtol=rtol, atol=atol)
        adjoint = dx.BacksolveAdjoint() if mode == "adjoint" else dx.RecursiveCheckpointAdjoint()

        def solve(params):
            sol = dx.diffeqsolve(
                dx.ODETerm(field), solver, ts[0], ts[-1], 0.01 if fixed else None, y0, params,
                saveat=dx.SaveAt(ts=ts), stepsize_controller=control, adjoint=adjoint, max_steps=16384,
            )
            return sol.ys[-1], sol.stats["num_steps"]

        def loss(params):
            y, steps = solve(params)
            if w["kind"] in ("exact", "probe"):
                return (0.5 * (y[:, :-1] ** 2).sum(1) - y[:, -1]).mean(), steps
            return (y**2).mean(), steps

        if mode == "forward":
            compiled = jax.jit(solve)
        else:
            compiled = jax.jit(jax.grad(loss, has_aux=True))

        def run():
            return jax.block_until_ready(compiled(params))

        return run

    flat = lambda got: np.concatenate([np.asarray(x, np.float64).ravel() for x in jax.tree_util.tree_leaves(got)])
    for w in chosen:
        dtype = dict(f32=jnp.float32, f64=jnp.float64)[w["dtype"]]
        for mode in modes:
            begin = time.perf_counter()
            run = program(w, mode, dtype, w["rtol"], w["atol"])
            got, steps = run()
            first = time.perf_counter() - begin
            want, _ = program(w, "forward" if mode == "forward" else "backprop", jnp.float64, 1e-11, 1e-11, exact=True)()
            stages = 4 if w["rk4"] else 6
            emit("diffrax", w, mode, int(steps) * stages, -1 if mode == "adjoint" else 0 if mode == "forward" else int(steps) * stages, first, relative(flat(got), flat(want)), **timed(run, spend))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=["torchdiffeq", "diffrax"])
    parser.add_argument("--workload", default="", help="the beginning of a name")
    parser.add_argument("--mode", choices=["forward", "backprop", "adjoint"])
    parser.add_argument("--spend", type=float, default=1.0, help="seconds for each measurement, about")
    args = parser.parse_args()
    chosen = [w for w in workloads() if w["name"].startswith(args.workload)]
    if not chosen:
        sys.exit(f"neural.py: no workload begins with {args.workload!r}")
    modes = [args.mode] if args.mode else ["forward", "backprop", "adjoint"]
    dict(torchdiffeq=torchdiffeq, diffrax=diffrax)[args.library](chosen, modes, args.spend)


if __name__ == "__main__":
    main()
