package odefile

import (
	"encoding/binary"
	"math"
)

// interpreter computes trees directly: the numbers of a file and its initial values. The tests hold compiled fields
// against it.
type interpreter struct {
	file  *File
	names func(string) float64 // what names mean, instead of the file

	t             float64
	state, params []float64
	args          []float64          // of the function that is evaluated
	known         map[string]float64 // quantities, derivatives and calls that were computed before
}

func (in *interpreter) value(t *tree) float64 {
	switch t.op {
	case opNumber:
		return t.value
	case opArgument:
		return in.args[int(t.value)]
	case opName:
		return in.name(t.name)
	case opDerivative:
		return in.once(t.name+"'", in.file.equations[in.file.symbols[t.name].index], nil)
	case opIf:
		if in.value(t.args[0]) != 0 {
			return in.value(t.args[1])
		}
		return in.value(t.args[2])
	}
	x := make([]float64, len(t.args))
	for i, a := range t.args {
		x[i] = in.value(a)
	}
	if t.op != opCall {
		return operate(t.op, x)
	}
	if f, ok := builtins[t.name]; ok {
		return f.value(x)
	}
	if in.file.symbols[t.name].role == aNetwork {
		return math.NaN() // no number is asked of a network: see varying
	}
	key := []byte(t.name + "(")
	for _, v := range x {
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v))
	}
	return in.once(string(key), in.file.symbols[t.name].body, x)
}

func (in *interpreter) name(name string) float64 {
	if in.names != nil {
		return in.names(name)
	}
	switch name {
	case "t":
		return in.t
	case "pi":
		return math.Pi
	}
	switch s := in.file.symbols[name]; s.role {
	case aState:
		return in.state[s.index]
	case aParam:
		return in.params[s.index]
	case aNumber:
		return s.value
	default:
		return in.once(name, s.body, nil)
	}
}

// once evaluates the body of a definition, the first time that it is asked for.
func (in *interpreter) once(key string, body *tree, args []float64) float64 {
	if v, ok := in.known[key]; ok {
		return v
	}
	if in.known == nil {
		in.known = map[string]float64{}
	}
	outer := in.args
	in.args = args
	v := in.value(body)
	in.args = outer
	in.known[key] = v
	return v
}

// operate applies an operator to numbers. Any number but zero is true.
func operate(op opcode, x []float64) float64 {
	switch op {
	case opNeg:
		return -x[0]
	case opNot:
		return truth(x[0] == 0)
	case opAdd:
		return x[0] + x[1]
	case opSub:
		return x[0] - x[1]
	case opMul:
		return x[0] * x[1]
	case opDiv:
		return x[0] / x[1]
	case opPow:
		return math.Pow(x[0], x[1])
	case opAnd:
		return truth(x[0] != 0 && x[1] != 0)
	case opOr:
		return truth(x[0] != 0 || x[1] != 0)
	case opEq:
		return truth(x[0] == x[1])
	case opNe:
		return truth(x[0] != x[1])
	case opLt:
		return truth(x[0] < x[1])
	case opLe:
		return truth(x[0] <= x[1])
	case opGt:
		return truth(x[0] > x[1])
	case opGe:
		return truth(x[0] >= x[1])
	}
	return math.NaN()
}
