package solvers

import "math"

// hyper is a hyper-dual number v + aε₁ + bε₂ + ab ε₁ε₂ with ε₁² = ε₂² = 0: what a function gives for it has the
// function's first derivatives in two directions and the second one in both, to rounding. J. A. Fike and J. J. Alonso,
// The development of hyper-dual numbers for exact second-derivative calculations, AIAA 2011-886.
type hyper struct{ v, a, b, ab float64 }

func num(v float64) hyper { return hyper{v: v} }

func (x hyper) plus(y hyper) hyper  { return hyper{x.v + y.v, x.a + y.a, x.b + y.b, x.ab + y.ab} }
func (x hyper) minus(y hyper) hyper { return x.plus(y.times(num(-1))) }

func (x hyper) times(y hyper) hyper {
	return hyper{x.v * y.v, x.a*y.v + x.v*y.a, x.b*y.v + x.v*y.b, x.ab*y.v + x.a*y.b + x.b*y.a + x.v*y.ab}
}

// apply is a function of x with the value f and the derivatives f1 and f2 there.
func (x hyper) apply(f, f1, f2 float64) hyper {
	return hyper{f, f1 * x.a, f1 * x.b, f1*x.ab + f2*x.a*x.b}
}

func (x hyper) over(y hyper) hyper {
	r := 1 / y.v
	return x.times(y.apply(r, -r*r, 2*r*r*r))
}

func (x hyper) sin() hyper { s, c := math.Sincos(x.v); return x.apply(s, c, -s) }

func (x hyper) cos() hyper { s, c := math.Sincos(x.v); return x.apply(c, -s, -c) }

func (x hyper) tanh() hyper { v := math.Tanh(x.v); return x.apply(v, 1-v*v, -2*v*(1-v*v)) }

func hypers(v []float64) []hyper {
	out := make([]hyper, len(v))
	for i, x := range v {
		out[i] = num(x)
	}
	return out
}

// hyperField is a right-hand side over hyper-dual numbers.
type hyperField func(t hyper, y, theta []hyper) []hyper

// system is the field with every derivative, all exact; stiff is its stiff part or nil.
func (f hyperField) system(theta []float64, dim int, stiff hyperField) System[float64] {
	// at is f at (t, y) with the directions a = (ta, ya) and b in one of t, y and θ (b < 0: none).
	at := func(t float64, y []float64, ta float64, ya []float64, b int) []hyper {
		x, ys, th := num(t), hypers(y), hypers(theta)
		x.a = ta
		for i, v := range ya {
			ys[i].a = v
		}
		switch {
		case b == 0:
			x.b = 1
		case b > 0 && b <= dim:
			ys[b-1].b = 1
		case b > dim:
			th[b-1-dim].b = 1
		}
		return f(x, ys, th)
	}
	value := func(t float64, y, dydt []float64) error {
		for i, v := range at(t, y, 0, nil, -1) {
			dydt[i] = v.v
		}
		return nil
	}
	// pull is Σ w_i part(f_i) for each of t, y and θ.
	pull := func(t float64, y []float64, tau float64, v, w, wy, wtheta []float64, part func(hyper) float64) (wt float64) {
		for b := range 1 + dim + len(theta) {
			var s float64
			for i, d := range at(t, y, tau, v, b) {
				s += w[i] * part(d)
			}
			switch {
			case b == 0:
				wt = s
			case b <= dim:
				wy[b-1] = s
			default:
				wtheta[b-1-dim] += s
			}
		}
		return wt
	}
	sys := System[float64]{
		Dim: dim, NumParams: len(theta), F: value,
		Jacobian: func(t float64, y, jac []float64) error {
			for j := range dim {
				for i, d := range at(t, y, 0, nil, 1+j) {
					jac[i*dim+j] = d.b
				}
			}
			return nil
		},
		TimeDerivative: func(t float64, y, dfdt []float64) error {
			for i, d := range at(t, y, 1, nil, -1) {
				dfdt[i] = d.a
			}
			return nil
		},
		VJP: func(t float64, y, w, dydt, wy, wtheta []float64) (float64, error) {
			if dydt != nil {
				value(t, y, dydt)
			}
			return pull(t, y, 0, nil, w, wy, wtheta, func(d hyper) float64 { return d.b }), nil
		},
		TangentVJP: func(t float64, y []float64, tau float64, v, w, wy, wtheta []float64) (float64, error) {
			return pull(t, y, tau, v, w, wy, wtheta, func(d hyper) float64 { return d.ab }), nil
		},
	}
	if stiff != nil {
		s := stiff.system(theta, dim, nil)
		sys.Stiff, sys.StiffVJP = s.F, s.VJP
	}
	return sys
}

// solveHyper solves a x = b by elimination with pivots, a row-major.
func solveHyper(a [][]hyper, b []hyper) []hyper {
	n := len(b)
	for k := range n {
		p := k
		for i := k; i < n; i++ {
			if math.Abs(a[i][k].v) > math.Abs(a[p][k].v) {
				p = i
			}
		}
		a[k], a[p], b[k], b[p] = a[p], a[k], b[p], b[k]
		for i := k + 1; i < n; i++ {
			m := a[i][k].over(a[k][k])
			for j := k; j < n; j++ {
				a[i][j] = a[i][j].minus(m.times(a[k][j]))
			}
			b[i] = b[i].minus(m.times(b[k]))
		}
	}
	x := make([]hyper, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = b[i]
		for j := i + 1; j < n; j++ {
			x[i] = x[i].minus(a[i][j].times(x[j]))
		}
		x[i] = x[i].over(a[i][i])
	}
	return x
}

