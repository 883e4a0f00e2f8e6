package solvers

import "sync"

// checkpoints keeps a few points of a solve, Settings.Checkpoints of them, from which a backward pass solves again to the
// points between.
//
// While the solve runs and the number of its steps is unknown, they are placed by the rule of Wang, Moin and Iaccarino: a
// checkpoint has a level, and is dispensable where a later one has a higher level. The current point has one too. It is kept
// where there is room or a dispensable checkpoint, whose place it takes, and the next point has level 0; otherwise the
// next has a level more. So every step is repeated as few times as any schedule can make sure of. The point t0 has the
// level ∞.
//
// On the way back the number of steps is known: the places that became free are used between a checkpoint and the point
// wanted as Griewank and Walther's schedule does, which repeats the fewest steps in all. See stride.
//
// Q. Wang, P. Moin and G. Iaccarino, "Minimal repetition dynamic checkpointing algorithm for unsteady adjoint
// calculation", SIAM J. Sci. Comput. 31 (2009) 2549-2567; A. Griewank and A. Walther, "Algorithm 799: revolve", ACM
// TOMS 26 (2000) 19-45.
type checkpoints[T Float] struct {
	mu      sync.Mutex // of a backward pass, which uses the places again
	budget  int
	history int // states that a method's next step depends on
	stack   []*checkpoint[T]
	spare   []*checkpoint[T]
	level   int // of the current point

	whole int // the tape has the states of points whole−history+1 to whole+1
}

// checkpoint is what the steps from a point depend on.
type checkpoint[T Float] struct {
	n      int // the point
	level  int
	states [][]T // at n, n−1, ...
	memory memory[T]
}

// topLevel is the level of the first point.
const topLevel = int(^uint(0) >> 1)

func newCheckpoints[T Float](budget, history int) *checkpoints[T] {
	return &checkpoints[T]{budget: budget, history: history, level: topLevel}
}

// record keeps point n, the current and last one of the tape, if the schedule says so. No step begins where the solve ended.
func (c *checkpoints[T]) record(tp *Tape[T], n int, ended bool, s resumable[T]) {
	c.whole = n - 1
	if ended && n > 0 {
		return
	}
	if c.free() == 0 && !c.dispense() {
		c.level++
		return
	}
	c.push(tp, n, s)
}

// dispense frees the place of the last dispensable checkpoint.
func (c *checkpoints[T]) dispense() bool {
	highest := c.level
	for i := len(c.stack) - 1; i > 0; i-- {
		p := c.stack[i]
		if p.level < highest {
			c.stack = append(c.stack[:i], c.stack[i+1:]...)
			c.spare = append(c.spare, p)
			return true
		}
		highest = max(highest, p.level)
	}
	return false
}

// push makes point n of the tape a checkpoint, where the stepper stands.
func (c *checkpoints[T]) push(tp *Tape[T], n int, s resumable[T]) {
	var p *checkpoint[T]
	if last := len(c.spare) - 1; last >= 0 {
		p, c.spare = c.spare[last], c.spare[:last]
	} else {
		p = &checkpoint[T]{}
	}
	p.n, p.level, c.level = n, c.level, 0
	k := min(c.history, n+1)
	for len(p.states) < k {
		p.states = append(p.states, make([]T, tp.dim))
	}
	p.states = p.states[:k]
	for j, y := range p.states {
		copy(y, tp.at(n-j))
	}
	p.memory.write(s)
	c.stack = append(c.stack, p)
}

// free is how many checkpoints there is room for.
func (c *checkpoints[T]) free() int { return c.budget - len(c.stack) }

// before returns the last checkpoint not beyond point n, and frees the places of those that are.
func (c *checkpoints[T]) before(n int) *checkpoint[T] {
	for {
		p := c.stack[len(c.stack)-1]
		if p.n <= n {
			return p
		}
		c.pop()
	}
}

// pop frees the place of the last checkpoint.
func (c *checkpoints[T]) pop() {
	last := len(c.stack) - 1
	c.spare = append(c.spare, c.stack[last])
	c.stack = c.stack[:last]
}

// stride is after how many of l steps, which are to be reversed one by one from the last, the next of s checkpoints is
// to be placed, the one where they begin being the first of the s. With s places and at most r repetitions
//
//	β(s, r) = (s+r)! / (s! r!)
//
// steps can be reversed. For β(s, r−1) < l ≤ β(s, r) the fewest repetitions in all are made where the two parts can do
// with r−1 and r of them: k ≤ β(s, r−1) and l − k ≤ β(s−1, r), neither part being smaller than what a repetition less
// could do.
func stride(l, s int) int {
	r := 0
	for binomial(s, r, l) < l {
		r++
	}
	return max(1, min(binomial(s, r-1, l), l-binomial(s-1, r-1, l)))
}

// binomial is β(s, r), or something larger than most where it is larger.
func binomial(s, r, most int) int {
	if s < 0 || r < 0 {
		return 0
	}
	b := 1
	for i := 1; i <= min(s, r); i++ {
		b = b * (max(s, r) + i) / i
		if b > most {
			break
		}
	}
	return b
}
