package main

import (
	"fmt"
	"reflect"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is an instruction set with an element type.
type machine struct {
	*build.Context
	wide bool // AVX-512 rather than AVX2 with FMA
	size int  // bytes of an element: 4 or 8
}

var machines = []machine{{wide: true, size: 4}, {wide: true, size: 8}, {size: 4}, {size: 8}}

// register is the size of a vector register in bytes.
func (m *machine) register() int {
	if m.wide {
		return 64
	}
	return 32
}

// lanes is the number of elements in a vector register.
func (m *machine) lanes() int { return m.register() / m.size }

// name is that of a function for this machine, such as gemmF32AVX512.
func (m *machine) name(base string) string {
	s := fmt.Sprintf("%sF%d", base, 8*m.size)
	if m.wide {
		return s + "AVX512"
	}
	return s + "AVX2"
}

// elem is the Go type of an element.
func (m *machine) elem() string { return fmt.Sprintf("float%d", 8*m.size) }

// v is a physical vector register.
func (m *machine) v(i int) reg.VecPhysical {
	if m.wide {
		return []reg.VecPhysical{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
			reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
		}[i]
	}
	return []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}[i]
}

// op emits the instruction of that name; every $ in it stands for the S or D of the type.
func (m *machine) op(name string, ops ...operand.Op) {
	f := reflect.ValueOf(m.Context).MethodByName(m.suffixed(name))
	if !f.IsValid() {
		panic("no instruction " + m.suffixed(name))
	}
	in := make([]reflect.Value, len(ops))
	for i, o := range ops {
		in[i] = reflect.ValueOf(o)
	}
	f.Call(in)
}

// suffixed puts S or D for every $.
func (m *machine) suffixed(name string) string {
	b := []byte(name)
	for i := range b {
		if b[i] == '$' {
			b[i] = 'S'
			if m.size == 8 {
				b[i] = 'D'
			}
		}
	}
	return string(b)
}
