package series

import (
	"math"
	"slices"
	"strings"
	"testing"
)

var nan = math.NaN()

// visits are three series of different length, with gaps, one of them without a row.
func visits() []*Series {
	return []*Series{
		{
			ID: "a", Times: []float64{0.5, 2}, Values: [][]float64{{1, nan}, {nan, 4}},
			Static: []float64{30}, Label: []float64{1}, Targets: [][]float64{{nan}, {7}},
		},
		{ID: "empty", Static: []float64{nan}, Label: []float64{nan}},
		{
			ID: "b", Times: []float64{-1, 0, 10}, Values: [][]float64{{5, 6}, {nan, nan}, {9, 10}},
			Static: []float64{40}, Label: []float64{0}, Targets: [][]float64{{1}, {2}, {3}},
		},
	}
}

var widths = Widths{Values: 2, Static: 1, Label: 1, Targets: 1}

func TestBatch(t *testing.T) {
	b, err := NewBatch(visits(), Shape{Batch: 4, Steps: 4, Widths: widths})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want []float64
	}{
		{"Times", b.Times, []float64{0.5, 2, 2, 2, 0, 0, 0, 0, -1, 0, 10, 10, 0, 0, 0, 0}},
		{"Deltas", b.Deltas, []float64{0, 1.5, 0, 0, 0, 0, 0, 0, 0, 1, 10, 0, 0, 0, 0, 0}},
		{"Valid", b.Valid, []float64{1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0}},
		{"Values", b.Values[:16], []float64{1, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"Values", b.Values[16:], []float64{5, 6, 0, 0, 9, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"Mask", b.Mask[:16], []float64{1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"Mask", b.Mask[16:], []float64{1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"Static", b.Static, []float64{30, 0, 40, 0}},
		{"StaticMask", b.StaticMask, []float64{1, 0, 1, 0}},
		{"Label", b.Label, []float64{1, 0, 0, 0}},
		{"LabelMask", b.LabelMask, []float64{1, 0, 1, 0}},
		{"Targets", b.Targets, []float64{0, 7, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0}},
		{"TargetMask", b.TargetMask, []float64{0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s is %v, want %v", c.what, c.got, c.want)
		}
	}
	if !slices.Equal(b.IDs, []string{"a", "empty", "b"}) || !slices.Equal(b.Lengths, []int{2, 0, 3, 0}) {
		t.Errorf("IDs %q, lengths %v", b.IDs, b.Lengths)
	}
	if b, err = NewBatch(visits(), Shape{Widths: widths}); err != nil || b.Batch != 3 || b.Steps != 3 {
		t.Errorf("the smallest batch: %+v, %v", b, err)
	}
}

func TestBatchErrors(t *testing.T) {
	change := func(f func(s *Series)) []*Series {
		list := visits()
		f(list[2])
		return list
	}
	shape := Shape{Widths: widths}
	for want, c := range map[string]struct {
		list  []*Series
		shape Shape
	}{
		"3 series for a batch of 2":           {visits(), Shape{Batch: 2, Widths: widths}},
		`"b" has 3 rows, for a batch of 2`:    {visits(), Shape{Steps: 2, Widths: widths}},
		"a batch of -1 series":                {nil, Shape{Batch: -1, Widths: widths}},
		"more than 2147483648 elements":       {nil, Shape{Batch: 1 << 40, Steps: 1 << 40, Widths: widths}},
		"none may be negative":                {nil, Shape{Widths: Widths{Label: -1}}},
		"a series is nil":                     {[]*Series{nil}, shape},
		"3 times for 2 rows":                  {change(func(s *Series) { s.Values = s.Values[:2] }), shape},
		"3 times for 2 rows of targets":       {change(func(s *Series) { s.Targets = s.Targets[:2] }), shape},
		"no targets, want 1 a row":            {change(func(s *Series) { s.Targets = nil }), shape},
		"0 static values, want 1":             {change(func(s *Series) { s.Static = nil }), shape},
		"2 labels, want 1":                    {change(func(s *Series) { s.Label = []float64{1, 2} }), shape},
		"row 1: time NaN is not":              {change(func(s *Series) { s.Times[1] = nan }), shape},
		"row 2: time 0 does not come after 0": {change(func(s *Series) { s.Times[2] = 0 }), shape},
		"row 0: 1 values, want 2":             {change(func(s *Series) { s.Values[0] = s.Values[0][:1] }), shape},
		"row 0: channel 1: infinite value":    {change(func(s *Series) { s.Values[0][1] = math.Inf(1) }), shape},
		"row 1: 2 targets, want 1":            {change(func(s *Series) { s.Targets[1] = []float64{1, 2} }), shape},
		"row 1: target 0: infinite value":     {change(func(s *Series) { s.Targets[1][0] = math.Inf(-1) }), shape},
		"static value 0 is infinite":          {change(func(s *Series) { s.Static[0] = math.Inf(-1) }), shape},
		"label 0 is infinite":                 {change(func(s *Series) { s.Label[0] = math.Inf(-1) }), shape},
	} {
		_, err := NewBatch(c.list, c.shape)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "series: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

func TestSetValidate(t *testing.T) {
	make := func(f func(s *Set)) *Set {
		s := &Set{
			Name: "visits", Channels: []string{"x", "y"}, Statics: []string{"age"}, Labels: []string{"outcome"},
			Targets: []string{"z"},
			Classes: []string{"no", "yes"}, Series: visits(),
		}
		f(s)
		return s
	}
	good := make(func(*Set) {})
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	if good.Longest() != 3 || good.Observed() != 6 || good.Widths() != widths || good.With(nil).Longest() != 0 {
		t.Errorf("longest %d, observed %d, widths %+v", good.Longest(), good.Observed(), good.Widths())
	}
	for want, s := range map[string]*Set{
		"no set given":                 nil,
		`two channels are named "x"`:   make(func(s *Set) { s.Channels = []string{"x", "x"} }),
		"classes are for one label":    make(func(s *Set) { s.Labels = nil }),
		"row 0: 2 values, want 1":      make(func(s *Set) { s.Channels = []string{"x"} }),
		"2 is none of the 2 classes":   make(func(s *Set) { s.Series[0].Label[0] = 2 }),
		"0.5 is none of the 2 classes": make(func(s *Set) { s.Series[0].Label[0] = 0.5 }),
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
