package demo

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// co2Law is a linear stochastic differential equation for the concentration, the local linear trend of Harvey (1989,
// Forecasting, structural time series models and the Kalman filter, section 2.3) in continuous time:
//
//	x = ℓ + u + season + ε
//	dℓ = g dt,   dg = σ dW,        level and growth, from where they like
//	du = −θu dt + s√(2θ) dV        what passes in some months: variance s², correlation e^{−θ|t−t'|}
//	season = Σ_k a_k cos 2πkt + b_k sin 2πkt,   k = 1 … 4
//	ε ~ N(0, r²)                   of a week
//
// All of it is Gaussian, so what it says of any times is known exactly from its covariances.
type co2Law struct{ sigma, s, theta, r float64 }

func lawOf(log []float64) co2Law {
	return co2Law{math.Exp(log[0]), math.Exp(log[1]), math.Exp(log[2]), math.Exp(log[3])}
}

// Variances of what nothing is known of beforehand: the level (ppm²), the growth (ppm²/year²), a_k and b_k (ppm²).
const (
	co2LevelVariance  = 1e4
	co2GrowthVariance = 25
	co2SeasonVariance = 25
	co2Harmonics      = 4
)

// level is the covariance of ℓ at two times since the first week. With m the smaller and M the larger one, ∫₀ᵐ (m − v)(M −
// v) dv = m²M/2 − m³/6.
func (c co2Law) level(a, b float64) float64 {
	m, M := min(a, b), max(a, b)
	return c.sigma*c.sigma*(m*m*M/2-m*m*m/6) + co2LevelVariance + co2GrowthVariance*a*b
}

func (c co2Law) passing(a, b float64) float64 { return c.s * c.s * math.Exp(-c.theta*math.Abs(a-b)) }

func co2Cycle(a, b float64) float64 {
	sum := 0.0
	for k := 1; k <= co2Harmonics; k++ {
		sum += math.Cos(2 * math.Pi * float64(k) * (a - b))
	}
	return co2SeasonVariance * sum
}

// co2Trend is a law and a record that it has seen, as means over four weeks: what is asked of it lasts longer than that.
type co2Trend struct {
	co2Law
	t0     float64
	t, x   []float64 // times since t0; concentrations less their mean
	weight []float64 // weeks in each mean
	mean   float64
	chol   mat.Cholesky  // of the covariance K of x
	solved *mat.VecDense // K⁻¹x
	season []float64     // co2Cycle of all pairs, which no parameter changes
}

// fitCO2Trend finds the law under which the record is most likely, in so many evaluations.
func fitCO2Trend(r *co2Record, evaluations int) (*co2Trend, error) {
	c := &co2Trend{t0: r.t[0]}
	c.bin(r.seen())
	if len(c.t) < 26 {
		return nil, errors.Errorf("trend: %d months of measurements, want two years", len(c.t))
	}
	c.prepare()
	problem := optimize.Problem{Func: func(log []float64) float64 {
		l, err := c.condition(lawOf(log))
		if err != nil {
			return math.Inf(1)
		}
		return -l
	}}
	settings := &optimize.Settings{
		FuncEvaluations: evaluations, Converger: &optimize.FunctionConverge{Absolute: 0.01, Iterations: 20},
	}
	begin := []float64{math.Log(0.1), math.Log(0.5), 0, math.Log(0.3)}
	found, err := optimize.Minimize(problem, begin, settings, &optimize.NelderMead{SimplexSize: 0.5})
	if found == nil {
		return nil, errors.Wrap(err, "trend")
	}
	_, err = c.condition(lawOf(found.X))
	return c, errors.WithMessage(err, "trend")
}

// bin takes the means over four weeks of what was observed.
func (c *co2Trend) bin(r *co2Record) {
	const width = 4 * 7 / 365.25
	last := -1
	for i, t := range r.t {
		if k := int((t - c.t0) / width); k != last {
			last = k
			c.t, c.x, c.weight = append(c.t, 0), append(c.x, 0), append(c.weight, 0)
		}
		n := len(c.t) - 1
		c.t[n] += t - c.t0
		c.x[n] += r.x[i]
		c.weight[n]++
	}
	for n, w := range c.weight {
		c.t[n] /= w
		c.x[n] /= w
		c.mean += c.x[n] / float64(len(c.x))
	}
	for n := range c.x {
		c.x[n] -= c.mean
	}
}

// prepare computes the covariances of the season.
func (c *co2Trend) prepare() {
	c.season = make([]float64, 0, len(c.t)*(len(c.t)+1)/2)
	for i, a := range c.t {
		for _, b := range c.t[:i+1] {
			c.season = append(c.season, co2Cycle(a, b))
		}
	}
}

// condition takes a law and gives the logarithm of the record's likelihood, but for a constant: −½ xᵀK⁻¹x − ½ ln det K.
func (c *co2Trend) condition(law co2Law) (float64, error) {
	c.co2Law = law
	n := len(c.t)
	k := mat.NewSymDense(n, nil)
	for i, a := range c.t {
		for j, b := range c.t[:i+1] {
			k.SetSym(i, j, law.level(a, b)+law.passing(a, b)+c.season[i*(i+1)/2+j])
		}
		k.SetSym(i, i, k.At(i, i)+law.r*law.r/c.weight[i])
	}
	if !c.chol.Factorize(k) {
		return 0, errors.New("the covariance is not positive definite")
	}
	c.solved = mat.NewVecDense(n, nil)
	if err := c.chol.SolveVecTo(c.solved, mat.NewVecDense(n, slices.Clone(c.x))); err != nil {
		return 0, errors.WithStack(err)
	}
	return -(mat.Dot(c.solved, mat.NewVecDense(n, c.x)) + c.chol.LogDet()) / 2, nil
}

// levelAt is what the record says of ℓ at some times: means and standard deviations.
func (c *co2Trend) levelAt(times []float64) (mean, deviation []float64, err error) {
	return c.at(times, c.level)
}

// weeks is what it says of the measurements of some weeks.
func (c *co2Trend) weeks(times []float64) (b co2Band, err error) {
	mean, deviation, err := c.at(times, func(a, b float64) float64 { return c.level(a, b) + c.passing(a, b) + co2Cycle(a, b) })
	for i, m := range mean {
		b.add(m, co2Normal90*math.Hypot(deviation[i], c.r))
	}
	return b, err
}

// at conditions a part of x, with the covariance cov, on the record: mean k K⁻¹x and variance cov(t, t) − k K⁻¹kᵀ.
func (c *co2Trend) at(times []float64, cov func(a, b float64) float64) (mean, deviation []float64, err error) {
	k := mat.NewDense(len(c.t), len(times), nil)
	for j, t := range times {
		for i, b := range c.t {
			k.Set(i, j, cov(t-c.t0, b))
		}
	}
	var half mat.Dense
	var lower mat.TriDense
	c.chol.LTo(&lower)
	if err := half.Solve(&lower, k); err != nil {
		return nil, nil, errors.Wrap(err, "trend")
	}
	var m mat.VecDense
	m.MulVec(k.T(), c.solved)
	for j, t := range times {
		v := cov(t-c.t0, t-c.t0)
		for i := range c.t {
			v -= half.At(i, j) * half.At(i, j)
		}
		mean = append(mean, c.mean+m.AtVec(j))
		deviation = append(deviation, math.Sqrt(math.Max(0, v)))
	}
	return mean, deviation, nil
}
