//go:build amd64 && !purego

package kernel

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// panel is the argument of the assembly: a panel of c, the columns of b that it needs, and the rows of a. The generator
// knows the offsets.
type panel struct {
	a, b, c, bias                 unsafe.Pointer
	aRow, aCol, aTile, bRow, cRow uintptr // bytes
	m, k                          int
	flags                         uint64
	lanes                         [2]uint32  // AVX-512: a bit for every column in use
	mask                          [16]uint32 // AVX2: the same for two registers; whole words of ones
}

const (
	panelAdd    = 1 << iota // the sums go on from what c holds
	panelNarrow             // one register holds all columns
	panelPacked             // rows of a come in tiles
	panelEdge               // not all lanes are in use
	panelHalf               // AVX-512: half a register holds all columns
)

// Blocks of a large product. The block of a stays in the second-level cache while panels of b, which fit in the first,
// pass by. A block of sums goes on from c where the one before it stopped, so that blocks do not show in a result.
const (
	blockDepth = 256      // columns of a and rows of b in a block
	blockBytes = 240 * 4  // rows of a block of a, times the size of an element
	panelBytes = 128      // the widest row of a panel
	packedRows = 64       // from so many rows on a panel of b is copied together first
	turnBytes  = 16 << 10 // of a turned copy that is made at a time
	farApart   = 1024     // bytes: elements of a that lie so far apart share few sets of the first-level cache
)

// room is where blocks are copied together.
type room[T Float] struct{ a, b []T }

func newRoom[T Float]() any {
	var x T
	size := int(unsafe.Sizeof(x))
	return &room[T]{make([]T, blockDepth*blockBytes/size), make([]T, blockDepth*panelBytes/size)}
}

// rooms lends rooms. The last one given back is kept for good, so that products one after the other allocate nothing;
// others may go when garbage is collected.
type rooms[T Float] struct {
	last atomic.Pointer[room[T]]
	more sync.Pool
}

var (
	rooms32 = rooms[float32]{more: sync.Pool{New: newRoom[float32]}}
	rooms64 = rooms[float64]{more: sync.Pool{New: newRoom[float64]}}
)

// roomsOf is the lender for a type.
func roomsOf[T Float]() *rooms[T] {
	if r, ok := any(&rooms32).(*rooms[T]); ok {
		return r
	}
	return any(&rooms64).(*rooms[T])
}

func (s *rooms[T]) get() *room[T] {
	if r := s.last.Swap(nil); r != nil {
		return r
	}
	return s.more.Get().(*room[T])
}

func (s *rooms[T]) put(r *room[T]) {
	if !s.last.CompareAndSwap(nil, r) {
		s.more.Put(r)
	}
}

// fastProduct sets c = act(c₀ + a·b + bias) as MatMulTo does; false means that there is no assembly for it.
func fastProduct[T Float](c []T, ldc int, a, b Mat[T], m, n, k int, e Epilogue[T]) bool {
	if level == portable {
		return false
	}
	_, _, _ = a.Data[(m-1)*a.Row+(k-1)*a.Col], b.Data[(k-1)*b.Row+(n-1)*b.Col], c[(m-1)*ldc+n-1]
	if e.Bias != nil {
		_ = e.Bias[n-1]
	}
	if level == avx512 && m == 1 && n > 1 && b.Col != 1 {
		// The rows of b would be copied together for one use. The elements are sums of the same products when the factors change
		// places, and c is a column as well as a row. AVX2 has registers for too few rows at a time to win by that.
		fastProduct(c, 1, Mat[T]{b.Data, b.Col, b.Row}, Mat[T]{a.Data, a.Col, 1}, n, 1, k, Epilogue[T]{Add: e.Add})
		if e.Bias != nil {
			Add(c[:n], c[:n], e.Bias)
		}
		if e.Act != nil {
			e.Act(c[:n], c[:n])
		}
		return true
	}
	size := int(unsafe.Sizeof(c[0]))
	width, height := panelBytes/size, 12
	if level == avx2 {
		width, height = width/2, 6
	}
	rows := blockBytes / size
	var p panel
	p.aRow, p.aCol, p.aTile = uintptr(a.Row*size), uintptr(a.Col*size), uintptr(height*a.Row*size)
	p.bRow, p.cRow = uintptr(b.Row*size), uintptr(ldc*size)
	packB := b.Col != 1 && n > 1 || m >= packedRows && n > width/2
	packA := max(a.Row, a.Col)*size >= farApart && m >= height && n > width && k > 1
	var r *room[T]
	if packA || packB {
		r = roomsOf[T]().get()
		defer roomsOf[T]().put(r)
	}
	var always uint64
	if packA {
		always = panelPacked
		p.aRow, p.aCol = uintptr(size), uintptr(height*size)
	}
	if packB {
		p.bRow = uintptr(width * size)
	}
	for l := 0; l < k; l += blockDepth {
		p.k = min(k-l, blockDepth)
		if l > 0 || e.Add {
			always |= panelAdd
		}
		for i := 0; i < m; i += rows {
			p.m = min(m-i, rows)
			p.a = unsafe.Pointer(&a.Data[i*a.Row+l*a.Col])
			if packA {
				packTiles(r.a, height, a, i, l, p.m, p.k)
				p.a, p.aTile = unsafe.Pointer(&r.a[0]), uintptr(height*p.k*size)
			}
			for j := 0; j < n; j += width {
				cols := min(n-j, width)
				p.b = unsafe.Pointer(&b.Data[l*b.Row+j*b.Col])
				if packB {
					packPanel(r.b, width, b, l, j, p.k, cols)
					p.b = unsafe.Pointer(&r.b[0])
				}
				p.c = unsafe.Pointer(&c[i*ldc+j])
				if e.Bias != nil && l+p.k == k {
					p.bias = unsafe.Pointer(&e.Bias[j])
				}
				p.shape(cols, size)
				p.flags |= always
				p.run(size)
			}
			if e.Act != nil && l+p.k == k {
				e.activate(c[i*ldc:], ldc, p.m, n)
			}
		}
	}
	return true
}

