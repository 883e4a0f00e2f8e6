package odefile

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// expression writes a random expression of x, y, t, p, a quantity and functions.
func expression(rng *rand.Rand, depth int) string {
	sub := func() string { return expression(rng, depth-1) }
	if depth == 0 || rng.IntN(8) == 0 {
		return []string{"x", "y", "t", "p", "q", "2", ".5", "1.5e0", "pi", "x'"}[rng.IntN(10)]
	}
	switch rng.IntN(6) {
	case 0:
		names := slices.Sorted(maps.Keys(builtins))
		name := names[rng.IntN(len(names))]
		if builtins[name].args == 2 {
			return fmt.Sprintf("%s(%s,%s)", name, sub(), sub())
		}
		return fmt.Sprintf("%s(%s)", name, sub())
	case 1:
		return fmt.Sprintf("if((%s)%s(%s))then(%s)else(%s)", sub(), []string{"<", ">", "==", ">="}[rng.IntN(4)], sub(), sub(),
			sub())
	case 2:
		return fmt.Sprintf("((%s)%s(%s))", sub(), []string{"&", "|", "!=", "<="}[rng.IntN(4)], sub())
	case 3:
		return fmt.Sprintf("f(%s, %s)", sub(), sub())
	case 4:
		return fmt.Sprintf("(%s)^%d", sub(), rng.IntN(7)-2)
	}
	return fmt.Sprintf("(%s%s%s)", sub(), []string{"+", "-", "*", "/"}[rng.IntN(4)], sub())
}

// Compiled fields must compute what the interpreter does, whatever the expression.
func TestRandomExpressions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 150 {
		text := "par p=0.7\nq = x*y - t\nf(x, y) = x*p - y*q\nx' = x - y\ny' = " + expression(rng, 4)
		f, err := Parse("random.ode", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sys, err := f.System(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			at, y, got := rng.Float64(), []float64{3*rng.Float64() - 1, 3*rng.Float64() - 1}, make([]float64, 2)
			if err := sys.F(at, y, got); err != nil {
				t.Fatal(err)
			}
			in := &interpreter{file: f, t: at, state: y, params: []float64{0.7}}
			for i, e := range f.equations {
				if want := in.value(e); !alike(got[i], want) {
					t.Errorf("at t=%v, y=%v: %v, want %v\n%s", at, y, got[i], want, text)
				}
			}
		}
	}
}

// alike compares up to what rounding may do in a chain of operations, some of which cancel.
func alike(got, want float64) bool {
	switch {
	case math.IsNaN(got) || math.IsNaN(want):
		return math.IsNaN(got) && math.IsNaN(want)
	case math.IsInf(got, 0) || math.IsInf(want, 0) || math.Abs(want) > 1e100:
		return math.Abs(got) > 1e99 && math.Abs(want) > 1e99 && (got > 0) == (want > 0)
	}
	return math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"x' = a*x\npar a=1\ninit x=2\n@ total=10,dt=.1\ndone", "dx/dt=if(x>1)then(2)else(3)", "x[1..3]'=x[j-1]+[j]\nx0=1",
		"f(x,y)=x^y\nx'=f(x,-2)", "a=b\nb=a\nx'=a", "\"note\n#comment\nx'=\\\n1", "aux q=x'\nx'=sin(x)&1|not(x)",
		"!p=2\nx(0)=p\nx'=1",
		"@ bounds=3,,=\nx'=1", strings.Repeat("(", 300), "x'=" + strings.Repeat("-", 300) + "1", "num k=1\npar p=k/0\nx'=1",
		"x[0..9999999999]'=1", predator,
		"x'=f(x)\nnet f(x)=mlp(hidden=[],act=relu)\npar a=.5 free in [0,1] b=1 free<2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("fuzz.ode", []byte(text))
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Line < 1 || e.Column < 1 || e.Error() == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		if len(file.Inits) != len(file.Names) || len(file.equations) != len(file.Names) {
			t.Fatal("initial values and equations don't match the states")
		}
		// What was read can be computed, and compiled if it is small.
		in := &interpreter{file: file, state: file.Inits, params: file.Values()}
		for _, e := range append(file.equations, file.outputs...) {
			in.value(e)
		}
		if len(file.Names) > 4 || len(text) > 500 {
			return
		}
		if w := make([]float64, file.NumParams()-len(file.Params)); len(w) > 1000 {
			return
		} else if err := file.SetWeights(w); err != nil {
			t.Fatal(err)
		}
		sys, err := file.System(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, sys.Dim)
		if err := sys.F(0, file.Inits, got); err != nil {
			t.Fatal(err)
		}
	})
}
