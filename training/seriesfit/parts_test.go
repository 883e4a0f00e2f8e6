package seriesfit

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"gorgonode/layers/series"
)

func labelled(classes ...float64) *series.Set {
	set := &series.Set{Name: "labelled", Channels: []string{"x"}, Labels: []string{"kind"}, Classes: []string{"a", "b"}}
	for i, c := range classes {
		set.Series = append(set.Series, &series.Series{ID: fmt.Sprint(i), Label: []float64{c}})
	}
	return set
}

// TestDeal: every series is in one part, and a part that is given takes none.
func TestDeal(t *testing.T) {
	set := labelled(make([]float64, 20)...)
	test := labelled(1)
	for _, c := range []struct {
		valid, test float64
		given       Parts
		want        [3]int
	}{
		{0.25, 0.15, Parts{}, [3]int{12, 5, 3}},
		{0.25, 0.15, Parts{Test: test}, [3]int{15, 5, 1}},
		{-1, 0, Parts{}, [3]int{20, 0, 0}},
	} {
		p, err := Deal(set, 1, c.valid, c.test, c.given)
		if err != nil {
			t.Fatal(err)
		}
		got := [3]int{}
		seen := map[string]int{}
		if err := p.Named(func(name string, part *series.Set) error {
			got[map[string]int{"train": 0, "valid": 1, "test": 2}[name]] = len(part.Series)
			for _, s := range part.Series {
				if part != test {
					seen[s.ID]++
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if got != c.want || len(seen) != 20 {
			t.Errorf("%v and %v: parts of %v, %d series", c.valid, c.test, got, len(seen))
		}
	}
	for _, bad := range [][2]float64{{0.5, 0.5}, {math.NaN(), 0}} {
		if CheckFractions(bad[0], bad[1]) == nil {
			t.Errorf("fractions %v", bad)
		}
	}
	other := labelled(0)
	other.Classes = []string{"a", "c"}
	if _, err := Deal(set, 1, 0, 0, Parts{Valid: other}, Channels); err != nil {
		t.Error(err)
	}
	_, err := Deal(set, 1, 0, 0, Parts{Valid: test, Test: other}, Channels, Classes)
	if err == nil || !strings.Contains(err.Error(), `has the classes ["a" "c"]`) {
		t.Errorf("other classes: %v", err)
	}
}

// TestClassWeights: balanced weights have a mean of 1 over the series, and give both classes the same sum.
func TestClassWeights(t *testing.T) {
	set := labelled(0, 0, 0, 1, math.NaN())
	got, err := ClassWeights(set, nil, true)
	if want := []float64{4. / 6, 2}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("weights %v, %v, want %v", got, err, want)
	}
	for want, c := range map[string]struct {
		set     *series.Set
		given   []float64
		balance bool
	}{
		"want one of them":           {set, []float64{1, 1}, true},
		"3 class weights":            {set, []float64{1, 1, 1}, false},
		"no series of labelled":      {labelled(math.NaN()), nil, false},
		`has no series of class "b"`: {labelled(0, 0), nil, true},
	} {
		if _, err := ClassWeights(c.set, c.given, c.balance); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
