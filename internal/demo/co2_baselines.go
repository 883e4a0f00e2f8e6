package demo

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Half a 90 % band of a normal distribution, in standard deviations.
const co2Normal90 = 1.6448536269514722

// co2Curve is the function that is fitted to such records (Thoning, Tans and Komhyr 1989, Atmospheric carbon dioxide at
// Mauna Loa Observatory 2): a quadratic and four harmonics of the year, by least squares.
type co2Curve struct {
	middle    float64
	coef      []float64
	deviation float64 // of the residuals
}

func (c *co2Curve) terms(t float64) []float64 {
	d := (t - c.middle) / 10
	row := []float64{1, d, d * d}
	for k := 1; k <= co2Harmonics; k++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) * t)
		row = append(row, cos, sin)
	}
	return row
}

func fitCO2Curve(r *co2Record) (*co2Curve, error) {
	s := r.seen()
	c := &co2Curve{middle: (s.t[0] + s.t[len(s.t)-1]) / 2}
	var rows []float64
	for _, t := range s.t {
		rows = append(rows, c.terms(t)...)
	}
	a := mat.NewDense(len(s.t), len(rows)/len(s.t), rows)
	var coef mat.VecDense
	if err := coef.SolveVec(a, mat.NewVecDense(len(s.x), s.x)); err != nil {
		return nil, errors.Wrap(err, "least squares")
	}
	c.coef = coef.RawVector().Data
	var rest []float64
	for i, t := range s.t {
		rest = append(rest, s.x[i]-c.at(t))
	}
	c.deviation = deviationOf(rest)
	return c, nil
}

func (c *co2Curve) at(t float64) float64 {
	sum := 0.0
	for i, v := range c.terms(t) {
		sum += v * c.coef[i]
	}
	return sum
}

func (c *co2Curve) band(times []float64) co2Band {
	var b co2Band
	for _, t := range times {
		b.add(c.at(t), co2Normal90*c.deviation)
	}
	return b
}

// linearAt joins the observed weeks by lines.
func (r *co2Record) linearAt(times []float64) []float64 {
	s := r.seen()
	var out []float64
	j := 1
	for _, t := range times {
		for j > 1 && s.t[j-1] > t {
			j--
		}
		for j < len(s.t)-1 && s.t[j] < t {
			j++
		}
		out = append(out, s.x[j-1]+(s.x[j]-s.x[j-1])*(t-s.t[j-1])/(s.t[j]-s.t[j-1]))
	}
	return out
}

// lastYear repeats the last year of a record and adds the record's mean growth for each year: x(t − k) + kd. The band is
// that of a random walk of the years, √k standard deviations of x(t) − x(t − 1) − d (Hyndman and Athanasopoulos 2021,
// Forecasting: principles and practice, section 5.5).
func (r *co2Record) lastYear(end float64, times []float64) co2Band {
	s := r.seen()
	var later, growth []float64
	for _, t := range s.t {
		if t-1 >= s.t[0] {
			later = append(later, t)
		}
	}
	now, before := r.linearAt(later), r.linearAt(shifted(later, -1))
	drift := 0.
	for i := range now {
		growth = append(growth, now[i]-before[i])
		drift += growth[i] / float64(len(now))
	}
	deviation := deviationOf(growth)
	var b co2Band
	for _, t := range times {
		k := math.Floor(t-end) + 1
		b.add(r.linearAt([]float64{t - k})[0]+k*drift, co2Normal90*math.Sqrt(k)*deviation)
	}
	return b
}

func shifted(times []float64, by float64) []float64 {
	var out []float64
	for _, t := range times {
		out = append(out, t+by)
	}
	return out
}

func (b *co2Band) add(mean, half float64) {
	b.mean, b.below, b.above = append(b.mean, mean), append(b.below, half), append(b.above, half)
}

func deviationOf(x []float64) float64 {
	mean, sum := 0., 0.
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(x)))
}
