// Package flow has normalizing flows: densities of which both the value and the samples are exact, since they are those of a
// normal distribution behind an invertible map.
//
// # A bijection and its density
//
// With b the map from data to a standard normal z,
//
//	ln p(x) = ln N(b(x)) + ln |det ∂b/∂x|
//
// [Bijection] is b with its inverse and the change of volume in either direction, [LogProb] the density as a node, [Loss]
// what training lowers, [Sample] draws. [LogProbRows], [ForwardRows] and [InverseRows] do the same for plain rows.
//
//	field, err := flow.NewTimeNet(rng, "field", 2, flow.ConcatSquash, flow.NetConfig{})
//	cnf, err := flow.NewCNF(field, 2, odeop.Tolerance(1e-5, 1e-5))
//	cost, err := flow.Loss(cnf, x, flow.Penalty{}) // x is (rows, 2); training.Loop lowers it
//	points, err := flow.Sample(cnf, 1000, seed)
//
// # Which bijections there are
//
//	CNF                 the flow of a differential equation; any network is its field (Chen et al. 2018)
//	Coupling            affine in some columns, by what the others say; NewRealNVP is a chain of them (Dinh et al. 2017)
//	InvertibleLinear    a matrix in its LU decomposition; with it NewGlow (Kingma and Dhariwal 2018)
//	ActNorm             a shift and a scale for each column, which Init sets from data
//	Chain               several in a row, several CNFs as well
//
// # The trace
//
// The density of a CNF integrates the trace of its field's Jacobian. Exactly, that takes a directional derivative for each
// column; by Hutchinson's estimate one with a random direction, the [Probe], for each row: unbiased, and of the cost of two
// evaluations for any number of columns. Train with [Estimated] and report with the flow itself: they share the parameters.
//
//	step := gorgonia.NewScalar(g, gorgonia.Float64, gorgonia.WithName("step")) // set it before every step of training
//	trained := flow.Estimated(cnf, flow.Probe{Seed: 1, Step: step})
//	cost, err := flow.Loss(trained, x, flow.Penalty{Kinetic: 0.01, Jacobian: 0.01})
//
// A probe is held over a solve and its backward pass; one drawn anew in every evaluation would make the field
// discontinuous, which a solver with error control answers with ever smaller steps. The penalty is that of RNODE (Finlay et
// al. 2020).
//
// # Training without solving
//
// [Matching] regresses the field on velocities of straight paths between noise and data (Lipman et al. 2023; Tong et al.
// 2023), at the cost of one evaluation a step; the same CNF then samples and has densities.
package flow
