package cfc

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"gorgonode/layers"
	"gorgonode/layers/recurrent"
)

// fan counts connections onto or from a neuron.
func fanIn(rows [][]int8, from []int, to int) (n int) {
	for _, i := range from {
		if rows[i][to] != 0 {
			n++
		}
	}
	return n
}

func fanOut(rows [][]int8, from int, to []int) (n int) {
	for _, j := range to {
		if rows[from][j] != 0 {
			n++
		}
	}
	return n
}

// TestNCP: what the numbers of a policy promise holds for every neuron, connections go from layer to layer and among
// command neurons alone, and the seed decides.
func TestNCP(t *testing.T) {
	for seed := range uint64(20) {
		n := NCP{Inputs: 7, Inter: 12, Command: 8, Motor: 3, SensoryFanout: 4, InterFanout: 2, RecurrentCommand: 6, MotorFanin: 3}
		w := must(n.Wiring(seed))
		if err := w.Validate(); err != nil {
			t.Fatal(err)
		}
		inter, command, motor := w.Layers[0], w.Layers[1], w.Layers[2]
		inputs := span(0, n.Inputs)
		all := 0
		for _, i := range inputs {
			// More than the fan-out only where an inter neuron was left over.
			if k := fanOut(w.Sensory, i, inter); k < n.SensoryFanout {
				t.Errorf("input %d acts on %d inter neurons", i, k)
			}
			if fanOut(w.Sensory, i, command)+fanOut(w.Sensory, i, motor) > 0 {
				t.Errorf("input %d passes by the inter neurons", i)
			}
		}
		for _, i := range inter {
			if fanIn(w.Sensory, inputs, i) == 0 {
				t.Errorf("nothing acts on inter neuron %d", i)
			}
			k := fanOut(w.Synapses, i, command)
			if all += k; k < n.InterFanout || fanOut(w.Synapses, i, inter)+fanOut(w.Synapses, i, motor) > 0 {
				t.Errorf("inter neuron %d acts on %d command neurons", i, k)
			}
		}
		recurrent := 0
		for _, c := range command {
			if fanIn(w.Synapses, inter, c) == 0 {
				t.Errorf("nothing acts on command neuron %d", c)
			}
			recurrent += fanOut(w.Synapses, c, command)
			k := fanOut(w.Synapses, c, motor)
			if all += k; k == 0 || fanOut(w.Synapses, c, inter) > 0 {
				t.Errorf("command neuron %d acts on %d motor neurons", c, k)
			}
		}
		if recurrent < 1 || recurrent > n.RecurrentCommand {
			t.Errorf("%d recurrent connections, want at most %d", recurrent, n.RecurrentCommand)
		}
		for _, m := range motor {
			if k := fanIn(w.Synapses, command, m); k < n.MotorFanin {
				t.Errorf("%d command neurons act on motor neuron %d", k, m)
			}
			if fanOut(w.Synapses, m, span(0, w.Neurons)) > 0 {
				t.Errorf("motor neuron %d acts on others", m)
			}
		}
		if _, synapses := w.Count(); synapses != all+recurrent {
			t.Errorf("%d connections are counted, %d are there", synapses, all+recurrent)
		}
		if again := must(n.Wiring(seed)); !reflect.DeepEqual(again, w) {
			t.Error("one seed, two wirings")
		}
		if other := must(n.Wiring(seed + 1)); reflect.DeepEqual(other, w) {
			t.Error("two seeds, one wiring")
		}
	}
}

