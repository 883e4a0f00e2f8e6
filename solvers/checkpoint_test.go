package solvers

import (
	"fmt"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/pkg/errors"
)

// checkpointCase is a solve whose gradient is asked for with and without checkpoints.
type checkpointCase[T Float] struct {
	name   string
	sys    func() System[T]
	y0     []T
	t0, t1 float64
	set    Settings
	events []Event[T]
}

// gradient is that of a random combination of the saved states and the events, with so many checkpoints; 0: all states.
// again is that of a second pass.
func (c *checkpointCase[T]) gradient(t *testing.T, budget int) (g, again *Gradient[T], tape *Tape[T]) {
	t.Helper()
	s := c.set
	s.Checkpoints = budget
	sol, tape, err := SolveTape(c.sys(), c.y0, c.t0, c.t1, &s, c.events...)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	rng := rand.New(rand.NewSource(1))
	w := make([][]T, len(sol.Y))
	for i := range w {
		w[i] = convert[T](draw(rng, len(c.y0)))
	}
	var we []EventCotangent[T]
	for range sol.Events {
		we = append(we, EventCotangent[T]{T: 1, Before: convert[T](draw(rng, len(c.y0))), After: convert[T](draw(rng, len(c.y0)))})
	}
	for _, to := range []**Gradient[T]{&g, &again} {
		if *to, err = tape.BackwardEvents(c.sys(), w, we); err != nil {
			t.Fatalf("%s, %d checkpoints: %v", c.name, budget, err)
		}
	}
	return g, again, tape
}

// check compares the digits for some budgets, and that no more checkpoints are made than that.
func (c *checkpointCase[T]) check(t *testing.T, budgets ...int) (steps int) {
	t.Helper()
	want, _, full := c.gradient(t, 0)
	for _, n := range budgets {
		g, again, tape := c.gradient(t, n)
		for i, got := range []*Gradient[T]{g, again} {
			if a, b := flat(got), flat(want); !slices.Equal(a, b) {
				t.Errorf("%s, %d checkpoints for %d steps, pass %d: %v; without %v", c.name, n, tape.Steps(), i+1, a, b)
				break
			}
		}
		if made := len(tape.kept.stack) + len(tape.kept.spare); made > n || tape.Steps() != full.Steps() {
			t.Errorf("%s: %d of %d checkpoints; %d steps and %d without", c.name, made, n, tape.Steps(), full.Steps())
		}
		history := tape.kept.history
		for _, p := range append(tape.kept.stack, tape.kept.spare...) {
			if len(p.states) > history {
				t.Errorf("%s: a checkpoint has %d states; the history is %d", c.name, len(p.states), history)
			}
		}
		if n := len(tape.state.chunk[0]) / tape.state.size; n != history+2 || len(tape.state.chunk) != 1 {
			t.Errorf("%s: %d states at work; the history is %d", c.name, n, history)
		}
	}
	return full.Steps()
}

// networkCases are the solves of the network by a method: constant steps, error control, jumps and events.
func networkCases[T Float](m Method, events func(theta []float64) []Event[T]) (cases []checkpointCase[T]) {
	in, _ := gradientCase(4, false)
	sets := []Settings{{Step: 0.13}, {Step: 0.17, Jumps: []float64{1.1}, SaveEvery: 3}}
	if m.Info().Adaptive() {
		tol := 1e-5
		if m.Order() < 4 {
			tol = 1e-3
		}
		sets = append(sets, Settings{RTol: tol, ATol: tol}, Settings{RTol: 10 * tol, ATol: tol, FirstStep: 2,
			Jumps: []float64{0.8, 1.1}})
	}
	for i, s := range sets {
		s.Method, s.SaveAt = m, in.ts
		c := checkpointCase[T]{
			name: fmt.Sprintf("%s/%s/%d", m.Name(), m.Info().Family, i),
			sys:  func() System[T] { return network(3, convert[T](in.theta)) },
			y0:   convert[T](in.y0), t0: in.t0, t1: in.t1, set: s,
		}
		cases = append(cases, c)
		if events != nil {
			c.name, c.events = c.name+"/events", events(in.theta)
			cases = append(cases, c)
		}
	}
	return cases
}

// TestCheckpointsDigits: whatever the budget, the gradient has the digits of the tape that keeps all states. So has
// that of a second pass, when the first has used the places of the checkpoints for others.
func TestCheckpointsDigits(t *testing.T) {
	methods := append(methodsUnderTest(), Radau{Stages: 5}, Radau{Krylov: true}, BDF{Krylov: true}, Auto{Stiff: Radau{}},
		Adams{MaxOrder: 3}, AdamsBashforth{OfOrder: 6}, StepDoubling{Method: Kvaerno5{}},
		StepDoubling{Method: Euler{}, Plain: true},
		Reversible{Method: Midpoint{}})
	for _, m := range methods {
		for i, c := range networkCases(m, func(theta []float64) []Event[float64] { return hybrid(theta, false) }) {
			if i == 0 {
				c.check(t, 1, 1000)
			}
			c.check(t, 2, 5)
		}
		for _, c := range networkCases[float32](m, nil) {
			c.check(t, 3)
		}
	}
}

