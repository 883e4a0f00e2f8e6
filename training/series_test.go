package training

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeriesValidate(t *testing.T) {
	good := func() *Series {
		return &Series{Name: "s", TimeName: "t", Names: []string{"a", "b"}, T: []float64{0, 1},
			X: [][]float64{{1, nan}, {nan, nan}}}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		spoil func(*Series)
		want  string
	}{
		{"no rows", func(s *Series) { s.T, s.X = nil, nil }, "s: no rows"},
		{"no columns", func(s *Series) { s.Names = nil }, "s: no value columns"},
		{"short", func(s *Series) { s.X = s.X[:1] }, "s: 2 times for 1 rows"},
		{"lines", func(s *Series) { s.Lines = []int{1} }, "s: 1 line numbers for 2 rows"},
		{"narrow row", func(s *Series) { s.X[1] = s.X[1][:1] }, "s: row 1: 1 values for 2 columns"},
		{"same names", func(s *Series) { s.Names[1] = "a" }, `s: columns 0 and 1 are both named "a"`},
		{"time NaN", func(s *Series) { s.T[1] = nan }, "s: row 1: time NaN is not a finite number"},
		{"equal times", func(s *Series) { s.T[1] = 0 }, "s: row 1: time 0 does not come after 0"},
		{"infinite", func(s *Series) { s.X[1][1] = math.Inf(1) }, `s: row 1: column "b": infinite value`},
		{"line in the message", func(s *Series) { s.Lines = []int{4, 9}; s.T[1] = -1 }, "s:9: time -1 does not come after 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good()
			tt.spoil(s)
			if err := s.Validate(); err == nil || strings.TrimPrefix(err.Error(), "training: ") != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if err := (*Series)(nil).Validate(); err == nil {
		t.Error("nil accepted")
	}
}

func TestSeriesParts(t *testing.T) {
	s := &Series{Names: []string{"a", "b"}, T: []float64{0, 1, 2}, X: [][]float64{{1, nan}, {nan, nan}, {2, 3}},
		Lines: []int{2, 3, 4}}
	if diff := cmp.Diff([][]bool{{true, false}, {false, false}, {true, true}}, s.Mask()); diff != "" {
		t.Error(diff)
	}
	if s.Observed() != 3 || s.Index("b") != 1 || s.Index("c") != -1 {
		t.Errorf("%d observed, b at %d, c at %d", s.Observed(), s.Index("b"), s.Index("c"))
	}
	part, err := s.Slice(1, 3)
	if err != nil || part.Len() != 2 || part.Lines[0] != 3 || part.T[1] != 2 {
		t.Errorf("%v, %+v", err, part)
	}
	for _, r := range [][2]int{{-1, 1}, {2, 1}, {0, 4}} {
		if _, err := s.Slice(r[0], r[1]); err == nil {
			t.Errorf("rows %d to %d accepted", r[0], r[1])
		}
	}
}
