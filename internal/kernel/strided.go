package kernel

// MaxRank is the number of axes that the strided kernels take, after neighbours that lie together were merged.
const MaxRank = 16

// Gather sets dst to the elements lo, lo+1, … in row-major order of a strided view of src: element (i₀, i₁, …) of the
// view is src[Σ iₐ·stride[a]]. A stride may be 0: the axis repeats.
func Gather[T Float](dst, src []T, shape, stride []int, lo int) {
	r := len(shape)
	if r == 0 {
		Fill(dst, src[0])
		return
	}
	var at [MaxRank]int
	from := 0
	for a := r - 1; a >= 0; a-- {
		at[a] = lo % shape[a]
		lo /= shape[a]
		from += at[a] * stride[a]
	}
	last, step := shape[r-1], stride[r-1]
	for len(dst) > 0 {
		n := min(last-at[r-1], len(dst))
		run(dst[:n], src[from:], step)
		dst = dst[n:]
		from -= at[r-1] * step
		at[r-1] = 0
		for a := r - 2; a >= 0; a-- {
			at[a]++
			from += stride[a]
			if at[a] < shape[a] {
				break
			}
			from -= shape[a] * stride[a]
			at[a] = 0
		}
	}
}

func run[T Float](dst, src []T, step int) {
	switch step {
	case 0:
		Fill(dst, src[0])
	case 1:
		if len(dst) < 8 {
			src = src[:len(dst)]
			for i := range dst {
				dst[i] = src[i]
			}
			return
		}
		copy(dst, src)
	default:
		from := 0
		for i := range dst {
			dst[i] = src[from]
			from += step
		}
	}
}

// Move copies between two strided views of one shape: dst[Σ iₐ·to[a]] = src[Σ iₐ·from[a]].
func Move[T Float](dst, src []T, shape, to, from []int) {
	r := len(shape)
	if r == 0 {
		dst[0] = src[0]
		return
	}
	var at [MaxRank]int
	d, s := 0, 0
	n, dn, sn := shape[r-1], to[r-1], from[r-1]
	for {
		if dn == 1 {
			run(dst[d:d+n], src[s:], sn)
		} else {
			for i := range n {
				dst[d+i*dn] = src[s+i*sn]
			}
		}
		a := r - 2
		for ; a >= 0; a-- {
			at[a]++
			d += to[a]
			s += from[a]
			if at[a] < shape[a] {
				break
			}
			d -= shape[a] * to[a]
			s -= shape[a] * from[a]
			at[a] = 0
		}
		if a < 0 {
			return
		}
	}
}
