package kernel

// Window describes a sliding window over the last two axes of an image (B,C,H,W).
type Window struct {
	B, C, H, W           int // the image
	OH, OW, KH, KW       int // places of the window, and its size
	StrideH, StrideW     int
	DilationH, DilationW int
	Top, Left            int // padding
}

// columns is the range of places ow at which column kw of the window is inside of the image.
func (w *Window) columns(kw int) (from, to int) {
	first := w.Left - kw*w.DilationW // ow·StrideW ≥ first
	if first > 0 {
		from = (first + w.StrideW - 1) / w.StrideW
	}
	end := first + w.W // ow·StrideW < end
	if end > 0 {
		to = min((end+w.StrideW-1)/w.StrideW, w.OW)
	}
	return min(from, w.OW), to
}

// Windows sets dst (B,OH,OW,C,KH,KW) to what the window shows of src (B,C,H,W) at every place; outside stands pad.
func Windows[T Float](dst, src []T, w *Window, pad T) {
	Fill(dst, pad)
	w.pairs(func(place, image, n, step int) {
		jump := w.C * w.KH * w.KW
		for range n {
			dst[place] = src[image]
			place += jump
			image += step
		}
	})
}

// Unwindows adds src (B,OH,OW,C,KH,KW) to the places of dst (B,C,H,W) that the window showed.
func Unwindows[T Float](dst, src []T, w *Window) {
	clear(dst)
	w.pairs(func(place, image, n, step int) {
		jump := w.C * w.KH * w.KW
		for range n {
			dst[image] += src[place]
			place += jump
			image += step
		}
	})
}

// pairs calls f for every row of places whose window element lies in the image: n elements, from place on in the window
// tensor and from image on in the image, there in steps of step.
func (w *Window) pairs(f func(place, image, n, step int)) {
	for b := range w.B {
		for oh := range w.OH {
			for c := range w.C {
				for kh := range w.KH {
					row := oh*w.StrideH + kh*w.DilationH - w.Top
					if row < 0 || row >= w.H {
						continue
					}
					for kw := range w.KW {
						from, to := w.columns(kw)
						if from >= to {
							continue
						}
						place := ((((b*w.OH+oh)*w.OW+from)*w.C+c)*w.KH+kh)*w.KW + kw
						image := ((b*w.C+c)*w.H+row)*w.W + from*w.StrideW + kw*w.DilationW - w.Left
						f(place, image, to-from, w.StrideW)
					}
				}
			}
		}
	}
}
