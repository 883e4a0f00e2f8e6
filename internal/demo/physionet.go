package demo

import (
	"context"

	"gorgonode/training"
	"gorgonode/training/sequence"
	"gorgonode/training/seriesdata"
)

// Physionet tells from the records of intensive care which patients die in the hospital: 4000 stays of 48 hours, 41
// variables, each seen now and then, one death in seven stays (PhysioNet challenge 2012, set A). Rows are binned to 0.016
// hours, a fifth of the stays is the test, drawn by the seed, as in Rubanova et al. (2019), whose split is not known;
// published are the areas under the curve of Hasani et al. (2022). Options.Data is the folder of physionet2012-set-a.tar.gz;
// "" simulates stays, for a short run.
func Physionet(ctx context.Context, o Options) (Result, error) {
	r := Result{Name: "physionet"}
	set := simulatedStays(o.Seed)
	all := physionetContenders()
	if o.Data != "" {
		var err error
		if set, err = loadPhysionet(o.Data); err != nil {
			return r, err
		}
	} else {
		for i := range all {
			all[i].published, all[i].epoch = "", ""
		}
	}
	sets, err := seriesdata.Split(set, o.Seed, 0.7, 0.1, 0.2)
	if err != nil {
		return r, err
	}
	parts := sequenceParts{sets[0], sets[1], sets[2]}
	fig := training.CurvesPlot{
		Title: "who dies in the hospital", XLabel: "false alarms", YLabel: "deaths that were foreseen", Width: 6, Height: 6,
	}
	for _, c := range all {
		if o.Quick {
			c.config.Units, c.config.Hidden, c.config.Epochs, c.config.Batch = 16, []int{16}, 8, 16
		}
		f, err := fitContender(ctx, o, &r, c, parts)
		if err != nil {
			return r, err
		}
		r.Figures = append(r.Figures, Figure{Name: c.name + ", area under the curve", Value: f.Metrics["test"]["auc"],
			Published: c.published})
		p, err := f.Predict(ctx, parts.test, 0)
		if err != nil {
			return r, err
		}
		fig.Curves = append(fig.Curves, receiver(c.name, p.Probabilities, parts.test))
	}
	curve, err := fitPhysionetLatent(ctx, o, &r, parts)
	if err != nil {
		return r, err
	}
	fig.Curves = append(fig.Curves, curve)
	fig.Curves = append(fig.Curves, training.Curve{Name: "by chance", X: []float64{0, 1}, Y: []float64{0, 1}, Dashed: true})
	drawn, err := fig.Figure()
	return r, o.picture(&r, "roc", drawn, err)
}

func physionetContenders() []contender {
	common := sequence.Config{
		Task: sequence.Classify, Balance: true, Batch: 128, Units: 64, Hidden: []int{64}, TimeUnit: 48, LearnRate: 0.003,
		Patience: 6,
	}
	cfc, ode, decay := common, common, common
	cfc.Model, cfc.Epochs, cfc.Decay = "cfc", 15, 1 // with less decay it soon knows the stays by heart
	ode.Model, ode.Epochs, ode.Decay = "ode-rnn", 10, 1e-3
	decay.Model, decay.Epochs, decay.Decay = "gru-d", 10, 0.1
	return []contender{
		{"CfC", cfc, "0.839 ± 0.002 (Hasani et al. 2022)", "0.1 min (Hasani et al. 2022)"},
		{"ODE-RNN", ode, "0.833 (Rubanova et al. 2019)", "16.5 min (Hasani et al. 2022)"},
		{"GRU-D", decay, "0.818 (Shukla and Marlin 2021)", "0.7 min (Hasani et al. 2022)"},
	}
}
