//go:build amd64 && !purego

package kernel

import "unsafe"

// runs is the argument of the assembly that goes over images and the rows of a matrix. The generator knows the offsets.
type runs struct {
	image, matrix, starts        unsafe.Pointer
	rows, images, lines, bytes   int
	lineStep, imageStep, rowStep int       // bytes
	mask                         [8]uint32 // of the last register of a run
}

func newRuns[T Float](u *unfolding, image, matrix []T) runs {
	size := int(unsafe.Sizeof(matrix[0]))
	// The last register of the last run reaches behind it by less than slack.
	_ = image[u.starts[len(u.starts)-1]+(u.images-1)*u.imageStep+(u.lines-1)*u.lineStep+u.length-1+slack]
	_ = matrix[len(u.starts)*u.columns()-1+slack]
	r := runs{
		unsafe.Pointer(&image[0]), unsafe.Pointer(&matrix[0]), unsafe.Pointer(&u.starts[0]),
		len(u.starts), u.images, u.lines, u.length * size, u.lineStep * size, u.imageStep * size, u.columns() * size, [8]uint32{},
	}
	for i := range (r.bytes-1)%32/4 + 1 {
		r.mask[i] = 1<<32 - 1
	}
	return r
}

// fastUnfold is unfold; false means that there is no assembly for it.
func fastUnfold[T Float](u *unfolding, matrix, image []T) bool {
	if level == portable {
		return false
	}
	r := newRuns(u, image, matrix)
	if unsafe.Sizeof(image[0]) == 4 {
		unfoldF32AVX2(&r)
	} else {
		unfoldF64AVX2(&r)
	}
	return true
}

// fastFold is fold; false means that there is no assembly for it.
func fastFold[T Float](u *unfolding, image, matrix []T) bool {
	if level == portable {
		return false
	}
	r := newRuns(u, image, matrix)
	if unsafe.Sizeof(image[0]) == 4 {
		foldF32AVX2(&r)
	} else {
		foldF64AVX2(&r)
	}
	return true
}

// copyLines sets dst[i·step + j] = src[i·stride + j] for i < lines and j < n.
func copyLines[T Float](dst []T, step int, src []T, stride, lines, n int) {
	if level == portable {
		copyLinesPlain(dst, step, src, stride, lines, n)
		return
	}
	copyTurned(dst, step, Mat[T]{src, 1, stride}, n, lines)
}
