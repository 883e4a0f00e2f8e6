package kernel

import "math"

// Activations and their derivatives, to less than 2 ulp. All are quotients of sums and products of e = e^−|x|, which no
// tail overflows. float32 is computed in float64 and rounded once, but for the assembly of the sigmoid. In float64 the sums
// and products carry what their roundings left out along, so that the quotient is rounded hardly more than once.

// Relu sets dst = max(x, 0), NaN where x is.
func Relu[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastRelu(dst, x) {
		MaxC(dst, x, 0)
	}
}

// Sigmoid sets dst = 1/(1 + e⁻ˣ).
func Sigmoid[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastSigmoid(dst, x) {
		return
	}
	var buf [block]float64
	for len(x) > 0 {
		n := min(len(x), block)
		z, d := buf[:n], dst[:n]
		decays(z, x[:n])
		for i, v := range x[:n] {
			e := z[i]
			top := 1.
			if v < 0 {
				top = e
			}
			d[i] = T(top / (1 + e))
		}
		x, dst = x[n:], dst[n:]
	}
}

// SigmoidPrime sets dst to the derivative of the sigmoid, σ(x)(1 − σ(x)).
func SigmoidPrime[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastSigmoidPrime(dst, x) {
		apply(dst, x, sigmoidPrime)
	}
}

// TanhPrime sets dst to the derivative of tanh, 1 − tanh² x, without its cancellation.
func TanhPrime[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastTanhPrime(dst, x) {
		apply(dst, x, tanhPrime)
	}
}

// Softplus sets dst = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). Its derivative is [Sigmoid].
func Softplus[T Float](dst, x []T) {
	x = x[:len(dst)]
	if fastSoftplus(dst, x) {
		return
	}
	var buf [block]float64
	for len(x) > 0 {
		n := min(len(x), block)
		z, d := buf[:n], dst[:n]
		decays(z, x[:n])
		for i, v := range x[:n] {
			d[i] = T(float64(max(v, 0)) + math.Log1p(z[i]))
		}
		x, dst = x[n:], dst[n:]
	}
}

// block is the length of the stack buffers of functions that are built on Exp.
const block = 64

// decays sets z = e^−|x|.
func decays[T Float](z []float64, x []T) {
	x = x[:len(z)]
	for i, v := range x {
		z[i] = -math.Abs(float64(v))
	}
	exp64(z, z)
}

// Silu sets dst = x/(1 + e⁻ˣ), and −0 for −∞.
func Silu[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastSilu(dst, x) {
		apply(dst, x, silu)
	}
}

// SiluPrime sets dst to the derivative of silu. Near the zero at −1.278 an ulp is that of 1/64.
func SiluPrime[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastSiluPrime(dst, x) {
		apply(dst, x, siluPrime)
	}
}

// Gelu sets dst = ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation by tanh of x·Φ(x) (Hendrycks and Gimpel,
// "Gaussian error linear units", 2016), and −0 for −∞.
func Gelu[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastGelu(dst, x) {
		apply(dst, x, gelu)
	}
}

// GeluPrime sets dst to the derivative of gelu. Near the zero at −0.752 an ulp is that of 1/64.
func GeluPrime[T Float](dst, x []T) {
	x = x[:len(dst)]
	if !fastGeluPrime(dst, x) {
		apply(dst, x, geluPrime)
	}
}

// double is a sum of two numbers, the second below the last place of the first.
type double struct{ hi, lo float64 }

func (x double) plus(y double) double {
	hi := x.hi + y.hi
	part := hi - x.hi
	return double{hi, (x.hi - (hi - part)) + (y.hi - part) + x.lo + y.lo}
}

func (x double) times(y double) double {
	hi := x.hi * y.hi
	return double{hi, math.FMA(x.hi, y.hi, -hi) + (x.hi*y.lo + x.lo*y.hi)}
}

