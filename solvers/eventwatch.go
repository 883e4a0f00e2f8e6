package solvers

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// watcher looks for events.
type watcher[T Float] struct {
	events []Event[T]
	sign   []int8    // of each g at the current point; 0: zero, and must be left first
	g      []float64 // the values
	scale  []float64 // the largest |g| of the last step
	begun  bool

	signBefore []int8 // sign and g at the beginning of the last step
	gBefore    []float64
	departures []departure[T] // of each g from zero
	slope      []T            // f where a departure begins; nil: not asked for yet
	missed     int            // the event of which a crossing was missed in the last step, −1: none

	u        []T       // a state between the ends of the step
	end      []T       // the state at the end of a step that was cut
	theta, v []float64 // places of the step and g there
	found    []crossing
	fired    []Occurrence[T] // of the last step
	primary  int             // the one of fired that cut the last step
	cut      int             // fired[cut:] are those at the end of the step that began the method anew
	count    int
	seen     []int // occurrences of each event
	limit    int
	crowded  int // restarts, one behind the other, that time doesn't tell apart
}

// crossing is a zero of the g of an event within a step.
type crossing struct {
	event int
	from  int8    // the sign that g had
	theta float64 // the place in the step
	t     float64
	g     float64 // the larger |g| at the ends of the bracket: what is zero to rounding
}

func newWatcher[T Float](events []Event[T], dim, limit int) (*watcher[T], error) {
	if len(events) == 0 {
		return nil, nil
	}
	if err := checkEvents(events); err != nil {
		return nil, err
	}
	w := &watcher[T]{
		events:     slices.Clone(events),
		sign:       make([]int8, len(events)),
		g:          make([]float64, len(events)),
		scale:      make([]float64, len(events)),
		seen:       make([]int, len(events)),
		signBefore: make([]int8, len(events)),
		gBefore:    make([]float64, len(events)),
		departures: make([]departure[T], len(events)),
		u:          make([]T, dim),
		end:        make([]T, dim),
		limit:      limit,
	}
	most := 0
	for i := range events {
		most = max(most, events[i].samples())
	}
	w.theta = make([]float64, 0, 2*most+len(ladder)+2)
	w.v = make([]float64, 0, 2*most+len(ladder)+2)
	w.found = make([]crossing, 0, len(events)*most)
	return w, nil
}

// watching looks at the events where the solve begins.
func (it *Integrator[T]) watching() bool {
	w := it.watch
	if w == nil || w.begun {
		return true
	}
	for e := range w.events {
		g, err := it.eventAt(e, it.t, it.y)
		if err != nil {
			return it.eventFailed(err)
		}
		w.g[e], w.sign[e], w.departures[e] = g, signOf(g), departure[T]{at: math.NaN()}
	}
	w.begun = true
	return true
}

// eventAt is g of event e.
func (it *Integrator[T]) eventAt(e int, t float64, y []T) (float64, error) {
	ev := &it.watch.events[e]
	g, err := ev.G(t, y)
	if err == nil && math.IsNaN(g) {
		err = errors.WithMessage(ErrNonFinite, "g is NaN")
	}
	if err != nil {
		return 0, ev.wrap(e, err)
	}
	return g, nil
}

// eventFailed ends the solve because of an error of an event.
func (it *Integrator[T]) eventFailed(err error) bool {
	if it.err != nil { // the interpolant's
		return false
	}
	if errors.Is(err, ErrNonFinite) {
		return it.fail(NonFinite, 0, -1, err)
	}
	return it.fail(FieldFailed, 0, -1, err)
}

// eventWithin is g of event e at a place of the last step.
func (it *Integrator[T]) eventWithin(e int, theta float64) (float64, error) {
	if theta == 1 {
		return it.eventAt(e, it.full, it.y)
	}
	poly, err := it.polynomial()
	if err != nil {
		return 0, err
	}
	evalPolynomial(poly, theta, it.watch.u)
	return it.eventAt(e, it.prev+theta*(it.full-it.prev), it.watch.u)
}

// ladder are further places to look at where g starts from zero, to see how it leaves it.
var ladder = [...]float64{0x1p-12, 0x1p-8, 0x1p-4}

