package flow

import (
	"math"
	"testing"
)

// ActNorm makes mean 0 and variance 1 of the batch, wherever in a chain it stands.
func TestInit(t *testing.T) {
	rows := normalRows(seeded(16), 700, 3)
	for _, r := range rows {
		r[0], r[1] = 5+3*r[0], r[1]*r[1]*100
		r[2] = 4
	}
	b := formulas(t, 3)["glow"].(*Chain)
	must(t, Init(b, rows))
	for _, p := range b.Parts() {
		var err error
		rows, err = ForwardRows(p, rows)
		must(t, err)
		if _, ok := p.(*ActNorm); !ok {
			continue
		}
		for j := range 3 {
			var m, v float64
			for _, r := range rows {
				m += r[j] / float64(len(rows))
			}
			for _, r := range rows {
				v += (r[j] - m) * (r[j] - m) / float64(len(rows))
			}
			constant := p == b.Parts()[0] && j == 2
			if math.Abs(m) > 1e-12 || !constant && math.Abs(v-1) > 1e-12 || constant && v > 1e-24 {
				t.Errorf("column %d has mean %g and variance %g", j, m, v)
			}
		}
	}
}

// A coupling and a RealNVP begin as the identity; a Glow as rotations, which keep volume.
func TestBeginning(t *testing.T) {
	x := normalRows(seeded(17), 5, 4)
	nvp, err := NewRealNVP(seeded(18), "f", 4, 2, NetConfig{Hidden: []int{3}})
	must(t, err)
	z, err := ForwardRows(nvp, x)
	must(t, err)
	for i := range x {
		for j := range x[i] {
			if z[i][j] != x[i][j] {
				t.Errorf("row %d: %v became %v", i, x[i], z[i])
			}
		}
	}
	glow, err := NewGlow(seeded(18), "f", 4, 2, NetConfig{Hidden: []int{3}})
	must(t, err)
	if z, err = ForwardRows(glow, x); err != nil {
		t.Fatal(err)
	}
	for i := range x {
		var a, b float64
		for j := range x[i] {
			a, b = a+x[i][j]*x[i][j], b+z[i][j]*z[i][j]
		}
		if math.Abs(a-b) > 1e-12*a {
			t.Errorf("row %d: the square of the norm went from %g to %g", i, a, b)
		}
	}
}

// A column that a coupling keeps goes through to the last bit.
func TestCouplingKeeps(t *testing.T) {
	b := formulas(t, 5)["alternating"]
	x := normalRows(seeded(19), 9, 5)
	z, err := ForwardRows(b, x)
	must(t, err)
	for i := range x {
		for j, kept := range Alternating(5, true) {
			if (z[i][j] == x[i][j]) != kept {
				t.Errorf("row %d, column %d: %g became %g", i, j, x[i][j], z[i][j])
			}
		}
	}
}
