package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/pkg/errors"

	"gorgonode/training"
	"gorgonode/training/ude"
)

// hareLynx is the model of Lotka and Volterra, with first values far from the best ones.
const hareLynx = `hare' = alpha*hare - beta*hare*lynx
lynx' = delta*hare*lynx - gamma*lynx
par alpha=1 free>0, beta=0.1 free>0, gamma=1 free>0, delta=0.1 free>0
init hare=30 free>0, lynx=4 free>0
`

// LotkaVolterra fits the model to the pelts of the Hudson's Bay Company, 1900 to 1920, with lognormal noise. Published
// are the posterior means and 80 % intervals of Carpenter, "Predator-prey population dynamics: the Lotka-Volterra model
// in Stan" (2018). Options.Data is the folder of hudson-bay-lynx-hare.csv; "" is testdata/lynx-hare.
func LotkaVolterra(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "lotka-volterra"}
	path := filepath.Join(cmp.Or(o.Data, filepath.Join("testdata", "lynx-hare")), "hudson-bay-lynx-hare.csv")
	s, err := training.LoadCSV(path, training.CSVOptions{})
	if err != nil {
		return r, errors.WithMessage(err, "demo: lotka-volterra")
	}
	m, err := ude.ParseModel("hare-lynx.ode", []byte(hareLynx))
	if err != nil {
		return r, err
	}
	c := ude.Config{Noise: "lognormal", Seed: o.Seed}
	if o.Quick {
		c.Start, c.Steps = "collocation", 60
	}
	fit, err := ude.Fit(ctx, m, s, c, ude.Options{Log: o.Log})
	if err != nil {
		return r, err
	}
	estimates, err := fit.Estimates()
	if err != nil {
		return r, err
	}
	published := map[string]string{
		"alpha": "0.55, 80 % in [0.47, 0.63]", "beta": "0.028, 80 % in [0.023, 0.033]",
		"gamma": "0.80, 80 % in [0.69, 0.91]", "delta": "0.024, 80 % in [0.020, 0.029]",
		"sigma(Hare)": "0.25 of both", "sigma(Lynx)": "0.25 of both",
	}
	units := map[string]string{"alpha": "/year", "gamma": "/year", "beta": "/(year · 1000 pelts)",
		"delta":   "/(year · 1000 pelts)",
		"hare(0)": "1000 pelts", "lynx(0)": "1000 pelts"}
	for _, e := range estimates {
		r.Figures = append(r.Figures, Figure{Name: e.Name, Value: e.Value, Published: published[e.Name], Unit: units[e.Name]})
		if e.StdErr != nil {
			r.Figures = append(r.Figures, Figure{Name: "standard error of " + e.Name, Value: *e.StdErr, Unit: units[e.Name]})
		}
	}
	r.Figures = append(r.Figures, Figure{Name: "negative log-likelihood", Value: fit.NLL})
	if err := o.save(&r, "estimates.csv", func(w io.Writer) error { return writeEstimates(w, estimates) }); err != nil {
		return r, err
	}
	model, err := fit.Forecast(training.Between(s.T[0], s.T[s.Len()-1]))
	if err != nil {
		return r, err
	}
	fig, err := training.FitPlot{Title: "Lotka–Volterra fitted to pelts", Data: s, Model: model,
		YLabel: "thousands of pelts"}.Figure()
	return r, o.picture(&r, "fit", fig, err)
}

func writeEstimates(w io.Writer, estimates []ude.Estimate) error {
	if _, err := fmt.Fprintln(w, "name,value,std_err,low,high"); err != nil {
		return errors.Wrap(err, "demo")
	}
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	}
	for _, e := range estimates {
		if _, err := fmt.Fprintf(w, "%s,%v,%s,%s,%s\n", e.Name, e.Value, number(e.StdErr), number(e.Low),
			number(e.High)); err != nil {
			return errors.Wrap(err, "demo")
		}
	}
	return nil
}