// TestCheckpointsSymplectic: the last kick's force is of other momenta than the state's.
func TestCheckpointsSymplectic(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	y0, theta := draw(rng, 5), draw(rng, 17)
	for _, m := range []Method{Verlet{Positions: 3}, KahanLi6{Positions: 3}, StepDoubling{Method: Verlet{Positions: 3}}} {
		c := checkpointCase[float64]{
			name: m.Info().Family, y0: y0, t1: 3,
			sys: func() System[float64] { return halves(5, 3, theta) },
			set: Settings{Method: m, Step: 0.1, SaveEvery: 4},
		}
		c.check(t, 1, 3)
	}
}

// TestCheckpointsStiff: implicit methods keep Jacobians and factors over many steps, and learn from attempts that are
// rejected.
func TestCheckpointsStiff(t *testing.T) {
	methods := []Method{Radau{}, BDF{}, TRBDF2{}, Kvaerno5{}, ImplicitEuler{}, Trapezoid{}, Auto{}, Auto{Stiff: Radau{}},
		BDF{Krylov: true}}
	for _, p := range sensitiveProblems()[:3] {
		for _, m := range methods {
			for i, way := range []func(*System[float64]){
				func(*System[float64]) {},
				func(s *System[float64]) { s.Jacobian = nil },
				func(s *System[float64]) { s.Jacobian, s.JVP = nil, nil },
			} {
				tol := 1e-4
				if coarse(m) {
					tol = 1e-2
				}
				c := checkpointCase[float64]{
					name: fmt.Sprintf("%s/%s/%d", p.name, m.Info().Family, i), y0: p.y0, t0: p.t0, t1: p.t1,
					sys: func() System[float64] {
						sys := p.sys(p.theta)
						way(&sys)
						return sys
					},
					set: Settings{Method: m, RTol: tol, ATol: tol * 1e-4, SaveAt: p.saves},
				}
				if steps := c.check(t, 4); steps < 10 {
					t.Errorf("%s: %d steps show little", c.name, steps)
				}
			}
		}
	}
}

// TestCheckpointsGradientProblems: methods that need more of the system than the others, and ways through two methods.
func TestCheckpointsGradientProblems(t *testing.T) {
	tides := gradientProblem{name: "tides", f: tidal, settings: Settings{RTol: 1e-5, ATol: 1e-5},
		in: inputs{y0: []float64{0.3, 1}, theta: []float64{4, 6, 0.7}, t0: 0.1, t1: 8, ts: []float64{0.1, 2.03, 4.51, 7.57, 8}}}
	for _, p := range append(gradientProblems(), tides) {
		methods := []Method{Rodas5P{}, Auto{}, Auto{Stiff: BDF{}}, Auto{Stiff: Rodas5P{}}}
		if p.stiff != nil {
			methods = append(methods, KenCarp4{})
		}
		for _, m := range methods {
			set := p.settings
			set.Method, set.SaveAt = m, p.in.ts
			c := checkpointCase[float64]{
				name: p.name + "/" + m.Info().Family, y0: p.in.y0, t0: p.in.t0, t1: p.in.t1, set: set, sys: p.system,
			}
			c.check(t, 3)
		}
	}
}

// TestCheckpointsSchedule: a pass over N steps takes them again as often as the best schedule that knows N beforehand,
// which in all, the solve included, takes
//
//	r N − β(s+1, r−1),   β(s, r−1) < N ≤ β(s, r)
//
// steps (Griewank and Walther), but for the price of not knowing N: less than 1.4 times that. No step is repeated for
// less than r of them.
func TestCheckpointsSchedule(t *testing.T) {
	const most = 1 << 40
	best := func(n, s int) int {
		r := 0
		for binomial(s, r, most) < n {
			r++
		}
		return r*n - binomial(s+1, r-1, most)
	}
	sys := System[float64]{
		Dim: 1,
		F:   func(_ float64, y, d []float64) error { d[0] = -y[0]; return nil },
		VJP: func(_ float64, _, w, d, wy, _ []float64) (float64, error) { wy[0] = -w[0]; return 0, nil },
	}
	worst := 0.0
	for _, s := range []int{1, 2, 3, 4, 6, 8, 10, 16, 32} {
		for _, n := range []int{1, 2, 3, 5, 8, 11, 12, 20, 33, 38, 65, 89, 130, 170, 173, 300, 1000, 3000} {
			if s == 1 && n > 300 {
				continue
			}
			_, tape, err := SolveTape(sys, []float64{1}, 0, 1, &Settings{Method: Euler{}, Step: 1 / float64(n), Checkpoints: s})
			if err != nil {
				t.Fatal(err)
			}
			for pass := range 2 {
				g, err := tape.Backward(sys, [][]float64{{1}})
				if err != nil {
					t.Fatal(err)
				}
				again, least := g.Stats.Accepted, best(n, s)
				if pass == 1 {
					// All is repeated, and the last step too, whose end nobody has kept.
					if n > 1 && again != least+1 {
						t.Errorf("%d steps, %d checkpoints: %d in a second pass; want %d", n, s, again, least+1)
					}
					continue
				}
				all := n - 1 + again
				worst = max(worst, float64(all)/float64(max(least, 1)))
				if all < least || float64(all) > 1.4*float64(least) || n <= s+1 && again != 0 {
					t.Errorf("%d steps, %d checkpoints: %d again; the best schedule takes %d in all", n, s, again, least)
				}
			}
		}
	}
	t.Logf("at most %.3f times the steps of the best schedule", worst)
}

