// Package problems holds the initial value problems that the solvers are measured with, explicit and implicit ones: two
// that are not stiff, and Van der Pol's, Robertson's, HIRES and the Brusselator with diffusion, which are. Their ends
// are known from the reference solutions of testdata/ivp. bench/workprecision and gorgonode bench solve them, and
// bench/peers has them for other libraries.
package problems