// shape describes a panel of that many columns.
func (p *panel) shape(cols, size int) {
	lanes := panelBytes / 2 / size
	if level == avx2 {
		lanes /= 2
	}
	p.flags = 0
	if cols <= lanes {
		p.flags = panelNarrow
	}
	if level == avx512 {
		if cols <= lanes/2 {
			p.flags |= panelHalf
		}
		p.lanes[0] = 1<<min(cols, lanes) - 1
		p.lanes[1] = 1<<max(cols-lanes, 0) - 1
		return
	}
	if cols%lanes == 0 {
		return
	}
	p.flags |= panelEdge
	used := cols * size / 4
	for i := range p.mask {
		p.mask[i] = 0
		if i < used {
			p.mask[i] = 1<<32 - 1
		}
	}
}

func (p *panel) run(size int) {
	switch {
	case level == avx512 && size == 4:
		gemmF32AVX512(p)
	case level == avx512:
		gemmF64AVX512(p)
	case size == 4:
		gemmF32AVX2(p)
	default:
		gemmF64AVX2(p)
	}
}

// packPanel copies rows l to l+k and columns j to j+cols of b into rows of the given width, filled up with zeros.
func packPanel[T Float](dst []T, width int, b Mat[T], l, j, k, cols int) {
	if cols < width {
		clear(dst[:k*width])
	}
	copyTurned(dst, width, Mat[T]{b.Data[l*b.Row+j*b.Col:], b.Col, b.Row}, cols, k)
}

// packTiles copies rows i to i+m and columns l to l+k of a into tiles of the given height, each by columns.
func packTiles[T Float](dst []T, height int, a Mat[T], i, l, m, k int) {
	for t := 0; t < m; t += height {
		copyTurned(dst[t*k:], height, Mat[T]{a.Data[(i+t)*a.Row+l*a.Col:], a.Row, a.Col}, min(height, m-t), k)
	}
}

// copyTurned sets dst[l·step+i] to element (i, l) of x, a matrix of m by k elements.
func copyTurned[T Float](dst []T, step int, x Mat[T], m, k int) {
	_, _ = dst[(k-1)*step+m-1], x.Data[(m-1)*x.Row+(k-1)*x.Col]
	d, s, size := unsafe.Pointer(&dst[0]), unsafe.Pointer(&x.Data[0]), int(unsafe.Sizeof(dst[0]))
	switch {
	case x.Row == 1 || m == 1:
		linesAVX2((*byte)(d), step*size, (*byte)(s), x.Col*size, k, m*size)
	case x.Col == 1:
		// Four rows of x at a time fill a part of every line of dst; some lines at a time stay in the first-level cache.
		lines := max(turnBytes/(step*size), 16)
		for l := 0; l < k; l += lines {
			d, s, n := unsafe.Pointer(&dst[l*step]), unsafe.Pointer(&x.Data[l]), min(k-l, lines)
			if size == 4 {
				turnF32AVX2((*float32)(d), 4*step, (*float32)(s), 4*x.Row, m, n)
			} else {
				turnF64AVX2((*float64)(d), 8*step, (*float64)(s), 8*x.Row, m, n)
			}
		}
	default:
		for l := range k {
			for i := range m {
				dst[l*step+i] = x.Data[i*x.Row+l*x.Col]
			}
		}
	}
}
