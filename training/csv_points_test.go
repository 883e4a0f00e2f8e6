package training

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func points(t *testing.T, text string, opts CSVOptions) (*Points, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return LoadPoints(path, opts)
}

// A table of points needs no increasing column; columns are left out or chosen, and what is written comes back.
func TestLoadPoints(t *testing.T) {
	const text = "id;a;b c\n2;0.1;1e3\n1;-0.2;4\n1;7;0\n"
	for _, c := range []struct {
		opts CSVOptions
		want Points
	}{
		{CSVOptions{}, Points{"p.csv", []string{"id", "a", "b c"}, [][]float64{{2, 0.1, 1000}, {1, -0.2, 4}, {1, 7, 0}}}},
		{CSVOptions{Time: "id"}, Points{"p.csv", []string{"a", "b c"}, [][]float64{{0.1, 1000}, {-0.2, 4}, {7, 0}}}},
		{CSVOptions{Values: []string{"b c", "id"}}, Points{"p.csv", []string{"b c", "id"},
			[][]float64{{1000, 2}, {4, 1}, {0, 1}}}},
	} {
		got, err := points(t, text, c.opts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Error(diff)
		}
		var b bytes.Buffer
		if err := got.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		if again, err := points(t, b.String(), CSVOptions{}); err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%v, %v", again, err)
		}
	}
	for _, c := range []struct {
		text string
		opts CSVOptions
		want string
	}{
		{"a,b\n1,2\n3,\n", CSVOptions{}, `p.csv:3:3: column "b": the value is missing`},
		{"a,b\n1,x\n", CSVOptions{}, `p.csv:2:3: column "b": "x"`},
		{"a,b\n1,2\n", CSVOptions{Time: "t"}, `no column "t"`},
		{"a,b\n1,2\n", CSVOptions{Time: "a", Values: []string{"a"}}, `"a" is wanted as a value`},
		{"a\n1\n", CSVOptions{Time: "a"}, "no value columns"},
		{"", CSVOptions{}, "the file is empty"},
	} {
		_, err := points(t, c.text, c.opts)
		wantError(t, err, c.want)
	}
	_, err := LoadPoints(t.TempDir(), CSVOptions{})
	wantError(t, err, "is a folder")
}
