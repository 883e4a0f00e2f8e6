package odefile_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
	"gorgonode/internal/odefile"
)

// traced is a file's Field as a function of t, y and p.
func traced(t *testing.T, f *odefile.File) *graph.Func {
	t.Helper()
	in := []graph.Spec{graph.Input("t", tensor.Float64), graph.Input("y", tensor.Float64, len(f.Names))}
	if len(f.Params) > 0 {
		in = append(in, graph.Input("p", tensor.Float64, len(f.Params)))
	}
	fn, err := graph.Trace(func(in ...*G.Node) (G.Nodes, error) {
		n, err := f.Field()(in[0], in[1], in[2:]...)
		return G.Nodes{n}, err
	}, in...)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return fn
}

func compiled(t *testing.T, fn *graph.Func, err error) *graph.Plan[float64] {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := graph.Compile[float64](fn)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// The nodes of Field are the System's right-hand side, and their derivatives its Jacobian.
func TestFieldIsTheSystem(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	files := []*odefile.File{mustParse(t, "x' = sin(t)*x - x^3\ny' = x' + exp(-y)"), mustParse(t, "x' = -k*x\npar k=2")}
	for _, name := range models {
		files = append(files, example(t, name))
	}
	for _, f := range files {
		fn := traced(t, f)
		value := compiled(t, fn, nil)
		pushed, err := fn.JVP(1)
		jvp := compiled(t, pushed, err)
		sys, err := f.System(nil)
		if err != nil {
			t.Fatal(err)
		}
		n := sys.Dim
		for range 20 {
			at, y := 100*rng.Float64(), make([]float64, n)
			for i := range y {
				y[i] = 4*rng.Float64() - 1
			}
			in := [][]float64{{at}, y}
			if len(f.Params) > 0 {
				in = append(in, f.Values())
			}
			got, want, jac, col := make([]float64, n), make([]float64, n), make([]float64, n*n), make([]float64, n)
			if err := value.Run(in, [][]float64{got}); err != nil {
				t.Fatal(err)
			}
			if err := sys.F(at, y, want); err != nil {
				t.Fatal(err)
			}
			if err := sys.Jacobian(at, y, jac); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				near(t, fmt.Sprintf("%s: d%s/dt", f.Name, f.Names[i]), got[i], want[i], 1e-14)
			}
			for j := range n {
				e := make([]float64, n)
				e[j] = 1
				if err := jvp.Run(append(in[:len(in):len(in)], e), [][]float64{got, col}); err != nil {
					t.Fatal(err)
				}
				for i := range n {
					near(t, fmt.Sprintf("%s: entry %d, %d of the Jacobian", f.Name, i, j), col[i], jac[i*n+j], 1e-14)
				}
			}
		}
	}
}

func TestFieldRefusesOtherShapes(t *testing.T) {
	f := mustParse(t, "x' = -k*x\ny' = x\npar k=2")
	g := G.NewGraph()
	vector := func(n int) *G.Node {
		return G.NewVector(g, tensor.Float64, G.WithShape(n), G.WithName(fmt.Sprint("v", n)))
	}
	at := G.NewScalar(g, tensor.Float64, G.WithName("t"))
	for _, c := range []struct {
		y    *G.Node
		p    G.Nodes
		want string
	}{
		{vector(2), nil, "0 args for 1 parameters"},
		{vector(3), G.Nodes{vector(1)}, "the vector of states has shape (3), want (2)"},
		{vector(2), G.Nodes{vector(2)}, "the vector of parameters has shape (2), want (1)"},
	} {
		if _, err := f.Field()(at, c.y, c.p...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
}

// The complaint is about the first place in the file, in a definition too.
func TestJump(t *testing.T) {
	for text, want := range map[string]string{
		"x' = abs(x) + max(x, t)":                               "",
		"x' = -x\nf(u) = if(u > 1)then(u)else(1)\ny' = heav(x)": `model.ode:2:8: "if" may jump`,
		"x' = -x\ny' = 1 + heav(x)":                             `model.ode:2:10: "heav" may jump`,
		"x' = 1\nglobal 1 {x-1} {x=0}":                          `model.ode:2:1: "global" may jump`,
		"x' = (t > 1)*x":                                        `model.ode:1:7: ">" may jump`,
	} {
		got := mustParse(t, text).Jump()
		if want == "" && got != nil || want != "" && (got == nil || !strings.HasPrefix(got.Error(), want)) {
			t.Errorf("%q: got %v, want %q", text, got, want)
		}
	}
}
