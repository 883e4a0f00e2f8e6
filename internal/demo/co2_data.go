package demo

import (
	"encoding/csv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"
)

// co2Record is a concentration week by week.
type co2Record struct {
	t []float64 // years, 1958.24 is at the end of March
	x []float64 // ppm; NaN is missing
}

// readCO2 reads a table of dates, as 19580329, and concentrations, empty where there is none.
func readCO2(path string) (*co2Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "read")
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.FieldsPerRecord = 2
	r := &co2Record{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Wrapf(err, "read %s", path)
		}
		line, _ := rows.FieldPos(0)
		if line == 1 {
			continue
		}
		day, err := time.Parse("20060102", row[0])
		if err != nil {
			return nil, errors.Wrapf(err, "%s:%d: date", path, line)
		}
		x := math.NaN()
		if row[1] != "" {
			if x, err = strconv.ParseFloat(row[1], 64); err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, errors.Errorf("%s:%d: %q is no concentration", path, line, row[1])
			}
		}
		t := yearOf(day)
		if n := len(r.t); n > 0 && t <= r.t[n-1] {
			return nil, errors.Errorf("%s:%d: %s does not come after the week before", path, line, row[0])
		}
		r.t, r.x = append(r.t, t), append(r.x, x)
	}
	if len(r.t) == 0 {
		return nil, errors.Errorf("%s: no weeks", path)
	}
	return r, nil
}

// yearOf is a day as a year and the part of it that is over.
func yearOf(day time.Time) float64 {
	begin := time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	return float64(day.Year()) + float64(day.Sub(begin))/float64(begin.AddDate(1, 0, 0).Sub(begin))
}

// before is the record up to a time.
func (r *co2Record) before(t float64) *co2Record {
	n, _ := slices.BinarySearch(r.t, t)
	return &co2Record{r.t[:n], r.x[:n]}
}

// without is the record in which some weeks are missing.
func (r *co2Record) without(hidden ...[]co2Hidden) *co2Record {
	out := &co2Record{r.t, slices.Clone(r.x)}
	for _, list := range hidden {
		for _, h := range list {
			out.x[h.week] = math.NaN()
		}
	}
	return out
}

// seen are the weeks with a measurement.
func (r *co2Record) seen() *co2Record {
	out := &co2Record{}
	for i, x := range r.x {
		if !math.IsNaN(x) {
			out.t, out.x = append(out.t, r.t[i]), append(out.x, x)
		}
	}
	return out
}

// co2Hidden is an observed week that models do not see, and how long the stretch is that it is hidden with.
type co2Hidden struct{ week, run int }

// hide draws stretches of observed weeks, so many of each length, none touching another one or a week that is missing.
func (r *co2Record) hide(rng *rand.Rand, count map[int]int) ([]co2Hidden, error) {
	free := func(i int) bool { return !math.IsNaN(r.x[i]) }
	taken := make([]bool, len(r.x))
	var all []co2Hidden
	lengths := []int{}
	for n := range count {
		lengths = append(lengths, n)
	}
	slices.Sort(lengths)
	slices.Reverse(lengths) // long ones while there is room
	for _, n := range lengths {
		for range count[n] {
			var places []int
			for i := 1; i+n < len(r.x); i++ {
				whole := true
				for j := i - 1; j <= i+n; j++ {
					whole = whole && free(j) && !taken[j]
				}
				if whole {
					places = append(places, i)
				}
			}
			if len(places) == 0 {
				return nil, errors.Errorf("no room for another stretch of %d weeks", n)
			}
			i := places[rng.IntN(len(places))]
			for j := i; j < i+n; j++ {
				taken[j] = true
				all = append(all, co2Hidden{j, n})
			}
		}
	}
	return all, nil
}
