package demo

import (
	"bufio"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"

	"gorgonode/graph"
	"gorgonode/layers"
)

// pendulumMotion is angles q and angular velocities p over time, in rad, rad/s and s.
type pendulumMotion struct {
	t        []float64
	x        [][]float64 // q, p
	measured bool
}

func pendulumTrack(o Options) (*pendulumMotion, error) {
	if o.Data == "" {
		return simulatedPendulum(o.Seed)
	}
	f, err := os.Open(filepath.Join(o.Data, "real_pend_h_1.txt"))
	if err != nil {
		return nil, errors.WithStack(err)
	}
	defer f.Close()
	m, err := readMotion(f)
	return m, errors.WithMessage(err, f.Name())
}

// readMotion reads the format of Schmidt and Lipson's data: a line of names behind %, then rows of trial, time, angle,
// velocity, and what follows is passed over.
func readMotion(r io.Reader) (*pendulumMotion, error) {
	m := &pendulumMotion{measured: true}
	s := bufio.NewScanner(r)
	for line := 1; s.Scan(); line++ {
		fields := strings.Fields(s.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "%") {
			continue
		}
		if len(fields) < 4 {
			return nil, errors.Errorf("line %d has %d numbers, want trial, time, angle and velocity", line, len(fields))
		}
		var v [3]float64
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(fields[i+1], 64); err != nil || math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
				return nil, errors.Errorf("line %d: %.40q is no finite number", line, fields[i+1])
			}
		}
		if n := len(m.t); n > 0 && v[0] <= m.t[n-1] {
			return nil, errors.Errorf("line %d: time %g does not come after %g", line, v[0], m.t[n-1])
		}
		m.t, m.x = append(m.t, v[0]), append(m.x, []float64{v[1], v[2]})
	}
	if err := s.Err(); err != nil {
		return nil, errors.WithStack(err)
	}
	if len(m.t) < 20 {
		return nil, errors.Errorf("%d states, want at least 20", len(m.t))
	}
	return m, nil
}

// simulatedPendulum is q″ = −1.2 sin q, which the measured one is close to, at the same spacing of 1/6 s, with noise
// of standard deviation 0.01.
func simulatedPendulum(seed uint64) (*pendulumMotion, error) {
	m := &pendulumMotion{}
	for n := range 556 {
		m.t = append(m.t, float64(n)/6)
	}
	block, err := layers.NewODEBlock(layers.Func(swing), nil)
	if err != nil {
		return nil, err
	}
	if m.x, err = trajectory(block, []float64{1.2, 0.9}, m.t); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x6e6f697365))
	for _, row := range m.x {
		for j := range row {
			row[j] += 0.01 * rng.NormFloat64()
		}
	}
	return m, nil
}

// swing is (q, p) ↦ (p, −1.2 sin q).
func swing(x *G.Node) (*G.Node, error) {
	q, err := graph.Slice(x, nil, G.S(0, 1))
	if err != nil {
		return nil, err
	}
	p, err := graph.Slice(x, nil, G.S(1, 2))
	if err != nil {
		return nil, err
	}
	force, err := G.Sin(q)
	if err != nil {
		return nil, err
	}
	pull, err := graph.Constant(x, []float64{-1.2}, 1, 1)
	if err != nil {
		return nil, err
	}
	if force, err = G.HadamardProd(force, pull); err != nil {
		return nil, err
	}
	return G.Concat(1, p, force)
}

// split is where the held-out fifth of the differences begins.
func (m *pendulumMotion) split() int { return (len(m.t) - 1) * 4 / 5 }

// pairs are states and the differences there, of the first four fifths or of the rest.
func (m *pendulumMotion) pairs(middle, first bool) (x, dx [][]float64) {
	from, to := 0, m.split()
	if !first {
		from, to = m.split(), len(m.t)-1
	}
	for n := from; n < to; n++ {
		at, slope := make([]float64, 2), make([]float64, 2)
		for j := range at {
			at[j], slope[j] = m.x[n][j], (m.x[n+1][j]-m.x[n][j])/(m.t[n+1]-m.t[n])
			if middle {
				at[j] = (m.x[n][j] + m.x[n+1][j]) / 2
			}
		}
		x, dx = append(x, at), append(dx, slope)
	}
	return x, dx
}

// heldOut are the states of the held-out differences, and their times from the first of them on.
func (m *pendulumMotion) heldOut() (times []float64, states [][]float64) {
	k := m.split()
	for n := k; n < len(m.t)-1; n++ {
		times, states = append(times, m.t[n]-m.t[k]), append(states, m.x[n])
	}
	return times, states
}

// pendulumEnergy is the energy that Greydanus et al. fitted to the measured pendulum.
func pendulumEnergy(x []float64) float64 { return 2.4*(1-math.Cos(x[0])) + x[1]*x[1] }

// energyError is the mean square of the energy along a solve minus that of the states that were held out.
func (m *pendulumMotion) energyError(path [][]float64) float64 {
	_, states := m.heldOut()
	sum := 0.0
	for i, x := range states {
		d := pendulumEnergy(path[i]) - pendulumEnergy(x)
		sum += d * d
	}
	return sum / float64(len(states))
}
