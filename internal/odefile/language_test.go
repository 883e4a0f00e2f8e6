package odefile_test

import (
	"math"
	"strings"
	"testing"

	"gorgonode/internal/odefile"
)

// rhs is f(t, y) of a text's system, with its own parameters.
func rhs(t *testing.T, text string, at float64, y ...float64) []float64 {
	t.Helper()
	f := mustParse(t, text)
	sys, err := f.System(nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	dy := make([]float64, sys.Dim)
	if err := sys.F(at, y, dy); err != nil {
		t.Fatal(err)
	}
	return dy
}

func TestExpressions(t *testing.T) {
	const at, x, y = 0.7, 1.3, -2.6
	truth := map[bool]float64{true: 1}
	for _, c := range []struct {
		text string
		want float64
	}{
		{"1 + 2*3 - 4/8", 6.5},
		{"x - y - t", x - y - at},
		{"x/y/t", x / y / at},
		{"-x^2", -x * x},
		{"(-x)^2", x * x},
		{"x^-2", 1 / (x * x)},
		{"2*-x", -2 * x},
		{"--x + +x", 2 * x},
		{"x**3 + y^3", x*x*x + y*y*y},
		{"x^y", math.Pow(x, y)},
		{"x^2.5 + 2^x", math.Pow(x, 2.5) + math.Pow(2, x)},
		{"x^0", 1},
		{"y^16", math.Pow(y, 16)},
		{"x^17", math.Pow(x, 17)},
		{"pow(x, 0.5)", math.Sqrt(x)},
		{"1e-3*x + .5 + 2. + 1.5E2", 1e-3*x + 152.5},
		{"sin(x)+cos(y)+tan(t)", math.Sin(x) + math.Cos(y) + math.Tan(at)},
		{"asin(t)+acos(t)*atan(y)", math.Asin(at) + math.Acos(at)*math.Atan(y)},
		{"atan2(y,x) + atan2(x, y)", math.Atan2(y, x) + math.Atan2(x, y)},
		{"sinh(y)*cosh(x)+tanh(x)", math.Sinh(y)*math.Cosh(x) + math.Tanh(x)},
		{"sinh(x*1e-9)*1e9", x},
		{"exp(y)+ln(x)+log(x)+log10(x)", math.Exp(y) + 2*math.Log(x) + math.Log10(x)},
		{"log(1+x) + log(1-t) + exp(x) - 1", math.Log1p(x) + math.Log1p(-at) + math.Expm1(x)},
		{"sqrt(x)+abs(y)", math.Sqrt(x) - y},
		{"max(x,y)+10*min(x,y)", x + 10*y},
		{"heav(x)+10*heav(y)+100*heav(x-x)", 101},
		{"sign(x)+10*sign(y)", -9},
		{"flr(y)+floor(x)+ceil(x)", -3 + 1 + 2},
		{"mod(y,x)+mod(x, 1)+mod(-1,3)", math.Abs(math.Mod(y, x)) + 0.3 + 2},
		{"erf(x)+erfc(y)", math.Erf(x) + math.Erfc(y)},
		{"pi", math.Pi},
		{"if(x>y)then(x)else(y)", x},
		{"IF (x < y) THEN (x) ELSE (y)", y},
		{"if(y)then(3)else(4)", 3},
		{"if(0)then(x)else(t)", at},
		{"if(y<0)then(2)else(sqrt(y))", 2},
		{"if(x>0)then(if(y>0)then(1)else(2))else(3)", 2},
		{"(x>y) + 10*(x<y) + 100*(x>=x) + 1000*(x<=y) + 1e4*(x==x) + 1e5*(x!=x)", 10101},
		{"(x>0&y<0) + 10*(x>0&y>0) + 100*(x<0|y<0) + 1000*(x<0|y>0)", 101},
		{"(not(x>y)) + 10*(not(y>x)) + 100*(not(y) | x)", 110},
		{"(x & y) + (x | 0) + (0 & x)", 2},
		{"x>-1", truth[x > -1]},
		{"X + T", x + at},
		{"(x > (t+0.5))", 1},
	} {
		got := rhs(t, "x' = "+c.text+"\ny'=0", at, x, y)[0]
		near(t, c.text, got, c.want, 1e-13)
	}
}

func TestDerivativesOfExpressions(t *testing.T) {
	for _, text := range []string{
		"sin(x)*cos(y)+tan(x*y)", "asin(x/2)+acos(y/3)+atan(x*y)", "atan2(x,y)*q", "sinh(x*q)+cosh(y)+tanh(x)",
		"exp(x*y)/q+ln(x+y)", "log10(x)*log(y*q)", "sqrt(x+q*y)", "abs(x-5)*y", "max(x,2*y)+min(x,2*y)*q", "erf(x)*erfc(y*q)",
		"x^y", "x^q", "y^3*q^2", "q^x", "x^-3", "mod(x*y, q)", "heav(x-y)*x+sign(y)*y*y", "t*x^2+sin(t*y)",
		"if(x>y)then(x^2*q)else(y*q)", "if(x<y)then(x^2)else(y^3*q)", "if(x>0&y>0)then(1/(x*y))else(0)",
		"if(x<0)then(sqrt(-x))else(x*y)", "if(x==0)then(1)else(x/(exp(x*q)-1))", "pow(x*q, 1.5)",
	} {
		f := mustParse(t, "par q=1.7\nx' = "+text+"\ny' = x*y + x'\ninit x=1,y=1")
		f.Name = text
		checkDerivatives(t, f, 0.3, []float64{1.21, 0.83}, []float64{1.7}, 2e-8)
	}
}

// A slope that is infinite in one direction must not spoil the others.
func TestDerivativesWhereParametersHaveNone(t *testing.T) {
	f := mustParse(t, "par n=2\nx' = x^n")
	sys, err := f.System(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, 1)
	if err := sys.JVP(0, []float64{-3}, []float64{1}, out); err != nil || out[0] != -6 {
		t.Errorf("JVP of x^n at x=-3, n=2 is %v, %v; want -6", out, err)
	}
	if err := sys.Jacobian(0, []float64{-3}, out); err != nil || out[0] != -6 {
		t.Errorf("Jacobian of x^n at x=-3, n=2 is %v, %v; want -6", out, err)
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct {
		what, text string
		y          []float64
		want       []float64
	}{
		{"both notations, any case", "X' = Y\ndy/dt = -x", []float64{2, 3}, []float64{3, -2}},
		{"parameters", "par a=2, B=3\np c=4 d=5\nparam e=-6,\nx'=a+10*b+100*c+1000*d+1e4*e", []float64{0},
			[]float64{2 + 30 + 400 + 5000 - 6e4}},
		{"computed parameters", "par a=8/3, b=2*pi, c=sqrt(2)\nx'=a*b*c", []float64{0},
			[]float64{8. / 3 * 2 * math.Pi * math.Sqrt2}},
		{"numbers", "number a=2\nnum b=a^2 c=5\nx'=a*b*c", []float64{0}, []float64{40}},
		{"quantities", "s = x + y\nq = s*s\nx' = q - s\ny' = s", []float64{1, 2}, []float64{6, 3}},
		{"quantities used before they are defined", "x' = q\nq = s*s\ns = x + 1", []float64{2}, []float64{9}},
		{"derived parameters", "par a=3\n!b=a^2\nx' = b", []float64{2}, []float64{9}},
		{"functions", "f(x,y) = x - 2*y + a\npar a=1\ng(x) = f(x, f(x, x))\nx' = g(x)\ny' = f(y, x)", []float64{1, 10},
			[]float64{1 - 2*(1-2+1) + 1, 10 - 2 + 1}},
		{"an argument hides a name", "par a=5\nf(a) = a^2\nx' = f(x) + a", []float64{3}, []float64{14}},
		{"derivatives", "x' = 2*x\ny' = x' + y", []float64{3, 1}, []float64{6, 7}},
		{"comments, space and continuation", "# a comment\n\"a note {x=1}\n\n  x' = x + \\\n  y # and so on\r\n\ty'=\\\n x",
			[]float64{1, 2}, []float64{3, 1}},
		{"done", "x' = 1\ndone\nx' = nonsense (", []float64{1}, []float64{1}},
		{"arrays", "x[1..3]' = [j]*x[j] + a[j]\npar a[1..3]=[j]*10", []float64{1, 1, 1}, []float64{11, 22, 33}},
		{"neighbours", "u0 = 0\nu4 = 1\nu[1..3]' = u[j-1] - 2*u[j] + u[j+1]", []float64{1, 2, 4}, []float64{0, 1, -5}},
		{"names like commands", "p = 3\na = 2\ni = x\nx' = p + a + i", []float64{1}, []float64{6}},
		{"constants", "x' = 3\ny' = t", []float64{0, 0}, []float64{3, 0.5}},
		{"equal right-hand sides", "x' = x*y\ny' = x*y", []float64{2, 3}, []float64{6, 6}},
	} {
		got := rhs(t, c.text, 0.5, c.y...)
		for i, w := range c.want {
			near(t, c.what, got[i], w, 1e-14)
		}
	}
}

func TestInitialValues(t *testing.T) {
	f := mustParse(t, strings.Join([]string{
		"x' = 1", "y' = 1", "Z' = 1", "w'=1", "v[1..2]'=v[j]", "par a=2", "b = a + 1", "init x=1.5, z=b^2", "y(0) = -a",
		"v[1..2](0) = [j]/4",
	}, "\n"))
	want := []float64{1.5, -2, 9, 0, 0.25, 0.5}
	for i, w := range want {
		near(t, "initial "+f.Names[i], f.Inits[i], w, 0)
	}
	if got := f.Start([]float64{5}); got[2] != 36 || got[1] != -5 {
		t.Errorf("with a=5 the initial values are %v", got)
	}
	if got := strings.Join(f.Names, " "); got != "x y Z w v1 v2" {
		t.Errorf("states %s", got)
	}
	if f.StateIndex("z") != 2 || f.ParamIndex("A") != 0 || f.StateIndex("a") != -1 {
		t.Error("indices by name")
	}
}

func TestAux(t *testing.T) {
	f := mustParse(t, "par a=2\nx' = -a*x\nq = x^2\nq2=q\naux q=q\naux v = x', w = a*t\naux s[1..2]=[j]*x")
	m, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	aux, err := m.AuxOf([]float64{3})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, 5)
	if err := aux(10, []float64{4}, got); err != nil {
		t.Fatal(err)
	}
	for i, w := range []float64{16, -12, 30, 4, 8} {
		near(t, f.Aux[i], got[i], w, 1e-15)
	}
	if _, err := m.AuxOf([]float64{1, 2}); err == nil {
		t.Error("two values of one parameter are taken")
	}
}

func TestOptions(t *testing.T) {
	f := mustParse(t, "x'=1\n@ total=40, DT=.01 t0=-1,meth=CVODE tol=1e-7,atol=1e-9\n@ "+
		"nout=5,trans=3,xp=x,yp=t,bg=#ffffff,maxstor=100000\n@ bounds=1e6,foo=3")
	want := odefile.Options{T0: -1, Total: 40, Trans: 3, Dt: 0.01, NOut: 5, Method: "cvode", RTol: 1e-7, ATol: 1e-9,
		XAxis: "x", YAxis: "t"}
	if f.Options != want {
		t.Errorf("options are %+v, want %+v", f.Options, want)
	}
	if len(f.Warnings) != 2 || !strings.Contains(f.Warnings[0].Message, "bounds") ||
		!strings.Contains(f.Warnings[1].Message, "foo") {
		t.Errorf("warnings are %v", f.Warnings)
	}
	if w := f.Warnings[1]; w.Line != 4 || w.Column != 14 {
		t.Errorf("the second warning is at %d:%d, want 4:14", w.Line, w.Column)
	}
}
