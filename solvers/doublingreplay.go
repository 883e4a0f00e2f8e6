package solvers

// doublingReplay is the reverse of a doubled step: of the two half steps, and of the whole one where the states depend
// on it, by the reverse of the inner method. With a bar for ∂L/∂, g = 1/(2^p − 1), and y₂ and y the states of the
// halves and of the whole,
//
//	ȳ₂ = (1 + g) ȳ₁,   ȳ = −g ȳ₁,
//
// for extrapolated states, to which the interpolant adds what it has of the states and slopes.
type doublingReplay[T Float] struct {
	n     int
	dense bool
	step  differentiable[T]
	tape  *stepTape[T]
	sub   cotangents[T]

	y0, y1 []T
	begin  []T // ȳ₀, as it grows
	half   []T // ȳ_m
	big    []T // ȳ
	km, k1 []T
	k0     []T
	wy     []T
	coef   []T
}

func (m *doubling[T]) newReplay() (*doublingReplay[T], error) {
	s, err := newStepper(m.method, m.inner)
	if err != nil {
		return nil, err
	}
	dim := m.env.sys.Dim
	v := vectors[T](10, dim)
	return &doublingReplay[T]{
		step: s.(differentiable[T]),
		tape: newStepTape[T](dim),
		sub:  cotangents[T]{y: v[0], grid: make([]float64, 2)},
		y0:   v[1], y1: v[2], begin: v[3], half: v[4], big: v[5], km: v[6], k1: v[7], k0: v[8], wy: v[9],
		coef: make([]T, 0, 6*dim),
	}, nil
}

func (m *doubling[T]) carrySize() int { return 0 }

func (m *doubling[T]) carry([]T) {}

// replay takes the steps again.
func (m *doubling[T]) replay(tp *Tape[T], n int, dense bool) ([]T, error) {
	if m.back == nil {
		var err error
		if m.back, err = m.newReplay(); err != nil {
			return nil, err
		}
	}
	r := m.back
	r.n, r.dense = n, dense
	copy(r.y0, tp.at(n))
	m.reset()
	o, err := m.attempt(tp.t[n], tp.t[n+1], r.y0, r.y1)
	if err == nil {
		err = o.fail
	}
	if err != nil || !dense {
		return nil, err
	}
	r.coef, err = m.interpolant(r.coef[:0])
	return r.coef, err
}

func (m *doubling[T]) pullback(bar *cotangents[T]) error {
	defer m.settle()
	r := m.back
	r.sub.theta = bar.theta
	clear(r.begin)
	clear(r.half)
	clear(r.big)
	var grid [3]float64 // by t, t_m, t₁
	if r.dense {
		if err := m.pullQuintic(bar, &grid); err != nil {
			return err
		}
	}
	// Here sub.y is what reaches y₂ by the interpolant and bar.y what reaches y₁.
	second := r.sub.y
	if !r.dense {
		clear(second)
	}
	for i, v := range bar.y {
		second[i] += v
		if !m.plain {
			second[i] += m.gain * v
			r.big[i] -= m.gain * v
		}
	}
	if err := m.pullStep(m.tm, m.t1, m.ym, m.y2, &grid[1], &grid[2]); err != nil {
		return err
	}
	addTo(r.sub.y, r.half)
	if err := m.pullStep(m.t, m.tm, r.y0, m.ym, &grid[0], &grid[1]); err != nil {
		return err
	}
	addTo(r.begin, r.sub.y)
	if !isZero(r.big) {
		copy(r.sub.y, r.big)
		if err := m.pullStep(m.t, m.t1, r.y0, m.big, &grid[0], &grid[2]); err != nil {
			return err
		}
		addTo(r.begin, r.sub.y)
	}
	copy(bar.y, r.begin)
	bar.grid[r.n] += grid[0] + grid[1]/2
	bar.grid[r.n+1] += grid[2] + grid[1]/2
	return nil
}

// pullStep goes back over one inner step with the cotangent in sub.y.
func (m *doubling[T]) pullStep(t, t1 float64, y, y1 []T, tbar, t1bar *float64) error {
	r := m.back
	r.tape.set(t, t1, y)
	copy(r.tape.at(1), y1)
	if _, err := r.step.replay(&r.tape.Tape, 0, false); err != nil {
		return err
	}
	clear(r.sub.grid)
	if err := r.step.pullback(&r.sub); err != nil {
		return err
	}
	*tbar += r.sub.grid[0]
	*t1bar += r.sub.grid[1]
	return nil
}

// pullQuintic takes the cotangents of the interpolant's coefficients to the states and slopes, and from the slopes to their
// states: what is y₂'s goes to sub.y.
func (m *doubling[T]) pullQuintic(bar *cotangents[T], grid *[3]float64) error {
	r, n, h := m.back, len(bar.y), m.t1-m.t
	for i := range bar.y {
		var x [5]T
		for j, row := range quintic {
			c := bar.dense[(j+2)*n+i]
			for l, v := range row {
				x[l] += T(v) * c
			}
		}
		r.half[i] = x[0]
		bar.y[i] += x[1]
		r.begin[i] = bar.dense[i] - x[0] - x[1]
		r.k0[i], r.km[i], r.k1[i] = bar.dense[n+i]+x[2], x[3], x[4]
		r.sub.y[i] = 0
		if !m.plain {
			r.sub.y[i] = m.gain * x[0] / 2
			r.big[i] = -r.sub.y[i]
		}
	}
	for _, s := range [...]struct {
		at         int
		t          float64
		y, k, f, b []T
	}{
		{2, m.t1, r.y1, r.k1, m.f1, bar.y},
		{1, m.tm, m.ym, r.km, m.fm, r.half},
		{0, m.t, r.y0, r.k0, m.f0, r.begin},
	} {
		tau, hbar, err := m.env.pullSlope(s.t, h, s.y, s.k, s.f, r.wy, s.b, bar.theta)
		if err != nil {
			return err
		}
		grid[s.at] += tau
		grid[0] -= hbar
		grid[2] += hbar
	}
	return nil
}

var _ differentiable[float64] = (*doubling[float64])(nil)
