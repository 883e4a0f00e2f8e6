package odefile

import (
	"slices"
	"strings"
)

// definition takes in an equation, an initial value, a function or a quantity.
func (r *reader) definition(st statement, d *definition) error {
	at := st.place(d.Pos)
	switch {
	case d.Bang && (d.Name.Prime || d.Slash || len(d.Args) > 0):
		return r.src.errorAt(at, "a derived parameter is !name = expression")
	case d.Name.Prime && (d.Slash || len(d.Args) > 0):
		return r.src.errorAt(at, "an equation is name' = expression")
	case d.Slash:
		name := d.Name.Name
		if len(name) < 2 || !strings.EqualFold(name[:1], "d") || !strings.EqualFold(d.Below, "dt") {
			return r.src.errorAt(at, "an equation is dname/dt = expression, or name' = expression")
		}
		return r.equation(st, d, strings.TrimPrefix(strings.TrimPrefix(name, "d"), "D"))
	case d.Name.Prime:
		return r.equation(st, d, d.Name.Name)
	case len(d.Args) > 0:
		return r.withArguments(st, d)
	}
	return r.each(st, d.Name, func(c *converter) error {
		name, err := c.name(d.Name)
		if err != nil {
			return err
		}
		body, err := c.disjunction(d.Value)
		if err != nil {
			return err
		}
		return r.define(name, at, &symbol{role: aQuantity, body: body, derived: d.Bang})
	})
}

func (r *reader) equation(st statement, d *definition, base string) error {
	f := r.file
	ref := *d.Name
	ref.Name = base
	return r.each(st, &ref, func(c *converter) error {
		name, err := c.name(&ref)
		if err != nil {
			return err
		}
		if err := r.define(name, st.place(d.Pos), &symbol{role: aState, index: len(f.Names)}); err != nil {
			return err
		}
		body, err := c.disjunction(d.Value)
		if err != nil {
			return err
		}
		f.Names = append(f.Names, name)
		f.equations = append(f.equations, body)
		return nil
	})
}

// withArguments tells x(0) = 1 from f(x, y) = x*y, and from what XPPAUT writes in the same way.
func (r *reader) withArguments(st statement, d *definition) error {
	at := st.place(d.Pos)
	if len(d.Args) == 1 {
		p := d.Args[0].primary()
		switch {
		case p != nil && p.Number == "0":
			return r.each(st, d.Name, func(c *converter) error {
				name, err := c.name(d.Name)
				if err != nil {
					return err
				}
				value, err := c.disjunction(d.Value)
				if err != nil {
					return err
				}
				return r.start(name, at, value, nil)
			})
		case p != nil && p.Name != nil && strings.EqualFold(p.Name.Name, "t"):
			return r.src.errorAt(at,
				"Volterra integral equations, %[1]s(t) = expression, are not supported; a quantity that depends on the time is "+
					"%[1]s = expression", d.Name.Name)
		case p == nil && d.Args[0].begins("t"):
			return r.src.errorAt(at, "maps, %s(t+1) = expression, are not supported", d.Name.Name)
		}
	}
	if d.Name.Range != "" || d.Name.Index != nil {
		return r.src.errorAt(at, "arrays of functions are not supported")
	}
	s := &symbol{role: aFunction}
	for _, a := range d.Args {
		p := a.primary()
		if p == nil || p.Name == nil || p.Name.Prime || p.Name.Range != "" || p.Name.Index != nil {
			return r.src.errorAt(st.place(a.Pos),
				"an argument of a function that is defined is a name, and an initial value is %s(0) = number", d.Name.Name)
		}
		name := strings.ToLower(p.Name.Name)
		if what := reservedAs(name); what != "" {
			return r.src.errorAt(st.place(a.Pos), "%q is %s and cannot be an argument", p.Name.Name, what)
		}
		for _, other := range s.args {
			if other == name {
				return r.src.errorAt(st.place(a.Pos), "the argument %q stands here twice", p.Name.Name)
			}
		}
		s.args = append(s.args, name)
	}
	return r.each(st, d.Name, func(c *converter) error {
		var err error
		if s.body, err = c.disjunction(d.Value); err != nil {
			return err
		}
		s.body.walk(func(n *tree) {
			if i := slices.Index(s.args, n.name); i >= 0 && n.op == opName {
				n.op, n.value = opArgument, float64(i)
			}
		})
		return r.define(d.Name.Name, at, s)
	})
}

// primary is the one value that an expression consists of, nil where there is more to it.
func (e *disjunction) primary() *primary {
	if len(e.Rest) > 0 || len(e.X.Rest) > 0 || len(e.X.X.Not) > 0 || e.X.X.X.Op != "" || !e.X.X.X.X.bare() {
		return nil
	}
	return e.X.X.X.X.X.X.X.X
}

// begins reports whether an expression begins with a name.
func (e *disjunction) begins(name string) bool {
	p := e.X.X.X.X.X.X.X.X
	return p.Name != nil && strings.EqualFold(p.Name.Name, name)
}