// TestStride: the schedule of a known number of steps is the best there is, by dynamic programming over all schedules.
func TestStride(t *testing.T) {
	const most, places = 60, 8
	var cost [most + 1][places + 1]int // of l steps with s places
	for l := 2; l <= most; l++ {
		for s := 1; s <= places; s++ {
			cost[l][s] = l * (l - 1) / 2
			for k := 1; k < l && s > 1; k++ {
				cost[l][s] = min(cost[l][s], k+cost[l-k][s-1]+cost[k][s])
			}
			if k := stride(l, s); s > 1 && (k < 1 || k >= l || k+cost[l-k][s-1]+cost[k][s] != cost[l][s]) {
				t.Errorf("%d steps, %d places: after %d steps; the best is %d", l, s, k, cost[l][s])
			}
		}
	}
}

// TestCheckpointsConcurrent: passes over one tape take turns.
func TestCheckpointsConcurrent(t *testing.T) {
	in, w := gradientCase(7, false)
	want, tape := taped[float64](t, in, w, &Settings{Method: RK4{}, Step: 0.02, Checkpoints: 3})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			g, err := tape.Backward(network(3, in.theta), w)
			if err != nil || !slices.Equal(flat(g), flat(want)) {
				t.Errorf("%+v, %v; want %+v", g, err, want)
			}
		})
	}
	wg.Wait()
}

// TestCheckpointsResume: a solve that was interrupted leaves the tape of one that wasn't.
func TestCheckpointsResume(t *testing.T) {
	in, w := gradientCase(7, false)
	s := &Settings{Method: TRBDF2{}, RTol: 1e-4, ATol: 1e-4, SaveAt: in.ts}
	want, _ := taped[float64](t, in, w, s)
	c := *s
	c.MaxSteps, c.Checkpoints = 3, 2
	sys := network(3, in.theta)
	sol, _, err := SolveTape(sys, in.y0, in.t0, in.t1, &c)
	for errors.Is(err, ErrMaxSteps) {
		err = sol.Resume(2)
	}
	if err != nil {
		t.Fatal(err)
	}
	g, err := sol.Tape().Backward(sys, w)
	if err != nil || !slices.Equal(flat(g), flat(want)) {
		t.Errorf("%+v, %v; want %+v", g, err, want)
	}
}

