package blas

import (
	"runtime"
	"sync"
	"sync/atomic"

	"gorgonode/internal/kernel"
)

// product is c = alpha·a·b + beta·c, a being m×k and b k×n.
type product[T kernel.Float] struct {
	c           []T
	ldc         int
	a, b        kernel.Mat[T]
	m, n, k     int
	alpha, beta T
}

// rows computes rows lo to hi of c, which depend on the same rows of a and on b alone.
func (p *product[T]) rows(lo, hi int) {
	c := p.c[lo*p.ldc:]
	scale(c, p.ldc, hi-lo, p.n, p.beta)
	a := p.a
	a.Data = a.Data[lo*a.Row:]
	if p.alpha != 1 {
		p.scaled(c, a, hi-lo)
		return
	}
	kernel.MatMulTo(c, p.ldc, a, p.b, hi-lo, p.n, p.k, kernel.Epilogue[T]{Add: p.beta != 0})
}

// The block of a that is multiplied by alpha at a time. That is done before the sum, so that what overflows is what
// overflows in gonum; the sums of a block of columns go on from those of the block before.
const (
	scaledRows = 192
	scaledCols = 256
)

var (
	scaled32 = sync.Pool{New: func() any { return new([scaledRows * scaledCols]float32) }}
	scaled64 = sync.Pool{New: func() any { return new([scaledRows * scaledCols]float64) }}
)

func (p *product[T]) scaled(c []T, a kernel.Mat[T], m int) {
	pool := &scaled64
	if _, is := any(p.alpha).(float32); is {
		pool = &scaled32
	}
	block := pool.Get().(*[scaledRows * scaledCols]T)
	defer pool.Put(block)
	for l := 0; l < p.k; l += scaledCols {
		cols := min(scaledCols, p.k-l)
		b := kernel.Mat[T]{Data: p.b.Data[l*p.b.Row:], Row: p.b.Row, Col: p.b.Col}
		for i := 0; i < m; i += scaledRows {
			rows := min(scaledRows, m-i)
			for r := range rows {
				at := (i+r)*a.Row + l*a.Col
				for s := range cols {
					block[r*cols+s] = p.alpha * a.Data[at+s*a.Col]
				}
			}
			kernel.MatMulTo(c[i*p.ldc:], p.ldc, kernel.Mat[T]{Data: block[:], Row: cols, Col: 1}, b, rows, p.n, cols,
				kernel.Epilogue[T]{Add: l > 0 || p.beta != 0})
		}
	}
}

// scale multiplies c by beta. With 0 it does nothing: then c is not read.
func scale[T kernel.Float](c []T, ldc, m, n int, beta T) {
	if beta == 0 || beta == 1 {
		return
	}
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		kernel.MulC(row, row, beta)
	}
}

// A product of fewer multiplications than shared takes less time than it takes to wake another processor up. Pieces are of
// at least pieceRows rows, twice what the assembly works on at once.
const (
	shared    = 1 << 21
	pieceRows = 24
)

// multiply computes a product, on several processors if it is large.
func multiply[T kernel.Float](p product[T]) {
	hands := min(runtime.GOMAXPROCS(0), p.m/pieceRows)
	if hands < 2 || p.m*p.n*p.k < shared {
		p.rows(0, p.m)
		return
	}
	pool := &teams64
	if _, is := any(p.alpha).(float32); is {
		pool = &teams32
	}
	t := pool.Get().(*team[T])
	t.product, t.pieces = p, hands
	t.next.Store(0)
	t.busy.Add(hands)
	for range hands - 1 {
		go t.work()
	}
	t.work()
	t.busy.Wait()
	t.product = product[T]{}
	pool.Put(t)
}

// team is the goroutines that share a product. The function that they run is made once, so that a product allocates nothing.
type team[T kernel.Float] struct {
	product[T]
	pieces int
	next   atomic.Int64
	busy   sync.WaitGroup
	work   func()
}

var (
	teams32 = sync.Pool{New: func() any { return newTeam[float32]() }}
	teams64 = sync.Pool{New: func() any { return newTeam[float64]() }}
)

func newTeam[T kernel.Float]() *team[T] {
	t := new(team[T])
	t.work = func() {
		defer t.busy.Done()
		i := int(t.next.Add(1)) - 1
		t.rows(t.m*i/t.pieces, t.m*(i+1)/t.pieces)
	}
	return t
}
