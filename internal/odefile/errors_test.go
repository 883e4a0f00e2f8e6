package odefile_test

import (
	"errors"
	"strings"
	"testing"

	"gorgonode/internal/odefile"
)

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		message      string // a part of it
	}{
		{"", 1, 1, "no differential equation"},
		{"par a=1", 1, 1, "no differential equation"},
		{"x' = ", 1, 6, "the line ends where a number, a name or a bracket is expected"},
		{"x' = 2x", 1, 7, `unexpected "x"`},
		{"x' = (1+2", 1, 10, `the line ends where ")" is expected`},
		{"x' = 1)", 1, 7, `unexpected ")"`},
		{"x' = a*(b+)", 1, 11, "a number, a name or a bracket"},
		{"x' = 1 + * 3", 1, 10, `unexpected "*"`},
		{"x' == 3", 1, 4, `unexpected "=="`},
		{"x'", 1, 3, `"=" is expected`},
		{"x' = if(x>1)then(2)", 1, 20, `"else" is expected`},
		{"x' = if x", 1, 9, `"(" is expected`},
		{"x' = 2*not(x)", 1, 8, "needs brackets"},
		{"x' = x $ 3", 1, 8, `the character "$"`},
		{"x' = é", 1, 6, `the character "é"`},
		{"x' = 1;", 1, 7, `the character ";"`},
		{"x' = 1e999", 1, 6, "too large"},
		{"y' = 1\nx' = y +\\\n 2*zz", 3, 4, `"zz" is not defined`},
		{"x' = alhpa*x\npar alpha=1", 1, 6, `did you mean "alpha"?`},
		{"x' = coss(x)", 1, 6, `did you mean "cos"?`},
		{"x' = something", 1, 6, `"something" is not defined`},
		{"x' = 1\nx' = 2", 2, 1, `"x" is defined a second time; in line 1 it is a state`},
		{"x' = 1\npar X=2", 2, 5, "in line 1 it is a state"},
		{"par a=1, a=2\nx'=a", 1, 10, "in line 1 it is a parameter"},
		{"x'=1\nx=2", 2, 1, "a state"},
		{"t' = 1", 1, 1, "the time and cannot be defined"},
		{"pi = 3\nx'=1", 1, 1, "cannot be defined"},
		{"sin = 3\nx'=1", 1, 1, "a built-in function and cannot"},
		{"par exp=2\nx'=1", 1, 5, "a built-in function"},
		{"delay = 3\nx'=1", 1, 1, "built-in function of XPPAUT"},
		{"a = b\nb = a + x\nx' = 1", 2, 5, "algebraic loop: a needs b, which needs a"},
		{"x' = a\na = b\nb = a", 3, 5, "algebraic loop"},
		{"x' = x' + 1", 1, 6, "algebraic loop"},
		{"f(x) = f(x)\ny' = f(y)", 1, 8, "algebraic loop: f needs f"},
		{"x' = y'\ny' = x'", 1, 6, "algebraic loop"},
		{"f(x) = x\ny' = f", 2, 6, "is a function and needs its arguments"},
		{"f(x) = x\ny' = f(y, y)", 2, 6, `"f" takes 1 argument, not 2`},
		{"y' = atan2(y)", 1, 6, `"atan2" takes 2 arguments, not 1`},
		{"y' = y(3)", 1, 6, "is a state, not a function"},
		{"y' = sin", 1, 6, "a built-in function, not a value"},
		{"y' = z'", 1, 6, `there is no equation for "z"`},
		{"f(x, x) = 1\ny'=1", 1, 6, "stands here twice"},
		{"f(x, 2) = 1\ny'=1", 1, 6, "an argument of a function that is defined is a name"},
		{"f(t) = t\ny'=1", 1, 1, "Volterra"},
		{"f(a, t) = t\ny'=1", 1, 6, "the time and cannot be an argument"},
		{"x(t+1) = x/2", 1, 1, "maps"},
		{"x(t) = x/2", 1, 1, "Volterra"},
		{"x(5) = 2\nx'=1", 1, 3, "an initial value is x(0) = number"},
		{"x'=1\ninit y=2", 2, 6, `no equation for "y"`},
		{"x'=1\ninit x=1\nx(0)=2", 3, 1, "a second time; the first is in line 2"},
		{"x'=1\ninit x=x", 2, 8, `not of the state "x"`},
		{"x'=1\nq=t\ninit x=q", 2, 3, "not of the time t"},
		{"x'=1\ninit x=1/0", 2, 8, "the initial value of \"x\" is +Inf"},
		{"x'=1\npar a=b", 2, 7, `made of numbers alone, not of "b"`},
		{"x'=1\npar a=1, b=2*a", 2, 14, "!name = expression"},
		{"x'=1\npar a=1/0", 2, 7, "the value is +Inf"},
		{"x'=1\npar a", 2, 6, `"=" is expected`},
		{"x'=1\npar a=1,b=", 2, 11, "the line ends"},
		{"x'=1\n!b = x", 2, 1, `this one from the state "x"`},
		{"x'=1\n!b' = 2", 2, 1, "a derived parameter is !name"},
		{"x'=1\naux x=2", 2, 5, "is a state, and shown as it is"},
		{"x'=1\naux q=2\naux q=2", 3, 5, "defined a second time"},
		{"x'=1\naux q=u", 2, 7, `"u" is not defined`},
		{"dx/dy = 1", 1, 1, "dname/dt"},
		{"x/dt = 1", 1, 1, "dname/dt"},
		{"x' = x>y+1\ny'=0", 1, 8, "in a way of its own"},
		{"x' = x+1>y\ny'=0", 1, 6, "in a way of its own"},
		{"x' = -x>1", 1, 6, "in a way of its own"},
		{"x' = x*2&1", 1, 6, `"&"`},
		{"x' = 1|x*2", 1, 8, `"|"`},
		{"x' = not(x)*2", 1, 9, `"not"`},
		{"x' = x^2^3", 1, 10, "a power of a power"},
		{"x' = 1<x<2", 1, 9, `unexpected "<"`},
		{"x[1..3]' = y[j]", 1, 12, `"y1" is not defined`},
		{"x' = y[j]", 1, 8, "the index j has a value in the line of an array only"},
		{"x[1..3]' = x[k]", 1, 14, `not of "k"`},
		{"x[1..3]' = x[j/2]", 1, 14, "not a whole number"},
		{"x[3..1]' = 1", 1, 1, "has no elements"},
		{"x[1..99999]' = 1", 1, 1, "more than 2000 elements"},
		{"x[1..1500]' = 1\ny[1..1500]' = 1", 2, 1, "more than 2000 names"},
		{"f[1..2](x) = 1\ny'=1", 1, 1, "arrays of functions"},
		{"x' = delay(x, 1)", 1, 6, "delay equations are not supported"},
		{"x' = ran(1)", 1, 6, "random numbers are not supported"},
		{"x' = 1 + sum(0,2)", 1, 10, "sum( )of( ) is not supported"},
		{" markov z 2\nx'=1", 1, 2, "Markov variables are not supported"},
		{"wiener w\nx'=w", 1, 1, "noise (wiener) is not supported"},
		{"table f file.tab\nx'=1", 1, 1, "tables are not supported"},
		{"x'=1\nglobal x-1 {x=0}", 2, 1, "an event is global SIGN"},
		{"x'=1\nglobal 1 {x-1}", 2, 1, "an event is global SIGN"},
		{"x'=1\nglobal 1 {x-1 {x=0}", 2, 1, "an event is global SIGN"},
		{"x'=1\nglobal 1 \\\n {x-1} \\\n {x=0; \\\n y=2}", 5, 2, `there is no state "y"`},
		{"x'=1\nglobal +1 {x-1} {}", 2, 1, "an event is global SIGN"},
		{"% a comment\nx'=y", 2, 4, `"y" is not defined`},
		{"is(t)=heav(t-1)\nx'=is(t)", 1, 1, "a quantity that depends on the time is is = expression"},
		{"x'=1\nglobal 0 x-1 {x=0}", 2, 8, "sign 0"},
		{"x'=1\nglobal 2 x-1 {x=0}", 2, 8, "the sign of an event is 1 or -1, not 2"},
		{"x'=1\nglobal 1 {x-q} {x=0}", 2, 13, `"q" is not defined`},
		{"x'=1\nglobal -1 x-1 {x=0;x=1}", 2, 20, `gives "x" a second value`},
		{"x'=1\nglobal -1 x-1 {y=0}", 2, 16, `there is no state "y"`},
		{"x'=1\npar a=1\nglobal -1 x-1 {a=0}", 3, 16, "a'=0 and init a="},
		{"x'=1\npar a=1\nglobal -1 a-1 {x=0}", 3, 11, "never changes"},
		{"x'=1\nglobal 1 x-1 {x=0;q}", 2, 20, `"=" is expected`},
		{"x'=1\nbdry x-1", 2, 1, "boundary value problems"},
		{"x'=1\n0 = x-y", 2, 1, "algebraic equations"},
		{"%[1..3]\nx[j]'=1\n%", 1, 1, "blocks of arrays"},
		{"x'=1\n@ total=abc", 2, 3, "total=abc: it must be a number"},
		{"x'=1\n@ dt=0", 2, 3, "other than zero"},
		{"x'=1\n@ nout=1.5", 2, 3, "a whole number"},
		{"x'=1\n@ total", 2, 3, "an option is name=value"},
		{"x' = " + strings.Repeat("(", 200), 1, 106, "more than 100 brackets"},
		{"x' = 1" + strings.Repeat("+1", 1<<15), 1, 1, "longer than"},
	} {
		_, err := odefile.Parse("model.ode", []byte(c.text))
		var at *odefile.Error
		if !errors.As(err, &at) {
			t.Errorf("%.60q: the error is %v", c.text, err)
			continue
		}
		if at.Line != c.line || at.Column != c.column || !strings.Contains(at.Message, c.message) {
			t.Errorf("%.60q: got %d:%d %s\nwant %d:%d %s", c.text, at.Line, at.Column, at.Message, c.line, c.column, c.message)
		}
	}
}

