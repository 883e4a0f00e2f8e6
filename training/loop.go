package training

import (
	"context"
	"math"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/odeop"
)

// Loop lowers a cost by changing parameters: Gorgonia's gradient, its TapeMachine, and one of its solvers, a step at a
// time. A Loop runs once, and a graph has one Loop, since Gorgonia differentiates a graph once.
type Loop struct {
	Cost   *G.Node        // a number
	Params []*graph.Param // what is trained; every one must have a part in the cost
	Solver G.Solver       // nil is Gorgonia's Adam

	// LearnRate is the rate of a step. nil leaves the solver's own.
	LearnRate func(step int) float64
	// ClipNorm bounds the Euclidean norm of the whole gradient; 0 doesn't.
	ClipNorm float64
	// Decay shrinks parameters by LearnRate·Decay of themselves a step, apart from the gradient (Loshchilov and Hutter
	// 2019; Gorgonia's AdamW never updates its weights). It needs LearnRate; 0 is none.
	Decay float64
	// Decayed are the parameters that Decay shrinks. nil is all of Params.
	Decayed []*graph.Param
	// Opponent is the other side of a game: it raises the cost that Params lower. nil is none.
	Opponent *Opponent

	// Feed sets the inputs of a step. nil: they stay as they are.
	Feed func(step int) error
	// Observe is told what a step found, before the parameters change; its stop ends the loop. nil: nobody looks.
	Observe func(s LoopStep) (stop bool, err error)
	// After is called when a step has changed the parameters: for a bound that they are to keep, or an average of them.
	// nil: nothing is done.
	After func(step int) error

	ran bool
}

// LoopStep is what a step of a Loop found, before the parameters change.
type LoopStep struct {
	Step     int
	Cost     float64
	GradNorm float64 // Euclidean norm of the whole gradient, not clipped
}

// Finite reports whether the step may change the parameters: both the cost and the gradient are finite.
func (s LoopStep) Finite() bool { return finite(s.Cost) && finite(s.GradNorm) }

// Run takes the steps first, first+1, …: n of them, or until Observe or the context ends it. Where the cost or the
// gradient is not finite the parameters stay as they are, and it is for Observe to give up (EarlyStopping does). The
// parameters hold what the last step left, also after an error.
func (l *Loop) Run(ctx context.Context, first, n int) error {
	if err := l.check(); err != nil {
		return err
	}
	l.ran = true
	g := l.Cost.Graph()
	params := l.trained()
	nodes := graph.ParamNodes(g, params)
	var cost G.Value
	G.Read(l.Cost, &cost)
	if _, err := G.Grad(l.Cost, nodes...); err != nil {
		return errors.Wrapf(err, "training: gradient of the cost with respect to %s", names(params))
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(nodes...))
	defer vm.Close()
	grads := G.NodesToValueGrads(nodes)
	sides := l.sides(grads)
	for step := first; step < first+n; step++ {
		if err := ctx.Err(); err != nil {
			return errors.Wrapf(err, "training: stopped before step %d", step)
		}
		if l.Feed != nil {
			if err := l.Feed(step); err != nil {
				return errors.WithMessagef(err, "training: step %d", step)
			}
		}
		if err := vm.RunAll(); err != nil {
			return errors.Wrapf(odeop.Cause(err), "training: step %d", step)
		}
		found, err := look(step, cost, grads)
		if err != nil {
			return errors.WithMessagef(err, "training: step %d", step)
		}
		if l.Observe != nil {
			if stop, err := l.Observe(found); stop || err != nil {
				return err
			}
		}
		if err := l.update(found, grads, sides); err != nil {
			return errors.WithMessagef(err, "training: step %d", step)
		}
		vm.Reset()
	}
	return nil
}

func look(step int, cost G.Value, grads []G.ValueGrad) (LoopStep, error) {
	s := LoopStep{Step: step}
	var err error
	if s.Cost, err = number(cost); err != nil {
		return s, err
	}
	s.GradNorm, err = gradientNorm(grads)
	return s, err
}

// update changes the parameters, and leaves every gradient zero, as the solvers do: a TapeMachine adds to what is there.
func (l *Loop) update(s LoopStep, grads []G.ValueGrad, sides []side) error {
	if !s.Finite() {
		return scaleGradients(grads, 0)
	}
	if l.ClipNorm > 0 && s.GradNorm > l.ClipNorm {
		if err := scaleGradients(grads, l.ClipNorm/s.GradNorm); err != nil {
			return err
		}
	}
	for _, one := range sides {
		if err := one.update(s.Step); err != nil {
			return err
		}
	}
	if l.After == nil {
		return nil
	}
	return l.After(s.Step)
}

// Cosine is a learning rate that falls from high to low along half a cosine over n steps, and stays (Loshchilov and Hutter
// 2017, equation 5).
func Cosine(high, low float64, n int) func(step int) float64 {
	return func(step int) float64 {
		x := math.Min(1, float64(step)/float64(max(1, n-1)))
		return low + (high-low)*(1+math.Cos(math.Pi*x))/2
	}
}
