package solvers

// Tape keeps the accepted steps of one solve for [Tape.Backward]: the grid t_0, ..., t_N and one state a grid point. It
// does not change once made, and may be used by several goroutines at once.
type Tape[T Float] struct {
	set   *Settings // of the solve, defaults filled in
	dim   int
	carry int // numbers beyond the state that the method keeps a step

	t     []float64
	state ledger[T]
	saves []savedState
	t1    float64
	marks []int // with constant steps, the grid indices of the mandatory times; nil under error control
}

// savedState is the place of a saved state: at t0 for step 0, otherwise within step−1, the interval from t_{step−1} to t_step,
// its end included.
type savedState struct {
	step int
	t    float64
}

func newTape[T Float](it *Integrator[T]) (*Tape[T], error) {
	d, ok := it.step.(differentiable[T])
	if !ok {
		return nil, notSupported(it.set.Method.Name(), "the method has no gradient")
	}
	tp := &Tape[T]{set: it.set, dim: len(it.y), carry: d.carrySize(), t1: it.t1}
	tp.state.init(tp.dim + tp.carry)
	return tp, nil
}

// record appends the point where the next step begins. A nil tape records nothing.
func (tp *Tape[T]) record(it *Integrator[T]) {
	if tp == nil {
		return
	}
	r := tp.state.next()
	copy(r, it.y)
	if tp.carry > 0 {
		it.step.(differentiable[T]).carry(r[tp.dim:])
	}
	if it.grid != nil && it.grid.j == 0 {
		tp.marks = append(tp.marks, len(tp.t))
	}
	tp.t = append(tp.t, it.t)
}

// saved notes the place of the next saved state.
func (tp *Tape[T]) saved(step int, t float64) {
	if tp != nil {
		tp.saves = append(tp.saves, savedState{step, t})
	}
}

// Steps is the number N of accepted steps.
func (tp *Tape[T]) Steps() int { return len(tp.t) - 1 }

// Time returns the grid point t_n, n = 0..N.
func (tp *Tape[T]) Time(n int) float64 { return tp.t[n] }

// State returns the state at t_n. It must not be changed.
func (tp *Tape[T]) State(n int) []T { return tp.state.at(n)[:tp.dim:tp.dim] }

// atNode reports whether the saved state is a state of the grid, so that its time is that grid point's. Under error control
// only those at t0 and t1 are: the rest come from the interpolant.
func (tp *Tape[T]) atNode(s savedState) bool {
	return s.step == 0 || tp.marks != nil || s.t == tp.t1
}

// ledger is a growing list of records of one size, in chunks, so that growing neither copies nor doubles it.
type ledger[T Float] struct {
	size  int // of a record
	per   int // records a chunk
	n     int
	chunk [][]T
}

// chunkSize is about how many numbers a chunk of a ledger has.
const chunkSize = 1 << 13

func (l *ledger[T]) init(size int) { l.size, l.per = size, max(1, chunkSize/size) }

// next appends a record and returns it.
func (l *ledger[T]) next() []T {
	if l.n == len(l.chunk)*l.per {
		l.chunk = append(l.chunk, make([]T, l.per*l.size))
	}
	l.n++
	return l.at(l.n - 1)
}

func (l *ledger[T]) at(n int) []T {
	i := n % l.per * l.size
	return l.chunk[n/l.per][i : i+l.size : i+l.size]
}
