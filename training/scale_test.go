package training

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFitTransformOfLynxHare(t *testing.T) {
	s := lynxHare(t)
	tr, err := FitTransform(s, TransformOptions{Columns: map[string]Scaling{"Lynx": LogStandardise}})
	if err != nil {
		t.Fatal(err)
	}
	z, err := tr.Forward(s)
	if err != nil {
		t.Fatal(err)
	}
	for i, tau := range z.T {
		if tau != float64(i) {
			t.Errorf("time %g became %g, not %d", s.T[i], tau, i)
		}
	}
	for j, name := range z.Names {
		mean, square := 0.0, 0.0
		for _, row := range z.X {
			mean += row[j] / 21
			square += row[j] * row[j] / 21
		}
		if math.Abs(mean) > 1e-12 || math.Abs(square-1) > 1e-12 {
			t.Errorf("%s: mean %g, mean square %g", name, mean, square)
		}
	}
	if tr.Columns[1].Mean < 34 || tr.Columns[1].Mean > 34.1 { // 715.6/21
		t.Errorf("mean of the hares is %g", tr.Columns[1].Mean)
	}
}

// What is learned depends on the rows given alone: held-out rows must not leak.
func TestFitTransformSeesTrainingRowsOnly(t *testing.T) {
	s := lynxHare(t)
	train, test, err := s.HoldOut(5)
	if err != nil {
		t.Fatal(err)
	}
	before, err := FitTransform(train, TransformOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range test.X {
		row[0], row[1] = 1e6, -1e6
	}
	after, err := FitTransform(train, TransformOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

func TestTransformRefuses(t *testing.T) {
	s := &Series{Name: "s", Names: []string{"a"}, T: []float64{0, 1}, X: [][]float64{{1}, {0}}, Lines: []int{2, 3}}
	gaps := &Series{Name: "s", Names: []string{"a"}, T: []float64{0}, X: [][]float64{{nan}}}
	huge := &Series{Name: "s", Names: []string{"a"}, T: []float64{0, 1, 2}, X: [][]float64{{1.7e308}, {1.7e308}, {1}}}
	tests := []struct {
		name string
		s    *Series
		opts TransformOptions
		want string
	}{
		{"log of zero", s, TransformOptions{Scaling: LogStandardise}, `s:3: column "a": 0 is not positive`},
		{"unknown scaling", s, TransformOptions{Scaling: "minmax"}, `column "a": unknown scaling "minmax"`},
		{"unknown column", s, TransformOptions{Columns: map[string]Scaling{"b": Identity}},
			`no column "b" to scale; there are ["a"]`},
		{"only gaps", gaps, TransformOptions{}, `column "a": no value in the training rows`},
		{"overflow", huge, TransformOptions{}, "are its values too large"},
		{"nil", nil, TransformOptions{}, "no series"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := FitTransform(tt.s, tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	first, _ := s.Slice(0, 1)
	tr, err := FitTransform(first, TransformOptions{Scaling: LogStandardise})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Forward(s); err == nil || !strings.Contains(err.Error(), `s:3: column "a": 0 is not positive`) {
		t.Errorf("forward of a zero: %v", err)
	}
	if _, err := tr.Forward(lynxHare(t)); err == nil || !strings.Contains(err.Error(), "but the transform is for") {
		t.Errorf("other columns: %v", err)
	}
	if err := tr.InverseRow([]float64{1, 2}); err == nil {
		t.Error("row of two for one column accepted")
	}
	over := &Series{Names: []string{"a"}, T: []float64{0}, X: [][]float64{{1e4}}}
	if _, err := tr.Inverse(over); err == nil || !strings.Contains(err.Error(), "infinite") {
		t.Errorf("exp(1e4): %v", err)
	}
}

func TestConstantColumnIsDividedByOne(t *testing.T) {
	s := &Series{Names: []string{"a"}, T: []float64{0, 1, 2}, X: [][]float64{{0.1}, {0.1}, {0.1}}}
	tr, err := FitTransform(s, TransformOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c := tr.Columns[0]; c.Mean != 0.1 || c.Std != 1 {
		t.Errorf("mean %g, deviation %g", c.Mean, c.Std)
	}
}

func TestTransformJSON(t *testing.T) {
	tr, err := FitTransform(lynxHare(t), TransformOptions{Scaling: LogStandardise})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	var back Transform
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tr, &back); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{
		`{}`, `[]`,
		`{"columns":[{"name":"a","scaling":"standardise","mean":0,"std":0}],"time":{"origin":0,"unit":1}}`,
		`{"columns":[{"name":"a","scaling":"other","mean":0,"std":1}],"time":{"origin":0,"unit":1}}`,
		`{"columns":[{"name":"a","scaling":"identity","mean":1,"std":1}],"time":{"origin":0,"unit":1}}`,
		`{"columns":[{"name":"a","scaling":"identity","mean":0,"std":1}],"time":{"origin":0,"unit":0}}`,
	} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
	if diff := cmp.Diff(tr, &back); diff != "" {
		t.Errorf("a refused transform overwrote the one before: %s", diff)
	}
}

func TestTransformInverseUndoesForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		s := &Series{Names: []string{"i", "s", "l"}}
		now := rapid.Float64Range(-1e4, 1e4).Draw(t, "t0")
		gap := rapid.Float64Range(0, 1)
		for i := range n {
			row := []float64{
				rapid.Float64Range(-1e6, 1e6).Draw(t, "i"),
				rapid.Float64Range(-1e6, 1e6).Draw(t, "s"),
				rapid.Float64Range(1e-6, 1e6).Draw(t, "l"),
			}
			if i > 0 { // the first row keeps a value in each column
				for j := range row {
					if gap.Draw(t, "gap") < 0.3 {
						row[j] = nan
					}
				}
			}
			s.T, s.X = append(s.T, now), append(s.X, row)
			now += rapid.Float64Range(0.01, 10).Draw(t, "dt")
		}
		tr, err := FitTransform(s, TransformOptions{Columns: map[string]Scaling{"i": Identity, "l": LogStandardise}})
		if err != nil {
			t.Fatal(err)
		}
		z, err := tr.Forward(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := tr.Inverse(z)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range s.X {
			if math.Abs(back.T[i]-s.T[i]) > 1e-9 {
				t.Fatalf("time %g came back as %g", s.T[i], back.T[i])
			}
			for j, v := range row {
				w := back.X[i][j]
				if math.IsNaN(v) != math.IsNaN(w) || math.Abs(v-w) > 1e-9*(1+tr.Columns[j].Std+math.Abs(v)) {
					t.Fatalf("row %d column %d: %g came back as %g", i, j, v, w)
				}
			}
			if err := tr.InverseRow(z.X[i]); err != nil {
				t.Fatal(err)
			}
			for j, v := range z.X[i] {
				if v != back.X[i][j] && !math.IsNaN(v) {
					t.Fatalf("InverseRow gives %g, Inverse %g", v, back.X[i][j])
				}
			}
		}
	})
}
