package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// arithmetic writes the elementwise operations that processors have.
func arithmetic(c *build.Context) {
	b := &builder{Context: c}
	write := func(name, doc string, inputs []string, scalar, half bool, f func(l *lanes, x []vec, c vec) vec) {
		kernels = append(kernels, kernel{name, inputs, scalar, false})
		versions(b, half, func(l *lanes) {
			l.elementwise(name, doc, inputs, scalar, false, func(x []vec, c vec) (vec, truth) { return f(l, x, c), truth{} })
		})
	}
	for _, o := range []struct {
		name, sign string
		f          func(l *lanes, x, y vec) vec
		c          string // name with a number in place of y; or of x
		left       string
	}{
		{"add", "x + %s", func(l *lanes, x, y vec) vec { return l.add(x, y) }, "addC", ""},
		{"sub", "x − %s", func(l *lanes, x, y vec) vec { return l.sub(x, y) }, "subC", "cSub"},
		{"mul", "x·%s", func(l *lanes, x, y vec) vec { return l.mul(x, y) }, "mulC", ""},
		{"div", "x/%s", func(l *lanes, x, y vec) vec { return l.div(x, y) }, "divC", "cDiv"},
		{"max", "max(x, %s)", func(l *lanes, x, y vec) vec { return l.larger("VMAXP$", x, y, l.and(x, y)) }, "maxC", ""},
		{"min", "min(x, %s)", func(l *lanes, x, y vec) vec { return l.larger("VMINP$", x, y, l.or(x, y)) }, "minC", ""},
		{"gt", "x > %s", func(l *lanes, x, y vec) vec { return l.holds(x, greater, y) }, "gtC", ""},
		{"ge", "x ≥ %s", func(l *lanes, x, y vec) vec { return l.holds(x, greaterE, y) }, "geC", ""},
		{"lt", "x < %s", func(l *lanes, x, y vec) vec { return l.holds(x, less, y) }, "ltC", ""},
		{"le", "x ≤ %s", func(l *lanes, x, y vec) vec { return l.holds(x, lessEq, y) }, "leC", ""},
		{"eq", "x = %s", func(l *lanes, x, y vec) vec { return l.holds(x, equal, y) }, "eqC", ""},
		{"ne", "x ≠ %s", func(l *lanes, x, y vec) vec { return l.holds(x, unequal, y) }, "neC", ""},
	} {
		if o.name != "lt" && o.name != "le" { // gt and ge with the arguments exchanged
			write(o.name, "sets dst = "+fmt.Sprintf(o.sign, "y")+".", []string{"x", "y"}, false, false,
				func(l *lanes, x []vec, _ vec) vec { return o.f(l, x[0], x[1]) })
		}
		write(o.c, "sets dst = "+fmt.Sprintf(o.sign, "c")+".", []string{"x"}, true, false,
			func(l *lanes, x []vec, c vec) vec { return o.f(l, x[0], c) })
		if o.left != "" {
			write(o.left, "sets dst to the same with c before x.", []string{"x"}, true, false,
				func(l *lanes, x []vec, c vec) vec { return o.f(l, c, x[0]) })
		}
	}
	for _, o := range []struct {
		name, doc string
		half      bool
		f         func(l *lanes, x vec) vec
	}{
		{"neg", "sets dst = −x.", false, func(l *lanes, x vec) vec { return l.neg(x) }},
		{"abs", "sets dst = |x|.", false, func(l *lanes, x vec) vec { return l.abs(x) }},
		{"square", "sets dst = x².", false, func(l *lanes, x vec) vec { return l.mul(x, x) }},
		{"cube", "sets dst = x³.", false, func(l *lanes, x vec) vec { return l.mul(l.mul(x, x), x) }},
		{"inv", "sets dst = 1/x.", false, func(l *lanes, x vec) vec { return l.div(l.all(1), x) }},
		{"sqrt", "sets dst = √x.", false, (*lanes).sqrt},
		{"invSqrt", "sets dst = 1/√x.", true, func(l *lanes, x vec) vec { return l.div(l.all(1), l.sqrt(x)) }},
		{"floor", "sets dst = ⌊x⌋.", false, func(l *lanes, x vec) vec { return l.roundTo(1, x) }},
		{"ceil", "sets dst = ⌈x⌉.", false, func(l *lanes, x vec) vec { return l.roundTo(2, x) }},
		{"sign", "sets dst = ±1 by the sign of x.", false, func(l *lanes, x vec) vec {
			y := l.choose(l.compare(x, less, num(0)), l.all(-1), x)
			return l.choose(l.compare(x, greater, num(0)), l.all(1), y)
		}},
		{"relu", "sets dst = max(x, 0).", false, func(l *lanes, x vec) vec { return l.only(l.compare(x, notLeEq, num(0)), x) }},
	} {
		write(o.name, o.doc, []string{"x"}, false, o.half, func(l *lanes, x []vec, _ vec) vec { return o.f(l, x[0]) })
	}
	write("select", "sets dst = x where s ≠ 0 and y elsewhere.", []string{"s", "x", "y"}, false, false,
		func(l *lanes, x []vec, _ vec) vec { return l.choose(l.compare(x[0], unequal, num(0)), x[1], x[2]) })
	m := machine{Context: c}
	writeTails(m)
	b.table.write(m)
}

// larger is the larger or the smaller of x and y, NaN if either is; zeros are what the bits of both give.
func (l *lanes) larger(name string, x, y, zero vec) vec {
	m := l.binary(name, x, y) // y where one is NaN or both are 0
	m = l.choose(l.compare(x, equal, y), zero, m)
	return l.choose(l.compare(x, 3, x), x, m)
}

// holds is 1 where a comparison holds and 0 elsewhere.
func (l *lanes) holds(x vec, op uint64, y vec) vec { return l.only(l.compare(x, op, y), l.all(1)) }

func (l *lanes) sqrt(x vec) vec {
	d := l.vec()
	l.op("VSQRTP$", x, d)
	return d
}

// roundTo rounds down (1) or up (2).
func (l *lanes) roundTo(way uint64, x vec) vec {
	d := l.vec()
	name := "VROUNDP$"
	if l.wide {
		name = "VRNDSCALEP$"
	}
	l.op(name, operand.Imm(way), x, d)
	return d
}
