package odeop

import (
	"slices"
	"sync"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// RowStats holds what happened to each row of the newest run of a solve with PerRow; see [RecordRows]. The zero value
// is ready. It may be read while the graph runs.
type RowStats struct {
	mu    sync.Mutex
	rows  []RowRecord
	calls [2]int
}

// RowRecord is what happened to a row.
type RowRecord struct {
	Status   solvers.Status
	Err      error         // nil where the row came to its end
	T        float64       // the time reached
	Forward  solvers.Stats // of the forward solve; F counts evaluations of this row
	Backward solvers.Stats // of the newest backward pass
}

// Rows returns the record of each row.
func (s *RowStats) Rows() []RowRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows)
}

// Calls is how often the field was evaluated, or differentiated, for however many rows at once.
func (s *RowStats) Calls() (forward, backward int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[0], s.calls[1]
}

func recordRows[T graph.Float](s *RowStats, sol *solvers.RowsSolution[T]) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows, s.calls = make([]RowRecord, len(sol.Rows)), [2]int{sol.Calls, 0}
	for i, r := range sol.Rows {
		s.rows[i] = RowRecord{Status: r.Status, Err: sol.Errs[i], T: r.LastT, Forward: r.Stats}
	}
}

// recordNoRows is for a run whose times are no times, which solves no row.
func recordNoRows(s *RowStats, rows int, err error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows, s.calls = slices.Repeat([]RowRecord{{Status: solvers.BadInput, Err: err}}, rows), [2]int{}
}

func recordRowsBackward[T graph.Float](s *RowStats, g *solvers.RowsGradient[T]) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[1] = g.Calls
	for i := range min(len(s.rows), len(g.Rows)) {
		s.rows[i].Backward = g.Rows[i].Stats
	}
}
