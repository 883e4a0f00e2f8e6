package graph

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"
)

// kind says what an expression computes. The set is closed under differentiation: the VJP and JVP rule of every kind
// is written in kinds of this list.
type kind uint8

const (
	kindInput kind = iota // ref *inputRef
	kindParam             // ref *Param: its value is read at every run
	kindConst             // data: one number that fills the shape, or one number an element
	kindLive              // ref *live: a tensor or flag that an Op owns, read at every run

	// Elementwise, one argument of the same shape.
	kindNeg
	kindAbs
	kindSign
	kindCeil
	kindFloor
	kindSin
	kindCos
	kindExp
	kindLog
	kindLog2
	kindSquare
	kindCube
	kindSqrt
	kindInv
	kindInvSqrt
	kindTanh
	kindSigmoid
	kindLog1p
	kindExpm1
	kindSoftplus
	kindStop // the identity, with derivative zero

	// Elementwise, two arguments of the same shape. Comparisons give 0 or 1.
	kindAdd
	kindSub
	kindMul
	kindDiv
	kindPow
	kindMax
	kindMin
	kindGt
	kindGe
	kindLt
	kindLe
	kindEq
	kindNe

	// Elementwise, three arguments of the same shape: select(c, a, b) is a where c ≠ 0 and b elsewhere; what is not
	// chosen may be NaN.
	kindSelect

	// Moving data. All of them are linear.
	kindReshape   // same elements in row-major order, other shape
	kindExpand    // axes of length 1 repeat to the shape's length; same rank
	kindTranspose // ints: out axis i is argument axis ints[i]
	kindSlice     // ints: start and step of every axis; the shape says how many
	kindEmbed     // ints as kindSlice: puts the argument into zeros of the shape (the transpose of kindSlice)
	kindConcat    // ints[0]: axis
	kindSum       // ints: axes, ascending; their length becomes 1
	kindWindows   // ref *window: (B,C,H,W) → (B,OH,OW,C,kh,kw)
	kindUnwindows // ref *window: the transpose of kindWindows

	// argPick(x, v): v at the place of the first maximum of x along the axes ints, whose length becomes 1; max(x) is
	// argPick(x, x). argPut(x, g), its transpose in the second argument: g at that place, zeros elsewhere. Both have
	// derivative zero in x almost everywhere.
	kindArgPick
	kindArgPut

	// A batched product over equal leading axes: (…,m,k)·(…,k,n) → (…,m,n); ints = {transA, transB} (0 or 1), which
	// say that the argument is stored as (…,k,m) or (…,n,k).
	kindMatMul

	// Made by a plan for products with windows (plan_convolution.go), ref *window; no derivative is ever taken of them. The
	// weights are (O, C·kh·kw) or, with ints[0] = 1, (C·kh·kw, O).
	kindConvolve        // images (B,C,H,W) and weights → (B,O,OH,OW)
	kindConvolveBack    // the transpose in the images: (B,O,OH,OW) and weights → (B,C,H,W)
	kindConvolveWeights // the transpose in the weights: (B,C,H,W) and (B,O,OH,OW) → (O, C·kh·kw)

	kindBernoulli // one scalar argument, the step; ref *bernoulli: a 0/1 mask that (seed, step, index) determine
	kindExternal  // ref external: computed outside of the IR
)

var kindNames = [...]string{
	kindInput: "input", kindParam: "param", kindConst: "const", kindLive: "live",
	kindNeg: "neg", kindAbs: "abs", kindSign: "sign", kindCeil: "ceil", kindFloor: "floor", kindSin: "sin", kindCos: "cos",
	kindExp: "exp", kindLog: "log", kindLog2: "log2", kindSquare: "square", kindCube: "cube", kindSqrt: "sqrt",
	kindInv: "inv", kindInvSqrt: "invsqrt", kindTanh: "tanh", kindSigmoid: "sigmoid", kindLog1p: "log1p",
	kindExpm1: "expm1", kindSoftplus: "softplus", kindStop: "stop",
	kindAdd: "add", kindSub: "sub", kindMul: "mul", kindDiv: "div", kindPow: "pow", kindMax: "max", kindMin: "min",
	kindGt: "gt", kindGe: "ge", kindLt: "lt", kindLe: "le", kindEq: "eq", kindNe: "ne", kindSelect: "select",
	kindReshape: "reshape", kindExpand: "expand", kindTranspose: "transpose", kindSlice: "slice", kindEmbed: "embed",
	kindConcat: "concat", kindSum: "sum", kindWindows: "windows", kindUnwindows: "unwindows",
	kindArgPick: "argpick", kindArgPut: "argput", kindMatMul: "matmul",
	kindConvolve: "convolve", kindConvolveBack: "convolveback", kindConvolveWeights: "convolveweights",
	kindBernoulli: "bernoulli", kindExternal: "external",
}

