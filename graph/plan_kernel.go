package graph

import "gorgonode/internal/kernel"

// unaryKernel is the loop of an elementwise kind of one argument; kindStop copies.
func unaryKernel[T Float](k kind) func(dst, x []T) {
	switch k {
	case kindNeg:
		return kernel.Neg[T]
	case kindAbs:
		return kernel.Abs[T]
	case kindSign:
		return kernel.Sign[T]
	case kindCeil:
		return kernel.Ceil[T]
	case kindFloor:
		return kernel.Floor[T]
	case kindSin:
		return kernel.Sin[T]
	case kindCos:
		return kernel.Cos[T]
	case kindExp:
		return kernel.Exp[T]
	case kindLog:
		return kernel.Log[T]
	case kindLog2:
		return kernel.Log2[T]
	case kindSquare:
		return kernel.Square[T]
	case kindCube:
		return kernel.Cube[T]
	case kindSqrt:
		return kernel.Sqrt[T]
	case kindInv:
		return kernel.Inv[T]
	case kindInvSqrt:
		return kernel.InvSqrt[T]
	case kindTanh:
		return kernel.Tanh[T]
	case kindSigmoid:
		return kernel.Sigmoid[T]
	case kindLog1p:
		return kernel.Log1p[T]
	case kindExpm1:
		return kernel.Expm1[T]
	case kindSoftplus:
		return kernel.Softplus[T]
	case kindStop:
		return kernel.Copy[T]
	}
	panic(invariant("no kernel for " + k.String()))
}

// binaryKernel is the loop of an elementwise kind of two arguments.
func binaryKernel[T Float](k kind) func(dst, x, y []T) {
	switch k {
	case kindAdd:
		return kernel.Add[T]
	case kindSub:
		return kernel.Sub[T]
	case kindMul:
		return kernel.Mul[T]
	case kindDiv:
		return kernel.Div[T]
	case kindPow:
		return kernel.Pow[T]
	case kindMax:
		return kernel.Max[T]
	case kindMin:
		return kernel.Min[T]
	case kindGt:
		return kernel.Gt[T]
	case kindGe:
		return kernel.Ge[T]
	case kindLt:
		return kernel.Lt[T]
	case kindLe:
		return kernel.Le[T]
	case kindEq:
		return kernel.Eq[T]
	case kindNe:
		return kernel.Ne[T]
	}
	panic(invariant("no kernel for " + k.String()))
}

// numberRight is the loop for an argument and a number: x op c.
func numberRight[T Float](k kind) func(dst, x []T, c T) {
	switch k {
	case kindAdd:
		return kernel.AddC[T]
	case kindSub:
		return kernel.SubC[T]
	case kindMul:
		return kernel.MulC[T]
	case kindDiv:
		return kernel.DivC[T]
	case kindPow:
		return kernel.PowC[T]
	case kindMax:
		return kernel.MaxC[T]
	case kindMin:
		return kernel.MinC[T]
	case kindGt:
		return kernel.GtC[T]
	case kindGe:
		return kernel.GeC[T]
	case kindLt:
		return kernel.LtC[T]
	case kindLe:
		return kernel.LeC[T]
	case kindEq:
		return kernel.EqC[T]
	case kindNe:
		return kernel.NeC[T]
	}
	panic(invariant("no kernel for " + k.String()))
}

// numberLeft is the loop for a number and an argument: c op x.
func numberLeft[T Float](k kind) func(dst, x []T, c T) {
	switch k {
	case kindSub:
		return kernel.CSub[T]
	case kindDiv:
		return kernel.CDiv[T]
	case kindPow:
		return kernel.CPow[T]
	case kindGt:
		return kernel.LtC[T]
	case kindGe:
		return kernel.LeC[T]
	case kindLt:
		return kernel.GtC[T]
	case kindLe:
		return kernel.GeC[T]
	}
	return numberRight[T](k) // symmetric
}
