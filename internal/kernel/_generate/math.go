package main

import "github.com/mmcloughlin/avo/build"

type builder struct {
	*build.Context
	table constants
}

// function is a kernel of one argument.
type function struct {
	name, doc string
	half      bool // float32 by way of float64
	partial   bool
	f         func(l *lanes, x vec) (vec, truth)
	single    func(l *lanes, x vec) vec // in float32 alone, where it differs
	before    func(l *lanes)            // what is done once, before the loop; may be nil
}

func whole(f func(l *lanes, x vec) vec) func(*lanes, vec) (vec, truth) {
	return func(l *lanes, x vec) (vec, truth) { return f(l, x), truth{} }
}

var functions = []function{
	{name: "exp", doc: "sets dst = eˣ.", f: whole((*lanes).exp)},
	{name: "log", doc: "sets dst = ln x.", half: true, f: whole((*lanes).log)},
	{name: "tanh", doc: "sets dst = tanh x.", f: whole((*lanes).tanh), before: (*lanes).loadTanh},
	{name: "tanhPrime", doc: "sets dst = 1 − tanh² x.", half: true, f: whole((*lanes).tanhPrime), before: (*lanes).loadEighths},
	{name: "sigmoid", doc: "sets dst = 1/(1 + e⁻ˣ).", f: whole((*lanes).sigmoid), single: (*lanes).sigmoid32,
		before: (*lanes).loadEighths},
	{name: "sigmoidPrime", doc: "sets dst to the derivative of 1/(1 + e⁻ˣ).", half: true, f: whole((*lanes).sigmoidPrime),
		before: (*lanes).loadEighths},
	{name: "softplus", doc: "sets dst = ln(1 + eˣ).", half: true, f: whole((*lanes).softplus), before: (*lanes).loadEighths},
	{name: "silu", doc: "sets dst = x/(1 + e⁻ˣ).", half: true, f: whole((*lanes).silu), before: (*lanes).loadEighths},
	{name: "siluPrime", doc: "sets dst to the derivative of x/(1 + e⁻ˣ).", half: true, f: whole((*lanes).siluPrime),
		before: (*lanes).loadEighths},
	{name: "gelu", doc: "sets dst = ½x(1 + tanh(√(2/π)(x + 0.044715x³))).", half: true, f: whole((*lanes).gelu),
		before: (*lanes).loadEighths},
	{name: "geluPrime", doc: "sets dst to the derivative of gelu.", half: true, f: whole((*lanes).geluPrime),
		before: (*lanes).loadEighths},
	{name: "sin", doc: "sets dst = sin x for |x| < 2²⁶ and returns how far it came.", half: true, partial: true,
		f: func(l *lanes, x vec) (vec, truth) { return l.sine(x, 0) }},
	{name: "cos", doc: "sets dst = cos x for |x| < 2²⁶ and returns how far it came.", half: true, partial: true,
		f: func(l *lanes, x vec) (vec, truth) { return l.sine(x, 1) }},
}

func mathFunctions(c *build.Context) {
	b := &builder{Context: c}
	for _, f := range functions {
		kernels = append(kernels, kernel{f.name, []string{"x"}, false, f.partial})
		versions(b, f.half, func(l *lanes) {
			l.before = f.before
			l.elementwise(f.name, f.doc, []string{"x"}, false, f.partial, func(x []vec, _ vec) (vec, truth) {
				if l.size == 4 && f.single != nil {
					return f.single(l, x[0]), truth{}
				}
				return f.f(l, x[0])
			})
		})
	}
	m := machine{Context: c}
	writeTails(m)
	writeTanhPieces(m)
	writeEighths(m)
	b.table.write(m)
}
