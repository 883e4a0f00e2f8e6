package odefile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers"
)

// Net is a learnable term of a model, net f(x, y) = mlp(hidden=[16, 16], act=tanh): a multilayer perceptron of numbers,
// with one output a name. Its Weights are, for each layer, the matrix of shape (in, out), row-major, and then the biases, as
// layers.MLP has its parameters.
type Net struct {
	Outputs    []string // the functions that it computes, as they are written
	Inputs     []string // their arguments
	Hidden     []int    // widths of the hidden layers; none is a linear map
	Activation string   // between the layers, by layers.ActivationByName

	at     place
	act    layers.Activation
	offset int // of its weights in the vector of parameters
}

// The bounds of a network keep a broken file from taking the machine.
const (
	maxLayers  = 8
	maxWidth   = 1024
	maxWeights = 100_000
)

// Sizes are the widths of all layers, those of inputs and outputs among them.
func (n *Net) Sizes() []int {
	return append(append([]int{len(n.Inputs)}, n.Hidden...), len(n.Outputs))
}

// NumWeights is how many weights and biases it has.
func (n *Net) NumWeights() int {
	total, sizes := 0, n.Sizes()
	for i := range len(sizes) - 1 {
		total += (sizes[i] + 1) * sizes[i+1]
	}
	return total
}

// NumParams is the length of the vector of parameters of a [File.Field]: the parameters, then the weights of the networks.
func (f *File) NumParams() int {
	n := len(f.Params)
	for _, net := range f.Nets {
		n += net.NumWeights()
	}
	return n
}

// net reads the definition of a network, from behind the word.
func (r *reader) net(rest statement) error {
	d, err := parse(r.src, rest, networkParser)
	if err != nil {
		return err
	}
	first := d.Outputs[0]
	n := &Net{at: rest.place(first.Pos), Hidden: []int{16, 16}, Activation: "tanh"}
	if !strings.EqualFold(d.Kind.Name, "mlp") {
		return r.src.errorAt(rest.place(d.Kind.Pos), "there is no network %q; there is mlp", d.Kind.Name)
	}
	if n.Inputs, err = r.netInputs(rest, d.Inputs); err != nil {
		return err
	}
	if err := r.netOptions(rest, n, d.Options); err != nil {
		return err
	}
	if n.act, err = layers.ActivationByName(n.Activation); err != nil {
		return r.src.errorAt(n.at, "%v", err)
	}
	args := make([]string, len(n.Inputs))
	for i, name := range n.Inputs {
		args[i] = strings.ToLower(name)
	}
	for i, w := range d.Outputs {
		if r.count++; r.count > maxNames {
			return r.src.errorAt(rest.place(w.Pos), "the file defines more than %d names", maxNames)
		}
		if err := r.define(w.Name, rest.place(w.Pos), &symbol{role: aNetwork, index: i, args: args, net: n}); err != nil {
			return err
		}
		n.Outputs = append(n.Outputs, w.Name)
	}
	r.file.Nets = append(r.file.Nets, n)
	total := 0
	for _, net := range r.file.Nets {
		if total += net.NumWeights(); total > maxWeights {
			return r.src.errorAt(n.at, "the networks of the file have more than %d weights", maxWeights)
		}
	}
	return nil
}

func (r *reader) netInputs(rest statement, words []*word) ([]string, error) {
	var names []string
	for _, w := range words {
		at, key := rest.place(w.Pos), strings.ToLower(w.Name)
		if what := reservedAs(key); what != "" && key != "t" {
			return nil, r.src.errorAt(at, "%q is %s and cannot be an argument", w.Name, what)
		}
		if slices.ContainsFunc(names, func(s string) bool { return strings.EqualFold(s, key) }) {
			return nil, r.src.errorAt(at, "the argument %q stands here twice", w.Name)
		}
		names = append(names, w.Name)
	}
	return names, nil
}

func (r *reader) netOptions(rest statement, n *Net, options []*setting) error {
	seen := map[string]bool{}
	for _, o := range options {
		at, name := rest.place(o.Pos), strings.ToLower(o.Name)
		if seen[name] {
			return r.src.errorAt(at, "the option %q stands here twice", o.Name)
		}
		seen[name] = true
		switch {
		case name == "hidden" && o.List:
			widths, err := r.widths(at, o.Widths)
			if err != nil {
				return err
			}
			n.Hidden = widths
		case name == "hidden":
			return r.src.errorAt(at, "hidden is a list of widths, as hidden=[16,16]")
		case name == "act" && o.Word != "":
			if _, err := layers.ActivationByName(o.Word); err != nil {
				return r.src.errorAt(at, "there is no activation %q%s", o.Word, Suggest(o.Word, layers.ActivationNames()))
			}
			n.Activation = strings.ToLower(o.Word)
		case name == "act":
			return r.src.errorAt(at, "act is the name of an activation, as act=tanh")
		default:
			return r.src.errorAt(at, "a network has no option %q; there are hidden and act", o.Name)
		}
	}
	return nil
}

func (r *reader) widths(at place, texts []string) ([]int, error) {
	if len(texts) > maxLayers {
		return nil, r.src.errorAt(at, "a network has at most %d hidden layers", maxLayers)
	}
	widths := make([]int, 0, len(texts))
	for _, text := range texts {
		w, err := strconv.Atoi(text)
		if err != nil || w < 1 || w > maxWidth {
			return nil, r.src.errorAt(at, "a hidden layer has a width of %s, not a whole number from 1 to %d", text, maxWidth)
		}
		widths = append(widths, w)
	}
	return widths, nil
}

// NetIndex is the place in Nets of the network that computes a name, -1 for none.
func (f *File) NetIndex(name string) int {
	s := f.symbols[strings.ToLower(name)]
	if s == nil || s.role != aNetwork {
		return -1
	}
	return slices.Index(f.Nets, s.net)
}

// SetWeights gives the networks their weights, a copy of w.
func (f *File) SetWeights(w []float64) error {
	if want := f.NumParams() - len(f.Params); len(w) != want {
		return errors.Errorf("odefile: %s: %d weights for networks that have %d", f.Name, len(w), want)
	}
	f.Weights = append([]float64{}, w...)
	return nil
}
