package solvers

import "sort"

// recomputation makes the states of a tape with checkpoints again, for a backward pass. From a checkpoint it takes the
// attempts of the solve, with a stepper that knows what that one knew, so that the digits are the same; rejected
// attempts too where a method learns from them. There is no step size control and no search for events.
type recomputation[T Float] struct {
	tape   *Tape[T]
	kept   *checkpoints[T]
	env    *environment[T]
	step   resumable[T]
	window *window
	learns bool // from rejected attempts
	next   []T  // the record behind that which is made
}

func newRecomputation[T Float](tp *Tape[T], sys System[T]) (*recomputation[T], error) {
	r := &recomputation[T]{tape: tp, kept: tp.kept, next: make([]T, tp.state.size)}
	if len(tp.set.Jumps) > 0 {
		r.window = &window{}
		sys = guarded(sys, r.window)
	}
	r.env = newEnvironment(sys, tp.set)
	s, err := newStepper(tp.set.Method, r.env)
	if err != nil {
		return nil, err
	}
	r.env.taped = true // as newTape, once the stepper is there
	r.step = s.(resumable[T])
	return r, nil
}

// fetch puts the states that step n depends on, and the one it led to, on the tape.
func (r *recomputation[T]) fetch(n int) error {
	k, tp := r.kept, r.tape
	if k.whole == n {
		return nil
	}
	known := k.whole == n+1 // the state of n+1
	if known {
		copy(r.next, tp.state.at(n+1))
	}
	k.whole = -1
	c := k.before(n)
	at := c.n
	if err := r.load(c, at < n || !known); err != nil {
		return err
	}
	if at == n && n > 0 {
		k.pop()
	}
	for at < n {
		end := n
		if free := k.free(); free > 0 {
			end = min(n, at+stride(n-at+1, free+1))
		}
		for ; at < end; at++ {
			if err := r.forward(at); err != nil {
				return err
			}
		}
		if at < n {
			k.push(tp, at, r.step)
		}
	}
	if known {
		copy(tp.state.next(), r.next)
	} else if err := r.forward(n); err != nil {
		return err
	}
	k.whole = n
	return nil
}

// load puts the states of a checkpoint on the tape, and with stepping its memory into the stepper.
func (r *recomputation[T]) load(c *checkpoint[T], stepping bool) error {
	tp := r.tape
	tp.state.n, tp.state.low = c.n-len(c.states)+1, c.n-len(c.states)+1
	for j := len(c.states) - 1; j >= 0; j-- {
		copy(tp.state.next(), c.states[j])
	}
	r.look(c.n)
	if stepping || tp.carry > 0 {
		if err := c.memory.read(r.step, tp, c.n); err != nil {
			return err
		}
		r.learns = !c.memory.empty()
	}
	r.carry(c.n)
	return nil
}

// look lets f be seen as it is on the step from point n.
func (r *recomputation[T]) look(n int) {
	if r.window != nil {
		r.window.set(r.tape.set.Jumps, r.tape.t[n], r.tape.dir)
	}
}

// carry puts on the tape what the stepper keeps with point n, but for what the tape has of all points.
func (r *recomputation[T]) carry(n int) {
	if r.tape.carry > 0 {
		r.step.carry(r.tape.carried(n))
	}
}

// forward goes from point n to the next.
func (r *recomputation[T]) forward(n int) error {
	tp := r.tape
	y1 := tp.state.next()[:tp.dim]
	if tp.isCut(n) {
		copy(y1, tp.after(n))
		r.step.reset()
	} else if err := r.again(n, tp.at(n), y1); err != nil {
		return err
	} else if n+1 < tp.Steps() && contains(tp.set.Jumps, tp.t[n+1]) {
		r.step.reset()
		r.look(n + 1)
	}
	r.carry(n + 1)
	return nil
}

// again takes the step from point n.
func (r *recomputation[T]) again(n int, y, y1 []T) error {
	tp := r.tape
	if r.learns {
		i := sort.Search(len(tp.tried), func(i int) bool { return tp.tried[i].n >= n })
		for ; i < len(tp.tried) && tp.tried[i].n == n; i++ {
			r.env.stats.Steps++
			r.env.stats.Rejected++
			if _, err := r.step.attempt(tp.t[n], tp.tried[i].t1, y, y1); err != nil {
				return err
			}
			if tp.tried[i].undone {
				r.step.accept()
				r.step.reset()
			}
		}
	}
	r.env.stats.Steps++
	r.env.stats.Accepted++
	o, err := r.step.attempt(tp.t[n], tp.t[n+1], y, y1)
	if err == nil {
		err = o.fail
	}
	if err == nil {
		r.step.accept()
	}
	return err
}

// after is the state that the events between grid points n and n+1 left.
func (tp *Tape[T]) after(n int) []T {
	i := sort.Search(len(tp.occurred), func(i int) bool { return tp.occurred[i].step > n })
	return tp.occurred[i-1].After
}
