// Package splitmix is the generator SplitMix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators)
// as a function of a place: the numbers of a step are a stream, and the number at a place of it needs none of those before.
// So a run that is repeated, a backward pass that recomputes a forward one, and either dtype see the same numbers, and
// nothing has to be stored.
package splitmix
