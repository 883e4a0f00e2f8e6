package solvers

// jacobian evaluates ∂f/∂y and keeps it, as the layout of System.Pattern says. The first of these that there is gives it:
//
//	System.Jacobian,   whose entries within the pattern are taken;
//	System.JVP,        one product for each group of [colors];
//	System.F,          one difference for each group, see [differences].
//
// For the use of it see [shifted].
type jacobian[T Float] struct {
	env    *environment[T]
	layout *layout // nil: a Krylov solver's, with no matrix
	v      []float64

	cols   [][]int // the rows of each column, nil for all
	index  [][]int // and the places of these entries in v
	groups [][]int // columns that are evaluated together

	full []T // System.Jacobian's
	seed []T // Σ e_j over a group
	out  []T
	diff *differences[T]

	point *jacobianPoint[T] // nil unless there are checkpoints

	t  float64 // the point
	y  []T     // of a Krylov solver's products
	f0 []T

	bad *ValueError // a product, or f, that was not finite and tells more than the matrix; nil: none was
}

// newJacobian prepares the Jacobian of env's system, as a matrix or for Krylov solvers.
func newJacobian[T Float](env *environment[T], krylov bool) (*jacobian[T], error) {
	sys, n := &env.sys, env.sys.Dim
	if err := sys.Pattern.check(n); err != nil {
		return nil, err
	}
	j := &jacobian[T]{env: env, seed: make([]T, n), out: make([]T, n)}
	if krylov {
		j.y, j.f0 = make([]T, n), make([]T, n)
		return j, nil
	}
	j.layout = newLayout(&sys.Pattern, n)
	j.v = make([]float64, j.layout.len())
	if !j.layout.dense() {
		j.cols = sys.Pattern.columns(n)
		j.index = make([][]int, n)
		for c, rows := range j.cols {
			for _, i := range rows {
				j.index[c] = append(j.index[c], j.layout.at(i, c))
			}
		}
	}
	switch {
	case sys.Jacobian != nil:
		j.full = make([]T, n*n)
		return j, nil
	case j.cols != nil:
		j.groups = colors(j.cols)
	default:
		j.groups = make([][]int, n)
		for c := range j.groups {
			j.groups[c] = []int{c}
		}
	}
	if sys.JVP == nil {
		j.diff = newDifferences(j)
	}
	return j, nil
}

// eval makes j the Jacobian at (t, y). f0 is f(t, y) if the caller has it, or nil. The values may come out not finite, which
// factor finds.
func (j *jacobian[T]) eval(t float64, y, f0 []T) error {
	j.env.stats.Jacobian++
	j.t, j.bad = t, nil
	if j.point != nil {
		j.point.note(t, y, j.diff)
	}
	switch {
	case j.layout == nil:
		return j.moveTo(t, y, f0)
	case j.full != nil:
		clear(j.full)
		if err := j.env.sys.Jacobian(t, y, j.full); err != nil {
			return err
		}
		j.take()
		return nil
	case j.diff != nil:
		return j.diff.eval(t, y, f0)
	}
	for _, group := range j.groups {
		for _, c := range group {
			j.seed[c] = 1
		}
		err := j.env.jvp(t, y, j.seed, j.out)
		for _, c := range group {
			j.seed[c] = 0
		}
		if err != nil {
			return err
		}
		for _, c := range group {
			j.column(c, j.out, 1)
		}
	}
	return nil
}

// column sets column c to out/delta on its rows.
func (j *jacobian[T]) column(c int, out []T, delta float64) {
	if j.cols == nil {
		n := len(out)
		for i, v := range out {
			j.v[i*n+c] = float64(v) / delta
		}
		return
	}
	for k, i := range j.cols[c] {
		j.v[j.index[c][k]] = float64(out[i]) / delta
	}
}

// failure is why equations with the values that there are can't be solved: a [*ValueError] where they aren't finite.
func (j *jacobian[T]) failure() error {
	bad := j.bad
	if j.layout != nil {
		j.entries(func(row, column int, v float64) {
			if v-v != 0 && bad == nil {
				bad = &ValueError{Jacobian: true, T: j.t, Row: row, Column: column, Value: v}
			}
		})
	}
	if bad != nil {
		return bad
	}
	return ErrNoConvergence
}

// entries calls visit with every entry that is stored.
func (j *jacobian[T]) entries(visit func(row, column int, v float64)) {
	if j.cols == nil {
		n := j.env.sys.Dim
		for k, v := range j.v {
			visit(k/n, k%n, v)
		}
		return
	}
	for c, rows := range j.cols {
		for k, i := range rows {
			visit(i, c, j.v[j.index[c][k]])
		}
	}
}

// take copies the entries of System.Jacobian's matrix.
func (j *jacobian[T]) take() {
	if j.cols == nil {
		for i, v := range j.full {
			j.v[i] = float64(v)
		}
		return
	}
	n := len(j.cols)
	for c, rows := range j.cols {
		for k, i := range rows {
			j.v[j.index[c][k]] = float64(j.full[i*n+c])
		}
	}
}

// moveTo makes (t, y) the point of the products that a Krylov solver asks for.
func (j *jacobian[T]) moveTo(t float64, y, f0 []T) error {
	copy(j.y, y)
	if j.env.sys.JVP != nil {
		return nil
	}
	if f0 != nil {
		copy(j.f0, f0)
		return nil
	}
	return j.env.f(t, j.y, j.f0)
}
