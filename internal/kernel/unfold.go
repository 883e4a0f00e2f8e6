package kernel

// unfolding says which elements of padded images a matrix holds: row r of it is, for each image in turn, lines runs of
// contiguous elements, the first of which begins at starts[r].
type unfolding struct {
	starts            []int
	images, imageStep int // how many, and from one to the next
	lines, lineStep   int // of an image, and from one to the next
	length            int // of a run
}

// slack is how many elements behind a run the assembly may read, or write with what stood there.
const slack = 8

func (u *unfolding) columns() int { return u.images * u.lines * u.length }

// unfold copies elements of the images to the matrix. Behind both there are slack elements that may change.
func unfold[T Float](u *unfolding, matrix, image []T) {
	if !fastUnfold(u, matrix, image) {
		u.each(func(row, at int) { copy(matrix[row:row+u.length], image[at:]) })
	}
}

// fold adds the elements of the matrix to those of the images, in the order of its rows.
func fold[T Float](u *unfolding, image, matrix []T) {
	if fastFold(u, image, matrix) {
		return
	}
	u.each(func(row, at int) {
		to := image[at : at+u.length]
		for i, v := range matrix[row : row+u.length] {
			to[i] += v
		}
	})
}

// each calls f with the places of every run in the matrix and in the images.
func (u *unfolding) each(f func(row, at int)) {
	row := 0
	for _, start := range u.starts {
		for i := range u.images {
			for l := range u.lines {
				f(row, start+i*u.imageStep+l*u.lineStep)
				row += u.length
			}
		}
	}
}

// copyLinesPlain is copyLines without assembly.
func copyLinesPlain[T Float](dst []T, step int, src []T, stride, lines, n int) {
	for i := range lines {
		copy(dst[i*step:i*step+n], src[i*stride:])
	}
}
