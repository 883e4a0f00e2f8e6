package solvers

import (
	"math"
	"testing"
)

// TestControllerFactors compares factors with the formula, by hand, for k = 5.
func TestControllerFactors(t *testing.T) {
	c := newControl(Controller{P: 0.4, I: 0.3, D: 0.1, Safety: 0.8, MinFactor: 0.1, MaxFactor: 5})
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-14 {
			t.Errorf("%s: factor %.15g; want %.15g", name, got, want)
		}
	}
	near("first", c.accept(0.5, 5), 0.8*math.Pow(0.5, -0.8/5))
	near("second", c.accept(0.2, 5), 0.8*math.Pow(0.2, -0.8/5)*math.Pow(0.5, 0.6/5))
	near("third", c.accept(0.9, 5), 0.8*math.Pow(0.9, -0.8/5)*math.Pow(0.2, 0.6/5)*math.Pow(0.5, -0.1/5))
	near("largest", c.accept(0, 5), 5)
	near("rejected", c.reject(3, 5), 0.8*math.Pow(3, -1./5))
	near("no growth after a rejection", c.accept(1e-9, 5), 1)
	near("growth again", c.accept(1e-9, 5), 5)
	near("smallest", c.reject(1e30, 5), 0.1)
	near("not finite", c.fail(), 0.1)
	near("shrinks", (&control{Controller: Controller{Safety: 1, MinFactor: 0.1}}).reject(1+1e-16, 5), maxRejectFactor)
}

// TestControllerDefaults: each zero is the method's, then the package's.
func TestControllerDefaults(t *testing.T) {
	got := Controller{Safety: 0.7}.or(Controller{P: 0.1, I: 0.5, Safety: 0.6, MaxFactor: 3}).or(defaultController)
	if want := (Controller{P: 0.1, I: 0.5, Safety: 0.7, MinFactor: 0.2, MaxFactor: 3}); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	if got := (Controller{I: 1}).or(defaultController); got.P != 0 || got.D != 0 || got.I != 1 {
		t.Errorf("%+v", got)
	}
}

// FuzzController: whatever errors come, factors stay finite, within their bounds, and below 1 after a rejection.
func FuzzController(f *testing.F) {
	f.Add(0.5, 2.0, 0.1, 0.2, 0.65, 0.0, uint8(5))
	f.Add(0.0, 0.0, 0.0, 0.4, 0.3, 0.1, uint8(1))
	f.Add(math.MaxFloat64, 5e-324, 1.0, 0.0, 1.0, 0.0, uint8(13))
	f.Fuzz(func(t *testing.T, e1, e2, e3, p, i, d float64, k uint8) {
		c := Controller{P: p, I: i, D: d}.or(defaultController)
		if c.check() != nil || math.Abs(p)+math.Abs(d) > 10 || k == 0 {
			return
		}
		x := newControl(c)
		for _, e := range []float64{e1, e2, e3, e1, e1, e3} {
			if !(e >= 0) || math.IsInf(e, 1) {
				// The integrator calls such a trial failed.
				if g := x.fail(); g != c.MinFactor {
					t.Fatalf("fail gives %g", g)
				}
				continue
			}
			if e > 1 {
				if g := x.reject(e, int(k)); !(g >= c.MinFactor && g < 1) {
					t.Fatalf("reject(%g) gives %g", e, g)
				}
				continue
			}
			after := x.rejected
			if g := x.accept(e, int(k)); !(g >= c.MinFactor && g <= c.MaxFactor) || after && g > 1 {
				t.Fatalf("accept(%g) gives %g", e, g)
			}
		}
	})
}

func TestNorms(t *testing.T) {
	e := []float64{3, -4, 12}
	for _, c := range []struct {
		n    Norm
		want float64
	}{
		{RMS{}, math.Sqrt(169. / 3)},
		{RMS{First: 2}, math.Sqrt(25. / 2)},
		{Max{}, 12},
		{Max{First: 2}, 4},
		{NormFunc(func(e []float64) float64 { return e[0] }), 3},
	} {
		if got := c.n.Norm(e); math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%#v: %g; want %g", c.n, got, c.want)
		}
	}
	for _, n := range []Norm{RMS{}, Max{}} {
		if got := n.Norm([]float64{1, math.NaN(), 2}); !math.IsNaN(got) {
			t.Errorf("%#v of a NaN is %g", n, got)
		}
	}
}

// TestSeminorm: components behind the norm don't choose the steps: the steps are those of the problem without them.
func TestSeminorm(t *testing.T) {
	with := System[float64]{Dim: 2, F: func(t float64, y, d []float64) error {
		d[0], d[1] = -y[0]+math.Sin(t), 1e3*math.Cos(40*t)
		return nil
	}}
	without := System[float64]{Dim: 1, F: func(t float64, y, d []float64) error { d[0] = -y[0] + math.Sin(t); return nil }}
	a, err := Solve(with, []float64{1, 0}, 0, 5, &Settings{Norm: RMS{First: 1}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Solve(without, []float64{1}, 0, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a.Stats != b.Stats || a.LastY[0] != b.LastY[0] {
		t.Errorf("%+v with, %+v without", a.Stats, b.Stats)
	}
	c, err := Solve(with, []float64{1, 0}, 0, 5, nil)
	if err != nil || c.Stats.F < 2*a.Stats.F {
		t.Errorf("the full norm takes %+v, %v", c.Stats, err)
	}
}

// TestInitialStep follows the rule by hand on y' = −y, where all three derivatives have one size.
func TestInitialStep(t *testing.T) {
	const rtol, atol = 1e-6, 1e-8
	it, err := NewIntegrator(decay(), []float64{1}, 0, 10, &Settings{RTol: rtol, ATol: atol})
	if err != nil {
		t.Fatal(err)
	}
	if !it.begin() {
		t.Fatal(it.Err())
	}
	// d₀ = d₁ = d₂ = 1/scale, h₀ = 0.01, h₁ = (0.01·scale)^(1/5).
	want := math.Pow(0.01*(atol+rtol), 1./5)
	if math.Abs(it.h-want) > 1e-12 {
		t.Errorf("first step %g; want %g", it.h, want)
	}
}
