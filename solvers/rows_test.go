package solvers

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// netRows is the network of network for every row, with a forcing of its own, and counts the rows it is asked for.
func netRows(dim int, theta []float64, evaluations map[int]int) RowSystem[float64] {
	each := func(rows []int, f func(i, a, b int) error) error {
		for i := range rows {
			if err := f(i, i*dim, (i+1)*dim); err != nil {
				return err
			}
		}
		return nil
	}
	return RowSystem[float64]{
		Dim:       dim,
		NumParams: len(theta),
		F: func(t []float64, rows []int, y, dydt []float64) error {
			if !slices.IsSorted(rows) || len(t) != len(rows) || len(y) != len(rows)*dim || len(dydt) != len(y) {
				return errors.Errorf("rows %v with %d times and %d values", rows, len(t), len(y))
			}
			for i, r := range rows {
				if evaluations != nil {
					evaluations[r]++
				}
				if err := network(dim, theta).F(t[i], y[i*dim:(i+1)*dim], dydt[i*dim:(i+1)*dim]); err != nil {
					return err
				}
			}
			return nil
		},
		JVP: func(t []float64, rows []int, y, v, out []float64) error {
			return each(rows, func(i, a, b int) error { return network(dim, theta).JVP(t[i], y[a:b], v[a:b], out[a:b]) })
		},
		TimeDerivative: func(t []float64, rows []int, y, dfdt []float64) error {
			return each(rows, func(i, a, b int) error { return network(dim, theta).TimeDerivative(t[i], y[a:b], dfdt[a:b]) })
		},
		TangentVJP: func(t []float64, rows []int, y, tau, v, w, wy, wtheta, wt []float64) error {
			return each(rows, func(i, a, b int) (err error) {
				wt[i], err = network(dim, theta).TangentVJP(t[i], y[a:b], tau[i], v[a:b], w[a:b], wy[a:b], wtheta)
				return err
			})
		},
		VJP: func(t []float64, rows []int, y, w, dydt, wy, wtheta []float64, wt []float64) error {
			for i := range rows {
				var d []float64
				if dydt != nil {
					d = dydt[i*dim : (i+1)*dim]
				}
				var err error
				wt[i], err = network(dim, theta).VJP(t[i], y[i*dim:(i+1)*dim], w[i*dim:(i+1)*dim], d, wy[i*dim:(i+1)*dim], wtheta)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// raggedRows draws rows with intervals, directions and saved times of their own.
func raggedRows(seed int64, n, dim int) []Row[float64] {
	rng := rand.New(rand.NewSource(seed))
	rows := make([]Row[float64], n)
	for i := range rows {
		t0, t1 := rng.Float64()*2, rng.Float64()*8-3
		rows[i] = Row[float64]{Y0: draw(rng, dim), T0: t0, T1: t1, SaveAt: nodes(t0, t1, 1+i%5, true)}
		rows[i].SaveAt[len(rows[i].SaveAt)-1] = t1
	}
	return rows
}

// TestRowsAreSolves: every row has the digits and the counts of its own solve, for every method and setting.
func TestRowsAreSolves(t *testing.T) {
	theta := draw(rand.New(rand.NewSource(1)), 12)
	sys := netRows(3, theta, nil)
	rows := raggedRows(2, 17, 3)
	rows[4].Events = []Event[float64]{{G: level(0.1, 1), Terminal: true}}
	rows[5].T1 = rows[5].T0
	rows[5].SaveAt = nil
	for _, m := range methodsUnderTest() {
		for _, s := range []Settings{{Method: m}, {Method: m, Step: 0.1, Dense: true}, {Method: m, RTol: 1e-3, SaveEvery: 2}} {
			if !m.Info().Adaptive() {
				s.RTol = 0
			}
			sol, tape, err := SolveRowsTape(sys, rows, &s)
			if err != nil && errors.Is(err, ErrNotSupported) {
				sol, err = SolveRows(sys, rows, &s)
			}
			if err != nil {
				t.Fatalf("%s: %v", m.Name(), err)
			}
			var sum Stats
			for i, r := range rows {
				own := s
				own.SaveAt = r.SaveAt
				want, err := Solve(network(3, theta), r.Y0, r.T0, r.T1, &own, r.Events...)
				if err != nil {
					t.Fatal(err)
				}
				got := sol.Rows[i]
				same := slices.EqualFunc(got.Y, want.Y, slices.Equal[[]float64]) && slices.Equal(got.T, want.T)
				if !same || got.Stats != want.Stats || got.Status != want.Status || !slices.Equal(got.LastY, want.LastY) {
					t.Fatalf("%s: row %d: %+v; alone %+v", m.Name(), i, got, want)
				}
				sum.Add(got.Stats)
			}
			if sum != sol.Stats {
				t.Errorf("%s: %+v; the sum is %+v", m.Name(), sol.Stats, sum)
			}
			if tape != nil && tape.Rows() != len(rows) {
				t.Errorf("%d tapes", tape.Rows())
			}
		}
	}
}

// TestRowsIndependent: neither the order of the rows nor their company changes a digit.
func TestRowsIndependent(t *testing.T) {
	theta := draw(rand.New(rand.NewSource(1)), 12)
	sys := netRows(3, theta, nil)
	rows := raggedRows(3, 20, 3)
	whole, err := SolveRows(sys, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	perm := rand.New(rand.NewSource(4)).Perm(len(rows))
	mixed := make([]Row[float64], len(rows))
	for i, p := range perm {
		mixed[i] = rows[p]
	}
	other, err := SolveRows(sys, mixed, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := SolveRows(sys, rows[:7], nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := SolveRows(sys, rows[7:], nil)
	if err != nil {
		t.Fatal(err)
	}
	split := append(first.Rows, second.Rows...)
	for i, p := range perm {
		a, b, c := whole.Rows[p], other.Rows[i], split[p]
		if !slices.Equal(a.LastY, b.LastY) || !slices.Equal(a.LastY, c.LastY) || a.Stats != b.Stats || a.Stats != c.Stats {
			t.Errorf("row %d: %v, permuted %v, split %v", p, a.LastY, b.LastY, c.LastY)
		}
	}
}

// TestRowsCost: the evaluations are the sum of what the rows need, and calls as many as the longest row needs.
func TestRowsCost(t *testing.T) {
	evaluations := map[int]int{}
	theta := draw(rand.New(rand.NewSource(1)), 12)
	rows := raggedRows(5, 30, 3)
	rows[3].T1 = rows[3].T0 + 300 // one row that takes long
	rows[3].SaveAt = nil
	sol, err := SolveRows(netRows(3, theta, evaluations), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	total, most := 0, 0
	for i, r := range sol.Rows {
		if evaluations[i] != r.Stats.F {
			t.Errorf("row %d: %d evaluations; its statistics say %d", i, evaluations[i], r.Stats.F)
		}
		total += evaluations[i]
		most = max(most, r.Stats.F)
	}
	if total != sol.Stats.F || sol.Calls != most || total > most*len(rows)/5 {
		t.Errorf("%d evaluations, %d by Stats, %d calls, %d of the longest row", total, sol.Stats.F, sol.Calls, most)
	}
}

// TestRowsFail: a row that blows up, one whose f fails, one with bad input and one that runs out of steps end alone.
func TestRowsFail(t *testing.T) {
	mine := errors.New("mine")
	sys := RowSystem[float64]{Dim: 1, F: func(ts []float64, rows []int, y, d []float64) error {
		var err error
		for i, r := range rows {
			switch r {
			case 1:
				d[i] = y[i] * y[i]
			case 2:
				if d[i] = 1; ts[i] > 0.5 {
					err = mine
				}
			case 4:
				d[i] = math.NaN()
			case 5:
				d[i] = 1e3 * math.Cos(1e3*ts[i])
			default:
				d[i] = -y[i]
			}
		}
		return err
	}}
	rows := make([]Row[float64], 7)
	for i := range rows {
		rows[i] = Row[float64]{Y0: []float64{1}, T1: 2}
	}
	rows[3].Y0 = []float64{math.Inf(1)}
	sol, tape, err := SolveRowsTape(sys, rows, &Settings{MaxSteps: 1000})
	var e *RowsError
	if !errors.As(err, &e) || !slices.Equal(e.Rows, []int{1, 2, 3, 4, 5}) {
		t.Fatalf("%v", err)
	}
	for i, want := range []Status{Success, StepTooSmall, FieldFailed, BadInput, NonFinite, MaxStepsReached, Success} {
		if sol.Rows[i].Status != want || (sol.Errs[i] == nil) != (want == Success) || (tape.Row(i) == nil) != (want != Success) {
			t.Errorf("row %d: %v, %v", i, sol.Rows[i].Status, sol.Errs[i])
		}
		if want != Success && !errors.Is(err, want.Err()) {
			t.Errorf("no %v in %v", want, err)
		}
	}
	if !errors.Is(err, mine) || !strings.HasPrefix(err.Error(), "solvers: 5 rows failed; row 1: ") {
		t.Errorf("%v", err)
	}
	for _, i := range []int{0, 6} {
		if math.Abs(sol.Rows[i].LastY[0]-math.Exp(-2)) > 1e-6 {
			t.Errorf("row %d: %v", i, sol.Rows[i].LastY)
		}
	}
	if math.Abs(sol.Rows[1].LastT-1) > 1e-3 {
		t.Errorf("the row that blows up reached t=%g", sol.Rows[1].LastT)
	}
	// A row can be resumed alone.
	if err := sol.Rows[5].Resume(100000); err != nil || math.Abs(sol.Rows[5].LastY[0]-1-math.Sin(2e3)) > 1e-3 {
		t.Errorf("resumed: %v, %v", sol.Rows[5].LastY, err)
	}
	for _, bad := range []RowSystem[float64]{{}, {Dim: 1}, {Dim: 1, F: sys.F, NumParams: -1}} {
		_, err := SolveRows(bad, rows, nil)
		wantStatus(t, err, BadInput)
	}
	if sol, err := SolveRows(sys, nil, nil); err != nil || len(sol.Rows) != 0 {
		t.Errorf("%+v, %v", sol, err)
	}
}

// TestRowsPanic: a panic of f is the caller's, and leaves nothing behind.
func TestRowsPanic(t *testing.T) {
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("recovered %v", r)
		}
	}()
	n := 0
	sys := RowSystem[float64]{Dim: 1, F: func(_ []float64, _ []int, _, _ []float64) error {
		if n++; n > 20 {
			panic("mine")
		}
		return nil
	}}
	rows := make([]Row[float64], 5)
	for i := range rows {
		rows[i] = Row[float64]{Y0: []float64{1}, T1: 2}
	}
	_, _ = SolveRows(sys, rows, &Settings{Step: 0.01})
}

// TestRowsGradient: each row's gradient is that of its own tape, θ's is the sum.
func TestRowsGradient(t *testing.T) {
	theta := draw(rand.New(rand.NewSource(1)), 12)
	sys := netRows(3, theta, nil)
	rng := rand.New(rand.NewSource(6))
	for _, m := range methodsUnderTest() {
		rows := raggedRows(7, 9, 3)
		rows[2].Events = hybrid(theta, false)
		sol, tape, err := SolveRowsTape(sys, rows, &Settings{Method: m, Step: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		w := make([][][]float64, len(rows))
		for i, r := range sol.Rows {
			if i == 4 {
				continue
			}
			for range r.Y {
				w[i] = append(w[i], draw(rng, 3))
			}
		}
		g, err := tape.Backward(sys, w)
		if err != nil {
			t.Fatal(err)
		}
		total := make([]float64, len(theta))
		for i := range rows {
			if w[i] == nil {
				if !isZero(g.Rows[i].Y0) || len(g.Rows[i].SaveAt) != len(sol.Rows[i].Y) {
					t.Errorf("row %d: %+v", i, g.Rows[i])
				}
				continue
			}
			want, err := tape.Row(i).Backward(network(3, theta), w[i])
			if err != nil {
				t.Fatal(err)
			}
			got := g.Rows[i]
			if !slices.Equal(got.Y0, want.Y0) || got.T0 != want.T0 || got.T1 != want.T1 || !slices.Equal(got.SaveAt, want.SaveAt) ||
				got.Stats != want.Stats {
				t.Errorf("%s: row %d: %+v; alone %+v", m.Name(), i, got, want)
			}
			alone, err := tape.Row(i).Backward(sys.Row(i), w[i])
			if err != nil || !slices.Equal(alone.Theta, want.Theta) {
				t.Errorf("%s: row %d: by RowSystem.Row %v; %v", m.Name(), i, alone, err)
			}
			addTo(total, want.Theta)
		}
		if d := maxDiff(total, g.Theta); d > 1e-11 {
			t.Errorf("%s: θ is %g off", m.Name(), d)
		}
		if g.Calls >= g.Stats.VJP+g.Stats.F {
			t.Errorf("%d calls for %+v", g.Calls, g.Stats)
		}
		// By the times of events as well, and θ through them.
		we := make([][]EventCotangent[float64], len(rows))
		for range sol.Rows[2].Events {
			we[2] = append(we[2], EventCotangent[float64]{T: 1})
		}
		for i := range w {
			if i != 2 {
				w[i] = nil
			}
		}
		g, err = tape.BackwardEvents(sys, w, we)
		if err != nil {
			t.Fatal(err)
		}
		want, err := tape.Row(2).BackwardEvents(network(3, theta), w[2], we[2])
		if err != nil || !slices.Equal(g.Rows[2].Y0, want.Y0) || maxDiff(g.Theta, want.Theta) > 1e-12 {
			t.Errorf("%s: %v and %v; alone %v and %v", m.Name(), g.Rows[2].Y0, g.Theta, want.Y0, want.Theta)
		}
		w[0] = [][]float64{{1}}
		if _, err := tape.Backward(sys, w); !errors.Is(err, ErrBadInput) {
			t.Errorf("%v", err)
		}
		if _, err := tape.Backward(sys, w[1:]); !errors.Is(err, ErrBadInput) {
			t.Errorf("%v", err)
		}
	}
}

func BenchmarkSolveRows(b *testing.B) {
	for _, n := range []int{1, 64, 1024} {
		rows := make([]Row[float64], n)
		for i := range rows {
			rows[i] = Row[float64]{Y0: []float64{1 + 0.1*float64(i%7), 1}, T1: 10}
		}
		sys := RowSystem[float64]{Dim: 2, F: func(_ []float64, _ []int, y, d []float64) error {
			for i := 0; i < len(y); i += 2 {
				d[i], d[i+1] = 1.5*y[i]-y[i]*y[i+1], -3*y[i+1]+y[i]*y[i+1]
			}
			return nil
		}}
		b.Run(fmt.Sprintf("problem=lv/method=Dopri5/batch=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var sol *RowsSolution[float64]
			for b.Loop() {
				var err error
				if sol, err = SolveRows(sys, rows, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(sol.Stats.F), "ns/f")
		})
	}
}

// TestManyRows: more rows than are under way at once.
func TestManyRows(t *testing.T) {
	rows := make([]Row[float64], maxLanes+100)
	for i := range rows {
		rows[i] = Row[float64]{Y0: []float64{float64(i)}, T1: 1}
	}
	sys := RowSystem[float64]{Dim: 1, F: func(_ []float64, rows []int, y, d []float64) error {
		if len(rows) > maxLanes {
			return errors.New("too many")
		}
		copy(d, y)
		return nil
	}}
	sol, err := SolveRows(sys, rows, &Settings{Method: Euler{}, Step: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range sol.Rows {
		if r.LastY[0] != 2.25*float64(i) {
			t.Fatalf("row %d: %v", i, r.LastY)
		}
	}
}

// TestRowsDoNotAllocate: the memory of a batch doesn't grow with its steps.
func TestRowsDoNotAllocate(t *testing.T) {
	theta := draw(rand.New(rand.NewSource(1)), 6)
	sys := RowSystem[float64]{Dim: 2, F: func(_ []float64, _ []int, y, d []float64) error {
		for i, v := range y {
			d[i] = -theta[i%2] * v
		}
		return nil
	}}
	rows := []Row[float64]{{Y0: []float64{1, 2}, T1: 1}, {Y0: []float64{3, 1}, T1: -1}, {Y0: []float64{0, 1}, T1: 2}}
	for _, m := range []Method{RK4{}, Dopri5{}} {
		count := func(step float64) float64 {
			return testing.AllocsPerRun(5, func() {
				if _, err := SolveRows(sys, rows, &Settings{Method: m, Step: step}); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := count(0.1), count(0.001); many > few+2 { // the runtime's own, now and then
			t.Errorf("%s: %g allocations for few steps, %g for many", m.Name(), few, many)
		}
	}
}
