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
// interval is where the cost lies within Threshold of the least; an end that the values do not reach is NaN, and one that
// would lie beyond a bound to which they run is the bound. Unlike standard errors it does not take the likelihood for a
// parabola (Raue et al., Bioinformatics 25, 2009).
type Profile struct {
	Name   string
	Values []float64
	// Rise of the cost over that of the fit: infinite where the model cannot be solved, and negative where a better fit was
	// found, see Better.
	Rise []float64
	// Threshold is 1.92 for many data, half of the quantile of χ² with one degree of freedom, more for few, and infinite for
	// too few.
	Threshold float64
	Low, High float64
}

// slack is by how much descents end above the least cost: they stop at changes of 1e-9, many times over.
const slack = 1e-4

// Better is the value with the least cost, and by how much that is below the fit's, where it is a better fit's. Then the fit
// has ended in the wrong valley, and its estimates are none.
func (p *Profile) Better() (value, fall float64, found bool) {
	least := p.least()
	return p.Values[least], -p.Rise[least], p.Rise[least] < -slack
}

func (p *Profile) least() int { return slices.Index(p.Rise, slices.Min(p.Rise)) }

// profilePoints are those on either side of the estimate, and profileReach how far they go, in the interval's halves.
const (
	profilePoints = 8
	profileReach  = 1.5
)

// Profile fixes a free parameter or initial value NAME(0) at values around its estimate, over one and a half times its
// interval, or as far from its bound as the cost rises as much, and fits the others anew from the neighbour's. Of what is
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
	p := &Profile{Name: x.name, Values: []float64{x.value(f.theta[at])}, Rise: []float64{0}, Threshold: f.threshold(at)}
	var ends [2]float64 // bounds beyond the values, NaN where there is none
	for i, side := range []float64{-1, 1} {
		theta := slices.Clone(f.theta)
		var coordinates []float64
		coordinates, ends[i] = f.fisher.grid(at, x, f.theta[at], side, p.Threshold)
		for _, u := range coordinates {
			theta[at] = u
			cost, err := refit(ctx, whole, theta, at)
			if err != nil {
				return nil, err
			}
			v, rise := x.value(u), cost-least
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
func (n *information) grid(i int, x unknown, u, side, threshold float64) (coordinates []float64, end float64) {
	b, near := x.near(u)
	s := math.Sqrt(n.covariance.At(i, i))
	if near && (n.status[i] == AtBound || n.status[i] == Determined && s > b.distance) {
		step := n.reach(i, b, threshold) / profilePoints
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
		step = profileReach * student(n.freedom[i]) * s / math.Abs(x.slope(u)) / profilePoints
	}
	for k := 1; k <= profilePoints; k++ {
		coordinates = append(coordinates, u+math.Copysign(step, side*x.slope(u))*float64(k))
	}
	return coordinates, math.NaN()
}

// reach is how far from its bound an unknown raises the cost g δ + F δ²/2 by a parabola's rise at profileReach, with g the
// slope inwards, and F the information that is left of it after the others have followed, by Schur's complement.
func (n *information) reach(i int, b bound, threshold float64) float64 {
	if n.status[i] == Determined {
		return profileReach * student(n.freedom[i]) * math.Sqrt(n.covariance.At(i, i))
	}
	if math.IsInf(threshold, 1) {
		threshold = quantile * quantile / 2
	}
	rise := profileReach * profileReach * threshold
	row := mat.Col(nil, i, n.fisher)
	others := mat.NewVecDense(len(row), row)
	left := math.Max(0, n.fisher.At(i, i)-mat.Inner(others, n.inverse, others))
	g := b.inward * n.slope[i]
	return 2 * rise / (g + math.Sqrt(g*g+2*rise*left))
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

// crossing is where the rise over the least passes the threshold on one side, by a parabola's law between two points:
// the square root of the rise is nearly straight. Where it does not, that is at the end.
func (p *Profile) crossing(side int, end float64) float64 {
	least := p.least()
	if math.IsInf(p.Threshold, 1) {
		return end
	}
	for i := least; i+side >= 0 && i+side < len(p.Rise); i += side {
		a, b := math.Sqrt(p.Rise[i]-p.Rise[least]), math.Sqrt(p.Rise[i+side]-p.Rise[least])
		if goal := math.Sqrt(p.Threshold); b >= goal {
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
	curves := []training.Curve{{Name: "others refitted", X: p.Values, Y: p.Rise}}
	if !math.IsInf(p.Threshold, 1) {
		level := p.Rise[p.least()] + p.Threshold
		curves = append(curves, training.Curve{Name: "95 %", X: []float64{p.Values[0], p.Values[n]}, Y: []float64{level, level},
			Dashed: true})
	}
	return training.CurvesPlot{Title: "profile of the likelihood: " + p.Name, XLabel: p.Name, YLabel: "rise of −ln L",
		Curves: curves}.Figure()
}
