package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// WriteJSON writes the result for programs. A value that is no finite number is null.
func (r Result) WriteJSON(w io.Writer) error {
	type figure struct {
		Figure
		Value *float64 `json:"value"`
	}
	out := struct {
		Name    string   `json:"name"`
		Figures []figure `json:"figures"`
		Files   []string `json:"files"`
	}{r.Name, []figure{}, append([]string{}, r.Files...)}
	for _, f := range r.Figures {
		v := &f.Value
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			v = nil
		}
		out.Figures = append(out.Figures, figure{f, v})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return errors.Wrap(e.Encode(out), "demo")
}

// WriteMarkdown writes the result as a table.
func (r Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n| | found | published |\n| --- | --- | --- |\n", r.Name)
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	for _, f := range r.Figures {
		value := strconv.FormatFloat(f.Value, 'g', 4, 64)
		if f.Unit != "" {
			value += " " + f.Unit
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell.Replace(f.Name), cell.Replace(value), cell.Replace(f.Published))
	}
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "demo")
}
