package training

import (
	"math"
	"path/filepath"
	"testing"
)

func lynxHarePath() string {
	return filepath.Join("..", "testdata", "lynx-hare", "hudson-bay-lynx-hare.csv")
}

func lynxHare(t testing.TB) *Series {
	t.Helper()
	s, err := LoadCSV(lynxHarePath(), CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lotkaVolterra has the parameters that Howard (2009) fitted to these pelts; see testdata/lynx-hare/SOURCE.md.
func lotkaVolterra(lynx, hare float64) (dLynx, dHare float64) {
	return (-0.84 + 0.026*hare) * lynx, (0.55 - 0.028*lynx) * hare
}

// lynxHareModel is the solution of lotkaVolterra from the first row of the data, by the classical Runge–Kutta method.
func lynxHareModel(until float64) *Series {
	s := &Series{Name: "model", TimeName: "Year", Names: []string{"Lynx", "Hare"}}
	const h = 0.05
	l, r := 4.0, 30.0
	for k := 0; 1900+float64(k)*h <= until+1e-9; k++ {
		s.T = append(s.T, 1900+float64(k)*h)
		s.X = append(s.X, []float64{l, r})
		l1, r1 := lotkaVolterra(l, r)
		l2, r2 := lotkaVolterra(l+h/2*l1, r+h/2*r1)
		l3, r3 := lotkaVolterra(l+h/2*l2, r+h/2*r2)
		l4, r4 := lotkaVolterra(l+h*l3, r+h*r3)
		l += h / 6 * (l1 + 2*l2 + 2*l3 + l4)
		r += h / 6 * (r1 + 2*r2 + 2*r3 + r4)
	}
	return s
}

// lossRecords fall like a real loss, with noise and a gap, from a formula.
func lossRecords(n int) []Record {
	var records []Record
	for i := range n {
		x := float64(i) / float64(n)
		loss := 0.8*math.Exp(-9*x) + 2e-4*(1+0.6*math.Sin(40*x)*math.Cos(113*x))
		values := map[string]float64{"loss": loss, "validation": 2*loss + 3e-4*(1+2*x)}
		if i > n/3 && i < n/3+n/50 {
			values["loss"] = math.NaN()
		}
		records = append(records, Record{Step: i + 1, Values: values})
	}
	return records
}
