package layers

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

type lagrangian struct {
	energy Layer
	mass   float64
}

// maxCoordinates bounds the elimination that a Lagrangian writes out.
const maxCoordinates = 16

// Lagrangian is the field of the Euler–Lagrange equations for L(q, v) = l(q, v) + ½m‖v‖², where l is a layer (Cranmer et
// al. 2020, Lagrangian neural networks): of the state (q, v), v = q′, in the last axis (…, 2d),
//
//	q′ = v,   v′ = M⁻¹ (∂L/∂q − (∂²L/∂v∂q) v − ∂²L/∂v∂t),   M = ∂²L/∂v²
//
// l makes (…, 1) of (…, 2d), needs second derivatives that are not zero everywhere (no ReLU), and may depend on time. No
// coordinates and no momenta need be known, unlike with a [Hamiltonian].
//
// M, the mass matrix, must be invertible, and the m ≥ 0 of the second term makes it so: M is m·1 + ∂²l/∂v², well
// conditioned as long as the network's part is small beside m or positive. For d up to 2 the system is solved in closed
// form, for up to 16 as LDLᵀ without pivoting, which asks that no leading minor be zero, as in a positive definite M
// none is. A singular M is a division by zero, which a solve reports as a state that is not finite.
func Lagrangian(l Layer, m float64) TimeLayer { return lagrangian{l, m} }

func (l lagrangian) Params() []*graph.Param { return paramsOf(l.energy) }

func (l lagrangian) Forward(x *G.Node) (*G.Node, error) { return l.ForwardTime(nil, x) }

func (l lagrangian) ForwardTime(t, x *G.Node) (*G.Node, error) {
	const name = "lagrangian"
	if err := checkHalves(name, x); err != nil {
		return nil, err
	}
	s := x.Shape()
	d := s[len(s)-1] / 2
	switch {
	case d > maxCoordinates:
		return nil, errors.Errorf("layers: %s: %d coordinates, want at most %d", name, d, maxCoordinates)
	case !(l.mass >= 0) || !finite(l.mass):
		return nil, errors.Errorf("layers: %s: a mass of %g, want it finite and not negative", name, l.mass)
	}
	slopes, err := slopesOf(name, l.energy, t, x)
	if err != nil {
		return nil, err
	}
	momentum, err := slopes.Select(1)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	byV, err := tangentOf(momentum, 1)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	along := []int{0}
	in := G.Nodes{x}
	if t != nil {
		along, in = []int{0, 2}, append(in, t)
	}
	byQ, err := tangentOf(momentum, along...)
	if err != nil {
		return nil, errors.WithMessagef(err, "layers: %s", name)
	}
	return operation(name, func(in G.Nodes) (*G.Node, error) {
		f := formula.For(x)
		q, v := halves(f, in[0])
		if f.Err() != nil {
			return nil, f.Err()
		}
		at := append(G.Nodes{q, v}, in[1:]...)
		force, err := graph.CallAll(slopes, at...)
		if err != nil {
			return nil, err
		}
		direction := append(at[:len(at):len(at)], v)
		if t != nil {
			direction = append(direction, f.Constant(v, []float64{1}))
		}
		moving, err := graph.Call(byQ, direction...)
		if err != nil {
			return nil, err
		}
		rows := s.TotalSize() / (2 * d)
		columns := func(n *G.Node) []*G.Node {
			n = f.Reshape(n, rows, d)
			cs := make([]*G.Node, d)
			for i := range cs {
				cs[i] = f.Columns(n, i, i+1)
			}
			return cs
		}
		mass := make([][]*G.Node, d) // mass[i][j] is M_ij, a column with an element for each row
		for i := range mass {
			unit := make([]float64, rows*d)
			for r := range rows {
				unit[r*d+i] = 1
			}
			e := f.Constant(v, unit, v.Shape()...)
			if f.Err() != nil {
				return nil, f.Err()
			}
			m, err := graph.Call(byV, append(at[:len(at):len(at)], e)...)
			if err != nil {
				return nil, err
			}
			mass[i] = columns(m)
			mass[i][i] = f.Add(mass[i][i], f.Number(l.mass))
		}
		a := f.Concat(solve(f, mass, columns(f.Sub(force[0], moving)))...)
		return f.Result(f.Concat(v, anchored(f, f.Reshape(a, v.Shape()...), l.energy, slopes)))
	}, in...)
}

// tangentOf is the forward derivative of a function of one output by some of its inputs, whose tangents come behind the
// inputs.
func tangentOf(fn *graph.Func, inputs ...int) (*graph.Func, error) {
	j, err := fn.JVP(inputs...)
	if err != nil {
		return nil, err
	}
	return j.Select(1)
}

// solve is x of Mx = b for symmetric M, whose elements are nodes of one shape, elementwise.
func solve(f *formula.F, m [][]*G.Node, b []*G.Node) []*G.Node {
	switch len(b) {
	case 1:
		return []*G.Node{f.Div(b[0], m[0][0])}
	case 2:
		det := f.Sub(f.Mul(m[0][0], m[1][1]), f.Mul(m[0][1], m[1][0]))
		return []*G.Node{
			f.Div(f.Sub(f.Mul(m[1][1], b[0]), f.Mul(m[0][1], b[1])), det),
			f.Div(f.Sub(f.Mul(m[0][0], b[1]), f.Mul(m[1][0], b[0])), det),
		}
	}
	return solveLDL(f, m, b)
}

// solveLDL solves LDLᵀx = b, with L_ij and w_ij = L_ij D_j below the diagonal (Golub and Van Loan, Matrix computations,
// 4.1.2).
func solveLDL(f *formula.F, m [][]*G.Node, b []*G.Node) []*G.Node {
	n := len(b)
	l, w, diagonal, x := make([][]*G.Node, n), make([][]*G.Node, n), make([]*G.Node, n), make([]*G.Node, n)
	for i := range n {
		l[i], w[i] = make([]*G.Node, i), make([]*G.Node, i)
		diagonal[i], x[i] = m[i][i], b[i]
		for j := range i {
			w[i][j] = m[i][j]
			for k := range j {
				w[i][j] = f.Sub(w[i][j], f.Mul(w[i][k], l[j][k]))
			}
			l[i][j] = f.Div(w[i][j], diagonal[j])
			diagonal[i] = f.Sub(diagonal[i], f.Mul(w[i][j], l[i][j]))
			x[i] = f.Sub(x[i], f.Mul(l[i][j], x[j]))
		}
	}
	for i := n - 1; i >= 0; i-- {
		x[i] = f.Div(x[i], diagonal[i])
		for k := i + 1; k < n; k++ {
			x[i] = f.Sub(x[i], f.Mul(l[k][i], x[k]))
		}
	}
	return x
}

var _ TimeLayer = lagrangian{}
