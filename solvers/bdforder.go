package solvers

import "math"

// bdfChoice chooses order and step. After k+1 steps with the same it compares what the orders k−1, k and k+1 would allow, by
//
//	1 / (bdfBias · e_q^(1/(q+1))),
//
// and takes the best where that gains bdfGain, or where the step had better shrink to bdfShrink or less before it is
// rejected. After a rejection the step shrinks, after a second one in a row the order may fall, and after a third one
// the method begins anew.
type bdfChoice struct {
	wait     int // accepted steps to go before a change
	rejected int // attempts in a row
	next     int // the order of the step after the accepted one
	changed  bool
}

// The parameters of the step size control.
const (
	bdfBias   = 1.4
	bdfGain   = 1.3
	bdfShrink = 0.9
	bdfGrowth = 10

	// A step's error may be a bdfCaution-th of the tolerance. The steps are many, the more so at tight tolerances for an
	// order of at most 5, and their errors add up: on the stiff problems of the tests to less than 30 tolerances, see
	// TestStiffErrors.
	bdfCaution = 20
)

func (c *bdfChoice) reset() { *c = bdfChoice{wait: 2, next: 1} }

// allowed is the factor of the step at order q for an error e.
func allowed(q int, e float64) float64 {
	return 1 / (bdfBias*math.Pow(e, 1/float64(q+1)) + 1e-6)
}

// chooseNext returns the factor of the next step after one of error e, and notes its order.
func (m *bdf[T]) chooseNext(e float64) float64 {
	c := &m.choice
	c.next, c.changed = m.k, false
	if c.wait--; c.wait > 0 {
		return 1
	}
	best := allowed(m.k, e)
	if q := m.k - 1; q >= 1 {
		if f := allowed(q, m.sizeOf(q)); f > best {
			best, c.next = f, q
		}
	}
	if q := m.k + 1; q <= m.max && m.points > q {
		if f := allowed(q, m.sizeOf(q)); f > best {
			best, c.next = f, q
		}
	}
	if best > bdfShrink && best < bdfGain {
		c.next = m.k
		return 1
	}
	c.changed = true
	return math.Min(best, bdfGrowth)
}

// sizeOf estimates the error of the step had its order been q.
func (m *bdf[T]) sizeOf(q int) float64 {
	return m.size(q, m.w.constantOf(q, m.t1, m.time[:m.points]))
}

// rejectStep returns the factor after an attempt of error e.
func (m *bdf[T]) rejectStep(e float64) float64 {
	c := &m.choice
	c.rejected++
	c.wait = m.k + 1
	if e-e != 0 {
		return 0.2
	}
	switch {
	case c.rejected == 1 || m.k == 1:
		return math.Min(math.Max(allowed(m.k, e), 0.2), 0.9)
	case c.rejected == 2:
		f := math.Max(allowed(m.k, e), 0.2)
		if g := allowed(m.k-1, m.sizeOf(m.k-1)); g > f {
			f = g
			m.k--
			c.wait = m.k + 1
		}
		return math.Min(f, 0.9)
	}
	m.k = 1
	c.wait = 2
	return 0.2
}

// commit takes up the choice made for the step after the accepted one. With constant steps the order rises to the highest.
func (c *bdfChoice) commit(k *int, max, points int, exact bool) {
	c.rejected = 0
	if exact {
		*k = min(*k+1, max, points-1)
		return
	}
	if *k = c.next; c.changed {
		c.wait = *k + 1
	}
}
