// Package hutchinson draws the probes of Hutchinson's estimates (1990): random vectors ε of independent entries with mean 0
// and variance 1, for which E εᵀJε = tr J and E ‖εᵀJ‖² = ‖J‖²_F.
package hutchinson
