// Package chart draws the pictures of the benchmarks: panels with logarithmic axes side by side, and to their right one
// legend for all of them.
package chart
