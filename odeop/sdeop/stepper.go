package sdeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
	"gorgonode/solvers"
)

// Stepper is a method of integration, one of this package's.
type Stepper interface {
	// Name is the method's name.
	Name() string
	// Info says what the method can do.
	Info() Info
	// step writes one step as nodes. z is nil but for a method that carries a second state, which begins as y0.
	step(s *formula, y, z *gorgonia.Node) step
}

// step is the result of a step: the next state, the next second state, and an estimate of the error, nil without one.
type step struct{ y, z, err *gorgonia.Node }

// Info describes a method.
type Info struct {
	// Strong is the order in which E|y_h(t) − y(t)| goes to zero for noise that is Diagonal (and depends on its own
	// component alone) or Scalar, StrongAdditive for g that does not depend on y, and StrongGeneral for all other. 0:
	// not for such noise.
	Strong, StrongAdditive, StrongGeneral float64
	// Ito and Stratonovich say which integrals it approximates. For noise that does not depend on y one of them will do.
	Ito, Stratonovich bool
	// LevyArea: it uses space–time Lévy areas.
	LevyArea bool
	// Own: of Diagonal noise it is for that alone of which a component depends on its own component of y.
	Own bool
	// Adaptive: it estimates its error, whose order in the step is ErrorOrder.
	Adaptive   bool
	ErrorOrder float64
	// Reversible: a step can be undone.
	Reversible bool
}

// Methods lists all methods.
func Methods() []Stepper {
	return []Stepper{EulerMaruyama{}, Milstein{}, Heun{}, Midpoint{}, ReversibleHeun{}, SRA1{}, ShARK{}}
}

// checkMethod refuses what the method cannot do.
func (p *problem) checkMethod() error {
	if p.method == nil {
		p.method = EulerMaruyama{}
		if p.Calculus == Stratonovich {
			p.method = Heun{}
		}
	}
	i, name := p.method.Info(), p.method.Name()
	unsupported := func(format string, args ...any) error {
		return errors.Wrapf(solvers.ErrNotSupported, "%s: %s: "+format, append([]any{p.name, name}, args...)...)
	}
	calculus := i.Ito && p.Calculus == Ito || i.Stratonovich && p.Calculus == Stratonovich
	switch {
	case p.additive:
	case i.Strong == 0:
		return unsupported("it is for a diffusion that does not depend on y, and this one has y among its inputs, though " +
			"it may not change with it; graph.Constant and a parameter's node make constants of any shape")
	case p.Noise == General && i.StrongGeneral == 0:
		return unsupported("it is not for general noise that depends on y; Heun and EulerMaruyama are")
	case !calculus:
		return unsupported("it does not solve %v equations whose noise depends on y", p.Calculus)
	}
	if i.Own {
		if err := p.checkOwn(); err != nil {
			return err
		}
	}
	_, back := p.gradient.(Reversible)
	switch {
	case p.step == 0 && p.count == 0 && p.rtol == 0:
		return errors.Errorf("%s: neither constant steps (Step, Steps) nor a tolerance (Tolerance) are given", p.name)
	case p.count > 0 && p.rtol > 0:
		return errors.Errorf("%s: both a number of steps (Steps) and a tolerance (Tolerance) are given", p.name)
	case p.rtol > 0 && !i.Adaptive:
		return unsupported("it does not estimate its error; give it constant steps with Step")
	case back && !i.Reversible:
		return unsupported("its steps cannot be undone; the gradient mode Reversible is for ReversibleHeun")
	}
	if err := p.checkResolution(); err != nil {
		return err
	}
	return p.gradient.check()
}

// checkResolution refuses constant steps that the noise does not tell apart.
func (p *problem) checkResolution() error {
	if p.rtol > 0 {
		return nil
	}
	least := resolution * (p.times[len(p.times)-1] - p.times[0])
	for i := 1; i < len(p.times); i++ {
		length := p.times[i] - p.times[i-1]
		if p.streams != nil {
			least = resolution * length
		}
		if n := p.stepsOf(length); n > 1 && length/n < least {
			return errors.Errorf("%s: steps of %g from times[%d] = %g on: the noise has a resolution of %g, 2⁻²⁰ of the whole time",
				p.name, length/n, i-1, p.times[i-1], least)
		}
	}
	return nil
}

// formula writes a step as nodes, on its inputs. After the first error it does nothing more.
type formula struct {
	*problem
	t, h   *gorgonia.Node // numbers
	dw, dh *gorgonia.Node // (B, m)
	in     gorgonia.Nodes // args
	err    error
}

func (s *formula) keep(n *gorgonia.Node, err error) *gorgonia.Node {
	if s.err == nil {
		s.err = err
	}
	return n
}

func (s *formula) add(a, b *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	return s.keep(gorgonia.Add(a, b))
}

func (s *formula) sub(a, b *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	return s.keep(gorgonia.Sub(a, b))
}

func (s *formula) mul(a, b *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	return s.keep(gorgonia.HadamardProd(a, b))
}

// times is c·a.
func (s *formula) times(c float64, a *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	return s.mul(a, s.keep(graph.Constant(a, []float64{c})))
}

// later is t + c·h.
func (s *formula) later(c float64) *gorgonia.Node { return s.add(s.t, s.times(c, s.h)) }

// f is the drift.
func (s *formula) f(t, y *gorgonia.Node) *gorgonia.Node { return s.field(s.Drift, t, y) }

// g is the diffusion.
func (s *formula) g(t, y *gorgonia.Node) *gorgonia.Node { return s.field(s.Diffusion, t, y) }

func (s *formula) field(f odeop.Field, t, y *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	return s.keep(f(t, y, s.in...))
}

// noise is g·v for v of the shape (B, m) of the motions.
func (s *formula) noise(g, v *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	if s.Noise == Diagonal {
		return s.mul(g, v)
	}
	d := s.y0.Shape()[1]
	if s.Noise == Scalar {
		return s.keep(gorgonia.BroadcastHadamardProd(g, v, nil, []byte{1}))
	}
	column := s.keep(graph.Reshape(v, s.batch, s.motions, 1))
	if s.err != nil {
		return nil
	}
	product := s.keep(gorgonia.BatchedMatMul(g, column))
	if s.err != nil {
		return nil
	}
	return s.keep(graph.Reshape(product, s.batch, d))
}

// along is the derivative of the diffusion by y in the direction v of y's shape.
func (s *formula) along(t, y, v *gorgonia.Node) *gorgonia.Node {
	if s.err != nil {
		return nil
	}
	g, err := s.trace("diffusion", s.Diffusion)
	if err == nil {
		g, err = g.JVP(1)
	}
	if err == nil {
		g, err = g.Select(1)
	}
	if err != nil {
		return s.keep(nil, err)
	}
	return s.keep(graph.Call(g, append(append(gorgonia.Nodes{t, y}, s.in...), v)...))
}
