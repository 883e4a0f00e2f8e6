package odefile

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
)

// Sensitivities is a model together with the derivatives of its solution by parameters and initial values. The solution
// of the system
//
//	y' = f(t, y, p)
//	s_j' = ∂f/∂y s_j + c_j ∂f/∂p_j        for a parameter,   s_j(t₀) = c_j ∂y(t₀)/∂p_j
//	s_j' = ∂f/∂y s_j                      for an initial value,   s_j(t₀) = c_j e_j
//
// is y and c_j ∂y/∂p_j. The scale c_j is the size of the parameter or initial value, 1 where that is zero: so the s_j are of
// the size of y and one absolute tolerance suits all.
//
// At the time t* of an event, where g(t, y, p) = 0, the conditions of f change or the state jumps to m(t, y, p). t*
// moves with p, and
//
//	s_j⁺ = ∂m/∂y (s_j + f⁻ τ_j) + c_j ∂m/∂p_j + ∂m/∂t τ_j − f⁺ τ_j,
//	τ_j  = c_j dt*/dp_j = −(∂g/∂y s_j + c_j ∂g/∂p_j) / (∂g/∂t + ∂g/∂y f⁻)
//
// with f⁻ and f⁺ before and after it (Rozenvasser, "General sensitivity equations of discontinuous systems", Automation and
// Remote Control 28, 1967; Hiskens and Pai, "Trajectory sensitivity analysis of hybrid systems", IEEE Trans. Circuits and
// Systems I 47, 2000, section III).
type Sensitivities struct {
	// Wrt names what the derivatives are taken by: parameters, and name(0) for initial values.
	Wrt []string

	model *Model
	p     []float64
	which []wrt
	scale []float64
	whole *dynamics
	held  *held
}

// wrt is a parameter or an initial value, by index.
type wrt struct {
	initial bool
	index   int
}

// Sensitivities prepares the derivatives by the parameters and initial values named (NAME and NAME(0)), at the values p
// and y0; no names are all of them.
func (m *Model) Sensitivities(p, y0 []float64, names []string) (*Sensitivities, error) {
	p, err := m.File.parameters(p)
	if err != nil {
		return nil, err
	}
	if len(y0) != len(m.File.Names) {
		return nil, errors.Errorf("odefile: %s: %d initial values of %d states", m.File.Name, len(y0), len(m.File.Names))
	}
	s := &Sensitivities{model: m, p: p}
	if len(names) == 0 {
		for _, q := range m.File.Params {
			names = append(names, q.Name)
		}
		for _, n := range m.File.Names {
			names = append(names, n+"(0)")
		}
	}
	for _, name := range names {
		w, written, err := m.File.wrt(name)
		if err != nil {
			return nil, err
		}
		size := math.Abs(append(append([]float64{}, p...), y0...)[w.at(len(p))])
		if size == 0 {
			size = 1
		}
		s.Wrt, s.which, s.scale = append(s.Wrt, written), append(s.which, w), append(s.scale, size)
	}
	if s.held, err = m.File.held(); err != nil {
		return nil, errors.Wrapf(err, "odefile: %s: sensitivities", m.File.Name)
	}
	build, err := s.build()
	if err == nil {
		s.whole, err = newDynamics(len(y0)*(1+len(s.which)), s.held.field.m, build)
	}
	if err != nil {
		return nil, errors.Wrapf(err, "odefile: %s: sensitivities", m.File.Name)
	}
	return s, nil
}

func (w wrt) at(params int) int {
	if w.initial {
		return params + w.index
	}
	return w.index
}

func (f *File) wrt(name string) (w wrt, written string, err error) {
	if base, ok := cutInitial(name); ok {
		if i := f.StateIndex(base); i >= 0 {
			return wrt{true, i}, f.Names[i] + "(0)", nil
		}
		return w, "", errors.Errorf("there is no state %q%s", base, Suggest(base, f.Names))
	}
	if i := f.ParamIndex(name); i >= 0 {
		return wrt{false, i}, f.Params[i].Name, nil
	}
	if i := f.StateIndex(name); i >= 0 {
		return w, "", errors.Errorf("%q is a state; its initial value is %s(0)", name, f.Names[i])
	}
	var names []string
	for _, q := range f.Params {
		names = append(names, q.Name)
	}
	return w, "", errors.Errorf("there is no parameter %q%s", name, Suggest(name, names))
}

func cutInitial(name string) (string, bool) {
	const end = "(0)"
	if len(name) > len(end) && name[len(name)-len(end):] == end {
		return name[:len(name)-len(end)], true
	}
	return name, false
}

// build is the right-hand side above: the field, and its forward derivatives along every s_j.
func (s *Sensitivities) build() (builder, error) {
	field := s.held.field
	n := field.n
	fns := make([]*graph.Func, len(s.which))
	for j, w := range s.which {
		dir := alongState
		if !w.initial {
			dir.param, dir.scale = w.index, s.scale[j]
		}
		var err error
		if fns[j], err = field.along(dir); err != nil {
			return nil, err
		}
	}
	return func(t, z, p *G.Node, _ map[int]*G.Node) (*G.Node, error) {
		part := func(j int) (*G.Node, error) { return graph.Slice(z, G.S(j*n, (j+1)*n)) }
		y, err := part(0)
		if err != nil {
			return nil, err
		}
		args := G.Nodes{t, y}
		if p != nil {
			args = append(args, p)
		}
		f, err := graph.Call(field.fn, args...)
		if err != nil {
			return nil, err
		}
		parts := G.Nodes{f}
		for j, fn := range fns {
			v, err := part(1 + j)
			if err != nil {
				return nil, err
			}
			ds, err := graph.Call(fn, append(append(G.Nodes{}, args...), v)...)
			if err != nil {
				return nil, err
			}
			parts = append(parts, ds)
		}
		return G.Concat(0, parts...)
	}, nil
}

// Start is its initial state. The initial values marked as given don't follow from the parameters, whatever the file
// says; nil is none.
func (s *Sensitivities) Start(y0 []float64, given []bool) ([]float64, error) {
	n := len(y0)
	z := append(make([]float64, 0, n*(1+len(s.which))), y0...)
	for j, w := range s.which {
		block := make([]float64, n)
		if w.initial {
			block[w.index] = s.scale[j]
		} else if err := s.follow(block, w.index, s.scale[j], given); err != nil {
			return nil, err
		}
		z = append(z, block...)
	}
	return z, nil
}

// follow writes c ∂y(t₀)/∂p_i.
func (s *Sensitivities) follow(dst []float64, i int, c float64, given []bool) error {
	fn, err := s.model.File.startJVP()
	if err != nil {
		return err
	}
	plan, err := graph.Compile[float64](fn)
	if err != nil {
		return errors.Wrap(err, "odefile")
	}
	dp := make([]float64, len(s.p))
	dp[i] = c
	if err := plan.Run([][]float64{s.p, dp}, [][]float64{make([]float64, len(dst)), dst}); err != nil {
		return err
	}
	for j := range given {
		if given[j] {
			dst[j] = 0
		}
	}
	return nil
}
