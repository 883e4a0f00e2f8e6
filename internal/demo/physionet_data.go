package demo

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"gorgonode/layers/series"
)

// physionetBin is how finely times are told apart, in hours: what falls into one bin is averaged (Rubanova et al. 2019).
const physionetBin = 0.016

// physionetNames are the 41 variables of the challenge.
var physionetNames = strings.Fields(`Age Gender Height ICUType Weight Albumin ALP ALT AST Bilirubin BUN Cholesterol Creatinine DiasABP FiO2 GCS
	Glucose HCO3 HCT HR K Lactate Mg MAP MechVent Na NIDiasABP NIMAP NISysABP PaCO2 PaO2 pH Platelets RespRate SaO2 SysABP Temp TroponinI
	TroponinT Urine WBC`)

// physionetSet is an empty set of stays; class 1 is death in the hospital.
func physionetSet() *series.Set {
	return &series.Set{Name: "physionet", Channels: physionetNames, Labels: []string{"In-hospital_death"}, Classes: []string{"survived", "died"}}
}

// loadPhysionet reads the stays of set A of the PhysioNet challenge of 2012 and their outcomes.
func loadPhysionet(dir string) (*series.Set, error) {
	set := physionetSet()
	died := map[string]float64{}
	err := eachFile(filepath.Join(dir, "physionet2012-set-a.tar.gz"), func(name string, r io.Reader) error {
		if path.Ext(name) != ".txt" {
			return nil
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil {
			return errors.WithStack(err)
		}
		if len(rows) == 0 {
			return errors.New("it is empty")
		}
		if rows[0][0] == "RecordID" {
			return readOutcomes(rows, died)
		}
		s, err := readStay(rows[1:])
		if err != nil {
			return err
		}
		s.ID = strings.TrimSuffix(path.Base(name), ".txt")
		set.Series = append(set.Series, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(set.Series, func(i, j int) bool { return set.Series[i].ID < set.Series[j].ID })
	for _, s := range set.Series {
		d, ok := died[s.ID]
		if !ok {
			return nil, errors.Errorf("demo: physionet: no outcome of stay %s", s.ID)
		}
		s.Label = []float64{d}
	}
	return set, errors.WithMessage(set.Validate(), "demo: physionet")
}

func readOutcomes(rows [][]string, died map[string]float64) error {
	column := slices.Index(rows[0], "In-hospital_death")
	if column < 0 {
		return errors.Errorf("no column In-hospital_death among %q", rows[0])
	}
	for i, row := range rows[1:] {
		d, err := strconv.ParseFloat(row[column], 64)
		if err != nil || d != 0 && d != 1 {
			return errors.Errorf("line %d: an outcome %q, want 0 or 1", i+2, row[column])
		}
		died[row[0]] = d
	}
	return nil
}

// readStay reads lines such as 00:07,HR,73. A number of −1 in a general descriptor is one that is not known.
func readStay(rows [][]string) (*series.Series, error) {
	sums, counts := map[int][]float64{}, map[int][]float64{}
	for i, row := range rows {
		fail := func(err error) error { return errors.Errorf("line %d: %q: %v", i+2, strings.Join(row, ","), err) }
		if len(row) != 3 {
			return nil, fail(errors.New("want a time, a name and a number"))
		}
		var hours, minutes int
		if _, err := fmt.Sscanf(row[0], "%d:%d", &hours, &minutes); err != nil {
			return nil, fail(err)
		}
		v, err := strconv.ParseFloat(row[2], 64)
		if err != nil {
			return nil, fail(err)
		}
		channel := slices.Index(physionetNames, row[1])
		if channel < 0 || v == -1 {
			continue // the number of the record, a name left empty, or what is not known
		}
		bin := int(math.Round((float64(hours) + float64(minutes)/60) / physionetBin))
		if sums[bin] == nil {
			sums[bin], counts[bin] = make([]float64, len(physionetNames)), make([]float64, len(physionetNames))
		}
		sums[bin][channel] += v
		counts[bin][channel]++
	}
	s := &series.Series{}
	for bin, values := range sums {
		for k := range values {
			values[k] /= counts[bin][k] // 0/0 is NaN: missing
		}
		s.Times = append(s.Times, float64(bin)*physionetBin)
	}
	sort.Float64s(s.Times)
	for _, t := range s.Times {
		s.Values = append(s.Values, sums[int(math.Round(t/physionetBin))])
	}
	return s, nil
}

// simulatedStays have a pulse that rises in one stay of four, for a short run without data.
func simulatedStays(seed uint64) *series.Set {
	rng := rand.New(rand.NewPCG(seed, 2012))
	set := physionetSet()
	pulse := slices.Index(physionetNames, "HR")
	for i := range 160 {
		dies := float64(i % 4 / 3)
		s := &series.Series{ID: fmt.Sprint(i), Label: []float64{dies}}
		for t := rng.Float64(); t < 48; t += 1 + 8*rng.Float64() {
			row := make([]float64, len(physionetNames))
			for k := range row {
				row[k] = math.NaN()
				if k%8 == pulse%8 && rng.Float64() < 0.5 || k == pulse {
					row[k] = rng.NormFloat64()
				}
			}
			row[pulse] += 70 + dies*t/6
			s.Times, s.Values = append(s.Times, t), append(s.Values, row)
		}
		set.Series = append(set.Series, s)
	}
	return set
}
