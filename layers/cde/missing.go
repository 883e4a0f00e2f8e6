package cde

import "math"

// bridged fills gaps, which are NaN: each channel goes straight from one observation to the next, begins with its first and
// ends with its last. A channel without any is 0.
func bridged(times []float64, values [][]float64) [][]float64 {
	full := blank(values)
	for j := range values[0] {
		last := -1 // the newest observation
		for i, row := range values {
			if math.IsNaN(row[j]) {
				continue
			}
			for k := last + 1; k < i; k++ {
				full[k][j] = row[j]
				if last >= 0 {
					w := (times[k] - times[last]) / (times[i] - times[last])
					full[k][j] = values[last][j] + w*(row[j]-values[last][j])
				}
			}
			full[i][j], last = row[j], i
		}
		for k := last + 1; k < len(values) && last >= 0; k++ {
			full[k][j] = values[last][j]
		}
	}
	return full
}

// kept fills gaps with what was observed last, and with 0 before anything was.
func kept(values [][]float64) [][]float64 {
	full := blank(values)
	for i, row := range values {
		for j, v := range row {
			switch {
			case !math.IsNaN(v):
				full[i][j] = v
			case i > 0:
				full[i][j] = full[i-1][j]
			}
		}
	}
	return full
}

// observed is channel j without its gaps, the first and the last observation held to both ends.
func observed(times []float64, values [][]float64, j int) (ts, xs []float64) {
	for i, row := range values {
		if !math.IsNaN(row[j]) {
			ts, xs = append(ts, times[i]), append(xs, row[j])
		}
	}
	if len(ts) == 0 {
		return nil, nil
	}
	if first := times[0]; first < ts[0] {
		ts, xs = append([]float64{first}, ts...), append([]float64{xs[0]}, xs...)
	}
	if last := times[len(times)-1]; last > ts[len(ts)-1] {
		ts, xs = append(ts, last), append(xs, xs[len(xs)-1])
	}
	return ts, xs
}

func blank(values [][]float64) [][]float64 {
	full := make([][]float64, len(values))
	for i := range full {
		full[i] = make([]float64, len(values[i]))
	}
	return full
}
