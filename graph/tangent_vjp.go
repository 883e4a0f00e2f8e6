package graph

// TangentVJP is the reverse derivative of a forward derivative: with d = Σ (∂f/∂xᵢ)·uᵢ over the inputs of the given
// numbers (all, without numbers), its inputs are f's inputs x, the tangents u, and a cotangent w for every output of f;
// its outputs are wᵀ∂d/∂x for every input x of f and then for every parameter. The gradients of steps that contain a
// Jacobian, as those of Rosenbrock methods, are made of it.
func (f *Func) TangentVJP(inputs ...int) (*Func, error) {
	g, err := f.JVP(inputs...)
	if err != nil {
		return nil, err
	}
	tangents := len(g.inputs) - len(f.inputs)
	var wanted []int
	for i := range f.outputs {
		wanted = append(wanted, len(f.outputs)+i)
	}
	if g, err = g.Select(wanted...); err != nil {
		return nil, err
	}
	if g, err = g.VJP(); err != nil {
		return nil, err
	}
	wanted = wanted[:0]
	for i := range g.outputs {
		if i < len(f.inputs) || i >= len(f.inputs)+tangents {
			wanted = append(wanted, i)
		}
	}
	return g.Select(wanted...)
}
