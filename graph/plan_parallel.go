package graph

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gorgonode/internal/kernel"
)

// A run of steps that work row by row is a section: rows are shared out to several threads, each of which takes its rows
// through all steps. No digit depends on how they are shared out, since a row of a result depends on no other.

// rowwise is a step that can be done for some rows at a time.
type rowwise[T Float] interface {
	step[T]
	// rows is the number of rows that can be shared out; less than 2 if none can.
	rows() int
	// part does rows lo to hi.
	part(m *machine[T], lo, hi int)
	// touches lists what the step reads and writes.
	touches() []touch
	// work is about the number of floating-point operations.
	work() int
}

// touch is the use of a slot: row i of the step reads or writes the i-th run of width elements of it alone, or, where
// width is 0, any row may read or write anything.
type touch struct {
	slot, width int
	write       bool
}

// section is steps[lo:hi]; parts is how many threads can be kept busy.
type section struct{ lo, hi, parts int }

// partWork is the work that is worth a thread: about 10 µs.
const partWork = 1_000_000

// sections finds the sections that are worth several threads.
func sections[T Float](steps []step[T]) []section {
	return slices.DeleteFunc(cut(steps, partWork), func(s section) bool { return s.parts < 2 })
}

// cut finds maximal runs of steps in which no row of a step meets what another row of another step writes, with a part
// for so much work.
func cut[T Float](steps []step[T], each int) []section {
	var found []section
	for lo := 0; lo < len(steps); {
		hi, work := lo, 0
		known := map[int]use{}
		for ; hi < len(steps); hi++ {
			s, ok := steps[hi].(rowwise[T])
			if !ok || s.rows() < 2 || !together(known, s.rows(), s.touches()) {
				break
			}
			work += s.work()
		}
		if hi > lo {
			found = append(found, section{lo, hi, work / max(each, 1)})
		}
		lo = max(hi, lo+1)
	}
	return found
}

// use is how the steps of a section use a slot so far.
type use struct {
	rows, width    int
	mixed, written bool
}

// together adds what a step of so many rows touches to known, if rows stay apart.
func together(known map[int]use, rows int, touches []touch) bool {
	next := map[int]use{}
	for _, t := range touches {
		u, ok := next[t.slot]
		if !ok {
			u, ok = known[t.slot]
		}
		if !ok {
			u = use{rows: rows, width: t.width}
		}
		u.mixed = u.mixed || t.width == 0 || u.rows != rows || u.width != t.width
		u.written = u.written || t.write
		if u.mixed && u.written {
			return false
		}
		next[t.slot] = u
	}
	for slot, u := range next {
		known[slot] = u
	}
	return true
}

// crew is what the threads of a run share. Those who help are goroutines of the package that wait for invitations; if
// none comes in time, the run does everything by itself.
type crew[T Float] struct {
	p        *Plan[T]
	machines []*machine[T] // of each part
	sec      section
	parts    int
	shares   atomic.Uint64 // parts of the open section, and those given out, in the lower half
	left     atomic.Int32  // parts that are not done
	done     chan struct{} // the last part was done by a helper
}

// helper is somebody who can be helped.
type helper interface{ help() }

var (
	invitations = make(chan helper, 64)
	helpers     atomic.Int32
	hiring      sync.Mutex
)

// hire starts goroutines until there are n. They stay, waiting, for the next run.
func hire(n int) {
	if int(helpers.Load()) >= n {
		return
	}
	hiring.Lock()
	defer hiring.Unlock()
	for int(helpers.Load()) < n {
		helpers.Add(1)
		go func() {
			for {
				await(invitations).help()
			}
		}()
	}
}

// patience is how long a thread looks for what another is about to send before it sleeps. The sections of a solve
// follow each other within some tens of microseconds; to wake a thread that sleeps, and its processor, can take longer
// than a section.
const patience = 100 * time.Microsecond

// await receives from c. Others who could run on this thread are let go first.
func await[V any](c <-chan V) V {
	for began := time.Now(); time.Since(began) < patience; runtime.Gosched() {
		select {
		case v := <-c:
			return v
		default:
		}
	}
	return <-c
}

// run does a section on up to threads threads.
func (c *crew[T]) run(sec section, threads int) {
	parts := min(sec.parts, threads)
	for len(c.machines) < parts {
		c.machines = append(c.machines, c.p.m.helper(c.p.program))
	}
	hire(parts - 1)
	c.sec, c.parts = sec, parts
	c.left.Store(int32(parts))
	c.shares.Store(uint64(parts) << 32)
	for range parts - 1 {
		select {
		case invitations <- c:
		default: // everybody is busy
		}
	}
	if !c.share() {
		await(c.done)
	}
}

