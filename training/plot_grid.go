package training

import (
	"github.com/pkg/errors"
	"gonum.org/v1/plot"
)

// HeatGrid is heat plots in rows and columns, small and without axes: what there is to see is how their shapes differ.
type HeatGrid struct {
	Columns []string     // headings
	Rows    []string     // names, at the left
	Plots   [][]HeatPlot // Plots[row][column]; their titles, axes and sizes are not used
	Side    float64      // of a plot, in inches; 0 is 1.3
}

// Figure evaluates the functions and draws the plots.
func (g HeatGrid) Figure() (*Figure, error) {
	if len(g.Rows) == 0 || len(g.Columns) == 0 || len(g.Plots) != len(g.Rows) {
		return nil, errors.Errorf("training: heat grid: %d rows of plots for %d names and %d columns", len(g.Plots), len(g.Rows),
			len(g.Columns))
	}
	side := g.Side
	if side == 0 {
		side = 1.3
	}
	fig := &Figure{columns: len(g.Columns), palette: heatPalette()}
	var err error
	if fig.width, err = inches(side*float64(len(g.Columns))+0.4, 0); err != nil {
		return nil, err
	}
	if fig.height, err = inches(side*float64(len(g.Rows))+0.5, 0); err != nil {
		return nil, err
	}
	for i, row := range g.Plots {
		if len(row) != len(g.Columns) {
			return nil, errors.Errorf("training: heat grid: row %d has %d plots, and there are %d columns", i, len(row),
				len(g.Columns))
		}
		for j, h := range row {
			h.Title, h.X, h.Y, h.Width, h.Height = "", "", "", 0, 0
			if i == 0 {
				h.Title = g.Columns[j]
			}
			if j == 0 {
				h.Y = g.Rows[i]
			}
			one, err := h.Figure()
			if err != nil {
				return nil, errors.WithMessagef(err, "%s, %s", g.Rows[i], g.Columns[j])
			}
			p := one.panels[0]
			p.Title.TextStyle.Font, p.Title.Padding = sans(12), 4
			for _, axis := range []*plot.Axis{&p.X, &p.Y} {
				axis.Tick.Marker = plot.ConstantTicks(nil)
				axis.Tick.Length, axis.LineStyle.Width = 0, 0
			}
			fig.panels = append(fig.panels, p)
		}
	}
	return fig, nil
}
