package odeop

import (
	"math"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// A formula is Kronrod's extension of a formula by Gauss on [−1, 1]: its nodes that are not negative, outermost first,
// the last being 0, with the weights of both. (Kronrod, Nodes and Weights of Quadrature Formulas (1965).)
type formula []struct{ x, kronrod, gauss float64 }

// kronrod7 is exact to degree 11, and the formula of three points in it to degree 5.
var kronrod7 = formula{
	{0.960491268708020283423507092629080, 0.104656226026467265193823857192073, 0},
	{0.774596669241483377035853079956480, 0.268488089868333440728569280666710, 0.555555555555555555555555555555556},
	{0.434243749346802558002071502844628, 0.401397414775962222905051818618432, 0},
	{0, 0.450916538658474142345110087045571, 0.888888888888888888888888888888889},
}

// kronrod15 is exact to degree 23, and the formula of seven points in it to degree 13.
var kronrod15 = formula{
	{0.991455371120812639206854697526329, 0.022935322010529224963732008058970, 0},
	{0.949107912342758524526189684047851, 0.063092092629978553290700663189204, 0.129484966168869693270611432679082},
	{0.864864423359769072789712788640926, 0.104790010322250183839876322541518, 0},
	{0.741531185599394439863864773280788, 0.140653259715525918745189590510238, 0.279705391489276667901467771423780},
	{0.586087235467691130294144691693013, 0.169004726639267902826583426598550, 0},
	{0.405845151377397166906606412076961, 0.190350578064785409913256402421014, 0.381830050505118944950369775488975},
	{0.207784955007898467600689403773245, 0.204432940075298892414161999234649, 0},
	{0, 0.209482141084727828012999174891714, 0.417959183673469387755102040816327},
}

// formulaFor is one whose Gauss's formula is about as good as a step of m: over a step of size h its error is O(h^7) or
// O(h^15), and that of the step O(h^(p+1)).
func formulaFor(m solvers.Method) formula {
	if m.Order() <= 5 {
		return kronrod7
	}
	return kronrod15
}

// quadrature adds up ∫ (∂f/∂θ)ᵀ a dt over the steps of a backward solve: each by Kronrod's formula, whose difference from
// Gauss's is its error. Where that is beyond the tolerance the step is halved, and its halves if need be.
type quadrature[T graph.Float] struct {
	formula    formula
	sum        []T
	rtol, atol float64
	node       []T // (∂f/∂θ)ᵀ a at a node
	at         func(t float64, out []T) error
	stack      [][2][]float64 // Kronrod's and Gauss's sum
	eps        float64
}

// maxHalvings bounds how small the pieces of a step become.
const maxHalvings = 20

// newQuadrature adds to sum. at writes (∂f/∂θ)ᵀ a at a time within the last step.
func newQuadrature[T graph.Float](sum []T, set *solvers.Settings, at func(t float64, out []T) error) *quadrature[T] {
	q := &quadrature[T]{formula: formulaFor(set.Method), sum: sum, node: make([]T, len(sum)), at: at, eps: 2.2e-16}
	q.rtol, q.atol = tolerances[T](set)
	if _, single := any(sum).([]float32); single {
		q.eps = 1.2e-7
	}
	return q
}

// add adds the integral from a to b, a < b or not.
func (q *quadrature[T]) add(a, b float64) error { return q.piece(a, b, 0) }

func (q *quadrature[T]) piece(a, b float64, depth int) error {
	if len(q.stack) <= depth {
		q.stack = append(q.stack, [2][]float64{make([]float64, len(q.sum)), make([]float64, len(q.sum))})
	}
	k, g := q.stack[depth][0], q.stack[depth][1]
	clear(k)
	clear(g)
	mid, half := a+(b-a)/2, (b-a)/2
	var noise float64
	for _, n := range q.formula {
		for _, x := range []float64{n.x, -n.x} {
			clear(q.node)
			if err := q.at(mid+half*x, q.node); err != nil {
				return err
			}
			wk, wg := half*n.kronrod, half*n.gauss
			for i, v := range q.node {
				k[i] += wk * float64(v)
				g[i] += wg * float64(v)
				noise = math.Max(noise, math.Abs(wk*float64(v)))
			}
			if x == 0 {
				break
			}
		}
	}
	var worst, square float64
	for i, v := range k {
		d := math.Abs(v - g[i])
		worst = math.Max(worst, d)
		d /= q.atol + q.rtol*math.Max(math.Abs(float64(q.sum[i])), math.Abs(float64(q.sum[i])+v))
		square += d * d
	}
	rms := math.Sqrt(square / float64(len(k)))
	switch {
	case math.IsNaN(rms) || math.IsInf(rms, 0):
		return errors.WithMessagef(solvers.ErrNonFinite, "the parameters' integral from t=%g to t=%g", b, a)
	case rms <= 1 || worst <= 100*q.eps*noise:
		for i, v := range k {
			q.sum[i] += T(v)
		}
		return nil
	case depth == maxHalvings:
		return errors.Errorf("the parameters' integral near t=%g has an error of %.2g tolerances, however short the pieces are",
			mid, rms)
	}
	if err := q.piece(mid, b, depth+1); err != nil {
		return err
	}
	return q.piece(a, mid, depth+1)
}
