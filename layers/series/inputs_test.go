package series

import (
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestInputs(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		g := G.NewGraph()
		in, err := NewInputs(g, dt, Shape{Batch: 3, Steps: 3, Widths: Widths{Values: 2, Label: 1, Static: 1, Targets: 1}})
		if err != nil {
			t.Fatal(err)
		}
		// Two batches enter one graph, so nodes of one kind must not be taken for the same.
		other, err := NewInputs(g, dt, in.Shape())
		if err != nil {
			t.Fatal(err)
		}
		values := in.Values()
		if again := in.Values(); again != values || other.Values() == values || in.Mask() == values {
			t.Error("nodes are made once for an Inputs, and for each kind")
		}
		if n := len(g.AllNodes()); n != 3 {
			t.Errorf("%d nodes in the graph, want those that were asked for", n)
		}
		b, err := NewBatch(visits(), in.Shape())
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[*G.Node][]float64{
			in.Times(): b.Times, in.Deltas(): b.Deltas, in.Valid(): b.Valid, in.Values(): b.Values, in.Mask(): b.Mask,
			in.Static(): b.Static, in.StaticMask(): b.StaticMask, in.Label(): b.Label, in.LabelMask(): b.LabelMask,
			in.Targets(): b.Targets, in.TargetMask(): b.TargetMask,
		}
		if len(kinds) != 11 {
			t.Errorf("%d different nodes, want 11", len(kinds))
		}
		if err := in.Feed(b); err != nil {
			t.Fatal(err)
		}
		for n, want := range kinds {
			for i := range want {
				var got float64
				switch data := n.Value().Data().(type) {
				case []float64:
					got = data[i]
				case []float32:
					got = float64(data[i])
				}
				if got != float64(float32(want[i])) { // all numbers of the test have few digits
					t.Fatalf("%v: %v is fed as %v", n, want[i], got)
				}
			}
		}
	}
}

// TestDeltasOfLargeTimes: times in seconds since 1970 have no digits below two minutes in float32, their differences do.
func TestDeltasOfLargeTimes(t *testing.T) {
	s := &Series{Times: []float64{1.7e9, 1.7e9 + 0.25}, Values: [][]float64{{1}, {2}}}
	b, err := NewBatch([]*Series{s}, Shape{Widths: Widths{Values: 1}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := NewInputs(G.NewGraph(), tensor.Float32, b.Shape)
	if err != nil {
		t.Fatal(err)
	}
	n := in.Deltas()
	if err := in.Feed(b); err != nil {
		t.Fatal(err)
	}
	if d := n.Value().Data().([]float32)[1]; d != 0.25 {
		t.Errorf("a difference of 0.25 is %v", d)
	}
}

func TestInputsErrors(t *testing.T) {
	shape := Shape{Batch: 2, Steps: 3, Widths: Widths{Values: 1}}
	g := G.NewGraph()
	for want, err := range map[string]error{
		"no graph":                    second(NewInputs(nil, tensor.Float64, shape)),
		"dtype int is not supported":  second(NewInputs(g, tensor.Int, shape)),
		"a batch of 0 series with 0 ": second(NewInputs(g, tensor.Float64, Shape{})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	in, err := NewInputs(g, tensor.Float64, shape)
	if err != nil {
		t.Fatal(err)
	}
	if in.Static() != nil || in.Targets() != nil {
		t.Error("nodes without elements")
	}
	if err := in.Feed(nil); err == nil {
		t.Error("no batch is fed")
	}
	b, err := NewBatch(nil, Shape{Batch: 2, Steps: 4, Widths: shape.Widths})
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Feed(b); err == nil || !strings.Contains(err.Error(), "a batch of shape {Batch:2 Steps:4") {
		t.Errorf("a batch of another shape: %v", err)
	}
	in.Values()
	if err := in.Feed(&Batch{Shape: shape}); err == nil || !strings.Contains(err.Error(), "0 values in the batch, want 6") {
		t.Errorf("a batch without arrays: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
