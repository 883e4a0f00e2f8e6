package odeop

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// parts are nodes made of one that packs several results. Each is made when it is first asked for: a node that nothing uses
// would be a second root of the graph, which a LispMachine takes for a second cost.
type parts struct {
	node *gorgonia.Node
	made map[string]*gorgonia.Node
}

func (p *parts) make(name string, of func(*gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	if n := p.made[name]; n != nil {
		return n, nil
	}
	n, err := of(p.node)
	if err != nil {
		return nil, errors.WithMessagef(err, "odeop: %s", name)
	}
	if p.made == nil {
		p.made = map[string]*gorgonia.Node{}
	}
	p.made[name] = n
	return n, nil
}
