package flow

import (
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/internal/formula"
)

// LogProb is the log-density of the flow at every row of x (B, d), in nats, of shape (B): that of a standard normal z
// behind b,
//
//	ln p(x) = −½‖z‖² − (d/2) ln 2π + ln |det ∂z/∂x|,   z = b(x)
func LogProb(b Bijection, x *G.Node) (*G.Node, error) {
	if b == nil {
		return nil, errors.New("flow: log-density: no bijection")
	}
	if err := checkBatch("log-density", x, b.Dim(), dtypeOf(b.Params())); err != nil {
		return nil, err
	}
	if !closed(b) {
		z, logDet, err := b.Forward(x)
		if err != nil {
			return nil, err
		}
		return single(operation("normal log-density", func(f *formula.F, in G.Nodes) G.Nodes {
			return G.Nodes{f.Add(normal(f, in[0]), in[1])}
		}, z, logDet))
	}
	return single(operation("log-density", func(f *formula.F, in G.Nodes) G.Nodes {
		z, logDet, err := b.Forward(in[0])
		f.Keep(nil, err)
		return G.Nodes{f.Add(normal(f, z), logDet)}
	}, x))
}

// Penalty weighs the energies of a flow in its loss. Finlay et al. (2020) take 0.01 of both.
type Penalty struct {
	Kinetic  float64 `json:"kinetic"`
	Jacobian float64 `json:"jacobian"`
}

// Loss is the number that maximum likelihood training lowers: the mean over the rows of −ln p(x), in nats, plus the weighted
// means of the energies.
func Loss(b Bijection, x *G.Node, p Penalty) (*G.Node, error) {
	switch {
	case b == nil:
		return nil, errors.New("flow: loss: no bijection")
	case !(p.Kinetic >= 0) || !(p.Jacobian >= 0) || math.IsInf(p.Kinetic+p.Jacobian, 0):
		return nil, errors.Errorf("flow: loss: penalties %g and %g: neither may be negative", p.Kinetic, p.Jacobian)
	case p == Penalty{}:
		l, err := LogProb(b, x)
		if err != nil {
			return nil, err
		}
		return single(operation("negative log-likelihood", func(f *formula.F, in G.Nodes) G.Nodes {
			return G.Nodes{f.Neg(f.Apply(mean, in[0]))}
		}, l))
	}
	z, logDet, e, err := ForwardEnergies(b, x)
	if err != nil {
		return nil, err
	}
	return single(operation("regularised loss", func(f *formula.F, in G.Nodes) G.Nodes {
		nll := f.Neg(f.Apply(mean, f.Add(normal(f, in[0]), in[1])))
		k := scale(f, f.Apply(mean, in[2]), p.Kinetic)
		return G.Nodes{f.Add(nll, f.Add(k, scale(f, f.Apply(mean, in[3]), p.Jacobian)))}
	}, z, logDet, e.Kinetic, e.Jacobian))
}

// normal is the log-density of the standard normal distribution at the rows of z (B, d).
func normal(f *formula.F, z *G.Node) *G.Node {
	if f.Err() != nil {
		return nil
	}
	d := float64(z.Shape()[1])
	half := scale(f, sumRows(f, f.Mul(z, z)), -0.5)
	return f.Sub(half, f.Number(d/2*math.Log(2*math.Pi)))
}

func mean(x *G.Node) (*G.Node, error) { return G.Mean(x) }

func single(out G.Nodes, err error) (*G.Node, error) {
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
