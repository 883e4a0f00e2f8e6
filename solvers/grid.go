package solvers

import "math"

// grid is the plan of a solve with constant steps: the mandatory times t0, the saved ones and t1, and between a and b,
// two that follow each other, the points
//
//	t_j = a + (b − a) j/m,   m = ⌈ |b − a| / Step ⌉,   j = 0..m.
type grid struct {
	marks []float64 // the mandatory times, in the direction of integration
	step  float64   // 0: one step an interval
	i     int       // the current interval is marks[i] to marks[i+1]
	j, m  int       // the current point is t_j of m
}

// maxGridSteps bounds an interval's steps: what an int counts on every platform.
const maxGridSteps = math.MaxInt32

// total is the number of steps from the first mark to the last.
func (g *grid) total() (n float64) {
	for i := 1; i < len(g.marks); i++ {
		n += g.pieces(g.marks[i-1], g.marks[i])
	}
	return n
}

// plan makes g the grid from t0 over stops, which end with t1, and those of saveAt between. After an error it is of no use.
func (g *grid) plan(t0 float64, stops, saveAt []float64, step float64) error {
	t1 := stops[len(stops)-1]
	lo, hi := math.Min(t0, t1), math.Max(t0, t1)
	g.step = step
	g.marks = append(append(g.marks[:0], t0), stops...)
	for _, t := range saveAt {
		if t >= lo && t <= hi {
			g.marks = append(g.marks, t)
		}
	}
	g.marks = inOrder(g.marks, t1 < t0)
	for i := 1; i < len(g.marks); i++ {
		a, b := g.marks[i-1], g.marks[i]
		m := g.pieces(a, b)
		if m > maxGridSteps || m > 1 && math.Abs(b-a)/m < resolution(math.Max(math.Abs(a), math.Abs(b))) {
			return badInput("Step %g asks for %.3g steps from t=%g to t=%g, more than can be taken or time resolves", step, m, a, b)
		}
	}
	g.enter(0)
	return nil
}

// pieces is m, a little generous: a quotient that is a whole number but for rounding is that number.
func (g *grid) pieces(a, b float64) float64 {
	if g.step == 0 {
		return 1
	}
	const slack = 1e-9
	q := math.Abs(b-a) / g.step
	return math.Max(1, math.Ceil(q*(1-slack)))
}

func (g *grid) enter(i int) {
	g.i, g.j, g.m = i, 0, 1
	if i+1 < len(g.marks) {
		g.m = int(g.pieces(g.marks[i], g.marks[i+1]))
	}
}

// next is the point after the current one, and whether it is a mark.
func (g *grid) next() (t float64, mark bool) {
	a, b := g.marks[g.i], g.marks[g.i+1]
	if g.j+1 == g.m {
		return b, true
	}
	return a + (b-a)*(float64(g.j+1)/float64(g.m)), false
}

// advance makes next the current point.
func (g *grid) advance() {
	if g.j++; g.j == g.m {
		g.enter(g.i + 1)
	}
}
