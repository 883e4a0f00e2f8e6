package splitmix

import (
	"math"
	"math/bits"
	"testing"
)

// The numbers of the stream 0 are those of the generator from state 0, of which the first are in the reference
// implementation of Vigna (2015).
func TestFirstNumbers(t *testing.T) {
	for i, want := range []uint64{0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F} {
		if got := At(0, i); got != want {
			t.Errorf("number %d is %#x, want %#x", i, got, want)
		}
	}
}

// Uniform numbers of many streams have mean 1/2 within four standard errors of 1/√(12 n), and streams that follow each
// other differ in half of their bits: 64 n bits, within four standard errors of √(64 n)/2.
func TestStreams(t *testing.T) {
	const n = 10000
	mean, differ := 0.0, 0
	for i := range uint64(n) {
		mean += Uniform(At(Stream(3, i), int(i%7))) / n
		differ += bits.OnesCount64(Stream(3, i) ^ Stream(3, i+1))
	}
	if math.Abs(mean-0.5) > 4/math.Sqrt(12*n) {
		t.Errorf("the mean is %g", mean)
	}
	if math.Abs(float64(differ)-32*n) > 4*math.Sqrt(64*n)/2 {
		t.Errorf("%d of %d bits differ", differ, 64*n)
	}
	if Uniform(math.MaxUint64) >= 1 || Uniform(0) != 0 {
		t.Error("uniform numbers leave [0, 1)")
	}
}
