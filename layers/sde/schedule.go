package sde

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// schedule is how paths of one series go from its first row to the last time that is asked for.
type schedule struct {
	times []float64 // increasing: of rows, of what is asked for, and cuts
	next  []int     // for each but the last: the row that comes next; −1 behind the last
	until []float64 // the time to that
	asked []int     // where in times the times that are asked for stand
}

// mostTimes are those of a schedule: more are a slip of the keyboard.
const mostTimes = 1 << 17

// newSchedule cuts what is longer than longest, unless that is 0. Without rows it begins with the first time asked for.
func newSchedule(rows, asked []float64, longest float64) (schedule, error) {
	if err := checkTimes(asked); err != nil {
		return schedule{}, err
	}
	if len(rows) > 0 && len(asked) > 0 && asked[0] < rows[0] {
		return schedule{}, errors.Errorf("time %g, and the series begins at %g: before that there is no path",
			asked[0], rows[0])
	}
	stops := slices.Concat(rows, asked)
	slices.Sort(stops)
	stops = slices.Compact(stops)
	var s schedule
	for k, t := range stops {
		if k > 0 {
			begin, parts := stops[k-1], 1.
			if longest > 0 {
				parts = math.Ceil((t - begin) / longest * (1 - 1e-12))
			}
			if !(parts < float64(mostTimes-len(s.times))) {
				return schedule{}, errors.Errorf("from %g to %g in steps of %g: more than %d", begin, t, longest, mostTimes)
			}
			for i := 1.; i < parts; i++ {
				s.times = append(s.times, begin+(t-begin)*(i/parts))
			}
		}
		if _, found := slices.BinarySearch(asked, t); found {
			s.asked = append(s.asked, len(s.times))
		}
		s.times = append(s.times, t)
	}
	for k := range max(0, len(s.times)-1) {
		at, _ := slices.BinarySearch(rows, math.Nextafter(s.times[k], math.Inf(1)))
		if at == len(rows) {
			s.next, s.until = append(s.next, -1), append(s.until, 0)
			continue
		}
		s.next, s.until = append(s.next, at), append(s.until, rows[at]-s.times[k])
	}
	return s, nil
}

// schedules are those of all series of a batch.
func (m *Latent) schedules(batch *series.Batch, asked [][]float64) ([]schedule, error) {
	if len(asked) != batch.Batch {
		return nil, errors.Errorf("times for %d series, and there are %d", len(asked), batch.Batch)
	}
	var all []schedule
	for b, times := range asked {
		s, err := newSchedule(seenRows(batch, b), times, m.Longest)
		if err != nil {
			return nil, errors.WithMessagef(err, "series %d", b)
		}
		all = append(all, s)
	}
	return all, nil
}
