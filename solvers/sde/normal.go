package sde

import (
	"gonum.org/v1/gonum/mathext"

	"gorgonode/internal/splitmix"
)

// normals are those of a node of the tree, for each part of the components by its key.
func (b *Brownian) normals(node uint64, z, y []float64) {
	if len(b.o.Keys) == 0 {
		normals(b.o.Seed, b.o.Path, node, z, y)
		return
	}
	n := b.dim / len(b.o.Keys)
	for i, key := range b.o.Keys {
		var second []float64
		if y != nil {
			second = y[i*n : (i+1)*n]
		}
		normals(key, b.o.Path, node, z[i*n:(i+1)*n], second)
	}
}

// Key is a seed made of numbers, in their order: keys of different numbers differ but for a chance of 2⁻⁶⁴.
func Key(numbers ...uint64) uint64 {
	var key uint64
	for _, n := range numbers {
		key = splitmix.Mix((key ^ n) + splitmix.Golden)
	}
	return key
}

// normals fills a and, if it is not nil, b with independent standard normal numbers that belong to (key, path, node). A
// component has the same numbers in a motion of any dimension.
func normals(key uint64, path uint32, node uint64, a, b []float64) {
	low, high := uint32(node), uint32(node>>32)
	if b != nil {
		for i := range a {
			a[i], b[i] = pair(key, uint32(i), path, low, high)
		}
		return
	}
	for i := 0; i < len(a); i += 2 {
		first, second := pair(key, uint32(i/2), path, low, high)
		a[i] = first
		if i+1 < len(a) {
			a[i+1] = second
		}
	}
}

// pair makes two numbers by the inverse of their distribution function, from 52 bits each.
func pair(key uint64, block, path, low, high uint32) (float64, float64) {
	r0, r1, r2, r3 := philox(key, block, path, low, high)
	return quantile(r0, r1), quantile(r2, r3)
}

// quantile is that at the middle of one of 2⁵² equal parts of (0, 1).
func quantile(high, low uint32) float64 {
	return mathext.NormalQuantile((float64(uint64(high)<<20|uint64(low)>>12) + 0.5) / (1 << 52))
}
