package demo

import (
	"cmp"
	"context"
	"math"
	"path/filepath"

	"github.com/pkg/errors"
)

// CO2 fills the gaps of the weekly carbon dioxide of Mauna Loa, and forecasts its last ten years. Options.Data is the folder
// of co2.csv; "" is testdata/co2.
func CO2(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "co2"}
	record, err := readCO2(filepath.Join(cmp.Or(o.Data, filepath.Join("testdata", "co2")), "co2.csv"))
	if err != nil {
		return r, errors.WithMessage(err, "demo: co2")
	}
	if first, last := record.t[0], record.t[len(record.t)-1]; first < 1958 || first >= 1959 || last < 2001.9 {
		return r, errors.Errorf("demo: co2: the record is from %.1f to %.1f, want it from 1958 to 2001", first, last)
	}
	ends := [2]int{1982, 1992}
	if o.Quick {
		record, ends = record.before(1976), [2]int{1963, 1966}
	}
	gaps, err := newCO2Imputation(record, o)
	if err != nil {
		return r, errors.WithMessage(err, "demo: co2")
	}
	if err := gaps.run(ctx); err != nil {
		return r, errors.WithMessage(err, "demo: co2: gaps")
	}
	if err := gaps.report(&r); err != nil {
		return r, errors.WithMessage(err, "demo: co2: gaps")
	}
	check := &co2Forecast{Options: o, record: record, end: ends[0]}
	final := &co2Forecast{Options: o, record: record, end: ends[1]}
	for _, f := range []*co2Forecast{check, final} {
		if err := f.run(ctx); err != nil {
			return r, errors.WithMessagef(err, "demo: co2: forecast from %d", f.end)
		}
	}
	// One decade has one course of the trend, which may have been easy to foresee: it can widen the band, and not narrow it.
	factor := math.Max(1, check.band.factor(check.x))
	final.band = final.band.widened(factor)
	for _, f := range []*co2Forecast{check, final} {
		if err := f.report(&r); err != nil {
			return r, errors.WithMessagef(err, "demo: co2: forecast from %d", f.end)
		}
	}
	r.Figures = append(r.Figures, Figure{Name: "forecast: factor of the band, from the earlier forecast", Value: factor})
	fig, err := gaps.wholePicture()
	if err := o.picture(&r, "co2-record", fig, err); err != nil {
		return r, err
	}
	fig, err = gaps.zoomPicture(1963, 1967)
	if err := o.picture(&r, "co2-gaps", fig, err); err != nil {
		return r, err
	}
	fig, err = final.picture()
	return r, o.picture(&r, "co2-forecast", fig, err)
}

// co2 tells how far a method is off what was measured, and how much of it its band holds, if it has one.
func (r *Result) co2(what, method string, b co2Band, x []float64) {
	r.Figures = append(r.Figures, Figure{Name: what + ": RMSE, " + method, Value: b.rmse(x), Unit: "ppm"})
	if b.below != nil {
		r.Figures = append(r.Figures, Figure{Name: what + ": in the 90 % band, " + method, Value: 100 * b.coverage(x), Unit: "%"})
	}
}
