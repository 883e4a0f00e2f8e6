// Package separable looks whether a system divides into positions and momenta, y = (q, p),
//
//	q' = v(t, p),   p' = a(t, q),
//
// as the symplectic methods of the package solvers take for granted: they move each half by values of f at arguments of
// which the same half is not that of a solution.
package separable
