package cde

import "github.com/pkg/errors"

// MaxDepth is the greatest depth of LogSignatures.
const MaxDepth = 3

// LogSignatures is the path of the log-ODE method (Morrill et al. 2021, section 3): the knots 0 … n are cut into
// windows of the given number of intervals, the last of which may be shorter, and the increment of the new path over
// one of its intervals is the log-signature, to depth 1, 2 or 3, of the old path over a window. A model that is driven
// by it takes as many fewer steps, and sees of what is between its knots what matters to that order: the increments,
// the areas that two channels enclose, and the third iterated integrals. The old path's pieces count as straight lines.
//
// The channels are the coefficients of the logarithm at the Lyndon words over the old channels, by length and then in
// the order of a dictionary: see Words.
func (p *Path) LogSignatures(depth, window int) (*Path, error) {
	switch {
	case depth < 1 || depth > MaxDepth:
		return nil, errors.Errorf("cde: log-signatures of depth %d: it must be 1 to %d", depth, MaxDepth)
	case window < 1:
		return nil, errors.Errorf("cde: log-signatures over %d intervals: it must be at least 1", window)
	}
	window = min(window, max(p.Intervals(), 1))
	words := Words(p.channels, depth)
	n := (p.Intervals() + window - 1) / window
	rows := make([][]float64, n+1)
	rows[0] = append(p.At(0), make([]float64, len(words)-p.channels)...)
	for k := range n {
		s := newSignature(p.channels, depth)
		for i := k * window; i < min((k+1)*window, p.Intervals()); i++ {
			s.extend(p.increment(i))
		}
		s.logarithm()
		rows[k+1] = append([]float64(nil), rows[k]...)
		for j, w := range words {
			rows[k+1][j] += s.coefficient(w)
		}
	}
	return straight(rows), nil
}

// increment is what the path gains over interval k.
func (p *Path) increment(k int) []float64 {
	dx, q := make([]float64, p.channels), &p.pieces[k]
	for j := range dx {
		dx[j] = q[1][j] + q[2][j] + q[3][j]
	}
	return dx
}

// Words lists the Lyndon words of 1 to depth letters over an alphabet of the given size: those that are smaller than
// all their rotations. There are d of length 1, d(d−1)/2 of length 2 and (d³−d)/3 of length 3.
func Words(letters, depth int) [][]int {
	var words [][]int
	for i := range letters {
		words = append(words, []int{i})
	}
	for i := 0; i < letters && depth >= 2; i++ {
		for j := i + 1; j < letters; j++ {
			words = append(words, []int{i, j})
		}
	}
	for i := 0; i < letters && depth >= 3; i++ {
		for j := i; j < letters; j++ {
			for k := i + 1; k < letters; k++ {
				words = append(words, []int{i, j, k})
			}
		}
	}
	return words
}

// signature is an element 1 + s₁ + s₂ + s₃ of the tensor algebra over R^d, cut off behind depth; level l, of dˡ
// numbers, is row-major.
type signature struct {
	d      int
	levels [][]float64
}

func newSignature(d, depth int) *signature {
	s := &signature{d: d}
	for size := d; len(s.levels) < depth; size *= d {
		s.levels = append(s.levels, make([]float64, size))
	}
	return s
}

// extend lengthens the path by a straight line with increment x. By Chen's identity its signature is that of the path,
// s, times the line's, exp(x) = 1 + x + x⊗x/2 + x⊗x⊗x/6.
func (s *signature) extend(x []float64) {
	d := s.d
	if len(s.levels) >= 3 {
		one, two, three := s.levels[0], s.levels[1], s.levels[2]
		for i := range d {
			for j := range d {
				// s₃ + s₂⊗x + s₁⊗x⊗x/2 + x⊗x⊗x/6
				c := two[i*d+j] + (one[i]/2+x[i]/6)*x[j]
				for k := range d {
					three[(i*d+j)*d+k] += c * x[k]
				}
			}
		}
	}
	if len(s.levels) >= 2 {
		one, two := s.levels[0], s.levels[1]
		for i := range d {
			for j := range d {
				two[i*d+j] += (one[i] + x[i]/2) * x[j]
			}
		}
	}
	for i := range d {
		s.levels[0][i] += x[i]
	}
}

// logarithm replaces s by log(1 + s) = s − s⊗s/2 + s⊗s⊗s/3.
func (s *signature) logarithm() {
	d := s.d
	if len(s.levels) >= 3 {
		one, two, three := s.levels[0], s.levels[1], s.levels[2]
		for i := range d {
			for j := range d {
				for k := range d {
					// Level 3 of s⊗s is s₁⊗s₂ + s₂⊗s₁, that of s⊗s⊗s is s₁⊗s₁⊗s₁.
					three[(i*d+j)*d+k] += -(one[i]*two[j*d+k]+two[i*d+j]*one[k])/2 + one[i]*one[j]*one[k]/3
				}
			}
		}
	}
	if len(s.levels) >= 2 {
		one, two := s.levels[0], s.levels[1]
		for i := range d {
			for j := range d {
				two[i*d+j] -= one[i] * one[j] / 2
			}
		}
	}
}

func (s *signature) coefficient(word []int) float64 {
	at := 0
	for _, letter := range word {
		at = at*s.d + letter
	}
	return s.levels[len(word)-1][at]
}