// over is x/y, with the remainder of the first quotient divided once more.
func (x double) over(y double) float64 {
	q := x.hi / y.hi
	rest := math.FMA(-q, y.hi, x.hi) + (x.lo - q*y.lo)
	return q + rest/y.hi
}

// decay is y and n for e^−|x| = 2ⁿy.
func decay(x double) (y double, n int) {
	v := x.hi
	if math.Signbit(v) {
		x.lo = -x.lo
	} else {
		v = -v
	}
	v = max(v, -800) // so small that no factor that comes along brings e back from 0
	return expParts(v, -x.lo)
}

// expParts is y and n for e^(x + low) = 2ⁿy, |x| < 1000.
func expParts(x, low float64) (y double, n int) {
	z := x*perStep + roundOff
	k := int32(math.Float64bits(z))
	z -= roundOff
	r := x - z*stepHigh - z*stepLow + low
	r2 := r * r
	p := r + r2*(0.5+r*(1./6)+r2*(1./24+r*(1./120)))
	t := &expTable[k&tableMask]
	rest := t[1] + t[0]*p
	y.hi = t[0] + rest
	y.lo = rest - (y.hi - t[0])
	return y, int(k >> 6)
}

// scaled is 2ⁿx, rounded once.
func (x double) scaled(n int) double {
	half := math.Float64frombits(uint64(n/2+1023) << 52)
	rest := math.Float64frombits(uint64(n-n/2+1023) << 52)
	return double{x.hi * half * rest, x.lo * half * rest}
}

func sigmoidPrime(x float64) float64 {
	y, n := decay(double{hi: x})
	d := y.scaled(n).plus(double{hi: 1})
	return y.scaled(n).over(d.times(d))
}

func tanhPrime(x float64) float64 {
	y, n := decay(double{hi: 2 * x})
	d := y.scaled(n).plus(double{hi: 1})
	return y.scaled(n + 2).over(d.times(d))
}

// gated is x·σ(w).
func gated(x float64, w double) float64 {
	if x > math.MaxFloat64 {
		return x
	}
	y, n := decay(w)
	top := double{hi: x}
	if math.Signbit(x) {
		top = y.times(double{hi: max(x, -1e6)}).scaled(n) // −∞·0 is to be −0
	}
	return math.Copysign(top.over(y.scaled(n).plus(double{hi: 1})), x)
}

// gatedPrime is the derivative of x·σ(w) by x, where p = x·w′.
func gatedPrime(x float64, w, p double) float64 {
	y, n := decay(w)
	e := y.scaled(n)
	d := e.plus(double{hi: 1})
	var top double
	if math.Signbit(x) {
		top = d.plus(p).times(e)
	} else {
		top = d.plus(p.times(e))
	}
	return top.over(d.times(d))
}

// within keeps x where e^−|x| is not 0, or its argument is finite.
func within(x, limit float64) float64 { return min(max(x, -limit), limit) }

func silu(x float64) float64 { return gated(x, double{hi: x}) }

func siluPrime(x float64) float64 {
	c := double{hi: within(x, 800)}
	return gatedPrime(x, c, c)
}

// geluArgument is x(a + b·x²).
func geluArgument(x float64, a, b double) double {
	s := double{hi: x}
	return s.times(a.plus(b.times(s.times(s))))
}

// √(8/π), its multiple by 0.044715, and three times that.
var (
	geluA = double{0x1.9884533d43651p+0, -0x1.cbc0d30ebfd15p-54}
	geluB = double{0x1.2444f2a4d8b4bp-4, -0x1.6c843a29d1c70p-61}
	geluC = double{0x1.b6676bf7450f0p-3, 0x1.bba7351828aabp-57}
)

func gelu(x float64) float64 { return gated(x, geluArgument(within(x, 40), geluA, geluB)) }

func geluPrime(x float64) float64 {
	c := within(x, 40)
	return gatedPrime(x, geluArgument(c, geluA, geluB), geluArgument(c, geluA, geluC))
}
