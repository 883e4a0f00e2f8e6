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
	if set, err = ReadTS(strings.NewReader("@classLabel false\n@data\n1:2\n"), "plain.ts"); err != nil ||
		set.Widths() != (series.Widths{Values: 2}) {
		t.Errorf("a file without labels: %v", err)
	}
}

func TestReadTSErrors(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(gestures, old, new, 1) }
	for want, text := range map[string]string{
		"g.ts: there is no @data":                                    gestures[:strings.Index(gestures, "@data")],
		"g.ts: there is no case":                                     gestures[:strings.Index(gestures, "0.1")],
		"g.ts:4: the file has time stamps":                           change("@timeStamps false", "@timeStamps true"),
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
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ReadTS(strings.NewReader(text), "fuzz")
		checkRead(t, set, err)
	})
}
