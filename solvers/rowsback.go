package solvers

// RowsTape has the tapes of the rows of a batch.
type RowsTape[T Float] struct {
	tapes []*Tape[T]
	dim   int
}

// Rows is the number of rows.
func (tp *RowsTape[T]) Rows() int { return len(tp.tapes) }

// Row returns the tape of row i, nil where it failed.
func (tp *RowsTape[T]) Row(i int) *Tape[T] { return tp.tapes[i] }

// RowsGradient is the gradient of a scalar L by what the rows of a batch began from.
type RowsGradient[T Float] struct {
	// Rows has the gradient of each row but that by θ, which is nil.
	Rows []*Gradient[T]

	// Theta is ∂L/∂θ, the sum over the rows.
	Theta []T

	// Stats is the sum over the rows.
	Stats Stats

	// Calls is how often functions of the RowSystem were called.
	Calls int
}

// Backward is [Tape.Backward] for every row at once: w[i] has the derivatives of L by the saved states of row i, and
// nil stands for zero, as it must for a row that failed. The rows go back side by side, with one call of VJP for all of
// them. All but Theta, a sum over the rows, is to the last digit what each row alone would give.
func (tp *RowsTape[T]) Backward(sys RowSystem[T], w [][][]T) (*RowsGradient[T], error) {
	return tp.BackwardEvents(sys, w, nil)
}

// BackwardEvents is Backward of an L that depends on the events of the rows too: see [Tape.BackwardEvents]. nil stands
// for no dependence at all.
func (tp *RowsTape[T]) BackwardEvents(sys RowSystem[T], w [][][]T, events [][]EventCotangent[T]) (*RowsGradient[T], error) {
	switch {
	case tp == nil:
		return nil, badInput("Backward of no tape")
	case sys.Dim != tp.dim || sys.F == nil || sys.NumParams < 0:
		return nil, badInput("Backward of rows of %d components with a system of %d, %d parameters", tp.dim, sys.Dim,
			sys.NumParams)
	case len(w) != len(tp.tapes):
		return nil, badInput("Backward with cotangents for %d rows; there are %d", len(w), len(tp.tapes))
	case events != nil && len(events) != len(tp.tapes):
		return nil, badInput("Backward with cotangents of events for %d rows; there are %d", len(events), len(tp.tapes))
	}
	g := &RowsGradient[T]{Rows: make([]*Gradient[T], len(w))}
	errs := make([]error, len(w))
	b := &rowsBatch[T]{sys: sys, theta: make([]T, sys.NumParams)}
	b.run(len(w), func(l *lane[T]) {
		i := l.row
		tape := tp.tapes[i]
		var own []EventCotangent[T]
		if events != nil {
			own = events[i]
		}
		switch {
		case w[i] == nil && own == nil:
			g.Rows[i] = tape.none()
		case tape == nil:
			errs[i] = badInput("the solve failed; it has no gradient")
		default:
			params := 0
			if len(tape.events) > 0 {
				params = sys.NumParams
			}
			cotangents := w[i]
			if cotangents == nil {
				cotangents = make([][]T, len(tape.saves))
			}
			g.Rows[i], errs[i] = tape.BackwardEvents(l.system(params), cotangents, own)
		}
	})
	g.Theta, g.Calls = b.theta, b.calls
	failed := &RowsError{}
	for i, err := range errs {
		if err != nil {
			failed.Rows, failed.Errs = append(failed.Rows, i), append(failed.Errs, err)
			continue
		}
		r := g.Rows[i]
		addTo(g.Theta, r.Theta) // the events'
		r.Theta = nil
		g.Stats.Add(r.Stats)
	}
	if len(failed.Rows) > 0 {
		return nil, failed
	}
	return g, nil
}

// none is a gradient of zeros; of a solve that failed it is empty.
func (tp *Tape[T]) none() *Gradient[T] {
	if tp == nil {
		return &Gradient[T]{}
	}
	return &Gradient[T]{Y0: make([]T, tp.dim), SaveAt: make([]float64, len(tp.saves))}
}
