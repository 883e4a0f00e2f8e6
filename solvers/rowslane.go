package solvers

import (
	"iter"

	"github.com/pkg/errors"
)

// rowsBatch runs the solves of rows side by side. Each is a coroutine that stops where it wants a value of f; when all have
// stopped, one call of f serves them all.
type rowsBatch[T Float] struct {
	sys    RowSystem[T]
	active []*lane[T]
	calls  int

	// A batched call's arguments.
	group []*lane[T]
	t, wt []float64
	rows  []int
	y, w  []T
	tau   []float64
	v     []T
	value []T
	out   []T
	theta []T // the sum of the gradients by θ
}

// maxLanes bounds the rows that are under way at once, each of which has a stack.
const maxLanes = 4096

// lane is a row under way.
type lane[T Float] struct {
	row   int
	batch *rowsBatch[T]
	yield func(struct{}) bool // nil: the row is evaluated alone
	next  func() (struct{}, bool)
	stop  func()
	want  want[T]
}

// want is what a row waits for.
type want[T Float] struct {
	kind  kind
	t, wt float64
	y, w  []T
	tau   float64 // and v, the direction of a TangentVJP
	v     []T
	value []T // f
	out   []T // the Jacobian, the JVP, ∂f/∂t, or wy of a VJP
	theta []T // wtheta, where the row is evaluated alone
	err   error

	stages *rowERK[T]
}

type kind int

const (
	ready kind = iota // to go on
	wantF
	wantStages // f at one stage after the other of an explicit Runge–Kutta step
	wantJacobian
	wantJVP
	wantTimeDerivative
	wantVJP      // without f
	wantVJPValue // and f
	wantTangentVJP
	kinds
)

// run does work for the rows 0 to n−1, each in its lane.
func (b *rowsBatch[T]) run(n int, work func(*lane[T])) {
	defer func() { // a panic of the caller's functions must not leave coroutines behind
		for _, l := range b.active {
			if l != nil {
				l.stop()
			}
		}
	}()
	for row := 0; row < n || len(b.active) > 0; {
		for ; row < n && len(b.active) < maxLanes; row++ {
			l := &lane[T]{row: row, batch: b}
			l.next, l.stop = iter.Pull(func(yield func(struct{}) bool) {
				l.yield = yield
				work(l)
				l.yield = nil
			})
			if _, more := l.next(); more {
				b.active = append(b.active, l)
			}
		}
		for k := wantF; k < kinds; k++ {
			b.serve(k)
		}
		// Those that go on move up; the order of the rows stays.
		left := b.active[:0]
		for i, l := range b.active {
			b.active[i] = nil
			if l.want.kind == ready {
				if _, more := l.next(); !more {
					continue
				}
			}
			left = append(left, l)
		}
		b.active = left
	}
}

// serve calls the function of a kind for all rows that wait for it.
func (b *rowsBatch[T]) serve(k kind) {
	b.group = b.group[:0]
	for _, l := range b.active {
		if l.want.kind == k || k == wantF && l.want.kind == wantStages {
			b.group = append(b.group, l)
		}
	}
	if len(b.group) == 0 {
		return
	}
	err := b.call(b.group)
	if err == nil || len(b.group) == 1 || k >= wantVJP { // a VJP has added to θ already
		for _, l := range b.group {
			l.served(err)
		}
		return
	}
	for i, l := range b.group {
		l.served(b.call(b.group[i : i+1]))
	}
}

// served notes that a call has been made for the lane.
func (l *lane[T]) served(err error) {
	if l.want.err = err; err != nil || l.want.kind != wantStages {
		l.want.kind = ready
	}
}

