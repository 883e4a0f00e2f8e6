package flow

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
)

// Energies are what the regularisation of RNODE penalises (Finlay et al. 2020, How to train your neural ODE), of
// shape (B): paths that are short and straight take few steps to solve.
type Energies struct {
	Kinetic  *G.Node // ∫ ‖f(t, z)‖² dt
	Jacobian *G.Node // ∫ ‖∂f/∂z‖²_F dt, or its estimate by the probe
}

// ForwardEnergies is Forward of a flow with the energies along its way, which are summed where a chain holds several CNFs.
// The derivatives that the trace needs are used for the Jacobian too. It is an error if there is no CNF in b.
func ForwardEnergies(b Bijection, x *G.Node) (z, logDet *G.Node, e Energies, err error) {
	var dets, kinetic, jacobian G.Nodes
	parts := []Bijection{b}
	for len(parts) > 0 {
		part := parts[0]
		parts = parts[1:]
		var det *G.Node
		switch p := part.(type) {
		case *Chain:
			parts = append(p.Parts(), parts...)
			continue
		case *CNF:
			var costs *G.Node
			if x, costs, err = p.solve(x, toBase, true); err != nil {
				return nil, nil, e, err
			}
			cols := make(G.Nodes, 3)
			for j := range cols {
				if cols[j], err = column(costs, j); err != nil {
					return nil, nil, e, err
				}
			}
			det, kinetic, jacobian = cols[0], append(kinetic, cols[1]), append(jacobian, cols[2])
		default:
			if x, det, err = p.Forward(x); err != nil {
				return nil, nil, e, err
			}
		}
		dets = append(dets, det)
	}
	if len(kinetic) == 0 {
		return nil, nil, e, errors.New("flow: energies: there is no CNF")
	}
	if logDet, err = total(dets); err != nil {
		return nil, nil, e, err
	}
	if e.Kinetic, err = total(kinetic); err != nil {
		return nil, nil, e, err
	}
	e.Jacobian, err = total(jacobian)
	return x, logDet, e, err
}
