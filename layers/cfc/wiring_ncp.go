package cfc

import (
	"math/rand/v2"

	"github.com/pkg/errors"
)

// NCP describes a neural circuit policy (Lechner et al. 2020, "Neural circuit policies enabling auditable autonomy",
// Methods): inputs act on inter neurons, these on command neurons, which also act on each other, and these on motor
// neurons.
type NCP struct {
	Inputs, Inter, Command, Motor int
	SensoryFanout                 int // inter neurons that an input acts on
	InterFanout                   int // command neurons that an inter neuron acts on
	// RecurrentCommand is the connections among command neurons, at most Command², drawn one by one; two may fall together.
	RecurrentCommand int
	MotorFanin       int // command neurons that act on a motor neuron
}

// Wiring draws the connections. Where an inter or command neuron is left without one from the layer before, it gets as
// many as the others have in the mean, at least one; likewise a command neuron that acts on no motor neuron. Half of all
// connections inhibit.
func (n NCP) Wiring(seed uint64) (*Wiring, error) {
	neurons := n.Inter + n.Command + n.Motor
	if err := checkCounts("ncp", n.Inputs, neurons, n.Motor); err != nil {
		return nil, err
	}
	switch {
	case n.Inter < 1 || n.Command < 1:
		return nil, errors.Errorf("cfc: ncp: %d inter and %d command neurons, want at least 1 of each", n.Inter, n.Command)
	case n.SensoryFanout < 1 || n.SensoryFanout > n.Inter:
		return nil, errors.Errorf("cfc: ncp: a sensory fan-out of %d to %d inter neurons", n.SensoryFanout, n.Inter)
	case n.InterFanout < 1 || n.InterFanout > n.Command:
		return nil, errors.Errorf("cfc: ncp: an inter fan-out of %d to %d command neurons", n.InterFanout, n.Command)
	case n.MotorFanin < 1 || n.MotorFanin > n.Command:
		return nil, errors.Errorf("cfc: ncp: a motor fan-in of %d from %d command neurons", n.MotorFanin, n.Command)
	case n.RecurrentCommand < 0 || n.RecurrentCommand > n.Command*n.Command:
		return nil, errors.Errorf("cfc: ncp: %d recurrent connections among %d command neurons", n.RecurrentCommand, n.Command)
	}
	motor := span(0, n.Motor)
	command := span(n.Motor, n.Motor+n.Command)
	inter := span(n.Motor+n.Command, neurons)
	w := newWiring(n.Inputs, neurons, n.Motor)
	w.Layers = [][]int{inter, command, motor}

	d := drawing{rand.New(rand.NewPCG(seed, 1))}
	inputs := span(0, n.Inputs)
	d.fanOut(w.Sensory, inputs, inter, n.SensoryFanout)
	d.reachAll(w.Sensory, inputs, inter, n.Inputs*n.SensoryFanout/n.Inter)
	d.fanOut(w.Synapses, inter, command, n.InterFanout)
	d.reachAll(w.Synapses, inter, command, n.Inter*n.InterFanout/n.Command)
	for range n.RecurrentCommand {
		d.connect(w.Synapses, command[d.IntN(n.Command)], command[d.IntN(n.Command)])
	}
	for _, m := range motor {
		for _, c := range d.choose(command, n.MotorFanin) {
			d.connect(w.Synapses, c, m)
		}
	}
	for _, c := range command {
		if !actsOn(w.Synapses, c, motor) {
			for _, m := range d.choose(motor, n.Motor*n.MotorFanin/n.Command) {
				d.connect(w.Synapses, c, m)
			}
		}
	}
	return w, nil
}

// AutoNCP chooses the numbers of an NCP for a count of neurons beside the inputs: 0.4 of those that are no motor neurons
// are command neurons, and sparsity, from 0.1 to 0.9, is what is left out of the connections from one layer to the next.
func AutoNCP(inputs, neurons, motors int, sparsity float64, seed uint64) (*Wiring, error) {
	if err := checkCounts("auto ncp", inputs, neurons, motors); err != nil {
		return nil, err
	}
	if motors > neurons-3 {
		return nil, errors.Errorf("cfc: auto ncp: %d of %d neurons are motor neurons, want at most %d", motors, neurons, neurons-3)
	}
	if !(sparsity >= 0.1 && sparsity <= 0.9) {
		return nil, errors.Errorf("cfc: auto ncp: a sparsity of %g, want 0.1 to 0.9", sparsity)
	}
	density := 1 - sparsity
	part := func(n int, of float64) int { return max(1, int(float64(n)*of)) }
	n := NCP{Inputs: inputs, Motor: motors, Command: part(neurons-motors, 0.4)}
	n.Inter = neurons - motors - n.Command
	n.SensoryFanout, n.InterFanout = part(n.Inter, density), part(n.Command, density)
	n.RecurrentCommand, n.MotorFanin = part(n.Command, 2*density), part(n.Command, density)
	return n.Wiring(seed)
}

// drawing connects at random.
type drawing struct{ *rand.Rand }

func (d drawing) connect(rows [][]int8, from, to int) { rows[from][to] = int8(2*d.IntN(2) - 1) }

// choose takes count of a list, at least one and at most all.
func (d drawing) choose(list []int, count int) []int {
	var chosen []int
	for _, i := range d.Perm(len(list))[:min(max(count, 1), len(list))] {
		chosen = append(chosen, list[i])
	}
	return chosen
}

func (d drawing) fanOut(rows [][]int8, from, to []int, count int) {
	for _, i := range from {
		for _, j := range d.choose(to, count) {
			d.connect(rows, i, j)
		}
	}
}

// reachAll connects what nothing acts on yet.
func (d drawing) reachAll(rows [][]int8, from, to []int, count int) {
	for _, j := range to {
		reached := false
		for _, i := range from {
			reached = reached || rows[i][j] != 0
		}
		if !reached {
			for _, i := range d.choose(from, count) {
				d.connect(rows, i, j)
			}
		}
	}
}

func actsOn(rows [][]int8, from int, to []int) bool {
	for _, j := range to {
		if rows[from][j] != 0 {
			return true
		}
	}
	return false
}
