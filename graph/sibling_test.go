package graph

import (
	"slices"
	"testing"
)

// TestSibling has two plans that share their working memory run in turn: each stays bound to its arrays, and neither sees what the
// other left.
func TestSibling(t *testing.T) {
	f, err := flowFunc(8, []int{2, 16, 16, 2}, true)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = f.ValueVJP(); err != nil {
		t.Fatal(err)
	}
	plan, err := Compile[float32](f)
	if err != nil {
		t.Fatal(err)
	}
	plans := []*Plan[float32]{plan, plan.Sibling(), plan.Clone()}
	rng := normal()
	var in, out [][][]float32
	for range plans {
		in, out = append(in, asType[float32](filled(f, rng))), append(out, outputsFor[float32](f))
	}
	for range 3 {
		for i, p := range plans {
			if err := p.Run(in[i], out[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range plans {
		want := outputsFor[float32](f)
		if err := plan.Clone().Run(in[i], want); err != nil {
			t.Fatal(err)
		}
		for j := range want {
			if !slices.Equal(out[i][j], want[j]) {
				t.Errorf("plan %d, output %d differs from that of a plan alone", i, j)
			}
		}
	}
	if &plan.m.mem[plan.layout.buffers][0] != &plans[1].m.mem[plan.layout.buffers][0] {
		t.Error("a sibling has working memory of its own")
	}
}
