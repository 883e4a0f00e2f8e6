package kernel

// level is the instruction set that the kernels run on, found once at start. Tests lower it.
var level = detect()

type instructions int

const (
	portable instructions = iota
	avx2                  // AVX2 with FMA
	avx512                // AVX-512 F, BW, DQ and VL
)

// Assembly reports whether products run in assembly here.
func Assembly() bool { return level != portable }

func (l instructions) String() string { return [...]string{"portable", "AVX2", "AVX-512"}[l] }
