package graph

import "github.com/pkg/errors"

// JVP is the forward derivative of f: its inputs are f's inputs and then a tangent for every input, of its shape; its
// outputs are f's outputs and then their tangents. With numbers of inputs it takes tangents of those alone, in that
// order, and holds the others. Parameters are held; Lift makes them inputs first where their tangents are wanted. It is
// an error if an Op in f cannot be differentiated.
func (f *Func) JVP(inputs ...int) (g *Func, err error) {
	defer recovered(&err, "jvp of "+f.name)
	if len(inputs) == 0 {
		for i := range f.inputs {
			inputs = append(inputs, i)
		}
	}
	b := newBuilder(f.dtype)
	b.adopt(f.outputs)
	g = &Func{name: f.name + ".jvp", dtype: f.dtype, inputs: append([]*expr(nil), f.inputs...), updates: f.updates}
	tangent := map[*expr]*expr{}
	for _, i := range inputs {
		if i < 0 || i >= len(f.inputs) {
			return nil, errors.Errorf("graph: jvp of %s: there is no input %d", f.name, i)
		}
		x := f.inputs[i]
		if tangent[x] != nil {
			return nil, errors.Errorf("graph: jvp of %s: input %d is named twice", f.name, i)
		}
		d := b.input("tangent of "+x.ref.(*inputRef).name, x.shape)
		tangent[x] = d
		g.inputs = append(g.inputs, d)
	}
	if err := b.pushforward(f.outputs, tangent); err != nil {
		return nil, errors.Wrapf(err, "graph: jvp of %s", f.name)
	}
	g.outputs = append(g.outputs, f.outputs...)
	for _, o := range f.outputs {
		d := tangent[o]
		if d == nil {
			d = b.zeros(o.shape)
		}
		g.outputs = append(g.outputs, d)
	}
	return finish(g), nil
}

// pushforward extends tangent, which holds tangents of some expressions, to all that outs need; absent means zero.
func (b *builder) pushforward(outs []*expr, tangent map[*expr]*expr) error {
	for _, e := range topological(outs) {
		if _, given := tangent[e]; given || len(e.args) == 0 {
			continue
		}
		dx := make([]*expr, len(e.args))
		any := false
		for i, a := range e.args {
			dx[i] = tangent[a]
			any = any || dx[i] != nil
		}
		if !any {
			continue
		}
		b.of = e
		d, err := b.jvp(e, dx)
		b.of = nil
		if err != nil {
			return err
		}
		if d != nil {
			tangent[e] = d
		}
	}
	return nil
}

// jvp is the tangent of e from tangents of its arguments, of which at least one is not nil.
func (b *builder) jvp(e *expr, dx []*expr) (*expr, error) {
	var sum *expr
	add := func(d *expr) {
		if sum == nil {
			sum = d
		} else {
			sum = b.add(sum, d)
		}
	}
	switch k := e.kind; {
	case k.unary():
		if s := b.slope(e); s != nil {
			add(b.mul(s, dx[0]))
		}
	case k.binary():
		d0, d1 := b.slopes(e)
		for i, d := range []func() *expr{d0, d1} {
			if d != nil && dx[i] != nil {
				add(b.mul(d(), dx[i]))
			}
		}
	case k == kindSelect:
		return b.sel(e.args[0], b.orZero(dx[1], e.args[1]), b.orZero(dx[2], e.args[2])), nil
	case k == kindMatMul:
		tx, ty := e.ints[0] == 1, e.ints[1] == 1
		if dx[0] != nil {
			add(b.matmul(dx[0], e.args[1], tx, ty))
		}
		if dx[1] != nil {
			add(b.matmul(e.args[0], dx[1], tx, ty))
		}
	case k == kindConcat:
		ds := make([]*expr, len(dx))
		for i := range ds {
			ds[i] = b.orZero(dx[i], e.args[i])
		}
		return b.concat(e.ints[0], ds...), nil
	case k == kindArgPick:
		if dx[1] != nil {
			add(b.argPick(e.args[0], dx[1], e.ints))
		}
	case k == kindArgPut:
		if dx[1] != nil {
			add(b.argPut(e.args[0], dx[1], e.ints))
		}
	case k == kindExternal:
		return e.ref.(external).jvp(b, e, dx)
	case k == kindBernoulli:
	default:
		add(b.moved(e, dx[0]))
	}
	return sum, nil
}

// moved applies the linear data movement e to another argument.
func (b *builder) moved(e, x *expr) *expr {
	r := len(e.shape)
	switch e.kind {
	case kindReshape:
		return b.reshape(x, e.shape)
	case kindExpand:
		return b.expand(x, e.shape)
	case kindTranspose:
		return b.transpose(x, e.ints)
	case kindSlice:
		return b.slice(x, e.ints[:r], e.ints[r:], e.shape)
	case kindEmbed:
		return b.embed(x, e.ints[:r], e.ints[r:], e.shape)
	case kindSum:
		return b.sum(x, e.ints)
	case kindWindows: // outside of the image the tangent is zero, whatever stands there
		plain := *e.ref.(*window)
		plain.pad = 0
		return b.windows(x, &plain)
	case kindUnwindows:
		return b.unwindows(x, e.ref.(*window))
	}
	broken("no derivative of %v", e)
	return nil
}

func (b *builder) orZero(d, x *expr) *expr {
	if d == nil {
		return b.zeros(x.shape)
	}
	return d
}
