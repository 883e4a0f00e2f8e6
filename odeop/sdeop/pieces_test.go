package sdeop

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

var pieceTimes = []float64{0, 0.4, 0.5, 1}

func wave(n int, at float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = 0.8 * math.Sin(at+1.7*float64(i))
	}
	return v
}

// held is y′ = tanh(w y) + a + p with the noise q (v + cos y) of component y, where a is an arg and p, (2, 2), and q, a
// number, are constant in pieces.
func held(w, v *graph.Param) SDE {
	drift := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		return G.Add(must(network(w)(t, y)), must(G.Add(args[0], args[1])))
	}
	diffusion := func(t, y *G.Node, args ...*G.Node) (*G.Node, error) {
		return G.HadamardProd(must(perComponent(v)(t, y)), args[2])
	}
	return SDE{Drift: drift, Diffusion: diffusion, Calculus: Stratonovich}
}

// Gradients by piece args are those of central differences at the same noise, whose error is some 1e-9 (h², and ε/h).
func TestGradientsOfPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	w, v := param(t, rng, "w", 2, 2), param(t, rng, "v", 2)
	e := held(w, v)
	for name, opts := range map[string][]Option{
		"heun": {Method(Heun{}), Step(0.17)}, "milstein, steps": {Method(Milstein{}), Steps(2)},
		"every third": {Method(Heun{}), Steps(4), Gradient(Backprop{Every: 3})},
		"reversible":  {Method(ReversibleHeun{}), Steps(3), Gradient(Reversible{})},
	} {
		p, q := wave(12, 0.2), []float64{0.7, -0.4, 1.3}
		build := func() (*G.Node, G.Nodes) {
			g := G.NewGraph()
			wrt := G.Nodes{input(g, "p", p, 3, 2, 2), input(g, "q", q, 3)}
			ys, err := Solve(e, input(g, "y0", wave(4, 1), 2, 2), pieceTimes, append(opts, Seed(3), PieceArgs(wrt...),
				Streams(input(g, "streams", []float64{5, 2}, 2)), Args(input(g, "a", wave(4, 2), 2, 2)))...)
			if err != nil {
				t.Fatal(err)
			}
			weight := must(graph.Constant(ys, wave(16, 3), 4, 2, 2))
			return must(G.Sum(must(G.HadamardProd(ys, weight)))), wrt
		}
		cost, wrt := build()
		ds, err := G.Grad(cost, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		exact := values(t, ds...)
		for k, in := range [][]float64{p, q} {
			for i, old := range in {
				const h = 1e-5
				at := func(x float64) float64 {
					in[i] = x
					cost, _ := build()
					return values1(t, cost)
				}
				want := (at(old+h) - at(old-h)) / (2 * h)
				in[i] = old
				if got := exact[k][i]; math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
					t.Errorf("%s: input %d, element %d: the derivative is %.9g, by differences %.9g", name, k, i, got, want)
				}
			}
		}
	}
}

// Where there is no noise, pieces are solves one behind the other, each with its own entry as an arg: also for methods that
// take the field at the end of a step.
func TestPiecesAreSolvesInTurn(t *testing.T) {
	drift := func(_, y *G.Node, args ...*G.Node) (*G.Node, error) { return G.HadamardProd(must(G.Tanh(y)), args[0]) }
	e := SDE{Drift: drift, Diffusion: times(0), Calculus: Stratonovich}
	rates := []float64{1, -3, 2}
	for _, m := range []Stepper{Heun{}, Midpoint{}} {
		g := G.NewGraph()
		y0 := input(g, "y0", []float64{0.3, -2}, 2, 1)
		ys := must(Solve(e, y0, pieceTimes, Method(m), Steps(3), PieceArgs(input(g, "rates", rates, 3))))
		want := values(t, ys)[0]
		y := want[:2]
		for k, r := range rates {
			g := G.NewGraph()
			rate := Args(input(g, "r", []float64{r}))
			next := must(SolveFinal(e, input(g, "y0", y, 2, 1), pieceTimes[k:k+2], Method(m), Steps(3), rate))
			y = values(t, next)[0]
			got := want[2*k+2 : 2*k+4]
			if !slices.Equal(got, y) {
				t.Errorf("%s: behind piece %d: %v, want %v", m.Name(), k, got, y)
			}
		}
	}
}

