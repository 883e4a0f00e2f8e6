// Package empirical has quantiles of samples, by one definition for all forecasts that are made of draws. It may be called
// by all packages, and imports none.
package empirical
