package odefile

import "math/big"

// Sparsity lists the entries (rows[k], cols[k]) of ∂f/∂y that may differ from zero: the states that a right-hand side is
// made of, straight or by way of quantities and functions.
func (f *File) Sparsity() (rows, cols []int) {
	d := &dependence{file: f, known: map[string]*big.Int{}}
	for i, t := range f.equations {
		set := d.of(t)
		for j := range f.Names {
			if set.Bit(j) == 1 {
				rows, cols = append(rows, i), append(cols, j)
			}
		}
	}
	return rows, cols
}

// dependence finds the states that expressions depend on, as sets of their indices.
type dependence struct {
	file  *File
	known map[string]*big.Int // of definitions
}

func (d *dependence) of(t *tree) *big.Int {
	set := new(big.Int)
	t.walk(func(n *tree) {
		switch s := d.file.symbols[n.name]; {
		case n.op == opDerivative:
			set.Or(set, d.body(n.name+"'", d.file.equations[s.index]))
		case n.op != opName && n.op != opCall || s == nil:
		case s.role == aState:
			set.SetBit(set, s.index, 1)
		case s.body != nil:
			set.Or(set, d.body(n.name, s.body))
		}
	})
	return set
}

func (d *dependence) body(key string, t *tree) *big.Int {
	if set, ok := d.known[key]; ok {
		return set
	}
	set := d.of(t)
	d.known[key] = set
	return set
}

// groups are columns of an n×n matrix that share no row, so that one product gives them all (Curtis, Powell and Reid, "On
// the estimation of sparse Jacobian matrices", 1974): each column joins the first group with room for it.
func groups(n int, rows, cols []int) (members [][]int, rowsOf [][]int) {
	rowsOf = make([][]int, n)
	for k, j := range cols {
		rowsOf[j] = append(rowsOf[j], rows[k])
	}
	var taken []*big.Int
	for j := range n {
		set := new(big.Int)
		for _, i := range rowsOf[j] {
			set.SetBit(set, i, 1)
		}
		g := 0
		for g < len(taken) && new(big.Int).And(taken[g], set).Sign() != 0 {
			g++
		}
		if g == len(taken) {
			taken, members = append(taken, new(big.Int)), append(members, nil)
		}
		taken[g].Or(taken[g], set)
		members[g] = append(members[g], j)
	}
	return members, rowsOf
}
