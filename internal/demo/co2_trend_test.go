package demo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The covariance of ∫₀ᵗ (t − v) dW is ∫₀ᵐ (a − v)(b − v) dv, which a midpoint sum of n pieces has to O(1/n²).
func TestCO2LevelCovariance(t *testing.T) {
	law := co2Law{sigma: 0.7}
	for _, c := range [][2]float64{{0, 3}, {1, 1}, {2.5, 4}, {9, 0.3}} {
		m, sum := min(c[0], c[1]), 0.
		const n = 2000
		for i := range n {
			v := m * (float64(i) + 0.5) / n
			sum += (c[0] - v) * (c[1] - v) * m / n
		}
		want := 0.7*0.7*sum + co2LevelVariance + co2GrowthVariance*c[0]*c[1]
		if got := law.level(c[0], c[1]); math.Abs(got-want) > 1e-5 {
			t.Errorf("covariance at %v is %g, want %g", c, got, want)
		}
	}
}

// Where a law is right its bands hold 90 % of what it draws. 40 records are independent, and a share p of the weeks of one
// varies by at most √(p(1 − p)), so their mean has a standard deviation of at most 0.3/√40 = 0.047; three of them.
func TestCO2TrendBand(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	law := co2Law{sigma: 0.3, s: 0.5, theta: 2, r: 0.3}
	held := 0.
	const records = 40
	for range records {
		level, growth, passing := 300., rng.NormFloat64(), law.s*rng.NormFloat64()
		all := &co2Record{}
		for i := range 8 * 52 {
			v := 1960 + float64(i)*co2Week
			season := 3*math.Cos(2*math.Pi*v) + math.Sin(4*math.Pi*v)
			all.t, all.x = append(all.t, v), append(all.x, level+passing+season+law.r*rng.NormFloat64())
			level += growth * co2Week
			growth += law.sigma * math.Sqrt(co2Week) * rng.NormFloat64()
			keep := math.Exp(-law.theta * co2Week)
			passing = keep*passing + law.s*math.Sqrt(1-keep*keep)*rng.NormFloat64()
		}
		known := all.before(1966)
		c := &co2Trend{t0: known.t[0]}
		c.bin(known)
		c.prepare()
		if _, err := c.condition(law); err != nil {
			t.Fatal(err)
		}
		ahead := all.t[len(known.t):]
		b, err := c.weeks(ahead)
		if err != nil {
			t.Fatal(err)
		}
		held += b.coverage(all.x[len(known.t):]) / records
	}
	if math.Abs(held-0.9) > 0.14 {
		t.Errorf("the band holds %.3f of what came, want 0.9", held)
	}
}

func TestCO2Bands(t *testing.T) {
	var b co2Band
	x := []float64{}
	for i := range 19 {
		b.add(0, 2)
		x = append(x, float64(i+1)*[]float64{1, -1}[i%2])
	}
	// The 18th of the 19 sizes 1 … 19, in parts of 2.
	if f := b.factor(x); f != 9 {
		t.Errorf("factor %g, want 9", f)
	}
	x[3] = math.NaN() // of 18, ⌈0.9·19⌉ = 18
	if f := b.factor(x); f != 9.5 {
		t.Errorf("factor %g, want 9.5", f)
	}
	if c := b.coverage(x); c != 2./18 {
		t.Errorf("coverage %g, want %g", c, 2./18)
	}
	if c := b.widened(9).coverage(x); c != 17./18 {
		t.Errorf("coverage %g of the wider band, want %g", c, 17./18)
	}
	p := b.plus([]float64{1: 3, 18: 0}, []float64{1: 1, 18: 0})
	if p.mean[1] != 3 || p.above[1] != math.Hypot(2, co2Normal90) {
		t.Errorf("sum %g + %g", p.mean[1], p.above[1])
	}
}

// A quadratic with a season is found by its own curve, and a straight line with one by the last year and the mean growth.
func TestCO2Baselines(t *testing.T) {
	known, ahead, want := &co2Record{}, []float64{}, []float64{}
	for i := range 12 * 64 {
		v := 1960 + float64(i)/64
		x := 300 + 1.5*(v-1960) + 2*math.Sin(2*math.Pi*v)
		if v < 1968 {
			known.t, known.x = append(known.t, v), append(known.x, x)
		} else {
			ahead, want = append(ahead, v), append(want, x)
		}
	}
	curve, err := fitCO2Curve(known)
	if err != nil {
		t.Fatal(err)
	}
	if e := curve.band(ahead).rmse(want); e > 1e-9 {
		t.Errorf("quadratic and harmonics are off by %g", e)
	}
	if e := known.lastYear(1968, ahead).rmse(want); e > 1e-9 {
		t.Errorf("last year and mean growth are off by %g", e)
	}
	if y := known.linearAt([]float64{1960 + 1./128}); math.Abs(y[0]-(known.x[0]+known.x[1])/2) > 1e-12 {
		t.Errorf("linear interpolation %g", y[0])
	}
}
