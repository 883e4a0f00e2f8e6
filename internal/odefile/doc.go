// Package odefile reads models in the text format of XPPAUT and makes systems of them whose derivatives are exact.
//
//	f, err := odefile.Parse("model.ode", text)       // a complaint shows its line, with a caret
//	sys, err := f.System(nil)                        // F, Jacobian, JVP and VJP, with the file's parameters
//	sol, err := solvers.Solve(sys, f.Inits, 0, f.Total, nil)
//
// docs/ode-format.md describes the format, and what of it is not supported.
//
// # How a file becomes a system
//
// source.go splits the text into statements, grammar.go has the grammar of one for the parser library, convert.go turns
// what the parser found into trees, define.go and read.go collect what is defined, and resolve.go checks names and looks for
// loops. emit.go writes the trees as Gorgonia nodes inside a graph.Trace whose inputs are t, the state and the parameters;
// functions.go and special.go have the built-in functions. dynamics.go and along.go differentiate and compile,
// system.go binds the plans to values of the parameters.
//
// net.go reads learnable terms, networks whose weights stand behind the parameters, net_emit.go writes them as nodes and
// net_values.go asks a model for their inputs and outputs; free.go has the parameters that a fit may choose.
//
// reset.go has the events that change the state. surfaces.go holds the conditions of a right-hand side, so that it is smooth
// from one of their changes to the next, switching.go follows these changes through a solve, and saltation.go has what
// they do to the derivatives.
//
// [Model] is a compiled file, for many values of the parameters. [Sensitivities] integrates the derivatives of a solution
// by parameters and initial values along with it.
//
// The package speaks of parameters and initial values as a file does, knows nothing of flags and pictures, and is where a
// new statement, function or option of the language goes: a function is a line in builtins and the nodes that compute it.
package odefile