// sample lists g of event e at the places of the last step.
func (it *Integrator[T]) sample(e int) error {
	w := it.watch
	w.theta, w.v = append(w.theta[:0], 0), append(w.v[:0], w.g[e])
	at := func(theta float64) error {
		g, err := it.eventWithin(e, theta)
		w.theta, w.v = append(w.theta, theta), append(w.v, g)
		return err
	}
	m := w.events[e].samples()
	if w.sign[e] == 0 && m > 1 {
		for _, theta := range ladder {
			if theta*float64(m) < 1 {
				if err := at(theta); err != nil {
					return err
				}
			}
		}
	}
	for k := 1; k < m; k++ {
		if err := at(float64(k) / float64(m)); err != nil {
			return err
		}
	}
	if err := at(1); err != nil {
		return err
	}
	w.scale[e] = 0
	for _, g := range w.v {
		w.scale[e] = math.Max(w.scale[e], math.Abs(g))
	}
	return it.touch(e)
}

// touch inserts the vertices of parabolas through three neighbouring places where these have one sign and the vertex
// another.
func (it *Integrator[T]) touch(e int) error {
	w := it.watch
	for k := 2; k < len(w.v); k++ {
		x, v := w.theta[k-2:k+1], w.v[k-2:k+1]
		s := signOf(v[1])
		if s == 0 || signOf(v[0]) != s || signOf(v[2]) != s || math.Abs(v[1]) > math.Min(math.Abs(v[0]), math.Abs(v[2])) {
			continue
		}
		d1, d2 := (v[1]-v[0])/(x[1]-x[0]), (v[2]-v[1])/(x[2]-x[1])
		c := (d2 - d1) / (x[2] - x[0])
		m := (x[0]+x[1])/2 - d1/(2*c) // where d1 + c (2x − x0 − x1) = 0
		if !(m > x[0] && m < x[2]) || m == x[1] {
			continue
		}
		if signOf(v[0]+(m-x[0])*(d1+c*(m-x[1]))) == s {
			continue
		}
		g, err := it.eventWithin(e, m)
		if err != nil {
			return err
		}
		at := k
		if m < x[1] {
			at = k - 1
		}
		w.theta, w.v = slices.Insert(w.theta, at, m), slices.Insert(w.v, at, g)
		k++
	}
	return nil
}

// scan lists the crossings of event e in the last step.
func (it *Integrator[T]) scan(e int) error {
	if err := it.sample(e); err != nil {
		return err
	}
	w := it.watch
	ev := &w.events[e]
	s, base := w.sign[e], w.v[0]
	left := s != 0 // the zero that the step began at
	for k := 1; k < len(w.v); k++ {
		v := w.v[k]
		now := signOf(v)
		switch {
		case s == 0: // g has to leave zero, which base is to rounding
			if now == 0 || now != signOf(v-base) {
				break
			}
			stray := false
			if !left {
				var err error
				if stray, err = it.strayed(e, now); err != nil {
					return err
				}
			}
			if s, left = now, true; stray {
				var err error
				s = -now
				if k, err = it.closer(e, k, s); err != nil {
					return err
				}
				if k < 0 {
					w.missed = e
					return nil
				}
			}
		case now != s:
			if ev.counts(s) {
				c, err := it.locate(e, k)
				if err != nil {
					return err
				}
				c.from = s
				w.found = append(w.found, c)
			}
			s, base = now, v
		}
	}
	w.sign[e] = s
	w.g[e] = w.v[len(w.v)-1]
	d := &w.departures[e]
	if left {
		d.mapped = false
	}
	if s == 0 {
		w.g[e] = base
	}
	if d.mapped && !d.again {
		return it.setOut(e)
	}
	return nil
}

// locate finds the zero of g of event e between the places k−1 and k.
func (it *Integrator[T]) locate(e, k int) (crossing, error) {
	w := it.watch
	a, b, ga, gb := w.theta[k-1], w.theta[k], w.v[k-1], w.v[k]
	h := it.full - it.prev
	tol := math.Max(0x1p-53, spacing(math.Max(math.Abs(it.prev), math.Abs(it.full)))/math.Abs(h))
	r := bracket{a: a, b: b, fa: ga, fb: gb}
	err := r.shrink(tol, func(theta float64) (float64, error) { return it.eventWithin(e, theta) })
	c := crossing{event: e, theta: r.best(), g: math.Max(math.Abs(r.fa), math.Abs(r.fb))}
	if c.t = it.prev + c.theta*h; c.theta == 1 {
		c.t = it.full
	}
	return c, err
}

func signOf(x float64) int8 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// spacing is that of the floating-point numbers at a.
func spacing(a float64) float64 { return math.Nextafter(a, math.Inf(1)) - a }
