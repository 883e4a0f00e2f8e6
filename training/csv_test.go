package training

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"
)

var nan = math.NaN()

func TestLoadCSVLynxHare(t *testing.T) {
	s := lynxHare(t)
	if s.Len() != 21 || s.Dim() != 2 || s.TimeName != "Year" || s.TimeUnit != "" || s.Name != "hudson-bay-lynx-hare.csv" {
		t.Fatalf("%d rows of %d columns, time %q in %q, named %q", s.Len(), s.Dim(), s.TimeName, s.TimeUnit, s.Name)
	}
	if diff := cmp.Diff([]string{"Lynx", "Hare"}, s.Names); diff != "" {
		t.Error(diff)
	}
	if s.T[0] != 1900 || s.T[20] != 1920 || s.X[0][1] != 30 || s.X[20][0] != 8.6 || s.X[20][1] != 24.7 {
		t.Errorf("first and last row: %g %v, %g %v", s.T[0], s.X[0], s.T[20], s.X[20])
	}
	if s.Lines[0] != 4 || s.Lines[20] != 24 {
		t.Errorf("lines %d to %d", s.Lines[0], s.Lines[20])
	}
}

func TestReadCSVAccepts(t *testing.T) {
	tests := []struct {
		name, text string
		opts       CSVOptions
		heads      []string // of the value columns
		times      []float64
		x          [][]float64
		unit       string
	}{
		{name: "irregular times and gaps", text: "t,a,b\n0,1,NA\n0.5,,2\n2, nan ,?\n3,null,N/A\n",
			heads: []string{"a", "b"}, times: []float64{0, 0.5, 2, 3}, x: [][]float64{{1, nan}, {nan, 2}, {nan, nan}, {nan, nan}}},
		{name: "semicolon", text: "t;a\n0;1\n1;2", heads: []string{"a"}, times: []float64{0, 1}, x: [][]float64{{1}, {2}}},
		{name: "semicolons in a heading of commas", text: "t,a;b\n0,1\n", heads: []string{"a;b"}, times: []float64{0},
			x: [][]float64{{1}}},
		{name: "tab with an empty field", text: "t\ta\tb\n0\t\t1\n", heads: []string{"a", "b"}, times: []float64{0},
			x: [][]float64{{nan, 1}}},
		{name: "decimal comma", text: "t;a\n0,5;1,25\n", opts: CSVOptions{DecimalComma: true}, heads: []string{"a"},
			times: []float64{0.5}, x: [][]float64{{1.25}}},
		{name: "bar", text: "t|a\n0|1\n", opts: CSVOptions{Separator: '|'}, heads: []string{"a"}, times: []float64{0},
			x: [][]float64{{1}}},
		{name: "byte order mark and CRLF", text: "\ufefft,a\r\n0,1\r\n1,2\r\n", heads: []string{"a"}, times: []float64{0, 1},
			x: [][]float64{{1}, {2}}},
		{name: "line ends of the old Macintosh", text: "t,a\r0,1\r1,2", heads: []string{"a"}, times: []float64{0, 1},
			x: [][]float64{{1}, {2}}},
		{name: "comments, blank lines, blanks", text: "# x\n\n  # y\n t , a \n  \n 0 , 1e-3 \n#z\n1,+2.", heads: []string{"a"},
			times: []float64{0, 1}, x: [][]float64{{1e-3}, {2}}},
		{name: "quotes", text: "\"t\",\"a, b\"\n\"0\",\"1\"\n", heads: []string{"a, b"}, times: []float64{0}, x: [][]float64{{1}}},
		{name: "no header", text: "0,1\n1,2\n", opts: CSVOptions{NoHeader: true}, heads: []string{"column2"},
			times: []float64{0, 1}, x: [][]float64{{1}, {2}}},
		{name: "unnamed time, a number as heading", text: ",0\n1821,269\n1822,321\n", heads: []string{"0"},
			times: []float64{1821, 1822}, x: [][]float64{{269}, {321}}},
		{name: "columns by name", text: "a,when,b,c\n1,0,2,x\n3,1,4,y\n",
			opts:  CSVOptions{Time: "when", Values: []string{"b", "a"}},
			heads: []string{"b", "a"}, times: []float64{0, 1}, x: [][]float64{{2, 1}, {4, 3}}},
		{name: "own marks", text: "t,a,b\n0,-999.0,x\n1,2,3\n", opts: CSVOptions{Missing: []string{"-999", "X"}},
			heads: []string{"a", "b"}, times: []float64{0, 1}, x: [][]float64{{nan, nan}, {2, 3}}},
		{name: "months", text: "t,a\n1949-01,1\n1949-02,2\n", heads: []string{"a"}, times: []float64{1949, 1949 + 31./365},
			x: [][]float64{{1}, {2}}, unit: "year"},
		{name: "days", text: "t,a\n2000-01-01,1\n2000-12-31,2\n", heads: []string{"a"}, times: []float64{2000, 2000 + 365./366},
			x: [][]float64{{1}, {2}}, unit: "year"},
		{name: "moments", text: "t,a\n2001-01-01T01:00:00+01:00,1\n2001-01-02T00:00:00Z,2\n", heads: []string{"a"},
			times: []float64{2001, 2001 + 1./365}, x: [][]float64{{1}, {2}}, unit: "year"},
		{name: "compact dates", text: "t,a\n19580329,316.1\n19580405,317.3\n", heads: []string{"a"},
			times: []float64{1958 + 87./365, 1958 + 94./365}, x: [][]float64{{316.1}, {317.3}}, unit: "year"},
		{name: "compact dates as numbers", text: "t,a\n19580329,1\n19580405,2\n", opts: CSVOptions{NumberTimes: true},
			heads: []string{"a"}, times: []float64{19580329, 19580405}, x: [][]float64{{1}, {2}}},
		{name: "eight digits that are no date", text: "t,a\n19580329,1\n19589999,2\n", heads: []string{"a"},
			times: []float64{19580329, 19589999}, x: [][]float64{{1}, {2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := ReadCSV(strings.NewReader(tt.text), "x.csv", tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			want := &Series{Names: tt.heads, T: tt.times, X: tt.x, TimeUnit: tt.unit}
			got := &Series{Names: s.Names, T: s.T, X: s.X, TimeUnit: s.TimeUnit}
			if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Error(diff)
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadCSVRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		opts       CSVOptions
		want       string // the whole message after "training: "
	}{
		{name: "not a number", text: "t,Hare\n0,1\n1,3o.0\n", want: `x.csv:3:3: column "Hare": "3o.0" is not a number`},
		{name: "place after blanks", text: "t, a\n0,  1\n1,   x\n", want: `x.csv:3:6: column "a": "x" is not a number`},
		{name: "hexadecimal", text: "t,a\n0,0x1p3\n", want: `x.csv:2:3: column "a": "0x1p3" is not a number`},
		{name: "decimal comma unasked", text: "t;a\n0;1,5\n", want: `x.csv:2:3: column "a": "1,5" is not a number`},
		{name: "ragged", text: "t,a\n0,1\n1,2,3\n", opts: CSVOptions{Separator: ','},
			want: `x.csv:3: 3 fields, but the first row (line 1) has 2`},
		{name: "same heading", text: "t,a,a\n0,1,2\n", want: `x.csv:1:5: fields 2 and 3 have the same heading "a"`},
		{name: "equal times", text: "t,a\n0,1\n\n0.0,2\n", want: `x.csv:4:1: column "t": time 0.0 is there twice: also in line 2`},
		{name: "times fall", text: "t,a\n1,1\n0,2\n",
			want: `x.csv:3:1: column "t": times must increase: 0 comes after 1 in line 2`},
		{name: "no time", text: "t,a\n0,1\n,2\n", want: `x.csv:3:1: column "t": the time is missing`},
		{name: "time not a number", text: "t,a\nx,1\n",
			want: `x.csv:2:1: column "t": "x" is neither a number nor a date (dates are written 2006-01-02, 2006-01 or as in RFC 3339)`},
		{name: "time infinite", text: "t,a\ninf,1\n", want: `x.csv:2:1: column "t": "inf" is an infinite value`},
		{name: "number, then date", text: "t,a\n1900,1\n1901-01-01,1\n",
			want: `x.csv:3:1: column "t": "1901-01-01" is a date, but the first time is a number`},
		{name: "date, then number", text: "t,a\n1900-01-01,1\n1901,1\n",
			want: `x.csv:3:1: column "t": "1901" is not a date, but the first time is`},
		{name: "no such day", text: "t,a\n1900-02-30,1\n",
			want: `x.csv:2:1: column "t": "1900-02-30" is neither a number nor a date (dates are written 2006-01-02, 2006-01 or as in RFC 3339)`},
		{name: "infinite", text: "t,a\n0,-Inf\n", want: `x.csv:2:3: column "a": "-Inf" is an infinite value`},
		{name: "too large", text: "t,a\n0,1e999\n", want: `x.csv:2:3: column "a": "1e999" is an infinite value`},
		{name: "empty", text: "", want: `x.csv: the file is empty`},
		{name: "only comments", text: "# a\n\n", want: `x.csv: the file is empty`},
		{name: "header alone", text: "t,a\n", want: `x.csv: no rows below the header`},
		{name: "header missing", text: "0,1\n1,2\n",
			want: `x.csv:1: the header is missing: the first row holds only numbers`},
		{name: "time alone", text: "t\n0\n", want: `x.csv: no value columns: "t" is the only one (is the separator another?)`},
		{name: "nothing but gaps", text: "t,a\n0,NA\n", want: `x.csv: every value is missing`},
		{name: "unknown column", text: "t,a,b\n0,1,2\n", opts: CSVOptions{Values: []string{"c"}},
			want: `x.csv: no column "c"; there are "t", "a", "b"`},
		{name: "unknown time", text: "t,a\n0,1\n", opts: CSVOptions{Time: "T"}, want: `x.csv: no column "T"; there are "t", "a"`},
		{name: "time as value", text: "t,a\n0,1\n", opts: CSVOptions{Values: []string{"t"}},
			want: `x.csv: column "t" is wanted as a value, but it is the time`},
		{name: "value twice", text: "t,a\n0,1\n", opts: CSVOptions{Values: []string{"a", "a"}},
			want: `x.csv: column "a" is wanted twice`},
		{name: "zero byte", text: "t,a\n0,\x001\n", want: `x.csv:2:3: byte 0x00: this is not a text file`},
		{name: "not UTF-8", text: "t,a\n0,\xe91\n", want: `x.csv:2:3: byte 0xe9 is not UTF-8 text`},
		{name: "UTF-16", text: "\xff\xfet\x00", want: `x.csv: the text is UTF-16: save it as UTF-8`},
		{name: "open quote", text: "t,a\n0,\"1\n", want: `x.csv:2:6: extraneous or missing " in quoted-field`},
		{name: "line break in heading", text: "t,\"a\nb\"\n0,1\n", opts: CSVOptions{Separator: ','},
			want: `x.csv:1:3: a line break or another control character in the heading "a\nb"`},
		{name: "separator", text: "t,a\n0,1\n", opts: CSVOptions{Separator: '#'}, want: `x.csv: '#' cannot separate fields here`},
		{name: "long text", text: "t,a\n0," + strings.Repeat("é", 50) + "\n", want: `x.csv:2:3: column "a": "` +
			strings.Repeat("é", 20) + `…" is not a number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(tt.text), "x.csv", tt.opts)
			if err == nil {
				t.Fatal("accepted")
			}
			if got := strings.TrimPrefix(err.Error(), "training: "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseErrorHasItsPlace(t *testing.T) {
	_, err := ReadCSV(strings.NewReader("t,a\n0,x\n"), "x.csv", CSVOptions{})
	var at *ParseError
	if !errors.As(err, &at) || at.File != "x.csv" || at.Line != 2 || at.Column != 3 || at.Name != "a" {
		t.Errorf("%#v", at)
	}
}

func TestLoadCSVRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadCSV(filepath.Join(dir, "none.csv"), CSVOptions{})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "none.csv") {
		t.Errorf("missing file: %v", err)
	}
	_, err = LoadCSV(dir, CSVOptions{})
	if err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("folder: %v", err)
	}
}

// FuzzReadCSV: no input panics; what is accepted is whole, and comes back the same after writing and reading.
func FuzzReadCSV(f *testing.F) {
	lynx, err := os.ReadFile(lynxHarePath())
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(lynx), "t,a\n0,1\n", "t;a;b\n0;;1\n1;NA;2", "date\tx\n2000-01\t1\n",
		"\ufeff\"t\",\"#a\"\"\"\r\n1,2\r\n",
		"19580329,1\n19580405,2", "t,a\n0,1e308\n1,-0\n", "t,a\n\"0,1\n", ",\n1,2", "t,\ufeffa\n0,1"} {
		f.Add([]byte(text), false, uint8(0))
	}
	f.Add([]byte("0;1,5\n1;2,5"), true, uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, bare bool, kind uint8) {
		opts := CSVOptions{NoHeader: bare, DecimalComma: kind&1 != 0, NumberTimes: kind&2 != 0}
		s, err := ReadCSV(bytes.NewReader(text), "fuzz", opts)
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := s.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadCSV(&b, "fuzz", CSVOptions{Separator: ',', NumberTimes: true})
		if err != nil {
			t.Fatalf("%v\nwas %q", err, text)
		}
		same := cmp.Diff(s, again, cmpopts.EquateNaNs(), cmpopts.IgnoreFields(Series{}, "Lines", "TimeUnit"))
		if same != "" {
			t.Fatal(same)
		}
	})
}
