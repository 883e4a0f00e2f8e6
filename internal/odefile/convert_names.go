package odefile

import (
	"math"
	"strconv"
	"strings"
)

// name is a reference's name as it is written: x[j-1] is x and the number.
func (c *converter) name(r *reference) (string, error) {
	switch {
	case r.Range != "":
		return r.Name + strconv.Itoa(c.element), nil
	case r.Index != nil:
		j, err := c.index(r.Index)
		return r.Name + strconv.Itoa(j), err
	}
	return r.Name, nil
}

// index evaluates what stands between [ and ]: whole numbers and j.
func (c *converter) index(e *disjunction) (int, error) {
	at := c.st.place(e.Pos)
	t, err := c.disjunction(e)
	if err != nil {
		return 0, err
	}
	bad := ""
	t.walk(func(n *tree) {
		if n.op == opCall || n.op == opDerivative || n.op == opName && n.name != "j" {
			bad = n.name
		}
	})
	if bad != "" {
		return 0, c.src.errorAt(at, "an index may be made of whole numbers and j, not of %q", bad)
	}
	uses := false
	t.walk(func(n *tree) { uses = uses || n.op == opName })
	if uses && !c.array {
		return 0, c.src.errorAt(at, "the index j has a value in the line of an array only, as in x[1..5]' = x[j-1]")
	}
	v := (&interpreter{names: func(string) float64 { return float64(c.element) }}).value(t)
	if v != math.Trunc(v) || v < 0 || v > math.MaxInt32 {
		return 0, c.src.errorAt(at, "the index is %g, not a whole number from 0 on", v)
	}
	return int(v), nil
}

// elements is the range of a definition's name: one turn for what is not an array.
func (c *converter) elements(r *reference) (from, to int, err error) {
	if r.Range == "" {
		return 0, 0, nil
	}
	at := c.st.place(r.Pos)
	low, high, _ := strings.Cut(r.Range, "..")
	from, err1 := strconv.Atoi(strings.TrimSpace(low))
	to, err2 := strconv.Atoi(strings.TrimSpace(high))
	switch {
	case err1 != nil || err2 != nil || to-from >= maxNames:
		return 0, 0, c.src.errorAt(at, "the array %s[%s] has more than %d elements", r.Name, r.Range, maxNames)
	case to < from:
		return 0, 0, c.src.errorAt(at, "the array %s[%s] has no elements", r.Name, r.Range)
	}
	return from, to, nil
}
