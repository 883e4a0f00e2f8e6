// Package graph turns a function made of Gorgonia nodes into something that is fast to run and exact to differentiate.
//
// A function is written with Gorgonia's own operations and traced once:
//
//	w, err := graph.NewParam("w", graph.Glorot(rng), tensor.Float64, 2, 50)
//	f, err := graph.Trace(func(in ...*gorgonia.Node) (gorgonia.Nodes, error) {
//		h, err := gorgonia.Mul(in[0], w.In(in[0].Graph()))
//		...
//	}, graph.Input("x", tensor.Float64, 20, 2))
//
// What comes of it is a [Func], a function from tensors to tensors:
//
//	vjp, err := f.VJP()                  // inputs and cotangents of the outputs → cotangents of inputs and parameters
//	jvp, err := f.JVP()                  // inputs and tangents → outputs and tangents; both are Funcs again
//	plan, err := graph.Compile[float64](f)
//	err = plan.Run(inputs, outputs)      // over flat, row-major arrays; allocates nothing
//	y, err := graph.Call(f, x)           // the same function as one Op in x's graph, with gradients
//	ds, err := graph.Grad(cost, x, w)    // derivatives of a number, as nodes of its graph, any number of times
//	hs, err := graph.Scan(step, h0, xs)  // a recurrence over sequences as one Op in their graph, with gradients
//
// # How it works
//
// Trace calls the function with placeholders in a graph of its own and lowers the nodes that it made to expressions, a
// small set of kinds (expr.go) that is closed under differentiation: the derivatives of a kind are written in kinds of the
// set (derivative.go, vjp.go, jvp.go), which is why derivatives of derivatives need nothing more. An Op that has no lowering
// is computed by its own Do and differentiated through its own SymDiff, and where it has none a gradient is an error. The
// planner (plan_*.go) removes what is not needed, fuses elementwise runs, and assigns memory once.
//
// Where Gorgonia's own value or gradient of an operation is wrong, a traced function is right; where two nodes have been
// merged before a trace can see them, it refuses, and names one of the functions of this package that can be used instead:
// [Slice], [Reshape], [SoftMax], [LogSoftMax], [Dropout], [Constant]. docs/gorgonia.md lists the faults.
//
// A Scan keeps its step as a compiled function of its own, value and VJP, and goes through the sequences with it; so it
// stays one node inside of a traced function too, where a Call dissolves. Package graph/blas hands the kernels of the
// plans to Gorgonia's own layers.
//
// # Parameters
//
// A [Param] owns its value. Its node, in whatever graph, shares that memory, so that weights are trained in one graph and
// used in others, and in compiled functions, without being copied. Trace finds out which parameters a function uses;
// [Func.Lift] makes them inputs.
//
// # What may be touched
//
// Funcs are immutable and may be shared by goroutines. A [Plan] is for one goroutine; Clone makes another, and [Plans] hands
// them out. Tracing and building graphs is for one goroutine at a time, which is a rule of Gorgonia's.
package graph
