package training

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// evenTicks puts labels at multiples of 1, 2 or 5 times a power of ten, all with as many decimals as the step needs.
type evenTicks struct{}

func (evenTicks) Ticks(lo, hi float64) []plot.Tick {
	const wanted = 6
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	decade := math.Floor(math.Log10(span / wanted))
	base := math.Pow(10, decade)
	step := 10 * base
	for _, m := range []float64{1, 2, 5} {
		if span/(m*base) <= wanted+1 {
			step = m * base
			break
		}
	}
	if !(step > 0) {
		return nil
	}
	var ticks []plot.Tick
	first := math.Ceil(lo / step)
	// Where a step is less than rounding, counting up would never end: take what there is room for.
	for k := 0.0; k < 2*wanted; k++ {
		v := (first + k) * step
		if v > hi {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: tickText(v, step)})
	}
	return ticks
}

func tickText(v, step float64) string {
	if v == 0 && step >= 1 {
		return "0"
	}
	size := math.Max(math.Abs(v), step)
	if size >= 1e6 || step < 1e-4 {
		digits := int(math.Max(0, math.Floor(math.Log10(size))-math.Floor(math.Log10(step)+1e-9)))
		return strconv.FormatFloat(v, 'e', min(digits, 17), 64)
	}
	decimals := int(math.Max(0, -math.Floor(math.Log10(step)+1e-9)))
	return strconv.FormatFloat(v+0, 'f', decimals, 64)
}

// logTicks labels powers of ten, and where there are few of them also 2 and 5.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(lo > 0) || !(hi > lo) || math.IsInf(hi, 0) {
		return nil
	}
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	every := 1 + (last-first)/8
	fewDecades := math.Log10(hi/lo) < 2
	var ticks []plot.Tick
	for d := first; d <= last; d++ {
		for m := 1; m <= 9; m++ {
			v, err := strconv.ParseFloat(strconv.Itoa(m)+"e"+strconv.Itoa(d), 64)
			if err != nil || v < lo || v > hi {
				continue
			}
			t := plot.Tick{Value: v}
			switch {
			case m == 1 && d%every == 0 && !fewDecades:
				t.Label = powerText(d)
			case fewDecades && (m == 1 || m == 2 || m == 5 || math.Log10(hi/lo) < 0.7):
				t.Label = strconv.FormatFloat(v, 'g', -1, 64)
			case every > 1:
				continue
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// powerText is plain: the fonts lack some of the small raised digits, and would leave them out without a word.
func powerText(d int) string {
	if d >= -3 && d <= 4 {
		return strconv.FormatFloat(math.Pow10(d), 'f', -1, 64)
	}
	return "1e" + strconv.Itoa(d)
}

// unlabelled keeps the marks and drops the words: for panels that share the axis of the one below.
type unlabelled struct{ plot.Ticker }

func (u unlabelled) Ticks(lo, hi float64) []plot.Tick {
	ticks := u.Ticker.Ticks(lo, hi)
	for i := range ticks {
		ticks[i].Label = ""
	}
	return ticks
}
