package kernel

// Convolution is the geometry of a convolution (cross-correlation) layer: images (B,C,H,W), weights (O, C·KH·KW) and
// results (B,O,OH,OW). The window's B is not used; every call says how many images it takes.
//
// A few images at a time, or some lines of one, are unfolded to the matrix of what the window shows, one row for each
// element of the window (channel, row, column) and one column for each of its places. The matrix stays in the second-level
// cache, some hundred rows at a time, and the product of the weights with it is the result as it lies in memory. Images are
// copied into zeros first, the columns that are equal modulo the stride together, so that every row of the matrix consists
// of contiguous runs.
type Convolution struct {
	Window
	O int

	pitch, phase int   // of a padded line: length, and length of the part for a remainder of the stride
	padded       int   // elements of a padded image
	images       int   // that are unfolded at a time
	lines        int   // of an image that are
	depth        int   // rows of the matrix that are there at a time
	starts       []int // of the rows of the matrix in a padded image
}

const (
	pieceBytes  = 512 << 10 // about the size of an unfolded piece and its results: half of a second-level cache
	depthAtOnce = 256       // rows of the matrix that are there at a time
	manyPlaces  = 256       // from so many on an image goes by itself, and its results at once to their places
)

// NewConvolution works out a layer for elements of the given size in bytes; images is the most that a call will have.
func NewConvolution(w Window, outputs, images, size int) *Convolution {
	c := &Convolution{Window: w, O: outputs}
	c.phase = ((w.OW-1)*w.StrideW+(w.KW-1)*w.DilationW)/w.StrideW + 1
	c.pitch = c.phase * w.StrideW
	c.padded = w.C * c.paddedLines() * c.pitch
	for ch := range w.C {
		for kh := range w.KH {
			for kw := range w.KW {
				x := kw * w.DilationW
				line := ch*c.paddedLines() + kh*w.DilationH
				c.starts = append(c.starts, line*c.pitch+x%w.StrideW*c.phase+x/w.StrideW)
			}
		}
	}
	c.depth = min(len(c.starts), depthAtOnce)
	lines := max(pieceBytes/((c.depth+outputs)*w.OW*size), 1)
	if lines < w.OH { // equal parts
		parts := (w.OH + lines - 1) / lines
		lines = (w.OH + parts - 1) / parts
	}
	c.images, c.lines = 1, min(lines, w.OH)
	if w.OH*w.OW < manyPlaces {
		c.images = max(min(lines/w.OH, images), 1)
	}
	return c
}

func (c *Convolution) paddedLines() int { return (c.OH-1)*c.StrideH + (c.KH-1)*c.DilationH + 1 }

// Depth is the number of elements of the window, over which the layer adds.
func (c *Convolution) Depth() int { return len(c.starts) }

// columns is the most that an unfolded matrix has.
func (c *Convolution) columns() int { return c.images * c.lines * c.OW }

// Room is the number of elements of scratch memory that every call needs.
func (c *Convolution) Room() int {
	return c.images*c.padded + c.depth*c.columns() + 2*slack + c.O*(c.columns()+c.Depth())
}

// workplace is scratch memory divided up.
type workplace[T Float] struct {
	images, matrix []T // padded and unfolded
	results        []T // (O, columns) or (columns, O)
	sums           []T // (depth, O)
}

func (w *workplace[T]) divide(c *Convolution, room []T) {
	for _, part := range []struct {
		to *[]T
		n  int
	}{
		{&w.images, c.images*c.padded + slack},
		{&w.matrix, c.depth*c.columns() + slack},
		{&w.results, c.O * c.columns()},
		{&w.sums, c.O * c.Depth()},
	} {
		*part.to, room = room[:part.n], room[part.n:]
	}
}

// piece is what is unfolded at a time: some lines of some images. There are several images only with all of their lines.
type piece struct{ image, images, line, lines int }

func (p piece) columns(c *Convolution) int { return p.images * p.lines * c.OW }

// next is the piece behind p, the zero value being before the first.
func (c *Convolution) next(p piece, images int) (piece, bool) {
	p.line += p.lines
	if p.line == c.OH || p.lines == 0 {
		p.image, p.line = p.image+p.images, 0
	}
	p.images, p.lines = min(c.images, images-p.image), min(c.lines, c.OH-p.line)
	return p, p.images > 0
}

// unfolding is that of the depth rows of the matrix that are there at a time, beginning with row from.
func (c *Convolution) unfolding(p piece, from int) (u unfolding, depth int) {
	depth = min(c.depth, len(c.starts)-from)
	return unfolding{c.starts[from : from+depth], p.images, c.padded, p.lines, c.StrideH * c.pitch, c.OW}, depth
}

// from is where the piece begins in padded images.
func (c *Convolution) from(p piece) int { return p.line * c.StrideH * c.pitch }