func TestRandomWiring(t *testing.T) {
	for _, c := range []struct {
		sparsity          float64
		sensory, synapses int
	}{{0, 50, 100}, {0.3, 35, 70}, {0.75, 13, 25}, {0.999, 0, 0}} {
		w := must(Random(5, 10, 2, c.sparsity, 8))
		sensory, synapses := w.Count()
		if err := w.Validate(); err != nil || sensory != c.sensory || synapses != c.synapses {
			t.Errorf("sparsity %g: %d and %d connections, want %d and %d (%v)", c.sparsity, sensory, synapses, c.sensory,
				c.synapses, err)
		}
	}
	full := must(FullyConnected(5, 40, 2, 8))
	inhibit := 0
	for _, row := range full.Synapses {
		for _, p := range row {
			if p < 0 {
				inhibit++
			}
		}
	}
	// 1600/3 ± 4·√(1600·2/9)
	if inhibit < 533-76 || inhibit > 533+76 {
		t.Errorf("%d of 1600 connections inhibit", inhibit)
	}
}

func TestAutoNCP(t *testing.T) {
	for _, sparsity := range []float64{0.1, 0.5, 0.9} {
		for neurons := 5; neurons < 40; neurons += 7 {
			w := must(AutoNCP(3, neurons, 2, sparsity, 4))
			if err := w.Validate(); err != nil || len(w.Layers[2]) != 2 || len(w.Layers[1]) != max(1, int(0.4*float64(neurons-2))) {
				t.Errorf("%d neurons: %v command, %v motor (%v)", neurons, w.Layers[1], w.Layers[2], err)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	rng := newRand(1)
	good := func() *Wiring { return must(Random(2, 4, 2, 0, 1)) }
	change := func(f func(w *Wiring)) *Wiring { w := good(); f(w); return w }
	policy := NCP{Inputs: 2, Inter: 2, Command: 2, Motor: 1, SensoryFanout: 1, InterFanout: 1, MotorFanin: 1}
	ncp := func(f func(n *NCP)) error { n := policy; f(&n); return second(n.Wiring(1)) }
	lstm := must(recurrent.NewLSTM(rng, "l", 2, 4))
	cell := must(New(rng, "c", 2, 3))
	for want, err := range map[string]error{
		"cell: it needs a name":                     second(New(rng, "", 2, 3)),
		`cell "c": widths 2 and 0`:                  second(New(rng, "c", 2, 0)),
		"the weights need a random generator":       second(New(nil, "c", 2, 3)),
		`unknown mode "fast"`:                       second(New(rng, "c", 2, 3, WithMode("fast"))),
		"WithBackbone of 1 layers of 0 units":       second(New(rng, "c", 2, 3, WithBackbone(1, 0))),
		"WithDropout of 0.5, want a step":           second(New(rng, "c", 2, 3, WithDropout(nil, 0.5, 1))),
		"WithDropout of 1,":                         second(New(rng, "c", 2, 3, WithDropout(layers.NewStep(), 1, 1))),
		"WithUnfolds is not among the options":      second(New(rng, "c", 2, 3, WithUnfolds(2))),
		"option 0 is nil":                           second(New(rng, "c", 2, 3, nil)),
		"dtype int is not supported":                second(New(rng, "c", 2, 3, WithDtype(tensor.Int))),
		"it needs an LSTM and a cell":               second(NewMixedMemory(nil, cell)),
		"an LSTM 2 → 4 and a cell 2 → 3":            second(NewMixedMemory(lstm, cell)),
		"a cell with a state of 8 and an output of": second(NewMixedMemory(lstm, lstm)),
		"an LSTM of float64 and a cell of float32": second(NewMixedMemory(lstm,
			must(New(rng, "c", 2, 4, WithDtype(tensor.Float32))))),
		"no wiring given":                    second(NewLTC(rng, "l", nil)),
		"ltc: it needs a name":               second(NewLTC(rng, "", good())),
		"WithUnfolds of 0":                   second(NewLTC(rng, "l", good(), WithUnfolds(0))),
		"WithMask and 3 inputs":              second(NewLTC(rng, "l", must(Random(3, 4, 2, 0, 1)), WithMask())),
		`ltc "n": the weights need a random`: second(NewLTC(nil, "n", good())),
		"a wiring of 0 inputs":               second(NewLTC(rng, "l", change(func(w *Wiring) { w.Inputs = 0 }))),
		"with connections from 1 and 4": second(NewLTC(rng, "l", change(func(w *Wiring) {
			w.Sensory = w.Sensory[:1]
		}))),
		"with a row of 3": second(NewLTC(rng, "l", change(func(w *Wiring) {
			w.Synapses[1] = w.Synapses[1][:3]
		}))),
		"a connection from 1 to 2 of polarity 2": second(NewLTC(rng, "l", change(func(w *Wiring) { w.Synapses[1][2] = 2 }))),
		"neuron 0 of 4 stands in two layers": second(NewLTC(rng, "l", change(func(w *Wiring) {
			w.Layers = append(w.Layers, []int{0})
		}))),
		"3 of 4 neurons stand in a layer": second(NewLTC(rng, "l", change(func(w *Wiring) {
			w.Layers[0] = w.Layers[0][:3]
		}))),
		"motor neuron 0 stands in layer 0, not in": second(NewLTC(rng, "l", change(func(w *Wiring) {
			w.Layers = [][]int{{0, 1}, {2, 3}}
		}))),
		"does not begin with the 2 motor neurons": second(NewWired(rng, "w", change(func(w *Wiring) {
			w.Layers[0] = []int{1, 0, 2, 3}
		}))),
		"wired: it needs a name":                    second(NewWired(rng, "", good())),
		"random wiring: 0 inputs and 4 neurons":     second(Random(0, 4, 2, 0, 1)),
		"a sparsity of 1, want":                     second(Random(2, 4, 2, 1, 1)),
		"2 of 4 neurons are motor neurons":          second(AutoNCP(2, 4, 2, 0.5, 1)),
		"auto ncp: a sparsity of 0.95":              second(AutoNCP(2, 9, 2, 0.95, 1)),
		"0 inter and 2 command neurons":             ncp(func(n *NCP) { n.Inter = 0 }),
		"a sensory fan-out of 3 to 2":               ncp(func(n *NCP) { n.SensoryFanout = 3 }),
		"an inter fan-out of 0 to 2":                ncp(func(n *NCP) { n.InterFanout = 0 }),
		"a motor fan-in of 3 from 2":                ncp(func(n *NCP) { n.MotorFanin = 3 }),
		"-1 recurrent connections":                  ncp(func(n *NCP) { n.RecurrentCommand = -1 }),
		"9223372036854775807 recurrent connections": ncp(func(n *NCP) { n.RecurrentCommand = math.MaxInt }),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "cfc: ") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// TestWiredHasLayers: a stack leaves no connection of a policy out, so it refuses those that it cannot have; a network of
// synapses takes them.
func TestWiredHasLayers(t *testing.T) {
	policy := NCP{Inputs: 2, Inter: 2, Command: 2, Motor: 1, SensoryFanout: 1, InterFanout: 1, RecurrentCommand: 2,
		MotorFanin: 1}
	const motor, command, inter = 0, 1, 3
	if _, err := NewWired(newRand(1), "w", must(policy.Wiring(1))); err != nil {
		t.Errorf("a policy: %v", err)
	}
	for want, change := range map[string]func(w *Wiring){
		"input 0 acts on neuron 1 of layer 1, want the first": func(w *Wiring) { w.Sensory[0][command] = 1 },
		"neuron 3 of layer 0 acts on neuron 0 of layer 2":     func(w *Wiring) { w.Synapses[inter][motor] = -1 },
		"neuron 0 of layer 2 acts on neuron 3 of layer 0":     func(w *Wiring) { w.Synapses[motor][inter] = 1 },
	} {
		w := must(policy.Wiring(1))
		change(w)
		if _, err := NewWired(newRand(1), "w", w); err == nil || !strings.HasPrefix(err.Error(), `cfc: wired "w": `+want) {
			t.Errorf("want %q: %v", want, err)
		}
		if _, err := NewLTC(newRand(1), "l", w); err != nil {
			t.Errorf("a network of synapses: %v", err)
		}
	}
}
