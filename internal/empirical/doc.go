// Package empirical has quantiles of samples. It may be called by all packages, and imports none.
package empirical
