package sde

import "math"

// halve fills the piece below pieces[l] with the given index.
//
// Of an interval of length h with increment W and area H, the middle is W(s) + W/2 + M with M = 3/2 H + √h/4 z₁, and
// the areas of the halves are H − M/2 ± √(h/48) z₂: M and the sum of the areas are tied by H = (H₁+H₂)/2 + M/2, and the
// covariance of M and H is h/8, that of H with itself h/12. Without areas M = √h/2 z₁.
func (b *Brownian) halve(l int, index uint64) {
	p, q := &b.pieces[l], &b.pieces[l+1]
	b.normals(uint64(1)<<l|p.index, b.z1, b.z2)
	right := index&1 == 1
	q.index = index
	h := p.length
	root, spread := math.Sqrt(h)/2, math.Sqrt(h/48)
	for i, w := range p.w {
		m := root * b.z1[i]
		sign := 1.0
		if right {
			sign = -1
		}
		if p.h != nil {
			m = 1.5*p.h[i] + m/2
			q.h[i] = p.h[i] - m/2 + sign*spread*b.z2[i]
		}
		q.w[i] = w/2 + sign*m
		q.at.w[i] = p.at.w[i]
		if right {
			q.at.w[i] += w/2 + m
		}
		if p.h != nil {
			q.at.i[i] = p.at.i[i]
			if right {
				// Over the left half W goes from W(s), gains w/2 + m, and has the area H₁ = H − m/2 + √(h/48) z₂.
				left := p.h[i] - m/2 + spread*b.z2[i]
				q.at.i[i] += h / 2 * (p.at.w[i] + (w/2+m)/2 + left)
			}
		}
	}
	b.known = l + 2
}

// bridge draws the state at s + θh within a piece [s, s+h], 0 < θ ≤ 1, given the increment and the area of the whole.
//
// M = W(s+θh) − W(s) − θW and the area H₁ of [s, s+θh] are independent of W and, by themselves, of each other, of
// variances hθ(1−θ) and hθ/12; their covariances with H are hθ(1−θ)/2 and hθ²/12. So, given H, the means are 6θ(1−θ)H
// and θ²H, and
//
//	var M = hθ(1−θ) − 3hθ²(1−θ)²,   var H₁ = hθ(1−θ³)/12,   cov = −hθ³(1−θ)/2
func (b *Brownian) bridge(p *piece, theta float64, node uint64, x state) {
	h, rest := p.length, 1-theta
	b.normals(node, b.z1, b.z2)
	if p.h == nil {
		sd := math.Sqrt(h * theta * rest)
		for i, w := range p.w {
			x.w[i] = p.at.w[i] + theta*w + sd*b.z1[i]
		}
		return
	}
	varM := h * theta * rest * (1 - 3*theta*rest)
	sd := math.Sqrt(max(varM, 0))
	var slope float64 // of H₁ on M
	if varM > 0 {
		slope = -h * theta * theta * theta * rest / 2 / varM
	}
	sdH := math.Sqrt(max(h*theta*(1-theta*theta*theta)/12-slope*slope*varM, 0))
	for i, w := range p.w {
		z := sd * b.z1[i]
		gain := theta*w + 6*theta*rest*p.h[i] + z
		area := theta*theta*p.h[i] + slope*z + sdH*b.z2[i]
		x.w[i] = p.at.w[i] + gain
		x.i[i] = p.at.i[i] + theta*h*(p.at.w[i]+gain/2+area)
	}
}
