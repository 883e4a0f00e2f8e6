package odeop

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"gorgonode/solvers"
)

// The global error of a solve is the tolerance times a constant of the problem, small here.
func TestInterpolatedAdjointsConverge(t *testing.T) {
	for _, f := range testFields() {
		exact := f.in(t, tensor.Float64).gradients(how{at: true, opts: []Option{Tolerance(1e-13, 1e-13)}}, true)
		for _, mode := range []GradientMode{InterpolatedAdjoint{}, InterpolatedAdjoint{FullNorm: true},
			InterpolatedAdjoint{Every: 2},
			GaussAdjoint{}, GaussAdjoint{Every: 3}, Forward{}, Forward{ControlSensitivities: true}} {
			for _, tol := range []float64{1e-5, 1e-9} {
				opts := []Option{Tolerance(tol, tol), Gradient(mode)}
				o := f.in(t, tensor.Float64).gradients(how{at: true, opts: opts}, true)
				d := o.difference(t, exact)
				if f, ok := mode.(Forward); ok && !f.ControlSensitivities {
					// The slope of the interpolant, of order 4, is what moves a state with its time.
					d = relative(o.grads["y0"], exact.grads["y0"])
				}
				if !(d <= 100*tol) {
					t.Errorf("%s, %T %+v, tolerance %g: difference %g", f.name, mode, mode, tol, d)
				}
			}
		}
	}
}

// A backward solve that is tighter or by another method costs accordingly, and the forward solve is the same.
func TestInterpolatedAdjointHasItsOwnToleranceAndMethod(t *testing.T) {
	f := testFields()[0]
	work := func(g GradientMode, opts ...Option) (forward, backward solvers.Stats) {
		var s Stats
		f.in(t, tensor.Float64).gradients(how{opts: append(opts, Gradient(g), Record(&s))}, true)
		return s.Forward(), s.Backward()
	}
	for _, modes := range [][3]GradientMode{
		{InterpolatedAdjoint{}, InterpolatedAdjoint{RTol: 1e-11, ATol: 1e-11}, InterpolatedAdjoint{Method: solvers.RK4{}}},
		{GaussAdjoint{}, GaussAdjoint{RTol: 1e-11, ATol: 1e-11}, GaussAdjoint{Method: solvers.RK4{}}},
	} {
		f1, b1 := work(modes[0])
		f2, b2 := work(modes[1])
		if f1 != f2 || b2.VJP < 2*b1.VJP {
			t.Errorf("%T: forward %+v and %+v, backward %+v and %+v", modes[0], f1, f2, b1, b2)
		}
		// 7 + 9 + 6 steps of 4 stages; its quadrature has 7 nodes, and the interpolant some stages of its own.
		_, b3 := work(modes[2], Step(0.05))
		want, own := 4*22, 0
		if _, ok := modes[2].(GaussAdjoint); ok {
			want, own = (4+7)*22, 3*22
		}
		if b3.VJP < want || b3.VJP > want+own || b3.Steps != 22 {
			t.Errorf("%T: RK4 with steps of 0.05 backwards: %+v, want %d products", modes[2], b3, want)
		}
	}
}

// The checkpoints' second forward solve is one, not one for each evaluation, and what comes out is the same to the
// tolerance.
func TestCheckpointsAreSolvedOnce(t *testing.T) {
	f := testFields()[0]
	f.times = []float64{0, 4, 10}
	tol := Tolerance(1e-8, 1e-8)
	work := func(g GradientMode, opts ...Option) (outcome, solvers.Stats, solvers.Stats) {
		var s Stats
		o := f.in(t, tensor.Float64).gradients(how{opts: append(opts, tol, Gradient(g), Record(&s))}, true)
		return o, s.Forward(), s.Backward()
	}
	for _, m := range []solvers.Method{solvers.Dopri5{}, solvers.DOP853{}, solvers.Radau{}} {
		dense, forward, _ := work(InterpolatedAdjoint{}, Method(m))
		for _, every := range []int{1, 4, 1000} {
			o, _, back := work(InterpolatedAdjoint{Every: every}, Method(m))
			if d := o.difference(t, dense); !(d <= 1e-6) {
				t.Errorf("%s, every %d: difference %g", m.Name(), every, d)
			}
			// Each stretch begins anew, with an evaluation or two for its first step, which may be short.
			if limit := 3*forward.F + 100; back.F > limit {
				t.Errorf("%s, every %d: %d evaluations, at first %d", m.Name(), every, back.F, forward.F)
			}
		}
	}
}

