package odefile

import (
	"strconv"
	"strings"
)

// strength orders the operators: an operand that binds more weakly than its operator stands in brackets.
var strength = map[opcode]int{opOr: 1, opAnd: 2, opNot: 3, opEq: 4, opNe: 4, opLt: 4, opLe: 4, opGt: 4, opGe: 4,
	opAdd: 5, opSub: 5, opMul: 6, opDiv: 6, opNeg: 7, opPow: 8}

// String writes the expression in the language, for headings and messages.
func (t *tree) String() string {
	list := func(args []*tree) string {
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.String()
		}
		return strings.Join(texts, ", ")
	}
	switch t.op {
	case opNumber:
		return strconv.FormatFloat(t.value, 'g', -1, 64)
	case opName:
		return t.name
	case opDerivative:
		return t.name + "'"
	case opArgument:
		return "#" + strconv.Itoa(int(t.value)+1)
	case opCall:
		return t.name + "(" + list(t.args) + ")"
	case opIf:
		return "if(" + t.args[0].String() + ")then(" + t.args[1].String() + ")else(" + t.args[2].String() + ")"
	case opNeg:
		return "-" + t.operand(0)
	case opNot:
		return "not(" + t.args[0].String() + ")"
	}
	return t.operand(0) + string(t.op) + t.operand(1)
}

func (t *tree) operand(i int) string {
	a := t.args[i]
	s, own := strength[a.op], strength[t.op]
	// a comparison beside a comparison, a-(b-c) and a^(b^c) need brackets too
	if s != 0 && (s < own || s == own && (i == 1 || s == 4 || s == 8)) {
		return "(" + a.String() + ")"
	}
	return a.String()
}
