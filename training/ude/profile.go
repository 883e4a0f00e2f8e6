package ude

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"gorgonode/training"
)

// Profile is the likelihood of one quantity: at each of its values, the least cost that the others can reach. The 95 %
// interval is where the cost lies within 1.92, half of the quantile of χ² with one degree of freedom, of the least; an
// end that the values do not reach is NaN, and one that would lie beyond a bound to which they run is the bound. Unlike
// standard errors it does not take the likelihood for a parabola (Raue et al., Bioinformatics 25, 2009).
type Profile struct {
	Name      string
	Values    []float64
	Rise      []float64 // of the cost over that of the fit; infinite where the model cannot be solved
	Low, High float64
}

// half of the 95 % quantile of χ² with one degree of freedom
const profileThreshold = 1.9207294

// profilePoints are those on either side of the estimate.
const profilePoints = 8

// Profile fixes a free parameter or initial value NAME(0) at values around its estimate, over three standard errors to
// either side, or as far from its bound as the cost rises as much, and fits the others anew from the neighbour's. Of what is
// not determined the values reach half a unit of the coordinate to either side: half of the first value, or a factor of e^½
// in the distance from a bound.
func (f *Fitted) Profile(ctx context.Context, name string) (*Profile, error) {
	q := f.problem
	at, err := q.unknown(name)
	if err != nil {
		return nil, err
	}
	if err := f.inform(); err != nil {
		return nil, err
	}
	whole, err := q.objective(horizon{rows: q.rows})
	if err != nil {
		return nil, err
	}
	least := whole.at(f.theta, nil)
	x := q.named[at]
	p := &Profile{Name: x.name, Values: []float64{x.value(f.theta[at])}, Rise: []float64{0}}
	var ends [2]float64 // bounds beyond the values, NaN where there is none
	for i, side := range []float64{-1, 1} {
		theta := slices.Clone(f.theta)
		var coordinates []float64
		coordinates, ends[i] = f.fisher.grid(at, x, f.theta[at], side)
		for _, u := range coordinates {
			theta[at] = u
			cost, err := refit(ctx, whole, theta, at)
			if err != nil {
				return nil, err
			}
			v, rise := x.value(u), math.Max(0, cost-least)
			if side < 0 {
				p.Values, p.Rise = slices.Insert(p.Values, 0, v), slices.Insert(p.Rise, 0, rise)
			} else {
				p.Values, p.Rise = append(p.Values, v), append(p.Rise, rise)
			}
		}
	}
	p.Low, p.High = p.crossing(-1, ends[0]), p.crossing(1, ends[1])
	return p, nil
}

// grid are the coordinates of a profile of x, the i-th unknown, from its estimate u to smaller values (side −1) or greater
// ones. Near a bound, steps of the value are equal, and those of the coordinate elsewhere. Behind the last may be a bound.
func (n *information) grid(i int, x unknown, u, side float64) (coordinates []float64, end float64) {
	b, near := x.near(u)
	s := math.Sqrt(n.covariance.At(i, i))
	if near && (n.status[i] == AtBound || n.status[i] == Determined && s > b.distance) {
		step := n.reach(i, b) / profilePoints
		if x.low() && x.high() {
			step = math.Min(step, (x.free.High-x.free.Low-b.distance)/(profilePoints+1))
		}
		for k := 1; k <= profilePoints; k++ {
			distance := b.distance + b.inward*side*step*float64(k)
			if !(distance > 0) {
				return coordinates, b.value
			}
			coordinates = append(coordinates, x.coordinate(b.value+b.inward*distance))
		}
		return coordinates, math.NaN()
	}
	step := 0.5 / profilePoints
	if n.status[i] == Determined {
		step = 3 * s / math.Abs(x.slope(u)) / profilePoints
	}
	for k := 1; k <= profilePoints; k++ {
		coordinates = append(coordinates, u+math.Copysign(step, side*x.slope(u))*float64(k))
	}
	return coordinates, math.NaN()
}

// reach is how far from its bound an unknown raises the cost g δ + F δ²/2 by that of three standard errors, 9/2, with g the
// slope inwards, and F the information that is left of it after the others have followed, by Schur's complement.
func (n *information) reach(i int, b bound) float64 {
	if n.status[i] == Determined {
		return 3 * math.Sqrt(n.covariance.At(i, i))
	}
	row := mat.Col(nil, i, n.fisher)
	others := mat.NewVecDense(len(row), row)
	left := math.Max(0, n.fisher.At(i, i)-mat.Inner(others, n.covariance, others))
	g := b.inward * n.slope[i]
	return 9 / (g + math.Sqrt(g*g+9*left))
}

// unknown is the place of a free parameter or initial value.
func (q *problem) unknown(name string) (int, error) {
	names := make([]string, len(q.named))
	for i, x := range q.named {
		if strings.EqualFold(x.name, name) {
			return i, nil
		}
		names[i] = x.name
	}
	return 0, errors.Errorf("ude: profile: %q is not free; free are %s", name, strings.Join(names, ", "))
}

// refitIterations are those of BFGS from a neighbour's optimum.
const refitIterations = 100

// refit lowers the cost with one unknown held.
func refit(ctx context.Context, o *objective, theta []float64, held int) (float64, error) {
	full, slopes := slices.Clone(theta), make([]float64, len(theta))
	others := slices.Delete(slices.Clone(theta), held, held+1)
	put := func(x []float64) {
		copy(full, x[:held])
		copy(full[held+1:], x[held:])
	}
	d := &descent{ctx: ctx, failed: func() error { return o.err }, cost: func(x, grad []float64) float64 {
		put(x)
		cost := o.at(full, slopes)
		copy(grad, slopes[:held])
		copy(grad[min(held, len(grad)):], slopes[held+1:])
		return cost
	}}
	if len(others) == 0 {
		return o.at(full, nil), nil
	}
	cost, err := d.bfgs(others, refitIterations)
	put(others)
	copy(theta, full)
	return cost, err
}

// crossing is where the rise passes the threshold on one side of the estimate, by a parabola's law between two points:
// the square root of the rise is nearly straight. Where it does not, that is at the end.
func (p *Profile) crossing(side int, end float64) float64 {
	for i := slices.Index(p.Rise, 0); i+side >= 0 && i+side < len(p.Rise); i += side {
		a, b := math.Sqrt(p.Rise[i]), math.Sqrt(p.Rise[i+side])
		if goal := math.Sqrt(profileThreshold); b >= goal {
			if math.IsInf(b, 1) {
				return p.Values[i]
			}
			return p.Values[i] + (p.Values[i+side]-p.Values[i])*(goal-a)/(b-a)
		}
	}
	return end
}

// WriteCSV writes the values and the rises.
func (p *Profile) WriteCSV(w io.Writer) error {
	rows := make([][]float64, len(p.Values))
	for k := range rows {
		rows[k] = []float64{p.Values[k], p.Rise[k]}
	}
	return writeTable(w, []string{p.Name, "rise"}, rows)
}

// Picture shows the profile with the threshold.
func (p *Profile) Picture() (*training.Figure, error) {
	n := len(p.Values) - 1
	return training.CurvesPlot{Title: "profile of the likelihood: " + p.Name, XLabel: p.Name, YLabel: "rise of −ln L",
		Curves: []training.Curve{
			{Name: "others refitted", X: p.Values, Y: p.Rise},
			{Name: "95 %", X: []float64{p.Values[0], p.Values[n]}, Y: []float64{profileThreshold, profileThreshold}, Dashed: true},
		}}.Figure()
}