func TestErrorShowsTheLine(t *testing.T) {
	_, err := odefile.Parse("model.ode", []byte("par alpha=1\n\tx' = é*alhpa + 1"))
	if want := "model.ode:2:7: the character \"é\" has no meaning here\n  \tx' = é*alhpa + 1\n  \t     ^"; err == nil ||
		err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	_, err = odefile.Parse("model.ode", []byte("x' = "+strings.Repeat("1 + ", 500)+"nothing"))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 || len(lines[1]) > 130 || !strings.HasPrefix(lines[1][strings.IndexByte(lines[2], '^'):], "nothing") {
		t.Errorf("a long line is shown as\n%v", err)
	}
}

func TestWarnings(t *testing.T) {
	f := mustParse(t, "x'=1\nonly x\nset big {x=3}\noptions file.opt")
	if len(f.Warnings) != 3 || f.Warnings[2].Line != 4 {
		t.Errorf("warnings are %v", f.Warnings)
	}
}

func TestTooLargeModel(t *testing.T) {
	// Each function calls the one before twice, with other arguments: 2¹⁹ calls.
	text := "f0(x) = sin(x)\n"
	for i := range 19 {
		a, b := string(rune('a'+i)), string(rune('a'+i+1))
		text += "f" + b + "(x) = f" + a + "(x*2) + f" + a + "(x*3+1)\n"
	}
	text = strings.Replace(text, "fa(", "f0(", 2) + "x' = ft(x)"
	f := mustParse(t, text)
	if _, err := f.System(nil); err == nil || !strings.Contains(err.Error(), "more than 20000 operations") {
		t.Errorf("the error is %v", err)
	}
}