// brownian is a motion by itself, at the times, from 0.
func brownian(t *testing.T, times []float64, m Stepper, streams ...float64) [][]float64 {
	t.Helper()
	g := G.NewGraph()
	n := len(streams)
	one := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return graph.Constant(y, slices.Repeat([]float64{1}, 3*n), n, 3)
	}
	zero := func(_, y *G.Node, _ ...*G.Node) (*G.Node, error) {
		return graph.Constant(y, make([]float64, 3*n), n, 3)
	}
	ys, err := Solve(SDE{Drift: zero, Diffusion: one}, input(g, "y0", make([]float64, 3*n), n, 3), times,
		Method(m), Steps(2), Seed(8), Streams(input(g, "streams", streams, n)))
	if err != nil {
		t.Fatal(err)
	}
	v := values(t, ys)[0]
	rows := make([][]float64, n)
	for k := range times {
		for i := range rows {
			rows[i] = append(rows[i], v[(k*n+i)*3:][:3]...)
		}
	}
	return rows
}

// A row's noise belongs to its number: it is the same at any place, beside any others, and where the solve goes on for
// longer; and it is another for another number and in another piece.
func TestStreams(t *testing.T) {
	for _, m := range []Stepper{EulerMaruyama{}, ShARK{}} {
		all := brownian(t, pieceTimes, m, 7, 0, 3, 7)
		if !slices.Equal(all[0], all[3]) {
			t.Errorf("%s: two rows of one number: %v and %v", m.Name(), all[0], all[3])
		}
		for i, s := range []float64{7, 0, 3} {
			if alone := brownian(t, pieceTimes, m, s)[0]; !slices.Equal(alone, all[i]) {
				t.Errorf("%s: stream %g: alone %v, in a batch %v", m.Name(), s, alone, all[i])
			}
			if short := brownian(t, pieceTimes[:3], m, s)[0]; !slices.Equal(short, all[i][:9]) {
				t.Errorf("%s: stream %g: to %g %v, to %g %v", m.Name(), s, pieceTimes[2], short, pieceTimes[3], all[i])
			}
		}
	}
	steps := func(row []float64) (z []float64) { // standard normal
		for k := 1; k < len(pieceTimes); k++ {
			for j := range 3 {
				z = append(z, (row[3*k+j]-row[3*k+j-3])/math.Sqrt(pieceTimes[k]-pieceTimes[k-1]))
			}
		}
		return z
	}
	// Sums over n = 2000 rows of products of independent standard normal numbers have the deviation √n, of squares √(2n).
	const n = 2000
	var streams []float64
	for i := range n {
		streams = append(streams, float64(i))
	}
	var sums [9][9]float64
	var before []float64
	var next float64 // with the row before
	for _, row := range brownian(t, pieceTimes, EulerMaruyama{}, streams...) {
		z := steps(row)
		for i := range z {
			for j := range z {
				sums[i][j] += z[i] * z[j]
			}
			if before != nil {
				next += z[i] * before[i]
			}
		}
		before = z
	}
	for i := range sums {
		for j, got := range sums[i] {
			want, deviation := 0.0, math.Sqrt(n)
			if i == j {
				want, deviation = n, math.Sqrt(2*n)
			}
			if math.Abs(got-want) > 4.5*deviation { // of 45 sums
				t.Errorf("increments %d and %d: the sum of products is %g, want %g with the deviation %g",
					i, j, got, want, deviation)
			}
		}
	}
	if math.Abs(next) > 4*math.Sqrt(9*n) {
		t.Errorf("neighbouring streams: the sum of products is %g", next)
	}
}

func TestPiecesThatAreRefused(t *testing.T) {
	g := G.NewGraph()
	y0 := input(g, "y0", []float64{1, 2}, 2, 1)
	e := SDE{Drift: times(1), Diffusion: times(1)}
	single := G.NewTensor(g, tensor.Float32, 1, G.WithShape(3), G.WithName("single"))
	for want, opt := range map[string]Option{
		"has shape (2), want (3, …)":                  PieceArgs(input(g, "short", wave(2, 0), 2)),
		"piece arg 0 is nil":                          PieceArgs(nil),
		"piece arg 0 (\"single\") is float32":         PieceArgs(single),
		"the node of streams (\"single\") is float32": Streams(single),
		"the streams are nil":                         Streams(nil),
		"has shape (3), want (2)":                     Streams(input(g, "three", wave(3, 0), 3)),
		"0 steps between two times":                   Steps(0),
		"both a number of steps":                      Tolerance(1, 1),
	} {
		e, m := e, Stepper(EulerMaruyama{})
		if want == "both a number of steps" {
			e.Calculus, m = Stratonovich, Heun{}
		}
		if _, err := Solve(e, y0, pieceTimes, Method(m), Steps(2), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	for _, bad := range []float64{-1, 0.5, math.NaN(), 1 << 33} {
		g := G.NewGraph()
		y0 := input(g, "y0", []float64{1, 2}, 2, 1)
		must(Solve(e, y0, pieceTimes, Steps(2), Streams(input(g, "streams", []float64{0, bad}, 2))))
		vm := G.NewTapeMachine(g)
		want := fmt.Sprintf("stream 1: %g: it must be a whole number", bad)
		if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("stream %g: %v", bad, err)
		}
		vm.Close()
	}
}
