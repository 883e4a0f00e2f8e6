package odeop

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/graph"
	"gorgonode/solvers"
)

// nameGiven adds to an error that is still its cause, so that no Op was found, the args and the parameters that were not
// finite to begin with, each by its first such element.
func nameGiven[T graph.Float](err, cause error, specs []graph.Spec, theta [][]T) error {
	if err != cause || !errors.Is(cause, solvers.ErrNonFinite) {
		return err
	}
	var found []string
	for k, v := range theta {
		if i := nonFinite(v); i >= 0 {
			found = append(found, fmt.Sprintf("%s%s is %v", specs[k].Name, subscript(i, specs[k].Shape), v[i]))
		}
	}
	if found == nil {
		return cause
	}
	return errors.WithMessage(cause, strings.Join(found, ", "))
}

// alone is θ with zeros for the parts of all rows but row i.
func (c *rowField[T]) alone(theta [][]T, i int) [][]T {
	own := c.of(theta, i)
	for k, mine := range c.perRow {
		if mine {
			all := make([]T, len(theta[k]))
			copy(all[i*c.size[k]:], own[k])
			own[k] = all
		}
	}
	return own
}
