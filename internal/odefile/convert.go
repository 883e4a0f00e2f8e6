package odefile

import (
	"strconv"
	"strings"
)

// converter turns what the parser found in one statement into trees, for one element of an array at a time.
type converter struct {
	src     *source
	st      statement
	element int  // j of an array
	array   bool // whether there is one
	nodes   *int // how many trees may still be made for the file
}

// maxNodes bounds the trees of a file, all elements of arrays counted.
const maxNodes = 200_000

func (c *converter) node(at place, op opcode, args ...*tree) (*tree, error) {
	if *c.nodes--; *c.nodes < 0 {
		return nil, c.src.errorAt(at, "the file's expressions are too large")
	}
	return &tree{op: op, at: at, args: args}, nil
}

func (c *converter) number(at place, v float64) (*tree, error) {
	t, err := c.node(at, opNumber)
	if err == nil {
		t.value = v
	}
	return t, err
}

// In XPPAUT a comparison binds as strongly as ^ does, & as * and | as +: x > y + 1 is (x > y) + 1 there. What would be
// read one way there and another way by everyone else is refused; brackets mean the same to both.
const ambiguous = "XPPAUT reads %s without brackets in a way of its own: put brackets around this operand"

func (c *converter) disjunction(e *disjunction) (*tree, error) {
	x, err := c.conjunction(e.X)
	if err != nil || len(e.Rest) == 0 {
		return x, err
	}
	if a := e.X.arithmetic(); a != nil {
		return nil, c.src.errorAt(c.st.place(a.Pos), ambiguous, `"|"`)
	}
	for _, r := range e.Rest {
		if a := r.arithmetic(); a != nil {
			return nil, c.src.errorAt(c.st.place(a.Pos), ambiguous, `"|"`)
		}
		y, err := c.conjunction(r)
		if err != nil {
			return nil, err
		}
		if x, err = c.node(c.st.place(e.Pos), opOr, x, y); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (c *converter) conjunction(e *conjunction) (*tree, error) {
	x, err := c.negation(e.X)
	if err != nil || len(e.Rest) == 0 {
		return x, err
	}
	if a := e.X.arithmetic(); a != nil {
		return nil, c.src.errorAt(c.st.place(a.Pos), ambiguous, `"&"`)
	}
	for _, r := range e.Rest {
		if a := r.arithmetic(); a != nil {
			return nil, c.src.errorAt(c.st.place(a.Pos), ambiguous, `"&"`)
		}
		y, err := c.negation(r)
		if err != nil {
			return nil, err
		}
		if x, err = c.node(c.st.place(e.Pos), opAnd, x, y); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (c *converter) negation(e *negation) (*tree, error) {
	x, err := c.comparison(e.X)
	if err != nil || len(e.Not) == 0 {
		return x, err
	}
	if e.X.Op == "" && !e.X.X.bare() {
		return nil, c.src.errorAt(c.st.place(e.X.Pos), ambiguous, `"not"`)
	}
	for range e.Not {
		if x, err = c.node(c.st.place(e.Pos), opNot, x); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (c *converter) comparison(e *comparison) (*tree, error) {
	x, err := c.sum(e.X)
	if err != nil || e.Op == "" {
		return x, err
	}
	for i, s := range []*sum{e.X, e.Y} {
		signed := i == 1 && s.bareBut(true) // x > -1, which XPPAUT refuses
		if !s.bare() && !signed {
			return nil, c.src.errorAt(c.st.place(s.Pos), ambiguous, quoted(e.Op))
		}
	}
	y, err := c.sum(e.Y)
	if err != nil {
		return nil, err
	}
	return c.node(c.st.place(e.Pos), opcode(e.Op), x, y)
}

// arithmetic is the operand itself where it is a bare sum, product or power.
func (e *conjunction) arithmetic() *comparison {
	if len(e.Rest) > 0 {
		return nil
	}
	return e.X.arithmetic()
}

func (e *negation) arithmetic() *comparison {
	if len(e.Not) > 0 || e.X.Op != "" || e.X.X.bare() {
		return nil
	}
	return e.X
}

// bare reports whether a sum is one value without signs and operators.
func (e *sum) bare() bool { return e.bareBut(false) }

func (e *sum) bareBut(sign bool) bool {
	s := e.X.X
	return len(e.Rest) == 0 && len(e.X.Rest) == 0 && len(s.X.Exponents) == 0 && (sign || len(s.Signs) == 0)
}

func (c *converter) sum(e *sum) (*tree, error) {
	x, err := c.product(e.X)
	for _, r := range e.Rest {
		if err != nil {
			return nil, err
		}
		var y *tree
		if y, err = c.product(r.X); err == nil {
			x, err = c.node(c.st.place(r.Pos), opcode(r.Op), x, y)
		}
	}
	return x, err
}

func (c *converter) product(e *product) (*tree, error) {
	x, err := c.signed(e.X)
	for _, r := range e.Rest {
		if err != nil {
			return nil, err
		}
		var y *tree
		if y, err = c.signed(r.X); err == nil {
			x, err = c.node(c.st.place(r.Pos), opcode(r.Op), x, y)
		}
	}
	return x, err
}

func (c *converter) signed(e *signed) (*tree, error) {
	x, err := c.power(e.X)
	return c.withSigns(x, err, e.Signs, c.st.place(e.Pos))
}

func (c *converter) withSigns(x *tree, err error, signs []string, at place) (*tree, error) {
	minus := false
	for _, s := range signs {
		minus = minus != (s == "-")
	}
	if err != nil || !minus {
		return x, err
	}
	return c.node(at, opNeg, x)
}

// power refuses a^b^c: XPPAUT reads (a^b)^c, and most others a^(b^c).
func (c *converter) power(e *power) (*tree, error) {
	x, err := c.primary(e.X)
	if err != nil || len(e.Exponents) == 0 {
		return x, err
	}
	if len(e.Exponents) > 1 {
		return nil, c.src.errorAt(c.st.place(e.Exponents[1].Pos),
			"a power of a power needs brackets: XPPAUT reads a^b^c as (a^b)^c")
	}
	p := e.Exponents[0]
	y, err := c.primary(p.X)
	if y, err = c.withSigns(y, err, p.Signs, c.st.place(p.Pos)); err != nil {
		return nil, err
	}
	return c.node(c.st.place(e.Pos), opPow, x, y)
}

func (c *converter) primary(e *primary) (*tree, error) {
	at := c.st.place(e.Pos)
	switch {
	case e.Number != "":
		v, err := strconv.ParseFloat(e.Number, 64)
		if err != nil {
			return nil, c.src.errorAt(at, "the number %s is too large", e.Number)
		}
		return c.number(at, v)
	case e.Index != nil:
		j, err := c.index(e.Index)
		if err != nil {
			return nil, err
		}
		return c.number(at, float64(j))
	case e.Paren != nil:
		return c.disjunction(e.Paren)
	case e.If != nil:
		return c.list(at, opIf, "", e.If.If, e.If.Then, e.If.Else)
	case e.Call != nil:
		return c.list(at, opCall, strings.ToLower(e.Call.Name), e.Call.Args...)
	}
	name, err := c.name(e.Name)
	if err != nil {
		return nil, err
	}
	op := opName
	if e.Name.Prime {
		op = opDerivative
	}
	t, err := c.node(at, op)
	if err == nil {
		t.name = strings.ToLower(name)
	}
	return t, err
}

func (c *converter) list(at place, op opcode, name string, es ...*disjunction) (*tree, error) {
	args := make([]*tree, len(es))
	for i, e := range es {
		var err error
		if args[i], err = c.disjunction(e); err != nil {
			return nil, err
		}
	}
	t, err := c.node(at, op, args...)
	if err == nil {
		t.name = name
	}
	return t, err
}
