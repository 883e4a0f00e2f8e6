package odeop

import "math"

// difference is the derivative of a loss by one number, taken by differences.
type difference struct {
	loss func() (float64, error)
	x    *float64
}

const (
	differenceStep = 6e-6 // relative: balances the error of a central difference, O(h²), and that of rounding, O(1e-16/h)
	doubtful       = 1e-7 // about what a difference with that step resolves
	extrapolations = 12
	shrink         = 4.0 // of h from one difference to the next: 12 of them end at 1.4e-12
)

// near is the central difference with one step where that agrees with a gradient, relative to scale. Where it does not,
// the step may be to blame: too long for a solution that amplifies it a thousand times, or for the first step of a
// solve that it moves. Then it is an extrapolated one, with about how far that is off.
func (d *difference) near(gradient, scale float64) (value, uncertainty float64, err error) {
	h := differenceStep * math.Max(1, math.Abs(*d.x))
	value, err = d.central(h)
	if err == nil && math.Abs(value-gradient) <= doubtful*scale || math.IsNaN(gradient) {
		return value, 0, err
	}
	return d.extrapolated(h, value, err, doubtful/100*scale)
}

// central is (L(x+h) − L(x−h))/2h, with h as rounded.
func (d *difference) central(h float64) (float64, error) {
	x := *d.x
	defer func() { *d.x = x }()
	*d.x = x + h
	up, err := d.loss()
	if err != nil {
		return math.NaN(), err
	}
	*d.x = x - h
	down, err := d.loss()
	if err != nil {
		return math.NaN(), err
	}
	return (up - down) / ((x + h) - (x - h)), nil
}

// extrapolated removes the powers h², h⁴, … of the error of central differences with steps h, h/4, h/16, …: of the
// tableau it takes the entry that differs least from those it was made of, until that is little enough (Ridders,
// "Accurate computation of F′(x) and F′(x)F″(x)", Advances in Engineering Software 4 (1982), 75–76). A step with which
// the loss cannot be had is passed over. first and failed are the difference with h.
func (d *difference) extrapolated(h, first float64, failed error, enough float64) (value, uncertainty float64, err error) {
	value, uncertainty, err = first, math.Inf(1), failed
	row := []float64{first}
	for range extrapolations - 1 {
		h /= shrink
		next, lossErr := d.central(h)
		if lossErr != nil {
			row = []float64{math.NaN()}
			continue
		}
		if err != nil {
			value, err = next, nil
		}
		entries := []float64{next}
		power := shrink * shrink
		for k, before := range row {
			e := entries[k] + (entries[k]-before)/(power-1)
			power *= shrink * shrink
			entries = append(entries, e)
			if off := math.Max(math.Abs(e-entries[k]), math.Abs(e-before)); off <= uncertainty {
				value, uncertainty = e, off
			}
		}
		if uncertainty <= enough {
			break
		}
		row = entries
	}
	return value, uncertainty, err
}