// What a mode cannot do is an error of Solve.
func TestModesRefuse(t *testing.T) {
	for _, c := range []struct {
		opts []Option
		want string
	}{
		{[]Option{Gradient(InterpolatedAdjoint{RTol: -1})}, "odeop: interpolated adjoint: tolerances (-1, 0)"},
		{[]Option{Gradient(GaussAdjoint{ATol: -1})}, "odeop: gauss adjoint: tolerances (0, -1)"},
		{[]Option{Gradient(InterpolatedAdjoint{Every: -1})}, "odeop: interpolated adjoint: Every is -1"},
		{[]Option{Gradient(GaussAdjoint{Every: -2})}, "odeop: gauss adjoint: Every is -2"},
		{[]Option{Gradient(Adjoint{MaxDrift: -1})}, "odeop: adjoint: MaxDrift -1"},
		{[]Option{Gradient(Adjoint{FullNorm: true, Method: solvers.Radau{}})}, "odeop: adjoint: FullNorm with radau"},
		{[]Option{Gradient(InterpolatedAdjoint{FullNorm: true}), Method(solvers.BDF{})},
			"odeop: interpolated adjoint: FullNorm with bdf"},
		{[]Option{Gradient(Adjoint{}), Method(solvers.Verlet{})}, "odeop: adjoint: the backward system"},
		{[]Option{Gradient(GaussAdjoint{}), Method(solvers.Verlet{})}, "odeop: gauss adjoint: the backward system"},
		{[]Option{Gradient(Forward{}), Method(solvers.Verlet{})}, "odeop: forward: the sensitivities"},
		{[]Option{Gradient(Forward{}), Method(solvers.Rodas5P{})}, "odeop: forward: method rodas5p"},
		{[]Option{Gradient(Unrolled{}), Method(solvers.StepDoubling{Method: solvers.Trapezoid{}}), Step(1)},
			"odeop: unrolled: method trapezoid"},
		{[]Option{Gradient(Unrolled{}), Method(solvers.Adams{}), Step(1)}, "odeop: unrolled: method adams is"},
		{[]Option{Gradient(Unrolled{}), Method(solvers.Radau{}), Step(1)}, "odeop: unrolled: method radau"},
	} {
		_, err := configure(c.opts)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
		if m := fmt.Sprint(err); strings.Contains(m, "not supported") != errors.Is(err, solvers.ErrNotSupported) {
			t.Errorf("%v is no ErrNotSupported", err)
		}
	}
	if _, err := configure([]Option{Gradient(GaussAdjoint{Method: solvers.RK4{}}), Method(solvers.Verlet{})}); err != nil {
		t.Errorf("backwards by another method than Verlet: %v", err)
	}
}

// Progress tells of the solve, and not of the one that goes backwards.
func TestProgressOfTheForwardSolve(t *testing.T) {
	for _, mode := range []GradientMode{Backprop{}, Forward{}, Adjoint{}, InterpolatedAdjoint{}, InterpolatedAdjoint{Every: 2},
		GaussAdjoint{}, GaussAdjoint{Every: 2}} {
		calls := 0
		set := solvers.Settings{Progress: func(float64, solvers.Stats) { calls++ }}
		var s Stats
		f := testFields()[0]
		f.in(t, tensor.Float64).gradients(how{opts: []Option{Settings(set), Gradient(mode), Record(&s)}}, true)
		if want := s.Forward().Accepted; calls != want {
			t.Errorf("%T: %d calls in a solve of %d steps", mode, calls, want)
		}
	}
}

func TestPathAtNoTime(t *testing.T) {
	p := &path[float64]{passed: &passed[float64]{}, t0: 0, t1: 2}
	p.checkpoints.t, p.checkpoints.y = []float64{0, 1, 2}, [][]float64{{1}, {1}, {1}}
	for _, at := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if err := p.eval(at, make([]float64, 1)); !errors.Is(err, solvers.ErrNonFinite) {
			t.Errorf("at %g: error %v", at, err)
		}
	}
}
