package solvers

import "math"

// initialStep chooses the size of the first step so that an explicit Euler step of it is about a hundredth of the state and
// the k-th derivative, guessed from the second, a hundredth of the tolerance:
//
//	d₀ = ‖y₀‖,  d₁ = ‖f₀‖,  h₀ = 0.01 d₀/d₁
//	d₂ = ‖f(t₀+h₀, y₀+h₀f₀) − f₀‖ / h₀
//	h₁ = (0.01 / max(d₁, d₂))^(1/k)
//	h  = min(100 h₀, h₁)
//
// in the norm of the error control (Hairer, Nørsett and Wanner I, II.4, "Starting step size"). Where the Euler step leaves
// the domain of f, so that f isn't finite there, it is taken shorter. It costs an evaluation of f besides f₀.
func (it *Integrator[T]) initialStep(f0 []T) (float64, error) {
	stop := it.stop()
	rest := math.Abs(stop - it.t)
	span := math.Min(rest, it.set.MaxStep)
	d0, d1 := it.env.size(it.y, it.y), it.env.size(f0, it.y)
	h0 := 1e-6
	if d0 >= 1e-5 && d1 >= 1e-5 {
		h0 = 0.01 * d0 / d1
	}
	if !(h0 > 0) {
		h0 = 1e-6
	}
	h0 = math.Min(h0, span)

	if it.f1 == nil {
		it.f1 = make([]T, len(f0))
	}
	f1 := it.f1
	for i := 0; ; i++ {
		for j, v := range f0 {
			it.y1[j] = it.y[j] + T(it.dir*h0)*v
		}
		t := stop
		if h0 < rest {
			t = it.t + it.dir*h0
		}
		if err := it.env.f(t, it.y1, f1); err != nil {
			return 0, err
		}
		if nonFinite(f1) < 0 {
			break
		}
		if h0 *= 0.1; i == maxInitialTrials {
			return math.Max(h0, resolution(it.t)), nil
		}
	}
	for i, v := range f0 {
		f1[i] -= v
	}
	d2 := it.env.size(f1, it.y) / h0

	h1 := math.Max(1e-6, 1e-3*h0)
	if d := math.Max(d1, d2); d > 1e-15 {
		h1 = math.Pow(0.01/d, 1/float64(it.step.controlOrder()))
	}
	h := math.Min(100*h0, h1)
	if !(h > 0) {
		h = h0
	}
	return math.Min(math.Max(h, resolution(it.t)), span), nil
}

// maxInitialTrials bounds how often the first Euler step is shortened.
const maxInitialTrials = 8

// resolution is the smallest step that is still a step at time t: ten spacings of the numbers there, as in SciPy.
func resolution(t float64) float64 {
	a := math.Abs(t)
	return 10 * (math.Nextafter(a, math.Inf(1)) - a)
}