// TestCheckpointsFollow: the steps can be followed without their states.
func TestCheckpointsFollow(t *testing.T) {
	in, w := gradientCase(7, false)
	for _, m := range []Method{Dopri5{}, Adams{}, BDF{}, Auto{}} {
		s := &Settings{Method: m, RTol: 1e-4, ATol: 1e-4}
		_, full := taped[float64](t, in, w, s)
		s.Checkpoints = 2
		_, few := taped[float64](t, in, w, s)
		sys := network(3, in.theta)
		want, err := full.Follow(sys, in.y0, in.t0, in.t1, in.ts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := few.Follow(sys, in.y0, in.t0, in.t1, in.ts)
		if err != nil || !slices.EqualFunc(got, want, slices.Equal[[]float64]) {
			t.Errorf("%s: %v, %v; want %v", m.Name(), got, err, want)
		}
	}
}

// TestCheckpointsRetrace: the tape of a solve over the steps of one with checkpoints has all its states.
func TestCheckpointsRetrace(t *testing.T) {
	in, w := gradientCase(7, false)
	for _, m := range []Method{Dopri5{}, BDF{}} {
		s := &Settings{Method: m, RTol: 1e-4, ATol: 1e-4}
		_, full := taped[float64](t, in, w, s)
		s.Checkpoints = 2
		_, few := taped[float64](t, in, w, s)
		sys := network(3, in.theta)
		var grads [2][]float64
		for i, tape := range []*Tape[float64]{full, few} {
			_, again, err := tape.Retrace(sys, in.y0)
			if err != nil {
				t.Fatal(err)
			}
			g, err := again.Backward(sys, w)
			if err != nil {
				t.Fatal(err)
			}
			grads[i] = flat(g)
		}
		if !slices.Equal(grads[0], grads[1]) {
			t.Errorf("%s: %v; with all states %v", m.Name(), grads[1], grads[0])
		}
	}
}

// TestCheckpointsRows: rows of a batch have checkpoints each.
func TestCheckpointsRows(t *testing.T) {
	in, _ := gradientCase(7, false)
	sys := netRows(3, in.theta, nil)
	rows := []Row[float64]{{Y0: in.y0, T1: 1}, {Y0: in.y0, T0: 1, T1: 3}}
	w := [][][]float64{{{1, 2, 3}}, {{1, -1, 2}}}
	var want *RowsGradient[float64]
	for _, n := range []int{0, 2} {
		_, tape, err := SolveRowsTape(sys, rows, &Settings{RTol: 1e-6, ATol: 1e-6, Checkpoints: n})
		if err != nil {
			t.Fatal(err)
		}
		g, err := tape.Backward(sys, w)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			want = g
			continue
		}
		for i, r := range g.Rows {
			if !slices.Equal(r.Y0, want.Rows[i].Y0) || r.T0 != want.Rows[i].T0 {
				t.Errorf("row %d: %+v; want %+v", i, r, want.Rows[i])
			}
		}
	}
}

// TestCheckpointsErrors: what can't be, and what fails on the way back.
func TestCheckpointsErrors(t *testing.T) {
	in, w := gradientCase(7, false)
	sys := network(3, in.theta)
	_, _, err := SolveTape(sys, in.y0, 0, 1, &Settings{Checkpoints: -1})
	wantStatus(t, err, BadInput)
	_, _, err = SolveTape(sys, in.y0, 0, 1, &Settings{Checkpoints: 4, Method: Rodas5P{}})
	if err != nil { // where the method has a gradient, it has checkpoints
		wantStatus(t, err, NotSupported)
	}
	_, tape := taped[float64](t, in, w, &Settings{Method: RK4{}, Step: 0.02, Checkpoints: 3})
	broken, cause := sys, errors.New("no more")
	broken.F = func(x float64, y, d []float64) error {
		if x < 1 {
			return cause
		}
		return sys.F(x, y, d)
	}
	_, err = tape.Backward(broken, w)
	if wantStatus(t, err, FieldFailed); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if g, err := tape.Backward(sys, w); err != nil || g == nil {
		t.Errorf("after a pass that failed: %v", err)
	}
}

// BenchmarkCheckpoints shows what the states of the solve cost to make again.
func BenchmarkCheckpoints(b *testing.B) {
	in, w := gradientCase(7, false)
	sys := network(3, in.theta)
	for _, n := range []int{0, 4, 16, 64} {
		b.Run(fmt.Sprintf("steps=1000/checkpoints=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, tape, err := SolveTape(sys, in.y0, 0, 3, &Settings{Method: RK4{}, Step: 0.003, Checkpoints: n})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := tape.Backward(sys, w[:1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestStateOfATapeWithCheckpoints: what State returned stays as it was, whatever passes come after it.
func TestStateOfATapeWithCheckpoints(t *testing.T) {
	sys := decay()
	sys.VJP = func(_ float64, y, w, dydt, wy, _ []float64) (float64, error) {
		if dydt != nil {
			dydt[0] = -y[0]
		}
		wy[0] = -w[0]
		return 0, nil
	}
	solve := func(checkpoints int) *Tape[float64] {
		_, tape, err := SolveTape(sys, []float64{1}, 0, 1, &Settings{Method: RK4{}, Step: 0.05, Checkpoints: checkpoints})
		if err != nil {
			t.Fatal(err)
		}
		return tape
	}
	all, tape := solve(0), solve(2)
	w := make([][]float64, len(tape.saves))
	w[len(w)-1] = []float64{1}
	look := func() (held map[int][]float64) {
		held = map[int][]float64{}
		for n := range tape.Steps() + 1 {
			if y := tape.State(n); y != nil {
				held[n] = y
			}
		}
		return held
	}
	var wg sync.WaitGroup
	looks := []map[int][]float64{look()}
	wg.Go(func() {
		for range 20 {
			looks = append(looks, look())
		}
	})
	for range 5 {
		if _, err := tape.Backward(sys, w); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	for _, held := range append(looks, look()) {
		if len(held) == 0 {
			t.Error("no states")
		}
		for n, y := range held {
			if want := all.State(n); !slices.Equal(y, want) {
				t.Errorf("state %d is %v, want %v", n, y, want)
			}
		}
	}
}