// along is ∂f/∂y_j, or ∂f/∂t for j = −1, with its own derivative in the direction a: ε₂ is used up.
func (f hyperField) along(t hyper, y, theta []hyper, j int) []hyper {
	y = append([]hyper(nil), y...)
	if j < 0 {
		t.b = 1
	} else {
		y[j].b = 1
	}
	d := f(t, y, theta)
	for i, v := range d {
		d[i] = hyper{v: v.b, a: v.ab}
	}
	return d
}

// shifted is σI − ∂f/∂y.
func (f hyperField) shifted(sigma, t hyper, y, theta []hyper) [][]hyper {
	e := make([][]hyper, len(y))
	for i := range e {
		e[i] = make([]hyper, len(y))
	}
	for j := range y {
		for i, v := range f.along(t, y, theta, j) {
			e[i][j] = num(0).minus(v)
		}
		e[j][j] = e[j][j].plus(sigma)
	}
	return e
}

// hyperStep is a step of a method from (t, y) to t1, and its interpolant.
type hyperStep func(t, t1 hyper, y, theta []hyper) (y1 []hyper, at func(theta hyper) []hyper)

// derivatives are those of Σ w_i·Y_i by the inputs of a solve, over the grid of a tape, in the order of inputs.each:
// the steps are taken once for each input, which has a one in direction a.
func (step hyperStep) derivatives(in *inputs, w [][]float64, tape *Tape[float64]) []float64 {
	var out []float64
	in.each(func(_ string, x *float64) {
		seed := func(p *float64) hyper {
			if p == x {
				return hyper{v: *p, a: 1}
			}
			return num(*p)
		}
		seeds := func(v []float64) []hyper {
			h := make([]hyper, len(v))
			for i := range v {
				h[i] = seed(&v[i])
			}
			return h
		}
		grid := hypers(tape.t)
		last := len(grid) - 1
		grid[0], grid[last] = seed(&in.t0), seed(&in.t1)
		y, theta := seeds(in.y0), seeds(in.theta)
		var sum float64
		add := func(i int, u []hyper) {
			for j, v := range w[i] {
				sum += v * u[j].a
			}
		}
		for i := range in.ts {
			if tape.saves[i].step == 0 {
				add(i, y)
			}
		}
		for n := 1; n <= last; n++ {
			y1, at := step(grid[n-1], grid[n], y, theta)
			for i := range in.ts {
				switch s := tape.saves[i]; {
				case s.step == n && s.node:
					add(i, y1)
				case s.step == n:
					add(i, at(seed(&in.ts[i]).minus(grid[n-1]).over(grid[n].minus(grid[n-1]))))
				}
			}
			y = y1
		}
		out = append(out, sum)
	})
	return out
}

// combined is y + Σ c_j u_j.
func combined(y []hyper, c []hyper, u [][]hyper) []hyper {
	out := append([]hyper(nil), y...)
	for j, x := range c {
		for i := range out {
			out[i] = out[i].plus(x.times(u[j][i]))
		}
	}
	return out
}

// forcedVanDerPol is y'₁ = y₂, y'₂ = θ₀ (1 − y₁²) y₂ − y₁ + θ₁ sin(θ₂ t), with the term of θ₀ for its stiff part.
func forcedVanDerPol(t hyper, y, theta []hyper) []hyper {
	d := forcedVanDerPolStiff(t, y, theta)
	return []hyper{y[1], d[1].minus(y[0]).plus(theta[1].times(theta[2].times(t).sin()))}
}

func forcedVanDerPolStiff(_ hyper, y, theta []hyper) []hyper {
	return []hyper{num(0), theta[0].times(num(1).minus(y[0].times(y[0]))).times(y[1])}
}

// robertsonRates is Robertson's reaction with its rates for θ.
func robertsonRates(_ hyper, y, theta []hyper) []hyper {
	a, b, c := theta[0].times(y[0]), theta[1].times(y[1]).times(y[2]), theta[2].times(y[1]).times(y[1])
	return []hyper{b.minus(a), a.minus(b).minus(c), c}
}

// hyperNetwork is y'_i = tanh( Σ_j θ_ij y_j + θ_i sin t ) − y_i/4, that of network, with the last term for its stiff part.
func hyperNetwork(t hyper, y, theta []hyper) []hyper {
	n := len(y)
	out := hyperNetworkStiff(t, y, theta)
	for i := range out {
		s := theta[n*n+i].times(t.sin())
		for j, v := range y {
			s = s.plus(theta[i*n+j].times(v))
		}
		out[i] = out[i].plus(s.tanh())
	}
	return out
}

func hyperNetworkStiff(_ hyper, y, _ []hyper) []hyper {
	out := make([]hyper, len(y))
	for i, v := range y {
		out[i] = v.times(num(-0.25))
	}
	return out
}
