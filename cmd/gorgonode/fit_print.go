package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"gorgonode/training"
)

// introduce is a line about what will be fitted.
func introduce(s *training.Series, c training.FitConfig) string {
	return fmt.Sprintf("%s: %d rows of %s, %s %s to %s, the last %d held out; fitting %s with %s",
		s.Name, s.Len(), strings.Join(s.Names, ", "), s.TimeName, short(s.T[0]), short(s.T[s.Len()-1]), c.HoldOut,
		c.Model.Formula(), c.Model.Method)
}

// fitJSON is what fit --json prints about a forecaster.
type fitJSON struct {
	runJSON
	training.Summary
}

// printErrors prints a table of errors: the logarithms' where all columns are fitted as such, else the scaled ones', and
// each column's.
func printErrors(b *bytes.Buffer, s training.Summary) {
	all, of := "scaled", func(e training.Errors) float64 { return e.ScaledRMSE }
	if s.All.LogRMSE != nil {
		all, of = "log", func(e training.Errors) float64 { return *e.LogRMSE }
	}
	fmt.Fprintln(b, "root mean square error of the one trajectory from the learned initial state:")
	// The first column is flush left, the others flush right.
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%-12s\trows\t%s\t%s\t\n", "", all, strings.Join(s.Columns, "\t"))
	for _, line := range []struct {
		name string
		e    training.Errors
	}{{"learned from", s.Train}, {"held out", s.HeldOut}, {"all", s.All}} {
		if line.e.Values == 0 {
			continue
		}
		fmt.Fprintf(w, "%-12s\t%d\t%.4f\t", line.name, line.e.Rows, of(line.e))
		for _, name := range s.Columns {
			v, ok := line.e.RMSE[name]
			if !ok {
				fmt.Fprint(w, "–\t")
				continue
			}
			fmt.Fprintf(w, "%.4g\t", v)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

// meaning says what the files of a run are, by their names without ends.
var meaning = map[string]string{
	"fit":     "data, fit and forecast",
	"phase":   "phase portrait",
	"loss":    "the fall of the loss",
	"weights": "what was learned",
	"config":  "all settings",
	"data":    "the rows used",
	"metrics": "what was measured at every step",
	"run":     "the list of these files, with checksums",
	"summary": "the numbers above, for programs",

	"model":     "the equations",
	"residuals": "model minus data",

	"density": "the learned density",

	"source": "how the series were read",
	"series": "a few series that were held out, with bands",
}

func meaningOf(name string) string {
	switch {
	case strings.HasPrefix(name, "missing-") && strings.HasSuffix(name, "-grid"):
		return "a learned term over a grid of its inputs"
	case strings.HasPrefix(name, "missing-"):
		return "a learned term along the fit"
	case strings.HasPrefix(name, "profile-"):
		return "a profile of the likelihood"
	}
	return meaning[name]
}

// files are the names of all files in the run folder, sorted.
func filesOf(run *training.Run) []string {
	names := []string{training.ManifestName}
	for _, f := range run.Manifest.Files {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// printFiles lists a run folder, and says what can be done with it.
func printFiles(b *bytes.Buffer, run *training.Run, next string) {
	dir := shown(run.Dir)
	fmt.Fprintf(b, "\nrun folder %s\n", dir)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	var order []string
	ends := map[string][]string{}
	for _, file := range filesOf(run) {
		end := filepath.Ext(file)
		name := strings.TrimSuffix(file, end)
		if ends[name] == nil {
			order = append(order, name)
		}
		ends[name] = append(ends[name], end)
	}
	for _, name := range order {
		fmt.Fprintf(w, "  %s\t%s\n", name+strings.Join(ends[name], ", "), meaningOf(name))
	}
	w.Flush()
	fmt.Fprintf(b, "\n%s with: gorgonode predict %s\n", next, dir)
}

// short is a number as one would write it.
func short(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
