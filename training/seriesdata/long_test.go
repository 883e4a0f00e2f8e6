package seriesdata

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
)

var nan = math.NaN()

const visits = `# a comment
id, time ,pulse,warmth,age,later,outcome
7,2.25,,36.9,30,NA,well
9,0.1,77,37.2,?,5,ill

7,0.5,81,null,30,-2e1,
11,0,1,1,,1,
`

func options() LongOptions {
	return LongOptions{Static: []string{"age"}, Targets: []string{"later"}, Label: "outcome"}
}

func TestReadLong(t *testing.T) {
	set, err := ReadLong(strings.NewReader("\ufeff"+visits), "visits.csv", options())
	if err != nil {
		t.Fatal(err)
	}
	want := &series.Set{
		Name: "visits.csv", Channels: []string{"pulse", "warmth"}, Statics: []string{"age"}, Labels: []string{"outcome"},
		Targets: []string{"later"}, Classes: []string{"ill", "well"},
		Series: []*series.Series{
			{
				ID: "7", Times: []float64{0.5, 2.25}, Values: [][]float64{{81, nan}, {nan, 36.9}}, Static: []float64{30},
				Label: []float64{1}, Targets: [][]float64{{-20}, {nan}},
			},
			{
				ID: "9", Times: []float64{0.1}, Values: [][]float64{{77, 37.2}}, Static: []float64{nan}, Label: []float64{0},
				Targets: [][]float64{{5}},
			},
			{
				ID: "11", Times: []float64{0}, Values: [][]float64{{1, 1}}, Static: []float64{nan}, Label: []float64{nan},
				Targets: [][]float64{{1}},
			},
		},
	}
	sameSet(t, set, want)

	// Other columns, by name; classes that are numbers are in the order of numbers.
	text := "x;t;who;y\n1;10;a;10\n2;20;b;9\n"
	set, err = ReadLong(strings.NewReader(text), "x.csv", LongOptions{ID: "who", Time: "t", Values: []string{"x"}, Label: "y",
		Separator: ';'})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "x.csv", Channels: []string{"x"}, Labels: []string{"y"}, Classes: []string{"9", "10"},
		Series: []*series.Series{
			{ID: "a", Times: []float64{10}, Values: [][]float64{{1}}, Static: []float64{}, Label: []float64{1}},
			{ID: "b", Times: []float64{20}, Values: [][]float64{{2}}, Static: []float64{}, Label: []float64{0}},
		},
	})
}

// Half of a year that is no leap year is over on the 2nd of July at noon.
func TestReadLongDates(t *testing.T) {
	set, err := ReadLong(strings.NewReader("id,day,x\na,2002-01-01,2\na,2001-07-02 12:00:00,1\n"), "days.csv", LongOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "days.csv", Channels: []string{"x"}, TimeUnit: "year",
		Series: []*series.Series{{ID: "a", Times: []float64{2001.5, 2002}, Values: [][]float64{{1}, {2}}, Static: []float64{}}},
	})
}

