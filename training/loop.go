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

	// Feed sets the inputs of a step. nil: they stay as they are.
	Feed func(step int) error
	// Observe is told what a step found, before the parameters change; its stop ends the loop. nil: nobody looks.
	Observe func(s LoopStep) (stop bool, err error)

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
	nodes := graph.ParamNodes(g, l.Params)
	var cost G.Value
	G.Read(l.Cost, &cost)
	if _, err := G.Grad(l.Cost, nodes...); err != nil {
		return errors.Wrapf(err, "training: gradient of the cost with respect to %s", names(l.Params))
	}
	vm := G.NewTapeMachine(g, G.BindDualValues(nodes...))
	defer vm.Close()
	grads := G.NodesToValueGrads(nodes)
	solver := l.Solver
	if solver == nil {
		solver = G.NewAdamSolver()
	}
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
		if err := l.update(found, solver, grads); err != nil {
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
func (l *Loop) update(s LoopStep, solver G.Solver, grads []G.ValueGrad) error {
	if !s.Finite() {
		return scaleGradients(grads, 0)
	}
	if l.ClipNorm > 0 && s.GradNorm > l.ClipNorm {
		if err := scaleGradients(grads, l.ClipNorm/s.GradNorm); err != nil {
			return err
		}
	}
	if l.LearnRate != nil {
		rate := l.LearnRate(s.Step)
		if !(rate >= 0) || math.IsInf(rate, 0) {
			return errors.Errorf("a learning rate of %g", rate)
		}
		G.WithLearnRate(rate)(solver)
		if l.Decay > 0 {
			for _, p := range l.decayed() {
				scale(p.Value().Data(), math.Max(0, 1-rate*l.Decay))
			}
		}
	}
	return errors.WithStack(solver.Step(grads))
}

func (l *Loop) decayed() []*graph.Param {
	if l.Decayed == nil {
		return l.Params
	}
	return l.Decayed
}

// Cosine is a learning rate that falls from high to low along half a cosine over n steps, and stays (Loshchilov and Hutter
// 2017, equation 5).
func Cosine(high, low float64, n int) func(step int) float64 {
	return func(step int) float64 {
		x := math.Min(1, float64(step)/float64(max(1, n-1)))
		return low + (high-low)*(1+math.Cos(math.Pi*x))/2
	}
}
