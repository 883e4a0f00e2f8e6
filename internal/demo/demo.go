package demo

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/training"
)

// Options say how an experiment is run.
type Options struct {
	Out   string    // folder for pictures and tables, created; "" writes none
	Data  string    // folder with data, where a demo needs one
	Seed  uint64    // of everything random
	Quick bool      // a short version, for tests
	Log   io.Writer // what is under way; nil is nowhere
}

// Figure is a number that an experiment found.
type Figure struct {
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
	Published string  `json:"published,omitempty"` // what it is to be held against, with its source
	Unit      string  `json:"unit,omitempty"`
}

// Result is what came of an experiment.
type Result struct {
	Name    string   `json:"name"`
	Figures []Figure `json:"figures"`
	Files   []string `json:"files"` // in the folder of Options.Out
}

// Demo is an experiment.
type Demo struct {
	Name      string
	Summary   string // a line
	NeedsData string // what Options.Data must hold; "" needs nothing
	Run       func(ctx context.Context, o Options) (Result, error)
}

// All are the experiments, sorted by name.
func All() []Demo {
	all := []Demo{
		{"co2", "gaps of the carbon dioxide record of Mauna Loa filled, and ten years forecast, with bands", "co2.csv (default: testdata/co2)", CO2},
		{"densities", "four kinds of normalizing flow on four sets of points in the plane", "", Densities},
		{"latent-sde", "the law of a process with noise in it, learned from points at times of their own", "", LatentSDE},
		{"lotka-volterra", "rates of hares and lynxes from 21 years of pelts, from a poor start", "hudson-bay-lynx-hare.csv (default: testdata/lynx-hare)", LotkaVolterra},
		{"missing-term", "the unknown interaction of prey and predator, learned by networks", "", MissingTerm},
		{"mnist", "handwritten digits: an ODE-Net beside a residual network", "the four files of MNIST, gzipped", MNIST},
		{"pendulum", "a pendulum learned with and without an energy, and where its energy goes", "real_pend_h_1.txt of Schmidt and Lipson (default: simulated)", Pendulum},
		{"sde-gan", "paths like those of a process with noise in it, by a generator that plays against a discriminator", "", SDEGAN},
		{"spheres", "a ball and the shell around it: what a flow cannot separate and an augmented one can", "", Spheres},
		{"spirals", "noisy spirals continued by a latent ODE, from points at times of their own", "", Spirals},
		{"physionet", "which patients die, from sparse records of intensive care, by CfC, ODE-RNN, GRU-D and latent ODE", "physionet2012-set-a.tar.gz (default: simulated)", Physionet},
		{"vowels", "speakers and movements told apart where up to 70 % of the rows are missing", "JapaneseVowels and BasicMotions, _TRAIN.ts and _TEST.ts (default: simulated)", Vowels},
		{"walker", "the next frame of a walker where a tenth is missing, by CfC and ODE-RNN", "walker2d-float32.tar.gz, split.csv, keep_mask.txt (default: simulated)", Walker},
	}
	slices.SortFunc(all, func(a, b Demo) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Find is the experiment of a name; an error lists those that there are.
func Find(name string) (Demo, error) {
	var names []string
	for _, d := range All() {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return Demo{}, errors.Errorf("demo: there is no %q; there are %s", name, strings.Join(names, ", "))
}

// save writes a file to the folder, which it makes, and adds it to the result.
func (o Options) save(r *Result, name string, write func(w io.Writer) error) error {
	if o.Out == "" {
		return nil
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return errors.Wrap(err, "demo")
	}
	r.Files = append(r.Files, name)
	return training.WriteFile(filepath.Join(o.Out, name), write)
}

// picture saves a figure as PNG and SVG.
func (o Options) picture(r *Result, name string, fig *training.Figure, err error) error {
	if err != nil {
		return errors.WithMessagef(err, "demo: picture %s", name)
	}
	for _, format := range []string{"png", "svg"} {
		if err := o.save(r, name+"."+format, func(w io.Writer) error { return fig.Encode(w, format) }); err != nil {
			return err
		}
	}
	return nil
}
