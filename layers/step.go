package layers

import (
	"runtime"
	"sync"
	"weak"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/formula"
)

// Step is the number of the training step, as what is random in a model sees it: Dropout, a random end time, the probes
// of a regulariser. What these draw is a function of a seed and of this number alone, so a run can be repeated, the
// forward and the backward pass of a step agree, and all evaluations of a field in one solve agree. One Step serves a
// whole model, in all of its graphs:
//
//	step := layers.NewStep()
//	for i := range steps {
//		step.Set(i)
//		… // a training step
//	}
//	step.Evaluate()
//
// Set and Evaluate must not be called while a machine runs. A Step of a float32 model tells 2²⁴ steps apart.
type Step struct{ double, single *graph.Param }

// NewStep begins in evaluation, where nothing is random.
func NewStep() *Step {
	s := &Step{}
	for _, p := range []struct {
		to *(*graph.Param)
		dt tensor.Dtype
	}{{&s.double, tensor.Float64}, {&s.single, tensor.Float32}} {
		made, err := graph.NewParam("step", graph.Fill(-1), p.dt, 1)
		if err != nil {
			panic("layers: step: " + err.Error())
		}
		*p.to = made
		w := weak.Make(made)
		untrained.Store(w, true)
		runtime.AddCleanup(made, func(w weak.Pointer[graph.Param]) { untrained.Delete(w) }, w)
	}
	return s
}

// untrained has the parameters that no layer lists, because nothing is to train them.
var untrained sync.Map // weak.Pointer[graph.Param] → true

func isUntrained(p *graph.Param) bool {
	_, ok := untrained.Load(weak.Make(p))
	return ok
}

// Set begins training step n, which counts from 0; a negative n is Evaluate.
func (s *Step) Set(n int) {
	v := []float64{float64(max(n, -1))}
	for _, p := range []*graph.Param{s.double, s.single} {
		if err := p.Set(v); err != nil {
			panic("layers: step: " + err.Error())
		}
	}
}

// Evaluate leaves training: what is random until the next Set is as its own documentation says.
func (s *Step) Evaluate() { s.Set(-1) }

// node is the step in the graph of like and of its dtype, of shape (1); −1 in evaluation.
func (s *Step) node(like *G.Node) *G.Node {
	p := s.double
	if like.Dtype() == tensor.Float32 {
		p = s.single
	}
	return p.In(like.Graph())
}

// signs are ±1 with even chances, as a function of seed and step; in evaluation they are all zero.
func signs(f *formula.F, step *G.Node, seed uint64, shape ...int) *G.Node {
	all := f.Constant(step, filled(1, shape), shape...)
	two := f.Binary(func(x, step *G.Node) (*G.Node, error) { return graph.Dropout(x, step, 0.5, seed) }, all, f.Reshape(step))
	return f.Sub(two, f.Number(1)) // 2 or 0; 1 in evaluation
}
