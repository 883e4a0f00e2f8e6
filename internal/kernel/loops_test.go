package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSums(t *testing.T) { atLevels(t, testSums) }

func testSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 3, 4, 5, 255, 256, 257, 1000, 4097} {
		for _, m := range []int{1, 2, 3, 4, 5, 9} {
			x := make([]float64, m*n)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			rows, cols := make([]float64, m), make([]float64, n)
			SumRows(rows, x, n)
			SumCols(cols, x)
			wantRows, wantCols := make([]float64, m), make([]float64, n)
			for i := range m {
				for j := range n {
					wantRows[i] += x[i*n+j]
					wantCols[j] += x[i*n+j]
				}
			}
			for i := range rows {
				if math.Abs(rows[i]-wantRows[i]) > 1e-11 {
					t.Errorf("SumRows of (%d,%d): %v, want %v", m, n, rows[i], wantRows[i])
				}
			}
			for j := range cols {
				if math.Abs(cols[j]-wantCols[j]) > 1e-12 {
					t.Errorf("SumCols of (%d,%d): %v, want %v", m, n, cols[j], wantCols[j])
				}
			}
		}
	}
}

// A float32 sum of many numbers keeps its digits.
func TestSumIsAccurate(t *testing.T) {
	x := make([]float32, 1<<22)
	for i := range x {
		x[i] = 0.1
	}
	want := float64(x[0]) * float64(len(x))
	if got := float64(Sum(x)); math.Abs(got-want) > 1e-6*want {
		t.Errorf("Sum = %v, want %v", got, want)
	}
}

func TestGatherAndMove(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 500 {
		rank := r.IntN(5)
		shape, stride, size, reach := make([]int, rank), make([]int, rank), 1, 1
		for a := range shape {
			shape[a], stride[a] = 1+r.IntN(12), r.IntN(5)
			size *= shape[a]
			reach += (shape[a] - 1) * stride[a]
		}
		src := make([]float64, reach)
		for i := range src {
			src[i] = r.NormFloat64()
		}
		want := make([]float64, size)
		packed := make([]int, rank)
		for i := range want {
			rest, from, step := i, 0, 1
			for a := rank - 1; a >= 0; a-- {
				from += rest % shape[a] * stride[a]
				rest /= shape[a]
				packed[a] = step
				step *= shape[a]
			}
			want[i] = src[from]
		}
		lo := r.IntN(size)
		got := make([]float64, 1+r.IntN(size-lo))
		Gather(got, src, shape, stride, lo)
		for i := range got {
			if got[i] != want[lo+i] {
				t.Fatalf("Gather of %v strides %v from %d: element %d is %v, want %v", shape, stride, lo, i, got[i], want[lo+i])
			}
		}
		all := make([]float64, size)
		Move(all, src, shape, packed, stride)
		for i := range all {
			if all[i] != want[i] {
				t.Fatalf("Move of %v strides %v: element %d is %v, want %v", shape, stride, i, all[i], want[i])
			}
		}
	}
}

func TestOverlap(t *testing.T) {
	x := make([]float32, 10)
	for _, c := range []struct {
		a, b []float32
		want bool
	}{
		{x, x, true}, {x[:5], x[5:], false}, {x[:6], x[5:], true}, {x[5:], x[:6:6], true}, {x[:0], x, false}, {nil, x, false},
		{x, make([]float32, 10), false},
	} {
		if got := Overlap(c.a, c.b); got != c.want {
			t.Errorf("Overlap of lengths %d and %d: %v", len(c.a), len(c.b), got)
		}
	}
}
