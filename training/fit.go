package training

import (
	"cmp"
	"context"
	"io"
	"math"

	"github.com/pkg/errors"
)

// FitConfig says how a Forecaster is trained on a series. The zero value works; Fit fills in the rest.
type FitConfig struct {
	Model ForecasterConfig `json:"model"`
	// a Scaling for all columns, or "auto" (also ""): log-standardise if all values are positive and the model is not
	// Hamiltonian, else standardise
	Scaling string `json:"scaling"`
	HoldOut int    `json:"hold_out"` // last rows that are kept from training, see DefaultHoldOut

	// Windows first: steps on mini-batches of windows of Length rows, each from its own first row, where the loss is well
	// behaved. Then steps on the whole training trajectory from a trained initial state.
	Length      int `json:"length"`       // 0 is 4; no more than there are rows
	Batch       int `json:"batch"`        // 0 is 8; no more than there are windows
	WindowSteps int `json:"window_steps"` // 0 is 300, negative is none
	WholeSteps  int `json:"whole_steps"`  // 0 is 500, negative is none

	LearnRate float64 `json:"learn_rate"` // of Adam; 0 is 0.02; it falls to a hundredth along a cosine in either phase
	Decay     float64 `json:"decay"`      // of the field's weights, see Loop; 0 is 1e-3, negative is none
	ClipNorm  float64 `json:"clip_norm"`  // of the gradient, see Loop; 0 is 1, negative is none
	Patience  int     `json:"patience"`   // steps of the second phase without a better loss before it ends; 0 is never
}

// The defaults that FitConfig documents.
const (
	defaultLength      = 4
	defaultBatch       = 8
	defaultWindowSteps = 300
	defaultWholeSteps  = 500
	defaultLearnRate   = 0.02
	defaultDecay       = 1e-3
	defaultClipNorm    = 1
	autoScaling        = "auto"
)

// DefaultHoldOut is 15 % of so many rows, rounded, and as few as leave two to train on.
func DefaultHoldOut(rows int) int {
	return max(0, min(int(math.Round(0.15*float64(rows))), rows-2))
}

// WithDefaults is c with its zero fields filled in; it stays as it is when that is done again.
func (c FitConfig) WithDefaults() FitConfig {
	c.Model = c.Model.withDefaults()
	c.Scaling = cmp.Or(c.Scaling, autoScaling)
	c.Length, c.Batch = cmp.Or(c.Length, defaultLength), cmp.Or(c.Batch, defaultBatch)
	c.WindowSteps, c.WholeSteps = cmp.Or(c.WindowSteps, defaultWindowSteps), cmp.Or(c.WholeSteps, defaultWholeSteps)
	c.LearnRate, c.Decay = cmp.Or(c.LearnRate, defaultLearnRate), cmp.Or(c.Decay, defaultDecay)
	c.ClipNorm = cmp.Or(c.ClipNorm, defaultClipNorm)
	return c
}

// check looks at what NewForecaster and HoldOut don't; c has its defaults.
func (c FitConfig) check() error {
	switch {
	case c.Length < 2:
		return errors.Errorf("training: windows of %d rows: they need at least 2", c.Length)
	case c.Batch < 1:
		return errors.Errorf("training: batches of %d windows: they need at least 1", c.Batch)
	case c.WindowSteps < 0 && c.WholeSteps < 0:
		return errors.New("training: no steps on windows and none on the whole trajectory: nothing would be learned")
	case !(c.LearnRate > 0) || !finite(c.LearnRate):
		return errors.Errorf("training: learning rate %g: it must be positive", c.LearnRate)
	case !finite(c.Decay) || !finite(c.ClipNorm):
		return errors.Errorf("training: decay %g, clip norm %g: both must be finite", c.Decay, c.ClipNorm)
	case c.Patience < 0:
		return errors.Errorf("training: a patience of %d steps: it must not be negative", c.Patience)
	}
	return nil
}

// Check tells what is wrong with the configuration or the series before any training: what it returns is an error of the
// input, what Fit returns after it is one of the training.
func (c FitConfig) Check(s *Series) error {
	_, err := newFitter(s, c, FitOptions{})
	return err
}

