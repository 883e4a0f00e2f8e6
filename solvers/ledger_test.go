package solvers

import "testing"

// TestLedger finds every record where it was written, with and without an expectation, that comes true or not.
func TestLedger(t *testing.T) {
	for _, size := range []int{1, 3, chunkSize / 2, chunkSize + 1} {
		for _, expected := range []int{0, 1, 5, 100} {
			var l ledger[float32]
			l.init(size, expected)
			const n = 200
			for i := range n {
				r := l.next()
				if len(r) != size || cap(r) != size {
					t.Fatalf("size %d, expected %d: record %d has %d numbers of %d", size, expected, i, len(r), cap(r))
				}
				r[0], r[size-1] = float32(i), float32(i)
			}
			for i := range n {
				if r := l.at(i); r[0] != float32(i) || r[size-1] != float32(i) {
					t.Fatalf("size %d, expected %d: record %d is %g", size, expected, i, r[0])
				}
			}
			for c, v := range l.chunk {
				if len(v) != size*l.records(c) {
					t.Errorf("size %d, expected %d: chunk %d has %d numbers, want %d records", size, expected, c, len(v), l.records(c))
				}
			}
		}
	}
}

// TestTapeRoom: the second tape of a system has its memory at once, exactly, and the third, of a shorter solve, has
// what the second needed, whether all states are kept or the stages too. The digits are the same.
func TestTapeRoom(t *testing.T) {
	const dim = chunkSize / 2
	sys := System[float64]{Dim: dim, NumParams: 0, Room: &TapeRoom{}}
	sys.F = func(_ float64, y, dydt []float64) error {
		for i, v := range y {
			dydt[i] = -v
		}
		return nil
	}
	y0 := make([]float64, dim)
	for i := range y0 {
		y0[i] = 1
	}
	solve := func(t1 float64) (*Tape[float64], float64) {
		slots := 0
		kept := sys
		kept.Keep = 1000
		kept.Linearize = func(slot int, t float64, y, dydt []float64) error { slots = max(slots, slot); return sys.F(t, y, dydt) }
		kept.Pullback = func(int, []float64, []float64, []float64) (float64, error) { return 0, nil }
		sol, tape, err := SolveTape(kept, y0, 0, t1, &Settings{RTol: 1e-8, ATol: 1e-8, SaveAt: []float64{0, t1 / 3, t1 / 2, t1}})
		if err != nil {
			t.Fatal(err)
		}
		return tape, sol.Y[3][0]
	}
	first, y1 := solve(3)
	second, y2 := solve(3)
	third, _ := solve(0.1)
	if len(first.state.chunk) < 3 || y1 != y2 {
		t.Errorf("the first tape has %d chunks; states %g and %g", len(first.state.chunk), y1, y2)
	}
	for name, l := range map[string]*ledger[float64]{"states": &second.state, "values": &second.stages.values} {
		if len(l.chunk) != 1 || len(l.chunk[0]) != l.n*l.size {
			t.Errorf("%s: %d records in %d chunks, the first of %d numbers", name, l.n, len(l.chunk), len(l.chunk[0]))
		}
	}
	if len(third.state.chunk) != 1 || int(sys.Room.points.Load()) != third.Steps()+1 {
		t.Errorf("the third tape has %d chunks; the room is of %d points after %d steps", len(third.state.chunk),
			sys.Room.points.Load(), third.Steps())
	}
}
