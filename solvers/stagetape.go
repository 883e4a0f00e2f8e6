package solvers

// stageTape is the part of a tape that keeps the stages of explicit Runge–Kutta steps (System.Keep): in which slots f
// was linearized at them, and what f was there, where a backward pass wants that. It keeps those of the first steps,
// until the slots are taken.
type stageTape[T Float] struct {
	free, end int          // slots free to end−1 are free
	steps     []keptStages // by step
	values    ledger[T]
}

// keptStages says where the stages of a step are.
type keptStages struct {
	first  int // the slot of stage 0, which may be that of the last stage of the step before; −1: there is none
	rest   int // the slot of stage 1, behind which are those of the following; −1: they aren't kept
	extra  int // the slot of the interpolant's first stage; −1: they aren't kept
	values int // the record of the value of stage 0, behind which are the others; −1: nobody will ask for them
}

// notKept are stages without slots.
var notKept = keptStages{-1, -1, -1, -1}

// slot is that of stage i, of s without the interpolant's.
func (k *keptStages) slot(i, s int) int {
	switch {
	case i == 0:
		return k.first
	case i < s:
		return k.rest + i - 1
	}
	return k.extra + i - s
}

// newStageTape has so many slots, for about so many steps and values.
func newStageTape[T Float](dim, slots, steps, values int) *stageTape[T] {
	s := &stageTape[T]{end: slots, steps: make([]keptStages, 0, min(slots, steps))}
	s.values.init(dim, values)
	return s
}

// room is the first of n free slots, −1 where there aren't so many: then nothing further is kept.
func (s *stageTape[T]) room(n int) int {
	if s == nil {
		return -1
	}
	if s.free+n > s.end {
		s.end = s.free
		return -1
	}
	return s.free
}

// record notes the stages of step n, just taken by m, and their values if they are wanted: for the interpolant, and for
// the gradient by the times, which under error control is that of the first step's start and of the last step's end.
func (s *stageTape[T]) record(m *erk[T], n int, wanted bool) {
	if s == nil || m.slots.rest < 0 {
		return
	}
	for len(s.steps) < n {
		s.steps = append(s.steps, notKept)
	}
	k := m.slots
	all := m.s
	if k.extra >= 0 {
		all = len(m.k)
	}
	if wanted || k.extra >= 0 {
		k.values = s.values.n
		for _, v := range m.k[:all] {
			copy(s.values.next(), v)
		}
	}
	s.steps = append(s.steps, k)
}

// of is where the stages of step n are, those of the interpolant too if it is dense; false if not all are kept.
func (s *stageTape[T]) of(n int, dense bool) (keptStages, bool) {
	if s == nil || n >= len(s.steps) {
		return notKept, false
	}
	k := s.steps[n]
	return k, k.rest >= 0 && (!dense || k.extra >= 0)
}