// FitOptions is what happens beside the training. The zero value is silent.
type FitOptions struct {
	// Metrics gets a record a step, counted from 1: "window_loss" or "trajectory_loss", by phase, "gradient_norm" and
	// "evaluations" of the field in the forward pass.
	Metrics  *MetricsWriter
	Progress io.Writer // where progress is shown; nil is nowhere
	Bar      BarMode
}

// The names of what Fit measures.
const (
	windowLossName     = "window_loss"
	trajectoryLossName = "trajectory_loss"
	gradientNormName   = "gradient_norm"
	evaluationsName    = "evaluations"
)

// Fit trains a Forecaster on the rows of s before the held-out ones. The result is a function of s and c alone.
//
// Values that are missing take no part in the losses. A window begins at its first row; what is missing there is
// interpolated from the rows around it.
func Fit(ctx context.Context, s *Series, c FitConfig, o FitOptions) (*Fitted, error) {
	f, err := newFitter(s, c, o)
	if err != nil {
		return nil, err
	}
	if err := f.windows(ctx); err != nil {
		return nil, err
	}
	if err := f.whole(ctx); err != nil {
		return nil, err
	}
	fit := &Fitted{Config: f.c, Data: s, Transform: f.transform, Model: f.model, Steps: f.steps, BestStep: f.best}
	if err := fit.score(); err != nil {
		return nil, errors.WithMessage(err, "training: the trained model fails on the data's own times")
	}
	return fit, nil
}

// fitter is a Fit on its way.
type fitter struct {
	c         FitConfig
	o         FitOptions
	train     *Series // scaled
	transform *Transform
	model     *Forecaster
	steps     int // taken
	best      int // the step, counted from 1, whose parameters were kept
}

func newFitter(s *Series, c FitConfig, o FitOptions) (*fitter, error) {
	f := &fitter{c: c.WithDefaults(), o: o}
	if err := f.c.check(); err != nil {
		return nil, err
	}
	train, _, err := s.HoldOut(f.c.HoldOut)
	if err != nil {
		return nil, err
	}
	// That a quantity is positive is no knowledge of the held-out values worth hiding, and they couldn't be judged otherwise.
	kind := Scaling(f.c.Scaling)
	if f.c.Scaling == autoScaling {
		kind = Standardise
		if s.positive() && f.c.Model.Model != HamiltonianModel {
			kind = LogStandardise
		}
	}
	if f.transform, err = FitTransform(train, TransformOptions{Scaling: kind}); err != nil {
		return nil, err
	}
	if f.c.Model.Model == HamiltonianModel && s.Dim()%2 == 0 {
		f.transform.canonical()
	}
	if _, err := f.transform.Forward(s); err != nil {
		return nil, err
	}
	if f.train, err = f.transform.Forward(train); err != nil {
		return nil, err
	}
	if f.model, err = NewForecaster(f.train.Dim(), f.c.Model); err != nil {
		return nil, err
	}
	if n := float64(s.Len()) / f.model.step; f.model.step > 0 && n > maxSteps {
		return nil, errors.Errorf("training: constant steps of %g: %d rows would take %.3g of them, and a solve may take %d",
			f.model.step, s.Len(), n, maxSteps)
	}
	return f, f.model.SetStart(f.model.states(f.train)[0])
}

// positive reports whether every value that is there is above zero.
func (s *Series) positive() bool {
	for _, row := range s.X {
		for _, v := range row {
			if v <= 0 {
				return false
			}
		}
	}
	return true
}

// filled are the rows, with missing values interpolated linearly in time, or taken from the nearest row at the ends. A
// column without values is zero.
func (s *Series) filled() [][]float64 {
	rows := make([][]float64, s.Len())
	for i := range rows {
		rows[i] = append([]float64(nil), s.X[i]...)
	}
	for j := range s.Names {
		last := -1 // the newest row with a value
		for i := 0; i <= len(rows); i++ {
			if i < len(rows) && math.IsNaN(s.X[i][j]) {
				continue
			}
			for k := last + 1; k < i; k++ {
				switch {
				case last < 0 && i == len(rows):
					rows[k][j] = 0
				case last < 0:
					rows[k][j] = s.X[i][j]
				case i == len(rows):
					rows[k][j] = s.X[last][j]
				default:
					part := (s.T[k] - s.T[last]) / (s.T[i] - s.T[last])
					rows[k][j] = s.X[last][j] + part*(s.X[i][j]-s.X[last][j])
				}
			}
			last = i
		}
	}
	return rows
}
