package seriesdata

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

func gaps() *series.Set {
	return &series.Set{
		Name: "gaps", Channels: []string{"x", "flat", "never"}, Statics: []string{"age"}, Targets: []string{"y"},
		Series: []*series.Series{
			{
				Times: []float64{0, 2}, Values: [][]float64{{1, 5, nan}, {nan, nan, nan}}, Static: []float64{20},
				Targets: [][]float64{{10}, {20}},
			},
			{Times: []float64{4}, Values: [][]float64{{5, 5, nan}}, Static: []float64{nan}, Targets: [][]float64{{nan}}},
			{Times: []float64{5}, Values: [][]float64{{9, nan, nan}}, Static: []float64{40}, Targets: [][]float64{{40}}},
		},
	}
}

func TestScaling(t *testing.T) {
	std := math.Sqrt(32. / 3) // of 1, 5, 9
	for _, c := range []struct {
		opts ScalingOptions
		want Scaling
	}{
		{ScalingOptions{}, Scaling{Method: Standardise, TimeUnit: 1,
			Channels: []Affine{{"x", 5, std}, {"flat", 5, 1}, {"never", 0, 1}},
			Statics:  []Affine{{"age", 30, 10}}}},
		{ScalingOptions{Method: MinMax, TimeUnit: 4, Targets: true}, Scaling{Method: MinMax, TimeUnit: 4,
			Channels: []Affine{{"x", 1, 8}, {"flat", 5, 1}, {"never", 0, 1}}, Statics: []Affine{{"age", 20, 20}},
			Targets: []Affine{{"y", 10, 30}}}},
	} {
		sc, err := FitScaling(gaps(), c.opts)
		if err != nil {
			t.Fatal(err)
		}
		// Two roundings more or less in the standard deviation.
		if d := sc.Channels[0].Scale/c.want.Channels[0].Scale - 1; math.Abs(d) > 1e-15 {
			t.Errorf("scale %v", sc.Channels[0].Scale)
		}
		c.want.Channels[0].Scale = sc.Channels[0].Scale
		if !reflect.DeepEqual(*sc, c.want) {
			t.Errorf("learned %+v, want %+v", *sc, c.want)
		}
		data, err := json.Marshal(sc)
		if err != nil {
			t.Fatal(err)
		}
		read := new(Scaling)
		if err := json.Unmarshal(data, read); err != nil || !reflect.DeepEqual(read, sc) {
			t.Errorf("%s is read as %+v (%v)", data, read, err)
		}
		there, err := sc.Forward(gaps())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := there.Series[2].Values[0][0], 4/sc.Channels[0].Scale; c.opts.Method == "" && got != want ||
			c.opts.Method == MinMax && got != 1 {
			t.Errorf("9 becomes %v", got)
		}
		if c.opts.Targets && there.Series[2].Targets[0][0] != 1 || !c.opts.Targets && there.Series[2].Targets[0][0] != 40 {
			t.Errorf("the target becomes %v", there.Series[2].Targets[0][0])
		}
		back, err := sc.Inverse(there)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range gaps().Series {
			for j, row := range s.Values {
				for k, v := range row {
					got := back.Series[i].Values[j][k]
					if math.IsNaN(v) != math.IsNaN(got) || math.Abs(got-v) > 1e-14*math.Abs(v) || back.Series[i].Times[j] != s.Times[j] {
						t.Errorf("%v comes back as %v", v, got)
					}
				}
			}
		}
	}
}

// TestScalingOfExtremes: the spread of values near the ends of the range of float64 is finite and positive.
func TestScalingOfExtremes(t *testing.T) {
	for _, size := range []float64{1e300, 1e-300} {
		set := gaps()
		for _, s := range set.Series {
			for _, row := range s.Values {
				row[0] *= size
			}
		}
		sc, err := FitScaling(set, ScalingOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := sc.Channels[0].Scale/size, math.Sqrt(32./3); math.Abs(got/want-1) > 1e-14 {
			t.Errorf("%g times: deviation %v, want %v", size, got, want)
		}
	}
}

func TestScalingErrors(t *testing.T) {
	if _, err := FitScaling(gaps(), ScalingOptions{Method: "rank"}); err == nil ||
		!strings.Contains(err.Error(), `unknown method "rank"`) {
		t.Errorf("method: %v", err)
	}
	if _, err := FitScaling(gaps(), ScalingOptions{TimeUnit: -1}); err == nil ||
		!strings.Contains(err.Error(), "time unit -1") {
		t.Errorf("time unit: %v", err)
	}
	sc, err := FitScaling(gaps(), ScalingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	other := gaps()
	other.Channels = []string{"x", "never", "flat"}
	if _, err := sc.Forward(other); err == nil || !strings.Contains(err.Error(),
		`has the channels ["x" "never" "flat"], learned were`) {
		t.Errorf("other channels: %v", err)
	}
	if _, err := (*Scaling)(nil).Forward(gaps()); err == nil {
		t.Error("no scaling scales")
	}
	for _, text := range []string{
		`{}`, `{"method":"min-max","time_unit":1,"channels":[{"name":"x","scale":0}]}`,
		`{"method":"min-max","time_unit":1,"channels":[{"name":"x","scale":1},{"name":"x","scale":1}]}`, `[]`,
	} {
		if err := json.Unmarshal([]byte(text), new(Scaling)); err == nil || !strings.Contains(err.Error(), "seriesdata: scaling") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDrop(t *testing.T) {
	set := numbered(20, 10)
	for _, f := range []float64{0, 0.3, 0.99} {
		thin, err := DropRows(set, 3, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := thin.Validate(); err != nil {
			t.Fatal(err)
		}
		for i, s := range thin.Series {
			n := set.Series[i].Len()
			if want := max(1, n-int(math.Round(f*float64(n)))); s.Len() != want {
				t.Errorf("%g of %d rows dropped leaves %d, want %d", f, n, s.Len(), want)
			}
			for j, v := range s.Targets { // the targets of the set count the rows
				if v[0] != s.Times[j] || s.Values[j][0] != float64(i) {
					t.Errorf("time %g has target %g and value %g", s.Times[j], v[0], s.Values[j][0])
				}
			}
		}
	}
	sparse, err := DropValues(set, 3, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	// 110 values: 33 ± 3·√(110·0.3·0.7) are dropped.
	if left := sparse.Observed(); set.Observed() != 110 || math.Abs(float64(left)-77) > 3*math.Sqrt(110*0.21) ||
		sparse.Longest() != 10 {
		t.Errorf("%d values of %d are left", left, set.Observed())
	}
	if again, err := DropValues(set, 3, 0.3); err != nil || again.Observed() != sparse.Observed() {
		t.Error("another choice by the same seed")
	}
	for _, f := range []float64{-0.1, 1, nan} {
		if _, err := DropRows(set, 1, f); err == nil {
			t.Errorf("a fraction of %g is dropped", f)
		}
	}
}
