package demo

import (
	"context"

	"gorgonode/training"
	"gorgonode/training/sequence"
)

// Walker predicts the next frame of a simulated walker from frames of which a tenth is missing: the comparison of
// Lechner and Hasani, "Learning long-term dependencies in irregularly-sampled time series" (2020), with their rollouts,
// split and dropped frames. Published are the errors of Hasani et al., "Closed-form continuous-time neural networks"
// (2022), table 5. Options.Data is the folder of walker2d-float32.tar.gz, split.csv and keep_mask.txt; "" simulates
// sines in place of a walk, for a short run.
func Walker(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "walker"}
	sets := simulatedWalk(o.Seed)
	all := walkerContenders()
	if o.Data != "" {
		var err error
		if sets, err = loadWalker(o.Data); err != nil {
			return r, err
		}
	} else {
		for i := range all {
			all[i].published, all[i].epoch = "", ""
		}
	}
	fig := training.CurvesPlot{Title: "next frame of a walker", XLabel: "epoch", YLabel: "mean squared error, validation part"}
	for _, c := range all {
		if o.Quick {
			c.config.Units, c.config.Hidden, c.config.Epochs, c.config.Batch = 16, []int{32}, 4, 16
		}
		f, err := fitContender(ctx, o, &r, c, sequenceParts{sets["train"], sets["valid"], sets["test"]})
		if err != nil {
			return r, err
		}
		r.Figures = append(r.Figures, Figure{Name: c.name + ", mean squared error", Value: f.Metrics["test"]["mse"],
			Published: c.published})
		fig.Curves = append(fig.Curves, curves(c.name, "valid_mse", f))
	}
	still := 0.0
	n := 0.0
	for _, s := range sets["test"].Series {
		for j, row := range s.Targets {
			for k, v := range row {
				still += (v - s.Values[j][k]) * (v - s.Values[j][k])
				n++
			}
		}
	}
	r.Figures = append(r.Figures, Figure{Name: "the frame itself as forecast, mean squared error", Value: still / n})
	drawn, err := fig.Figure()
	return r, o.picture(&r, "learning", drawn, err)
}

func walkerContenders() []contender {
	common := sequence.Config{Task: sequence.Regress, Noise: sequence.NoNoise, RawTargets: true, Units: 64, Batch: 128,
		TimeUnit: 1, Decay: 1e-4}
	cfc, ode := common, common
	cfc.Model, cfc.Hidden, cfc.Epochs, cfc.LearnRate, cfc.Dropout = "cfc", []int{256}, 50, 0.01, 0.1
	ode.Model, ode.Hidden, ode.Epochs, ode.LearnRate = "ode-rnn", []int{64}, 10, 0.01
	return []contender{
		{"CfC", cfc, "0.643 ± 0.006 (Hasani et al. 2022)", "0.08 min (Hasani et al. 2022)"},
		{"ODE-RNN", ode, "1.904 ± 0.061 (Hasani et al. 2022)", ""},
	}
}
