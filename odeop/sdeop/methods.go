package sdeop

import "gorgonia.org/gorgonia"

// EulerMaruyama is y + f h + g ΔW (Maruyama 1955), the simplest method for Itô equations.
type EulerMaruyama struct{}

// Name implements [Stepper].
func (EulerMaruyama) Name() string { return "euler-maruyama" }

// Info implements [Stepper].
func (EulerMaruyama) Info() Info {
	return Info{Strong: 0.5, StrongAdditive: 1, StrongGeneral: 0.5, Ito: true}
}

func (EulerMaruyama) step(s *formula, y, _ *gorgonia.Node) step {
	return step{y: s.add(y, s.add(s.mul(s.f(s.t, y), s.h), s.noise(s.g(s.t, y), s.dw)))}
}

// Milstein adds ½ (∂g/∂y) g (ΔW² − h) to EulerMaruyama for an Itô equation, and ½ (∂g/∂y) g ΔW² for Stratonovich's
// (Milstein 1974; Kloeden and Platen 1992, section 10.3). The derivative is exact. It is for noise that is Diagonal, where
// g_i depends on y_i alone, and Scalar.
type Milstein struct{}

// Name implements [Stepper].
func (Milstein) Name() string { return "milstein" }

// Info implements [Stepper].
func (Milstein) Info() Info {
	return Info{Strong: 1, StrongAdditive: 1, Ito: true, Stratonovich: true, Own: true}
}

func (Milstein) step(s *formula, y, _ *gorgonia.Node) step {
	g := s.g(s.t, y)
	next := s.add(y, s.add(s.mul(s.f(s.t, y), s.h), s.noise(g, s.dw)))
	if s.additive {
		return step{y: next}
	}
	square := s.mul(s.dw, s.dw)
	if s.Calculus == Ito {
		square = s.sub(square, s.h)
	}
	return step{y: s.add(next, s.times(0.5, s.noise(s.along(s.t, y, g), square)))}
}

// Heun is the trapezoidal rule behind a step of Euler's, for Stratonovich equations (Kloeden and Platen 1992, section 15.5).
type Heun struct{}

// Name implements [Stepper].
func (Heun) Name() string { return "heun" }

// Info implements [Stepper].
func (Heun) Info() Info {
	return Info{Strong: 1, StrongAdditive: 1, StrongGeneral: 0.5, Stratonovich: true, Adaptive: true, ErrorOrder: 1}
}

func (Heun) step(s *formula, y, _ *gorgonia.Node) step {
	f, g := s.f(s.t, y), s.g(s.t, y)
	first := s.add(s.mul(f, s.h), s.noise(g, s.dw))
	end := s.later(1)
	guess := s.add(y, first)
	second := s.add(s.mul(s.f(end, guess), s.h), s.noise(s.g(end, guess), s.dw))
	half := s.times(0.5, s.sub(second, first))
	return step{y: s.add(guess, half), err: half}
}

// Midpoint takes f and g at the middle of a step of Euler's, for Stratonovich equations.
type Midpoint struct{}

// Name implements [Stepper].
func (Midpoint) Name() string { return "midpoint" }

// Info implements [Stepper].
func (Midpoint) Info() Info {
	return Info{Strong: 1, StrongAdditive: 1, StrongGeneral: 0.5, Stratonovich: true, Adaptive: true, ErrorOrder: 1}
}

func (Midpoint) step(s *formula, y, _ *gorgonia.Node) step {
	first := s.add(s.mul(s.f(s.t, y), s.h), s.noise(s.g(s.t, y), s.dw))
	middle, half := s.later(0.5), s.add(y, s.times(0.5, first))
	second := s.add(s.mul(s.f(middle, half), s.h), s.noise(s.g(middle, half), s.dw))
	return step{y: s.add(y, second), err: s.sub(second, first)}
}

// ReversibleHeun carries a second state z, z = y at the start, whose field it takes, and can be undone exactly but for
// rounding (Kidger et al. 2021, Efficient and accurate gradients for neural SDEs, algorithm 1). For Stratonovich
// equations.
//
//	z₁ = 2y₀ − z₀ + f(t₀, z₀) h + g(t₀, z₀) ΔW
//	y₁ = y₀ + ½ (f(t₀, z₀) + f(t₁, z₁)) h + ½ (g(t₀, z₀) + g(t₁, z₁)) ΔW
type ReversibleHeun struct{}

// Name implements [Stepper].
func (ReversibleHeun) Name() string { return "reversible-heun" }

