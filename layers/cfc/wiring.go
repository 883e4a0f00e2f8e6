package cfc

import (
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Wiring says which neurons of a network are connected, and whether they excite or inhibit. Neurons are numbered with the
// motor neurons, which are the output, first.
type Wiring struct {
	Inputs  int
	Neurons int
	Motors  int // the first of the neurons
	// Sensory[i][j] is 1 or −1 where input i acts on neuron j, and 0 where it does not.
	Sensory [][]int8
	// Synapses[i][j] is the same for neuron i.
	Synapses [][]int8
	// Layers are the neurons by layers, in the order in which signals pass: inter, command and motor for a neural circuit
	// policy, one layer of all neurons otherwise.
	Layers [][]int
}

// Count is the number of connections from inputs and between neurons.
func (w *Wiring) Count() (sensory, synapses int) {
	count := func(rows [][]int8) (n int) {
		for _, row := range rows {
			for _, p := range row {
				if p != 0 {
					n++
				}
			}
		}
		return n
	}
	return count(w.Sensory), count(w.Synapses)
}

// Validate tells whether the wiring is whole: sizes that fit, polarities of −1, 0 and 1, every neuron in one layer, the
// motor neurons in the last.
func (w *Wiring) Validate() error {
	if w == nil {
		return errors.New("cfc: no wiring given")
	}
	if w.Inputs < 1 || w.Motors < 1 || w.Neurons < w.Motors {
		return errors.Errorf("cfc: a wiring of %d inputs, %d neurons, %d of them motor neurons", w.Inputs, w.Neurons, w.Motors)
	}
	if len(w.Sensory) != w.Inputs || len(w.Synapses) != w.Neurons {
		return errors.Errorf("cfc: a wiring of %d inputs and %d neurons with connections from %d and %d", w.Inputs, w.Neurons,
			len(w.Sensory), len(w.Synapses))
	}
	for _, rows := range [][][]int8{w.Sensory, w.Synapses} {
		for i, row := range rows {
			if len(row) != w.Neurons {
				return errors.Errorf("cfc: a wiring of %d neurons with a row of %d", w.Neurons, len(row))
			}
			for j, p := range row {
				if p < -1 || p > 1 {
					return errors.Errorf("cfc: a connection from %d to %d of polarity %d", i, j, p)
				}
			}
		}
	}
	layer := map[int]int{}
	for l, neurons := range w.Layers {
		for _, n := range neurons {
			if _, twice := layer[n]; twice || n < 0 || n >= w.Neurons {
				return errors.Errorf("cfc: neuron %d of %d stands in two layers, or is none", n, w.Neurons)
			}
			layer[n] = l
		}
	}
	if len(layer) != w.Neurons {
		return errors.Errorf("cfc: %d of %d neurons stand in a layer", len(layer), w.Neurons)
	}
	for n := range w.Motors {
		if layer[n] != len(w.Layers)-1 {
			return errors.Errorf("cfc: motor neuron %d stands in layer %d, not in the last", n, layer[n])
		}
	}
	return nil
}

// layered is an error if a connection goes elsewhere than from the inputs to the first layer, or from a layer to itself or
// the next. The wiring is valid.
func (w *Wiring) layered() error {
	layer := make([]int, w.Neurons)
	for l, neurons := range w.Layers {
		for _, n := range neurons {
			layer[n] = l
		}
	}
	for i, row := range w.Sensory {
		for j, p := range row {
			if p != 0 && layer[j] != 0 {
				return errors.Errorf("input %d acts on neuron %d of layer %d, want the first, 0", i, j, layer[j])
			}
		}
	}
	for i, row := range w.Synapses {
		for j, p := range row {
			if p != 0 && layer[j] != layer[i] && layer[j] != layer[i]+1 {
				return errors.Errorf("neuron %d of layer %d acts on neuron %d of layer %d, want its own or the next",
					i, layer[i], j, layer[j])
			}
		}
	}
	return nil
}

func newWiring(inputs, neurons, motors int) *Wiring {
	w := &Wiring{Inputs: inputs, Neurons: neurons, Motors: motors}
	for range inputs {
		w.Sensory = append(w.Sensory, make([]int8, neurons))
	}
	for range neurons {
		w.Synapses = append(w.Synapses, make([]int8, neurons))
	}
	return w
}

func checkCounts(what string, inputs, neurons, motors int) error {
	const most = 1 << 12
	if inputs < 1 || motors < 1 || neurons < motors || neurons > most || inputs > most {
		return errors.Errorf("cfc: %s: %d inputs and %d neurons, %d of them motor neurons; want from 1 to %d",
			what, inputs, neurons, motors, most)
	}
	return nil
}

// polarity is −1 for every third connection.
func polarity(rng *rand.Rand) int8 {
	if rng.IntN(3) == 0 {
		return -1
	}
	return 1
}

// FullyConnected connects all inputs with all neurons and all neurons with each other and themselves. A third of the
// connections, chosen by the seed, inhibit.
func FullyConnected(inputs, neurons, motors int, seed uint64) (*Wiring, error) {
	return Random(inputs, neurons, motors, 0, seed)
}

// Random leaves out a fraction of all connections, from 0 to less than 1: of S possible ones the integer next to S(1 −
// sparsity) is there, from inputs as between neurons. A third of them inhibit.
func Random(inputs, neurons, motors int, sparsity float64, seed uint64) (*Wiring, error) {
	if err := checkCounts("random wiring", inputs, neurons, motors); err != nil {
		return nil, err
	}
	if !(sparsity >= 0 && sparsity < 1) {
		return nil, errors.Errorf("cfc: random wiring: a sparsity of %g, want 0 or more and less than 1", sparsity)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	w := newWiring(inputs, neurons, motors)
	for _, rows := range [][][]int8{w.Sensory, w.Synapses} {
		all := len(rows) * neurons
		kept := int(float64(all)*(1-sparsity) + 0.5)
		for _, at := range rng.Perm(all)[:kept] {
			rows[at/neurons][at%neurons] = polarity(rng)
		}
	}
	w.Layers = [][]int{span(0, neurons)}
	return w, nil
}

// span is from, from+1, … up to before to.
func span(from, to int) []int {
	var list []int
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}
