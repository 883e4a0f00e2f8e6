package odefile

import (
	"math"

	G "gorgonia.org/gorgonia"
)

// The built-in functions that Gorgonia has, or that are made of those.

func (b *emitter) sin(x []term) (term, error)  { return b.unary("sin", G.Sin, x[0]) }
func (b *emitter) cos(x []term) (term, error)  { return b.unary("cos", G.Cos, x[0]) }
func (b *emitter) tanh(x []term) (term, error) { return b.unary("tanh", G.Tanh, x[0]) }
func (b *emitter) exp(x []term) (term, error)  { return b.unary("exp", G.Exp, x[0]) }
func (b *emitter) log(x []term) (term, error)  { return b.unary("log", G.Log, x[0]) }
func (b *emitter) sqrt(x []term) (term, error) { return b.unary("sqrt", G.Sqrt, x[0]) }
func (b *emitter) abs(x []term) (term, error)  { return b.unary("abs", G.Abs, x[0]) }
func (b *emitter) max(x []term) (term, error)  { return b.larger(x[0], x[1]) }
func (b *emitter) min(x []term) (term, error)  { return b.binary("min", G.MinBetween, x[0], x[1]) }

func (b *emitter) powCall(x []term) (term, error) { return b.pow(x[0], x[1]) }
func (b *emitter) heav(x []term) (term, error)    { return b.comparison(">=", G.Gte, x[0], known(0)) }

func (b *emitter) sign(x []term) (term, error) {
	if b.holds(x[0]) {
		return b.side(x[0], known(0))
	}
	return b.unary("sign", G.Sign, x[0])
}

func (b *emitter) floor(x []term) (term, error) {
	if b.holds(x[0]) {
		return b.mode(x[0], true)
	}
	return b.unary("floor", G.Floor, x[0])
}

// ceil is −⌊−x⌋.
func (b *emitter) ceil(x []term) (term, error) {
	minus, err := b.neg(x[0])
	if err != nil {
		return term{}, err
	}
	n, err := b.floor([]term{minus})
	if err != nil {
		return term{}, err
	}
	return b.neg(n)
}

func (b *emitter) tan(x []term) (term, error) {
	s, err := b.sin(x)
	if err != nil {
		return term{}, err
	}
	c, err := b.cos(x)
	if err != nil {
		return term{}, err
	}
	return b.div(s, c)
}

// sinh is (expm1(x) − expm1(−x))/2, which loses nothing near zero.
func (b *emitter) sinh(x []term) (term, error) {
	minus, err := b.neg(x[0])
	if err != nil {
		return term{}, err
	}
	p, err := b.unary("expm1", G.Expm1, x[0])
	if err != nil {
		return term{}, err
	}
	m, err := b.unary("expm1", G.Expm1, minus)
	if err != nil {
		return term{}, err
	}
	d, err := b.sub(p, m)
	if err != nil {
		return term{}, err
	}
	return b.mul(known(0.5), d)
}

func (b *emitter) cosh(x []term) (term, error) {
	minus, err := b.neg(x[0])
	if err != nil {
		return term{}, err
	}
	p, err := b.exp(x)
	if err != nil {
		return term{}, err
	}
	m, err := b.exp([]term{minus})
	if err != nil {
		return term{}, err
	}
	s, err := b.add(p, m)
	if err != nil {
		return term{}, err
	}
	return b.mul(known(0.5), s)
}

func (b *emitter) log10(x []term) (term, error) {
	l, err := b.log(x)
	if err != nil {
		return term{}, err
	}
	return b.div(l, known(math.Ln10))
}

// mod is x − y⌊x/y⌋, between 0 and y.
func (b *emitter) mod(x []term) (term, error) {
	q, err := b.div(x[0], x[1])
	if err != nil {
		return term{}, err
	}
	n, err := b.floor([]term{q})
	if err != nil {
		return term{}, err
	}
	m, err := b.mul(x[1], n)
	if err != nil {
		return term{}, err
	}
	return b.sub(x[0], m)
}
