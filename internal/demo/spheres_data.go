package demo

import (
	"slices"

	"gorgonode/training"
)

// sphereData are points of the ball, class 0, and of the shell, class 1.
type sphereData struct {
	d                     int
	train, test           [][]float64
	trainClass, testClass []float64
}

func (s *sphereData) place() string { return []string{"line", "plane"}[s.d-1] }

// monotone is the accuracy of the best threshold, either way round, on the test points of the line in their order, or
// in the opposite: what no flow of the line can exceed, whatever its field.
func (s *sphereData) monotone() float64 {
	order := make([]int, len(s.test))
	ones := 0
	for i, c := range s.testClass {
		order[i] = i
		ones += int(c)
	}
	slices.SortFunc(order, func(i, j int) int {
		if s.test[i][0] < s.test[j][0] {
			return -1
		}
		return 1
	})
	// right counts the points that are right where class 1 lies above the threshold; the other way round it is the rest.
	n, right := len(order), ones
	best := max(right, n-right)
	for _, i := range order {
		if s.testClass[i] == 1 {
			right--
		} else {
			right++
		}
		best = max(best, right, n-right)
	}
	return float64(best) / float64(n)
}

// picture saves two columns of rows as points, a colour a class.
func (s *sphereData) picture(r *Result, o Options, file, title, x, y string, rows [][]float64, i, j int) error {
	p := training.CurvesPlot{Title: title, XLabel: x, YLabel: y, Width: 5.5, Height: 4,
		Curves: []training.Curve{{Name: "ball", Points: true}, {Name: "shell", Points: true}}}
	for k, row := range rows {
		c := &p.Curves[int(s.testClass[k])]
		c.X, c.Y = append(c.X, row[i]), append(c.Y, row[j])
	}
	fig, err := p.Figure()
	return o.picture(r, file, fig, err)
}
