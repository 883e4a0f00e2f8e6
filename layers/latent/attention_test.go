package latent

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/internal/formula"
	"gorgonode/layers/series"
)

// TestAttention writes the formula once more, with a softmax over the observations of each channel.
func TestAttention(t *testing.T) {
	m := newModel("attention", tensor.Float64)
	e := m.encoder.(*AttentionEncoder)
	c := e.config
	b := must(series.NewBatch(ragged(), series.Shape{Steps: 5, Widths: widths}))
	out, _ := newRun(t, m, b, 1, func(r *run, o Observations) (G.Nodes, error) {
		u, err := call("attention", func(f *formula.F, in G.Nodes) *G.Node {
			return e.attend(f, in[0], in[1], in[2], in[3])
		}, o.Times, o.Values, o.Mask, o.Valid)
		return G.Nodes{u}, err
	}, false).run()
	omega, alpha := e.frequency.Float64s(), e.phase.Float64s()
	a, bk := e.queries.Params()[0].Float64s(), e.keys.Params()[0].Float64s()
	joined, bias := e.joined.Params()[0].Float64s(), e.joined.Params()[1].Float64s()
	const n = 6
	project := func(t float64, w []float64) []float64 {
		out := make([]float64, n)
		for i := range n {
			x := t*omega[i] + alpha[i]
			if i > 0 {
				x = math.Sin(x)
			}
			for j := range out {
				out[j] += x * w[i*n+j]
			}
		}
		return out
	}
	var want []float64
	for s := range b.Batch {
		for _, r := range c.References {
			var features []float64
			for h := range c.Heads {
				var means, shares [channels]float64
				for j := range channels {
					var top, seen, all float64
					for i := range b.Lengths[s] {
						score := 0.0
						q, k := project(r, a), project(b.Times[s*5+i], bk)
						for l := h * n / 2; l < (h+1)*n/2; l++ {
							score += q[l] * k[l]
						}
						w := math.Exp(score / math.Sqrt(n/2))
						at := (s*5+i)*channels + j
						top, seen, all = top+w*b.Mask[at]*b.Values[at], seen+w*b.Mask[at], all+w
					}
					if seen > 0 {
						means[j], shares[j] = top/seen, seen/all
					}
				}
				features = append(append(features, means[:]...), shares[:]...)
			}
			for o := range c.Width {
				v := bias[o]
				for i, x := range features {
					v += x * joined[i*c.Width+o]
				}
				want = append(want, v)
			}
		}
	}
	near(t, "attention", out[0], want, 1e-13)
}

func TestAttentionConfig(t *testing.T) {
	good := AttentionConfig{Channels: 1, Latent: 2, References: []float64{0, 1}}
	change := func(f func(c *AttentionConfig)) error {
		c := good
		f(&c)
		return second(NewAttentionEncoder(newRand(1), "e", c))
	}
	for want, err := range map[string]error{
		"need a random generator":       second(NewAttentionEncoder(nil, "e", good)),
		"it needs a name":               second(NewAttentionEncoder(newRand(1), "", good)),
		"0 channels":                    change(func(c *AttentionConfig) { c.Channels = 0 }),
		"16 for 3 heads":                change(func(c *AttentionConfig) { c.Heads = 3 }),
		"dtype int is":                  change(func(c *AttentionConfig) { c.Dtype = tensor.Int }),
		"1 reference times":             change(func(c *AttentionConfig) { c.References = []float64{1} }),
		"increase, and number 1 is 0":   change(func(c *AttentionConfig) { c.References = []float64{0, 0} }),
		"increase, and number 0 is NaN": change(func(c *AttentionConfig) { c.References = []float64{math.NaN(), 1} }),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "latent: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