func (k kind) String() string { return kindNames[k] }

func (k kind) unary() bool       { return k >= kindNeg && k <= kindStop }
func (k kind) binary() bool      { return k >= kindAdd && k <= kindNe }
func (k kind) elementwise() bool { return k >= kindNeg && k <= kindSelect }

// expr is one node of the IR. Expressions are immutable once made, so that a function and its derivatives share them.
// Data is row-major; the shape () is a number.
type expr struct {
	kind  kind
	args  []*expr
	shape tensor.Shape
	ints  []int     // axes, permutation, starts and steps, ...: see the kind
	data  []float64 // kindConst
	ref   any       // what belongs to the kind alone; compared by identity
	of    *expr     // what it is a derivative of, if it was made by a derivative; no part of its identity
}

func (e *expr) size() int { return sizeOf(e.shape) }

// fill reports whether e is a constant with one value everywhere, and the value.
func (e *expr) fill() (float64, bool) {
	if e.kind != kindConst {
		return 0, false
	}
	if len(e.data) == 1 {
		return e.data[0], true
	}
	return 0, false
}

func (e *expr) isFill(v float64) bool {
	c, ok := e.fill()
	return ok && c == v && !(v == 0 && math.Signbit(c))
}

func (e *expr) String() string { return fmt.Sprintf("%v%v", e.kind, e.shape) }

type inputRef struct{ name string }

// live is a number or tensor that is owned by somebody else and may change between runs: running statistics of a batch
// normalisation, a mode flag. read64 and read32 fill dst; the one of the function's dtype is called.
type live struct {
	name   string
	read64 func(dst []float64)
	read32 func(dst []float32)
}

// window describes a sliding window over the last two axes of (B,C,H,W). pad is what stands outside of the image
// (0, or −Inf for a maximum); kindUnwindows ignores it.
type window struct {
	kh, kw                   int
	strideH, strideW         int
	dilationH, dilationW     int
	top, bottom, left, right int
	h, w                     int // of the image
	pad                      float64
}

func (w *window) out() (oh, ow int) {
	oh = (w.h+w.top+w.bottom-w.dilationH*(w.kh-1)-1)/w.strideH + 1
	ow = (w.w+w.left+w.right-w.dilationW*(w.kw-1)-1)/w.strideW + 1
	return oh, ow
}

// bernoulli is the source of a dropout mask: an element is kept, as 1, with probability keep.
type bernoulli struct {
	seed uint64
	keep float64
}

// external is a function that is computed outside of the IR: an Op of Gorgonia's that has no lowering, or a solve.
type external interface {
	name() string
	// vjp builds the cotangents of the arguments of e from the cotangent w of its value (nil: none). It is an error if
	// the function cannot be differentiated, by an active argument above all.
	vjp(b *builder, e, w *expr, active map[*expr]bool) ([]*expr, error)
	// jvp builds the tangent of e from tangents of its arguments (nil: zero).
	jvp(b *builder, e *expr, dx []*expr) (*expr, error)
}

// runner is what an external computes for one dtype: out is fully written; in and out are row-major and out aliases no
// input. An instance belongs to one plan, so it may keep state between runs.
type runner[T Float] interface {
	run(in [][]T, out []T) error
}

// linked is a runner that wants to know the runners of the same plan that compute its arguments, nil where none does:
// a backward pass takes what the forward pass of its argument kept.
type linked[T Float] interface {
	link(args []runner[T])
}

func sizeOf(s tensor.Shape) int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

func sameShape(a, b tensor.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