// Convolve sets dst (B,O,OH,OW) to the convolution of B images x (B,C,H,W) with the weights (O, C·KH·KW). Every element is
// one sum in the order of the weights, which no other image has a part in.
func Convolve[T Float](dst, x []T, weights Mat[T], c *Convolution, images int, room []T) {
	var w workplace[T]
	w.divide(c, room)
	clear(w.images)
	size, places := c.C*c.H*c.W, c.OH*c.OW
	for p, ok := c.next(piece{}, images); ok; p, ok = c.next(p, images) {
		if p.line == 0 {
			for i := range p.images {
				pad(c, w.images[i*c.padded:], x[(p.image+i)*size:][:size])
			}
		}
		to := dst[p.image*c.O*places+p.line*c.OW:]
		n := p.columns(c)
		sums, step := to, places
		if p.images > 1 {
			sums, step = w.results, n
		}
		for k := 0; k < c.Depth(); k += c.depth {
			u, depth := c.unfolding(p, k)
			unfold(&u, w.matrix, w.images[c.from(p):])
			part := Mat[T]{weights.Data[k*weights.Col:], weights.Row, weights.Col}
			MatMulTo(sums, step, part, Mat[T]{w.matrix, n, 1}, c.O, n, depth, Epilogue[T]{Add: k > 0})
		}
		if p.images == 1 {
			continue
		}
		for i := range p.images {
			copyLines(to[i*c.O*places:], places, w.results[i*places:], n, c.O, places)
		}
	}
}

// ConvolveBack sets dst (B,C,H,W) to the transpose of [Convolve] in its images, applied to g (B,O,OH,OW): the gradient by
// the images, if g is that by the results.
func ConvolveBack[T Float](dst, g []T, weights Mat[T], c *Convolution, images int, room []T) {
	var w workplace[T]
	w.divide(c, room)
	size := c.C * c.H * c.W
	turned := Mat[T]{weights.Data, weights.Col, weights.Row}
	for p, ok := c.next(piece{}, images); ok; p, ok = c.next(p, images) {
		if p.line == 0 {
			clear(w.images)
		}
		n := p.columns(c)
		factor := gathered(c, w.results, g, p)
		for k := 0; k < c.Depth(); k += c.depth {
			u, depth := c.unfolding(p, k)
			MatMul(w.matrix, n, Mat[T]{turned.Data[k*turned.Row:], turned.Row, turned.Col}, factor, depth, n, c.O)
			fold(&u, w.images[c.from(p):], w.matrix)
		}
		if p.line+p.lines == c.OH {
			for i := range p.images {
				unpad(c, dst[(p.image+i)*size:][:size], w.images[i*c.padded:])
			}
		}
	}
}

// ConvolveWeights sets dst to rows lo to hi of the transpose of [Convolve] in its weights, applied to g (B,O,OH,OW): the
// gradient by the weights (O, C·KH·KW), if g is that by the results. Every element is one sum over the images and the places
// in an image, in this order.
func ConvolveWeights[T Float](dst, x, g []T, c *Convolution, images, lo, hi int, room []T) {
	var w workplace[T]
	w.divide(c, room)
	clear(w.images)
	clear(w.sums)
	size, places, outputs := c.C*c.H*c.W, c.OH*c.OW, hi-lo
	for p, ok := c.next(piece{}, images); ok; p, ok = c.next(p, images) {
		if p.line == 0 {
			for i := range p.images {
				pad(c, w.images[i*c.padded:], x[(p.image+i)*size:][:size])
			}
		}
		n := p.columns(c)
		for i := range p.images {
			at := ((p.image+i)*c.O+lo)*places + p.line*c.OW
			Turn(w.results[i*places*outputs:], outputs, Mat[T]{g[at:], 1, places}, n/p.images, outputs)
		}
		turned := Mat[T]{w.results, outputs, 1}
		for k := 0; k < c.Depth(); k += c.depth {
			u, depth := c.unfolding(p, k)
			unfold(&u, w.matrix, w.images[c.from(p):])
			MatMulTo(w.sums[k*outputs:], outputs, Mat[T]{w.matrix, n, 1}, turned, depth, outputs, n, Epilogue[T]{Add: true})
		}
	}
	Turn(dst, c.Depth(), Mat[T]{w.sums, 1, outputs}, outputs, c.Depth())
}

// gathered is the part (O, columns) of g (B,O,OH,OW) that belongs to a piece; of several images, it is a copy in room.
func gathered[T Float](c *Convolution, room, g []T, p piece) Mat[T] {
	places := c.OH * c.OW
	g = g[p.image*c.O*places+p.line*c.OW:]
	if p.images == 1 {
		return Mat[T]{g, places, 1}
	}
	n := p.images * places
	for i := range p.images {
		copyLines(room[i*places:], n, g[i*c.O*places:], places, c.O, places)
	}
	return Mat[T]{room, n, 1}
}
