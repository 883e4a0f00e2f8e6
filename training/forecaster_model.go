package training

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/layers"
)

// ForecasterModel is what kind of differential equation a Forecaster is.
type ForecasterModel string

const (
	// NodeModel is dy/dt = f(y), of the columns alone.
	NodeModel ForecasterModel = "node"
	// AugmentedModel has further channels beside the columns, which begin at 0 in training on windows (Dupont, Doucet and
	// Teh 2019, Augmented neural ODEs).
	AugmentedModel ForecasterModel = "augmented"
	// SecondOrderModel is x″ = f(x, x′): columns are positions, and velocities are not measured (Norcliffe et al. 2020).
	SecondOrderModel ForecasterModel = "second-order"
	// HamiltonianModel is q′ = ∂H/∂p, p′ = −∂H/∂q with a network H(q, p): the first half of the columns are positions, the
	// second half their momenta in the same order (Greydanus, Dzamba and Yosinski 2019).
	HamiltonianModel ForecasterModel = "hamiltonian"
)

// ForecasterModels lists the models.
func ForecasterModels() []ForecasterModel {
	return []ForecasterModel{NodeModel, AugmentedModel, SecondOrderModel, HamiltonianModel}
}

// Formula is the equation, for people.
func (c ForecasterConfig) Formula() string {
	of := func(state string) string {
		if c.Time {
			return "t, " + state
		}
		return state
	}
	switch c.withDefaults().Model {
	case SecondOrderModel:
		return "d²x/dt² = f(" + of("x, dx/dt") + ")"
	case HamiltonianModel:
		return "dq/dt = ∂H/∂p, dp/dt = −∂H/∂q"
	}
	return "dy/dt = f(" + of("y") + ")"
}

// checkModel looks at what a model asks of the columns and of the other settings; c has its defaults.
func (c ForecasterConfig) checkModel(dim int) error {
	switch {
	case !slices.Contains(ForecasterModels(), c.Model):
		return errors.Errorf("training: there is no model %q; there are %q", c.Model, ForecasterModels())
	case c.Augment > 0 && c.Model != AugmentedModel:
		return errors.Errorf("training: the model %q has no further channels; %q has", c.Model, AugmentedModel)
	case c.Model == HamiltonianModel && dim%2 != 0:
		return errors.Errorf("training: the model %q takes positions and as many momenta: an even number of columns, not %d",
			c.Model, dim)
	case c.Model == HamiltonianModel && c.Time:
		return errors.Errorf("training: the model %q keeps its energy, which a field that depends on time does not", c.Model)
	}
	return nil
}

// sizes are the lengths of a state, of what the network reads, and of what it makes, as float64s, which don't overflow.
func (c ForecasterConfig) sizes(dim int) (width, in, out float64) {
	width = float64(dim) + float64(c.Augment)
	out = width
	switch c.Model {
	case SecondOrderModel:
		width *= 2
	case HamiltonianModel:
		out = 1
	}
	if in = width; c.Time {
		in++
	}
	return width, in, out
}

// derivative is dy/dt of a state y. x is what the network reads: y, with the time beside it where the model depends on it.
func (m *Forecaster) derivative(y, x *G.Node) (*G.Node, error) {
	switch m.cfg.Model {
	case SecondOrderModel:
		force := layers.Func(func(*G.Node) (*G.Node, error) { return m.field.Forward(x) }, m.field.Params()...)
		return layers.SecondOrder(force).Forward(y)
	case HamiltonianModel:
		return layers.Hamiltonian(m.field).Forward(y)
	}
	return m.field.Forward(x)
}

// known is how many numbers of a state the rows of a table tell: the columns, and of a model of second order their slopes.
func (m *Forecaster) known() int {
	if m.cfg.Model == SecondOrderModel {
		return 2 * m.dim
	}
	return m.dim
}

// states are the states that the rows of a scaled series stand for, as far as they tell, without gaps. Velocities are the
// slopes of a parabola through three neighbouring rows, or of a line through two: noise goes into them undamped, and
// they are no more than where a solution begins.
func (m *Forecaster) states(s *Series) [][]float64 {
	rows := s.filled()
	if m.cfg.Model != SecondOrderModel {
		return rows
	}
	all := make([][]float64, len(rows))
	for i, row := range rows {
		all[i] = append(slices.Clone(row), slopeAt(s.T, rows, i)...)
	}
	return all
}

// completeTo are the last complete rows up to one, three at most.
func (s *Series) completeTo(row int) *Series {
	out := *s
	out.T, out.X, out.Lines = nil, nil, nil
	for i := row; i >= 0 && len(out.T) < 3; i-- {
		if !slices.Contains(observed(s.X[i]), false) {
			out.T, out.X = append(out.T, s.T[i]), append(out.X, s.X[i])
		}
	}
	slices.Reverse(out.T)
	slices.Reverse(out.X)
	return &out
}

// slopeAt is the slope at row i of the polynomial through the nearest rows, three at most.
func slopeAt(t []float64, rows [][]float64, i int) []float64 {
	slope := make([]float64, len(rows[i]))
	n := min(3, len(t))
	first := min(max(i-1, 0), len(t)-n)
	// Newton's form: y[a] + (t − a)·y[a,b] + (t − a)(t − b)·y[a,b,c], with the slope y[a,b] + (2t − a − b)·y[a,b,c].
	for j := range slope {
		y := func(k int) float64 { return rows[first+k][j] }
		at := func(k int) float64 { return t[first+k] }
		if n < 2 {
			continue
		}
		ab := (y(1) - y(0)) / (at(1) - at(0))
		slope[j] = ab
		if n == 3 {
			bc := (y(2) - y(1)) / (at(2) - at(1))
			slope[j] += (2*t[i] - at(0) - at(1)) * (bc - ab) / (at(2) - at(0))
		}
	}
	return slope
}

// canonical changes the units of a Hamiltonian model's columns, so that all pairs (q, p) have the same product of units:
// by a common factor, scaled time absorbs it, and equations of Hamilton's form keep that form. The model of logarithms is
// one of ln q and ln p.
func (t *Transform) canonical() {
	half := len(t.Columns) / 2
	logs := make([]float64, half) // of the products
	mean := 0.0
	for i := range half {
		logs[i] = math.Log(t.Columns[i].Std) + math.Log(t.Columns[i+half].Std)
		mean += logs[i] / float64(half)
	}
	for i := range half {
		f := math.Exp((mean - logs[i]) / 2)
		t.Columns[i].Std *= f
		t.Columns[i+half].Std *= f
	}
}
