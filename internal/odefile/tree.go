package odefile

// opcode is what a node of an expression tree does. The names of the operators are their signs.
type opcode string

const (
	opNumber     opcode = "number"
	opName       opcode = "name"       // a state, parameter, number, quantity, argument, t or pi
	opDerivative opcode = "derivative" // name', the right-hand side of a state
	opArgument   opcode = "argument"   // of the function in whose body it stands; value says which
	opCall       opcode = "call"
	opIf         opcode = "if" // condition, then, else
	opNeg        opcode = "neg"
	opNot        opcode = "not"
	opAdd        opcode = "+"
	opSub        opcode = "-"
	opMul        opcode = "*"
	opDiv        opcode = "/"
	opPow        opcode = "^"
	opAnd        opcode = "&"
	opOr         opcode = "|"
	opEq         opcode = "=="
	opNe         opcode = "!="
	opLt         opcode = "<"
	opLe         opcode = "<="
	opGt         opcode = ">"
	opGe         opcode = ">="
)

// tree is an expression. Trees are not changed once made, and elements of an array share what they can't differ in.
type tree struct {
	op    opcode
	at    place
	value float64 // opNumber, opArgument
	name  string  // opName, opDerivative, opCall: in lower case
	args  []*tree
}

// start is where an expression begins in the file; an operator's place is its own.
func (t *tree) start() place {
	first := t.at
	t.walk(func(n *tree) {
		if n.at.line < first.line || n.at.line == first.line && n.at.column < first.column {
			first = n.at
		}
	})
	return first
}

// walk calls f for every node.
func (t *tree) walk(f func(*tree)) {
	f(t)
	for _, a := range t.args {
		a.walk(f)
	}
}