// Info implements [Stepper].
func (ReversibleHeun) Info() Info {
	return Info{
		Strong: 0.5, StrongAdditive: 1, StrongGeneral: 0.5, Stratonovich: true, Adaptive: true, ErrorOrder: 1, Reversible: true,
	}
}

func (ReversibleHeun) step(s *formula, y, z *gorgonia.Node) step {
	end := s.later(1)
	first := s.add(s.mul(s.f(s.t, z), s.h), s.noise(s.g(s.t, z), s.dw))
	z1 := s.add(s.sub(s.times(2, y), z), first)
	second := s.add(s.mul(s.f(end, z1), s.h), s.noise(s.g(end, z1), s.dw))
	return step{
		y:   s.add(y, s.times(0.5, s.add(first, second))),
		z:   z1,
		err: s.times(0.5, s.sub(second, first)),
	}
}

// back undoes a step that led to y and z (algorithm 2): t is its beginning.
func (ReversibleHeun) back(s *formula, y, z *gorgonia.Node) step {
	end := s.later(1)
	second := s.add(s.mul(s.f(end, z), s.h), s.noise(s.g(end, z), s.dw))
	z0 := s.sub(s.sub(s.times(2, y), z), second)
	first := s.add(s.mul(s.f(s.t, z0), s.h), s.noise(s.g(s.t, z0), s.dw))
	return step{y: s.sub(y, s.times(0.5, s.add(first, second))), z: z0}
}

// SRA1 is Rößler's method of strong order 1.5 for noise that does not depend on y (Rößler 2010, Runge–Kutta methods for
// the strong approximation of solutions of stochastic differential equations, table 6.2), with I₁₀ = h (ΔW/2 + H).
type SRA1 struct{}

// Name implements [Stepper].
func (SRA1) Name() string { return "sra1" }

// Info implements [Stepper].
func (SRA1) Info() Info {
	return Info{StrongAdditive: 1.5, Ito: true, Stratonovich: true, LevyArea: true, Adaptive: true, ErrorOrder: 1.5}
}

func (SRA1) step(s *formula, y, _ *gorgonia.Node) step {
	f, g0, g1 := s.f(s.t, y), s.g(s.t, y), s.g(s.later(1), y)
	mean := s.add(s.times(0.5, s.dw), s.dh) // I₁₀/h
	inner := s.add(y, s.add(s.times(0.75, s.mul(f, s.h)), s.times(1.5, s.noise(g1, mean))))
	df := s.mul(s.sub(s.f(s.later(0.75), inner), f), s.h)
	drift := s.add(s.mul(f, s.h), s.times(2./3, df))
	return step{
		y:   s.add(y, s.add(drift, s.additiveNoise(g0, g1, mean))),
		err: s.times(2./3, df),
	}
}

// additiveNoise is ∫ g dW for g that goes straight from g0 to g1: g₁ (ΔW − I₁₀/h) + g₀ I₁₀/h.
func (s *formula) additiveNoise(g0, g1, mean *gorgonia.Node) *gorgonia.Node {
	return s.add(s.noise(g1, s.sub(s.dw, mean)), s.noise(g0, mean))
}

// ShARK is the shifted method of strong order 1.5 for noise that does not depend on y, with two evaluations of f a step
// and a small error constant (Foster, dos Reis and Strange 2024, High order splitting methods for SDEs satisfying a
// commutativity condition, equation (6.1)):
//
//	y⁽¹⁾ = y + g H,   y⁽²⁾ = y⁽¹⁾ + 5/6 (f(y⁽¹⁾) h + g ΔW),   y + 2/5 f(y⁽¹⁾) h + 3/5 f(y⁽²⁾) h + g ΔW
type ShARK struct{}

// Name implements [Stepper].
func (ShARK) Name() string { return "shark" }

// Info implements [Stepper].
func (ShARK) Info() Info {
	return Info{StrongAdditive: 1.5, Ito: true, Stratonovich: true, LevyArea: true, Adaptive: true, ErrorOrder: 1.5}
}

func (ShARK) step(s *formula, y, _ *gorgonia.Node) step {
	g0, g1 := s.g(s.t, y), s.g(s.later(1), y)
	y1 := s.add(y, s.noise(g0, s.dh))
	f1 := s.mul(s.f(s.t, y1), s.h)
	y2 := s.add(y1, s.times(5./6, s.add(f1, s.noise(g0, s.dw))))
	df := s.times(0.6, s.sub(s.mul(s.f(s.later(5./6), y2), s.h), f1))
	mean := s.add(s.times(0.5, s.dw), s.dh)
	return step{y: s.add(y, s.add(s.add(f1, df), s.additiveNoise(g0, g1, mean))), err: df}
}
