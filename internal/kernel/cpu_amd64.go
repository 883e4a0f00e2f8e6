//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// uninterrupted is the number of elements that a call of the assembly goes through: the scheduler cannot stop it, which a
// collection of garbage waits for.
const uninterrupted = 1 << 16

func detect() instructions {
	x := &cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX2 && x.HasFMA:
		return avx512
	case x.HasAVX2 && x.HasFMA:
		return avx2
	}
	return portable
}
