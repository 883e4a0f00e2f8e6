package seriesdata

import (
	"strings"
	"testing"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
	"gorgonode/training"
)

const gestures = `# a comment
% another
@problemName Gestures
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true left right
@data
0.1, 0.2,?:1,2,3:right
-1e-3:NaN:left
`

func TestReadTS(t *testing.T) {
	set, err := ReadTS(strings.NewReader("\ufeff"+strings.ReplaceAll(gestures, "\n", "\r\n")), "gestures.ts")
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "Gestures", Channels: []string{"channel1", "channel2"}, Labels: []string{"label"},
		Classes: []string{"left", "right"},
		Series: []*series.Series{
			{ID: "0", Times: []float64{0, 1, 2}, Values: [][]float64{{0.1, 1}, {0.2, 2}, {nan, 3}}, Label: []float64{1}},
			{ID: "1", Times: []float64{0}, Values: [][]float64{{-1e-3, nan}}, Label: []float64{0}},
		},
	})
	set, err = ReadTS(strings.NewReader("@univariate true\n@targetLabel true\n@data\n1,2:-0.5\n3,4:7"), "target.ts")
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "target.ts", Channels: []string{"channel1"}, Labels: []string{"label"},
		Series: []*series.Series{
			{ID: "0", Times: []float64{0, 1}, Values: [][]float64{{1}, {2}}, Label: []float64{-0.5}},
			{ID: "1", Times: []float64{0, 1}, Values: [][]float64{{3}, {4}}, Label: []float64{7}},
		},
	})
	set, err = ReadTS(strings.NewReader("@timeStamps true\n@classLabel true a b\n@data\n"+
		"(2,20),(0.5, ?):(0.5,-1),(1,3):b\n:(7,1):a\n"), "stamps.ts")
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "stamps.ts", Channels: []string{"channel1", "channel2"}, Labels: []string{"label"}, Classes: []string{"a", "b"},
		Series: []*series.Series{
			{ID: "0", Times: []float64{0.5, 1, 2}, Values: [][]float64{{nan, -1}, {nan, 3}, {20, nan}}, Label: []float64{1}},
			{ID: "1", Times: []float64{7}, Values: [][]float64{{nan, 1}}, Label: []float64{0}},
		},
	})
	set, err = ReadTS(strings.NewReader("@timeStamps true\n@data\n(2001-07-02 12:00:00,1),(2002-01-01,2)\n"), "dates.ts")
	if err != nil {
		t.Fatal(err)
	}
	sameSet(t, set, &series.Set{
		Name: "dates.ts", Channels: []string{"channel1"}, TimeUnit: "year",
		Series: []*series.Series{{ID: "0", Times: []float64{2001.5, 2002}, Values: [][]float64{{1}, {2}}}},
	})
	if set, err = ReadTS(strings.NewReader("@classLabel false\n@data\n1:2\n"), "plain.ts"); err != nil ||
		set.Widths() != (series.Widths{Values: 2}) {
		t.Errorf("a file without labels: %v", err)
	}
}

func TestReadTSErrors(t *testing.T) {
	const stamped = "@timeStamps true\n@data\n"
	change := func(old, new string) string { return strings.Replace(gestures, old, new, 1) }
	for want, text := range map[string]string{
		"g.ts: there is no @data":                                    gestures[:strings.Index(gestures, "@data")],
		"g.ts: there is no case":                                     gestures[:strings.Index(gestures, "0.1")],
		"g.ts:4: @timeStamps maybe: want true or false":              change("@timeStamps false", "@timeStamps maybe"),
		"g.ts:4: @timeStamps needs true or false":                    change("@timeStamps false", "@timeStamps"),
		"g.ts:7: @dimensions 0: want a number from 1 on":             change("@dimensions 2", "@dimensions 0"),
		"g.ts:7: @dimensions needs a number":                         change("@dimensions 2", "@dimensions"),
		"g.ts:9: @classLabel names a class twice":                    change("left right", "left left"),
		"g.ts:9: @classLabel true needs the names":                   change(" left right", ""),
		"g.ts:9: unknown tag @classes":                               change("@classLabel", "@classes"),
		"g.ts:10: @classLabel and @targetLabel are both true":        change("@dimensions 2", "@targetLabel true"),
		"g.ts:11: 1 channels, want 2":                                change(":1,2,3", ""),
		"g.ts:11: channel 2 has 2 values, and channel 1 has 3":       change("1,2,3", "1,2"),
		`g.ts:11: channel 2: value 2: "0x1" is not a number`:         change("1,2,3", "1,0x1,3"),
		"g.ts:11: channel 2: value 3 is empty":                       change("1,2,3", "1,2,"),
		`g.ts:11: "up" is none of the classes ["left" "right"]`:      change(":right", ":up"),
		"g.ts:11: 3 values, but @seriesLength is 4":                  change("@equalLength false", "@seriesLength 4"),
		`g.ts:12: "@missing true" stands behind @data`:               change("-1e-3", "@missing true\n-1e-3"),
		`g.ts:3: "hello" stands before @data and is neither a comme`: change("@problemName", "hello\n@problemName"),
		`g.ts:11: channel 1: "0.1", want a pair (time,value)`:        change("@timeStamps false", "@timeStamps true"),
		"g.ts:3: channel 2 has the time 1 twice":                     stamped + "(0,1):(1,2),(1,2)",
		"g.ts:3: no channel has a value":                             stamped + " : ",
		`g.ts:3: '(' at byte 3: parentheses do not match`:            stamped + "(1(,2)",
		"g.ts:3: a parenthesis is not closed":                        stamped + "(1,2):(3,4",
		`g.ts:3: channel 1: "(1,2)3", want a pair`:                   stamped + "(1,2)3",
		`g.ts:3: channel 1: "()", want a pair`:                       stamped + "()",
		"g.ts:3: channel 1: value 2 is empty":                        stamped + "(1,2),(2,)",
		`g.ts:3: channel 1: the time "?" is neither a number nor a`:  stamped + "(?,2)",
		`the time "2001-01-01" is a date, and the first time is a n`: stamped + "(3,2):(2001-01-01,2)",
		`the time "3" is no date, and the first time is one`:         stamped + "(2001-01-01,2):(3,2)",
		"g.ts:4: channel 2 has 1 values, but @seriesLength is 2":     "@seriesLength 2\n" + stamped + "(1,2),(2,3):(1,2)",
	} {
		_, err := ReadTS(strings.NewReader(text), "g.ts")
		var bad *training.ParseError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// FuzzReadTS: any text is a valid set or an error with its place, never a panic.
func FuzzReadTS(f *testing.F) {
	f.Add(gestures)
	f.Add("@univariate true\n@targetLabel true\n@data\n1,2:-0.5\n3,4:7")
	f.Add("@data\n?:?\n")
	f.Add("@timeStamps true\n@data\n(0,1),(1.5,?):(2001-01-01 12:00:00,2)\n:(1,2)\n")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ReadTS(strings.NewReader(text), "fuzz")
		checkRead(t, set, err)
	})
}