func TestReadLongErrors(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(visits, old, new, 1) }
	for want, text := range map[string]string{
		"v.csv: the file is empty":                                                          "# nothing\n",
		"v.csv: the file has no rows":                                                       "id,time,pulse,age,later,outcome\n",
		`v.csv:3:3: column "time": the time is missing`:                                     change("7,2.25", "7,"),
		`"2001-01-01" is a date, and the first time is a number`:                            change("9,0.1", "9,2001-01-01"),
		`"0.1" is no date, and the first time is one`:                                       change("7,2.25", "7,2001-01-01"),
		"v.csv:2: the heading 3 has bytes that are no letters: this is not a text file":     change("pulse", "\x7fELF\x02"),
		`v.csv:3:3: column "time": "2,25" is neither a number nor a date`:                   change("7,2.25", `7,"2,25"`),
		`v.csv:3:8: column "pulse": "1e999" is an infinite value`:                           change("2.25,,", "2.25,1e999,"),
		`v.csv:3:1: column "id": the ID is missing`:                                         change("7,2.25", " ,2.25"),
		`v.csv:6: column "time": line 3 has the same time 2.25 of ID "7"`:                   change("7,0.5", "7,2.25"),
		`v.csv:6:15: column "age": 31, but line 3 has 30 for the same ID "7"`:               change("null,30", "null,31"),
		`v.csv:6:23: column "outcome": "ill", but line 3 has "well" for the same ID "7"`:    change("-2e1,", "-2e1,ill"),
		"v.csv:3:1: another number of fields than in the header":                            change(",well", ",well,"),
		`v.csv:3:8: parse error`:                                                            change("2.25,,", `2.25,",`),
		"v.csv:2: column 3 has no heading":                                                  change("pulse", ""),
		`v.csv:2: column "id": two columns have this heading`:                               change("pulse", "id"),
		`v.csv:2: column "outcome": there is no such column for the label; there are ["id"`: change("outcome", "end"),
	} {
		_, err := ReadLong(strings.NewReader(text), "v.csv", options())
		if strings.Contains(want, "parse error") {
			want = "v.csv:" // the words are those of encoding/csv
		}
		var bad *training.ParseError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for want, opts := range map[string]LongOptions{
		`column "age": the column is the static value and the target`: {Static: []string{"age"}, Targets: []string{"age"}},
		"no column is left for values": {Static: []string{"pulse", "warmth", "age", "later",
			"outcome"}},
		`'\n' cannot separate fields`: {Separator: '\n'},
	} {
		if _, err := ReadLong(strings.NewReader(visits), "v.csv", opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if _, err := ReadLong(strings.NewReader("id\n1\n"), "v.csv", LongOptions{}); err == nil ||
		!strings.Contains(err.Error(), "one column") {
		t.Errorf("one column: %v", err)
	}
	if _, err := ReadLong(strings.NewReader("id,t,x,y\n1,2,3,\n"), "v.csv", LongOptions{Label: "y"}); err == nil ||
		!strings.Contains(err.Error(), "every label is missing") {
		t.Errorf("no label: %v", err)
	}
	if _, err := LoadLong(filepath.Join(t.TempDir(), "none.csv"), LongOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// sameSet compares sets, taking NaN for equal to NaN.
func sameSet(t *testing.T, got, want *series.Set) {
	t.Helper()
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	head := func(s *series.Set) *series.Set { return s.With(nil) }
	if !reflect.DeepEqual(head(got), head(want)) || len(got.Series) != len(want.Series) {
		t.Fatalf("a set %+v of %d series, want %+v of %d", head(got), len(got.Series), head(want), len(want.Series))
	}
	for i, w := range want.Series {
		g := got.Series[i]
		same := g.ID == w.ID && equal(g.Times, w.Times) && equal(g.Static, w.Static) && equal(g.Label, w.Label) &&
			len(g.Values) == len(w.Values) && len(g.Targets) == len(w.Targets)
		for j := 0; same && j < len(w.Values); j++ {
			same = equal(g.Values[j], w.Values[j]) && (w.Targets == nil || equal(g.Targets[j], w.Targets[j]))
		}
		if !same {
			t.Errorf("series %d is %+v, want %+v", i, *g, *w)
		}
	}
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i, v := range a {
		if v != b[i] && !(math.IsNaN(v) && math.IsNaN(b[i])) {
			return false
		}
	}
	return true
}

// FuzzReadLong: any text is a valid set or an error with its place, never a panic.
func FuzzReadLong(f *testing.F) {
	f.Add(visits, "age", "outcome")
	f.Add("id,t,x\n1,0,?\n1,1,2\n", "", "")
	f.Add("a,b,c\n\"x\ny\",1e3,-.5\n", "", "c")
	f.Fuzz(func(t *testing.T, text, static, label string) {
		opts := LongOptions{Label: label}
		if static != "" {
			opts.Static = []string{static}
		}
		set, err := ReadLong(strings.NewReader(text), "fuzz", opts)
		checkRead(t, set, err)
	})
}

func checkRead(t *testing.T, set *series.Set, err error) {
	t.Helper()
	if err != nil {
		var bad *training.ParseError
		if !errors.As(err, &bad) {
			t.Errorf("an error without a place: %v", err)
		}
		return
	}
	if err := set.Validate(); err != nil || len(set.Series) == 0 {
		t.Errorf("%d series: %v", len(set.Series), err)
	}
}
