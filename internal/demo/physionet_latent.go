package demo

import (
	"context"
	"fmt"

	"gorgonode/layers/series"
	"gorgonode/training"
	"gorgonode/training/generative"
	"gorgonode/training/seriesfit"
)

// physionetLatent is a latent ODE with an ODE-RNN for its encoder, whose z₀, the state at admission, tells who dies
// (Rubanova et al. 2019, section 4.4).
func physionetLatent() generative.Config {
	admission := 0.0
	return generative.Config{
		Encoder: generative.ODERNN, Latent: 20, Units: 40, Hidden: []int{50}, Origin: &admission, Step: 1, Batch: 100,
		Balance: true, Epochs: 30, Patience: 8, LearnRate: 0.005, Decay: 1,
	}
}

// fitPhysionetLatent adds the latent ODE to a result, and its curve to those of the others.
func fitPhysionetLatent(ctx context.Context, o Options, r *Result, parts sequenceParts) (training.Curve, error) {
	const name = "latent ODE"
	c := physionetLatent()
	c.Seed = o.Seed
	published, epoch := "0.829 (Rubanova et al. 2019)", "22 min (Hasani et al. 2022)"
	if o.Data == "" {
		published, epoch = "", ""
	}
	if o.Quick {
		c.Latent, c.Units, c.Hidden, c.Epochs, c.Batch, c.Step = 4, 16, []int{16}, 8, 16, 4
	}
	f, err := generative.Fit(ctx, parts.train, c, generative.Options{Valid: parts.valid, Test: parts.test, Progress: o.Log})
	if err != nil {
		return training.Curve{}, err
	}
	m := f.Metrics["test"]
	if o.Log != nil {
		for _, record := range f.History {
			fmt.Fprintf(o.Log, "%s, epoch %d:%s\n", name, record.Step, listed(record.Values))
		}
		fmt.Fprintf(o.Log, "%s, valid:%s\n%s, test:%s\n", name, listed(f.Metrics["valid"]), name, listed(m))
	}
	r.Figures = append(r.Figures,
		Figure{Name: name + ", seconds for an epoch, the fastest", Value: f.EpochSeconds, Unit: "s", Published: epoch},
		Figure{Name: name + ", epochs until the weights that were kept", Value: float64(f.BestEpoch)},
		Figure{Name: name + ", area under the curve", Value: m["auc"], Published: published},
		Figure{Name: name + ", error of hidden values, in standard deviations", Value: m["scaled_rmse"]},
		Figure{Name: name + ", part of hidden values in the band of 90 %", Value: m["coverage"]},
	)
	p, err := f.Predict(ctx, parts.test, generative.PredictOptions{Times: make([][]float64, len(parts.test.Series))})
	if err != nil {
		return training.Curve{}, err
	}
	return receiver(name, p.Probabilities, parts.test), nil
}

// receiver is the receiver operating characteristic of the second class.
func receiver(name string, probabilities [][]float64, set *series.Set) training.Curve {
	scores, positive := make([]float64, len(set.Series)), make([]bool, len(set.Series))
	for i, s := range set.Series {
		scores[i], positive[i] = probabilities[i][1], s.Label[0] == 1
	}
	c := training.Curve{Name: name}
	c.X, c.Y = seriesfit.ROC(scores, positive)
	return c
}
