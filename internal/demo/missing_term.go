package demo

import (
	"context"
	"io"
	"math"
	"math/rand/v2"

	"gorgonode/training"
	"gorgonode/training/ude"
)

// missingTerm knows growth and decay; the interaction is a network of two outputs.
const missingTerm = `x' = 1.3*x + f(x, y)
y' = -1.8*y + g(x, y)
net f, g(x, y) = mlp(hidden=[8,8], act=tanh)
init x=0.45 free>0, y=4.6 free>0
`

// MissingTerm learns the interaction terms of a Lotka–Volterra system, f = −0.9 x y and g = 0.8 x y, from 31 noisy
// rows: the scenario of Rackauckas et al., "Universal differential equations for scientific machine learning" (2020),
// section 3, with its rates, initial state and times, and Gaussian noise of standard deviation 0.01.
func MissingTerm(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "missing-term"}
	data, truth := simulated(o.Seed)
	m, err := ude.ParseModel("missing-term.ode", []byte(missingTerm))
	if err != nil {
		return r, err
	}
	c := ude.Config{Seed: o.Seed}
	if o.Quick {
		c.Steps, c.Polish = 60, 60
	}
	fit, err := ude.Fit(ctx, m, data, c, ude.Options{Log: o.Log})
	if err != nil {
		return r, err
	}
	terms, err := fit.Terms()
	if err != nil {
		return r, err
	}
	along := terms[0].Along
	for i, name := range []string{"f", "g"} {
		rate := []float64{-0.9, 0.8}[i]
		var errors, size, up, down float64
		for _, row := range along {
			xy := row[1] * row[2]
			errors = math.Hypot(errors, row[3+i]-rate*xy)
			size = math.Hypot(size, rate*xy)
			up, down = up+row[3+i]*xy, down+xy*xy
		}
		n := math.Sqrt(float64(len(along)))
		r.Figures = append(r.Figures,
			Figure{Name: "RMSE of " + name + " along the trajectory", Value: errors / n},
			Figure{Name: "RMSE of " + name + " in parts of its size", Value: errors / size},
			Figure{Name: "coefficient of x·y in " + name + ", by least squares", Value: up / down,
				Published: []string{"−0.9, simulated", "0.8, simulated"}[i]})
	}
	estimates, err := fit.Estimates()
	if err != nil {
		return r, err
	}
	for _, e := range estimates {
		if e.Name == "sigma(x)" || e.Name == "sigma(y)" {
			r.Figures = append(r.Figures, Figure{Name: e.Name, Value: e.Value, Published: "0.01, simulated"})
		}
	}
	if err := addForecast(&r, "with the networks", fit, truth); err != nil {
		return r, err
	}
	formula, err := withFormula(ctx, data, o)
	if err != nil {
		return r, err
	}
	for i, name := range []string{"b", "d"} {
		r.Figures = append(r.Figures, Figure{Name: name + " of the formula, fitted anew", Value: formula.Param(name),
			Published: []string{"0.9, simulated", "0.8, simulated"}[i]})
	}
	if err := addForecast(&r, "with the formula", formula, truth); err != nil {
		return r, err
	}
	if err := o.save(&r, "data.csv", data.WriteCSV); err != nil {
		return r, err
	}
	if err := o.save(&r, "missing-f-g.csv", func(w io.Writer) error { return terms[0].WriteAlong(w, "t") }); err != nil {
		return r, err
	}
	if err := o.save(&r, "missing-f-g-grid.csv", terms[0].WriteGrid); err != nil {
		return r, err
	}
	model, err := formula.Forecast(training.Between(0, 6))
	if err != nil {
		return r, err
	}
	fig, err := training.FitPlot{Title: "forecast with the formula", Data: data, Model: model}.Figure()
	if err := o.picture(&r, "fit", fig, err); err != nil {
		return r, err
	}
	fig, err = termPicture(along)
	return r, o.picture(&r, "missing-term", fig, err)
}

// withFormula fits the model in which the products that the networks have learned stand in their place: networks
// interpolate, and beyond the states that they were shown only a formula forecasts.
func withFormula(ctx context.Context, data *training.Series, o Options) (*ude.Fitted, error) {
	m, err := ude.ParseModel("formula.ode", []byte("x' = 1.3*x - b*x*y\ny' = -1.8*y + d*x*y\n"+
		"par b=1 free>0, d=1 free>0\ninit x=0.45 free>0, y=4.6 free>0\n"))
	if err != nil {
		return nil, err
	}
	return ude.Fit(ctx, m, data, ude.Config{Seed: o.Seed, Steps: 60}, ude.Options{Log: o.Log})
}

// addForecast says how far a fit is from the truth as long again after the data.
func addForecast(r *Result, what string, fit *ude.Fitted, truth func(t float64) []float64) error {
	beyond, err := fit.Forecast(training.Between(3, 6))
	if err != nil {
		return err
	}
	sum := 0.0
	for k, t := range beyond.T {
		for j, v := range truth(t) {
			sum = math.Hypot(sum, beyond.X[k][j]-v)
		}
	}
	r.Figures = append(r.Figures, Figure{Name: "RMSE of the forecast " + what + ", t from 3 to 6",
		Value: sum / math.Sqrt(float64(2*beyond.Len()))})
	return nil
}

// termPicture shows learned and true terms over time.
func termPicture(along [][]float64) (*training.Figure, error) {
	p := training.CurvesPlot{Title: "learned and true interaction", XLabel: "t", YLabel: "f, g", Curves: []training.Curve{
		{Name: "f learned"}, {Name: "g learned"}, {Name: "−0.9 x y", Dashed: true}, {Name: "0.8 x y", Dashed: true},
	}}
	for _, row := range along {
		xy := row[1] * row[2]
		for i, v := range []float64{row[3], row[4], -0.9 * xy, 0.8 * xy} {
			c := &p.Curves[i]
			c.X, c.Y = append(c.X, row[0]), append(c.Y, v)
		}
	}
	return p.Figure()
}

// simulated are 31 rows with noise, and the solution without it.
func simulated(seed uint64) (*training.Series, func(t float64) []float64) {
	rng := rand.New(rand.NewPCG(seed, 31))
	s := &training.Series{Name: "simulated", TimeName: "t", Names: []string{"x", "y"}}
	for k := range 31 {
		t := float64(k) / 10
		y := lotkaVolterra(t)
		s.T = append(s.T, t)
		s.X = append(s.X, []float64{y[0] + 0.01*rng.NormFloat64(), y[1] + 0.01*rng.NormFloat64()})
	}
	return s, lotkaVolterra
}

// lotkaVolterra is the true state at t, by the classical Runge–Kutta method with steps of at most 1e-3: to about 1e-11.
func lotkaVolterra(t float64) []float64 {
	f := func(x, y float64) (float64, float64) { return 1.3*x - 0.9*x*y, 0.8*x*y - 1.8*y }
	x, y := 0.44249296, 4.6280594
	n := math.Ceil(t / 1e-3)
	for range int(n) {
		h := t / n
		a, b := f(x, y)
		c, d := f(x+h/2*a, y+h/2*b)
		e, g := f(x+h/2*c, y+h/2*d)
		u, v := f(x+h*e, y+h*g)
		x, y = x+h/6*(a+2*c+2*e+u), y+h/6*(b+2*d+2*g+v)
	}
	return []float64{x, y}
}
