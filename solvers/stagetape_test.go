package solvers

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

// linearizing gives a system Linearize and Pullback, whose slots are points: a map, so that it shows how many there are.
func linearizing[T Float](sys System[T], slots map[int]*linearPoint[T], keep int) System[T] {
	sys.Keep = keep
	sys.Linearize = func(slot int, t float64, y, dydt []T) error {
		slots[slot] = &linearPoint[T]{t, slices.Clone(y)}
		return sys.F(t, y, dydt)
	}
	sys.Pullback = func(slot int, w, wy, wtheta []T) (float64, error) {
		p := slots[slot]
		return sys.VJP(p.t, p.y, w, nil, wy, wtheta)
	}
	return sys
}

type linearPoint[T Float] struct {
	t float64
	y []T
}

// kept solves with so many slots and returns the gradient, and that of a pass which doesn't know of the slots.
func (c *checkpointCase[T]) kept(t *testing.T, keep int) (g, replayed *Gradient[T], tape *Tape[T], forward Stats) {
	t.Helper()
	rng := rand.New(rand.NewSource(1))
	slots := map[int]*linearPoint[T]{}
	sol, tape, err := SolveTape(linearizing(c.sys(), slots, keep), c.y0, c.t0, c.t1, &c.set, c.events...)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	for slot := range slots {
		if slot >= keep {
			t.Fatalf("%s: slot %d is taken, of %d", c.name, slot, keep)
		}
	}
	w := make([][]T, len(sol.Y))
	for i := range w {
		w[i] = convert[T](draw(rng, len(c.y0)))
	}
	var we []EventCotangent[T]
	for range sol.Events {
		we = append(we, EventCotangent[T]{T: 1, Before: convert[T](draw(rng, len(c.y0))), After: convert[T](draw(rng, len(c.y0)))})
	}
	if g, err = tape.BackwardEvents(linearizing(c.sys(), slots, keep), w, we); err != nil {
		t.Fatalf("%s, %d slots: %v", c.name, keep, err)
	}
	none := linearizing(c.sys(), map[int]*linearPoint[T]{}, 0)
	if replayed, err = tape.BackwardEvents(none, w, we); err != nil {
		t.Fatalf("%s, %d slots, a replay: %v", c.name, keep, err)
	}
	return g, replayed, tape, sol.Stats
}

// TestKeptStages: with stages of any number of steps kept the forward solve is the same one, the gradient has the
// digits of a replay, and the stages that are kept are not evaluated again.
func TestKeptStages(t *testing.T) {
	for _, m := range methodsUnderTest() {
		if _, ok := TableauOf(m); !ok {
			continue
		}
		cases := networkCases(m, func(theta []float64) []Event[float64] { return hybrid(theta, false) })
		for i, c := range cases {
			want, _, full, alone := c.kept(t, 0)
			for _, keep := range []int{1, 7, 40, 100, 10000} {
				g, replayed, tape, forward := c.kept(t, keep)
				name := fmt.Sprintf("%s (%d), %d slots", c.name, i, keep)
				if tape.Steps() != full.Steps() || forward != alone {
					t.Errorf("%s: %v, and without slots %v", name, forward, alone)
				}
				if a, b := flat(g), flat(want); !slices.Equal(a, b) {
					t.Errorf("%s: %v, and without slots %v", name, a, b)
				}
				if a, b := flat(replayed), flat(want); !slices.Equal(a, b) {
					t.Errorf("%s, replayed: %v, and without slots %v", name, a, b)
				}
				if g.Stats.VJP != want.Stats.VJP {
					t.Errorf("%s: %d products, and without slots %d", name, g.Stats.VJP, want.Stats.VJP)
				}
				// A state saved where a step happens to end is read off without the interpolant that it is differentiated
				// through.
				byChance := slices.ContainsFunc(tape.saves, func(s savedState) bool { return !s.node && tape.t[s.step] == s.t })
				if keep == 10000 && g.Stats.F != 0 && !byChance || keep == 100 && g.Stats.F >= want.Stats.F {
					t.Errorf("%s: %d evaluations of f backwards, without slots %d", name, g.Stats.F, want.Stats.F)
				}
			}
		}
	}
}

// TestKeptStagesAfterRejections: what a rejected attempt left in its slots is written over.
func TestKeptStagesAfterRejections(t *testing.T) {
	in, _ := gradientCase(4, false)
	c := checkpointCase[float32]{
		name: "rejections", sys: func() System[float32] { return network(3, convert[float32](in.theta)) },
		y0: convert[float32](in.y0), t0: in.t0, t1: in.t1,
		set: Settings{Method: Dopri5{}, RTol: 1e-5, ATol: 1e-5, FirstStep: 3, SaveAt: in.ts},
	}
	want, _, _, forward := c.kept(t, 0)
	g, _, tape, _ := c.kept(t, 1000)
	if forward.Rejected == 0 {
		t.Error("no attempt was rejected")
	}
	if a, b := flat(g), flat(want); !slices.Equal(a, b) {
		t.Errorf("%v, and without slots %v", a, b)
	}
	extra := 0 // 6 slots a step, 2 for the interpolant, and the first stage
	for _, s := range tape.stages.steps {
		if s.extra >= 0 {
			extra += 2
		}
	}
	if n := 1 + 6*forward.Accepted + extra; tape.stages.free != n {
		t.Errorf("%d slots are taken; %d steps have %d stages", tape.stages.free, forward.Accepted, n)
	}
}