// help does parts until none is left.
func (c *crew[T]) help() {
	if c.share() {
		c.done <- struct{}{}
	}
}

// share does parts until none is left, and reports whether the last of all was done here.
func (c *crew[T]) share() (last bool) {
	for {
		v := c.shares.Load()
		if uint32(v) >= uint32(v>>32) {
			return last
		}
		if c.shares.CompareAndSwap(v, v+1) {
			c.part(int(uint32(v)))
			last = c.left.Add(-1) == 0
		}
	}
}

// part takes the rows of part i through the steps of the section.
func (c *crew[T]) part(i int) {
	for _, s := range c.p.steps[c.sec.lo:c.sec.hi] {
		s := s.(rowwise[T])
		n := s.rows()
		s.part(c.machines[i], n*i/c.parts, n*(i+1)/c.parts)
	}
}

// helper is a machine over the same memory with registers of its own.
func (m *machine[T]) helper(g *program[T]) *machine[T] {
	h := &machine[T]{mem: m.mem}
	h.reserve(g.scratch)
	return h
}

// Products: rows of the result.

func (s *productStep[T]) rows() int {
	if s.batch != nil {
		return 0
	}
	return s.m
}

func (s *productStep[T]) work() int { return 2*s.m*s.n*s.k + s.after.work(s.m*s.n) }

func (a *after[T]) work(n int) int {
	if a.act != nil {
		return functionWork * n
	}
	return 0
}

// functionWork is about what a function of an element costs, in operations.
const functionWork = 16

func (s *productStep[T]) touches() []touch {
	return append(productTouches(s.x, s.y, s.k, s.after), touch{s.dst.slot, s.n, true})
}

func productTouches[T Float](x, y factor, k int, a after[T]) []touch {
	width := 0
	if x.off+(k-1)*x.col < x.row { // rows of x lie apart
		width = x.row
	}
	t := []touch{{x.slot, width, false}, {y.slot, 0, false}}
	if a.bias.n > 0 {
		t = append(t, touch{a.bias.slot, 0, false})
	}
	return t
}

func (s *productStep[T]) part(m *machine[T], lo, hi int) {
	x, y := matrixAt(m, s.x, lo*s.x.row), matrixAt(m, s.y, 0)
	kernel.MatMulTo(m.at(s.dst)[lo*s.n:], s.n, x, y, hi-lo, s.n, s.k, s.after.on(m))
}

// Sums over columns: the columns are what is shared out.

func (s *sumStep[T]) rows() int {
	if s.dst.n != s.inner {
		return 0
	}
	return s.inner
}

func (s *sumStep[T]) work() int        { return s.n * s.inner }
func (s *sumStep[T]) touches() []touch { return []touch{{s.src.slot, 0, false}, {s.dst.slot, 1, true}} }

func (s *sumStep[T]) part(m *machine[T], lo, hi int) {
	if lo < hi {
		s.columns(m.at(s.dst)[lo:hi], m.at(s.src)[lo:])
	}
}

// Tile programs: rows of their products, or pieces of as many elements as divide their size.

func (s *tileStep[T]) rows() int { return s.count }

func (s *tileStep[T]) work() int {
	n := 0
	for i := range s.code {
		switch c := &s.code[i]; c.op {
		case opProduct:
			n += 2*c.m*c.n*c.k + c.after.work(s.size)
		case opUnary:
			n += functionWork * s.size
		default:
			n += s.size
		}
	}
	return n
}

func (s *tileStep[T]) touches() []touch {
	width := s.size / s.count
	var ts []touch
	for i, r := range s.streams {
		w := width
		if r.off != 0 {
			w = 0
		}
		ts = append(ts, touch{r.slot, w, s.written[i]})
	}
	for _, n := range s.numbers {
		if n.slot >= 0 {
			ts = append(ts, touch{n.slot, 0, false})
		}
	}
	for i := range s.code {
		switch c := &s.code[i]; c.op {
		case opGather:
			ts = append(ts, touch{c.strip.slot, 0, false})
		case opProduct:
			ts = append(ts, productTouches(c.x, c.y, c.k, c.after)...)
		}
	}
	return ts
}

func (s *tileStep[T]) part(m *machine[T], lo, hi int) {
	width := s.size / s.count
	s.span(m, lo*width, hi*width)
}
