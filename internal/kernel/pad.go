package kernel

// pad copies an image (C,H,W) to its places in zeros, as Convolution has them. What no window shows is left out.
func pad[T Float](c *Convolution, dst, src []T) { overlay(c, dst, src, false) }

// unpad copies it back, with zeros for what no window shows.
func unpad[T Float](c *Convolution, dst, src []T) {
	clear(dst)
	overlay(c, src, dst, true)
}

// overlay copies between a padded image and one that is not, to the latter if back.
func overlay[T Float](c *Convolution, padded, image []T, back bool) {
	lines := min(c.H, c.paddedLines()-c.Top)
	for r := range c.StrideW {
		// The first column that is r modulo the stride, and how many there are.
		x := (r - c.Left%c.StrideW + c.StrideW) % c.StrideW
		at := (x + c.Left) / c.StrideW
		n := min((c.W-x+c.StrideW-1)/c.StrideW, c.phase-at)
		if n <= 0 || lines <= 0 {
			continue
		}
		for ch := range c.C {
			p := padded[(ch*c.paddedLines()+c.Top)*c.pitch+r*c.phase+at:]
			q := image[ch*c.H*c.W+x:]
			switch {
			case c.StrideW == 1 && back:
				copyLines(q, c.W, p, c.pitch, lines, n)
			case c.StrideW == 1:
				copyLines(p, c.pitch, q, c.W, lines, n)
			default:
				for l := range lines {
					comb(p[l*c.pitch:][:n], q[l*c.W:], c.StrideW, back)
				}
			}
		}
	}
}

// comb sets x[i] = y[i·step], or y[i·step] = x[i] if back.
func comb[T Float](x, y []T, step int, back bool) {
	at := 0
	for i := range x {
		if back {
			y[at] = x[i]
		} else {
			x[i] = y[at]
		}
		at += step
	}
}