// call makes one call for lanes that wait for the same.
func (b *rowsBatch[T]) call(group []*lane[T]) error {
	n, dim := len(group), b.sys.Dim
	b.t, b.rows, b.y, b.w, b.tau, b.v = b.t[:0], b.rows[:0], b.y[:0], b.w[:0], b.tau[:0], b.v[:0]
	for _, l := range group {
		if r := l.want.stages; r != nil {
			var t float64
			b.y, t = r.argument(b.y)
			b.t, b.rows = append(b.t, t), append(b.rows, l.row)
			continue
		}
		b.t, b.rows = append(b.t, l.want.t), append(b.rows, l.row)
		b.y, b.w = append(b.y, l.want.y...), append(b.w, l.want.w...)
		b.tau, b.v = append(b.tau, l.want.tau), append(b.v, l.want.v...)
	}
	b.calls++
	var err error
	switch group[0].want.kind {
	case wantF, wantStages:
		b.value = room(b.value, n*dim)
		err = b.sys.F(b.t, b.rows, b.y, b.value)
	case wantJacobian:
		b.out = room(b.out, n*dim*dim)
		clear(b.out)
		err = b.sys.Jacobian(b.t, b.rows, b.y, b.out)
	case wantJVP:
		b.out = room(b.out, n*dim)
		err = b.sys.JVP(b.t, b.rows, b.y, b.w, b.out)
	case wantTimeDerivative:
		b.out = room(b.out, n*dim)
		err = b.sys.TimeDerivative(b.t, b.rows, b.y, b.out)
	default:
		b.out, b.wt = room(b.out, n*dim), room(b.wt, n)
		var value []T
		if group[0].want.kind == wantVJPValue {
			b.value = room(b.value, n*dim)
			value = b.value
		}
		theta := b.theta
		if group[0].yield == nil {
			theta = group[0].want.theta
		}
		if group[0].want.kind == wantTangentVJP {
			err = b.sys.TangentVJP(b.t, b.rows, b.y, b.tau, b.v, b.w, b.out, theta, b.wt)
		} else {
			err = b.sys.VJP(b.t, b.rows, b.y, b.w, value, b.out, theta, b.wt)
		}
	}
	if err != nil {
		return err
	}
	for i, l := range group {
		q := &l.want
		if q.stages != nil {
			if q.stages.value(b.value[i*dim : (i+1)*dim]) {
				q.kind = ready
			}
			continue
		}
		copy(q.value, b.value[i*len(q.value):])
		copy(q.out, b.out[i*len(q.out):])
		if q.kind >= wantVJP {
			q.wt = b.wt[i]
		}
	}
	return nil
}

// room is a slice of length n, v where it is large enough.
func room[E any](v []E, n int) []E {
	if cap(v) < n {
		return make([]E, n, n+n/2)
	}
	return v[:n]
}

// errStopped ends the solve of a row whose batch has ended.
var errStopped = errors.New("the batch has ended")

// get waits for what q says.
func (l *lane[T]) get(q want[T]) error {
	l.want = q
	if l.yield == nil {
		return l.batch.call([]*lane[T]{l})
	}
	if !l.yield(struct{}{}) {
		return errStopped
	}
	return l.want.err
}

// system is the row as a system whose functions wait for the batch. What VJP adds to θ it adds to the batch's.
func (l *lane[T]) system(params int) System[T] {
	b := l.batch
	sys := System[T]{
		Dim:       b.sys.Dim,
		NumParams: params,
		Pattern:   b.sys.Pattern,
		F:         func(t float64, y, dydt []T) error { return l.get(want[T]{kind: wantF, t: t, y: y, value: dydt}) },
	}
	if b.sys.Jacobian != nil {
		sys.Jacobian = func(t float64, y, jac []T) error { return l.get(want[T]{kind: wantJacobian, t: t, y: y, out: jac}) }
	}
	if b.sys.JVP != nil {
		sys.JVP = func(t float64, y, v, out []T) error { return l.get(want[T]{kind: wantJVP, t: t, y: y, w: v, out: out}) }
	}
	if b.sys.TimeDerivative != nil {
		sys.TimeDerivative = func(t float64, y, dfdt []T) error {
			return l.get(want[T]{kind: wantTimeDerivative, t: t, y: y, out: dfdt})
		}
	}
	if b.sys.TangentVJP != nil {
		sys.TangentVJP = func(t float64, y []T, tau float64, v, w, wy, wtheta []T) (float64, error) {
			err := l.get(want[T]{kind: wantTangentVJP, t: t, y: y, tau: tau, v: v, w: w, out: wy, theta: wtheta})
			return l.want.wt, err
		}
	}
	if b.sys.VJP != nil {
		sys.VJP = func(t float64, y, w, dydt, wy, wtheta []T) (float64, error) {
			q := want[T]{kind: wantVJP, t: t, y: y, w: w, value: dydt, out: wy, theta: wtheta}
			if dydt != nil {
				q.kind = wantVJPValue
			}
			err := l.get(q)
			return l.want.wt, err
		}
	}
	return sys
}
