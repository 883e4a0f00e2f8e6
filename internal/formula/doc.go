// Package formula writes arithmetic as Gorgonia nodes without a check of an error at every operation. It is for functions
// that are being traced (graph.Trace), where what Gorgonia's Reshape and broadcasts do to memory does not happen.
//
//	f := formula.For(x)
//	y := f.Add(f.Mul(x, x), f.Tanh(x))
//	return f.Result(y)
package formula
