package training

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorgonia.org/tensor"

	"gorgonode/graph"
)

func valuesOf(params []*graph.Param) (all [][]float64) {
	for _, p := range params {
		all = append(all, p.Float64s())
	}
	return all
}

// Both types come back to the last bit, by name, whatever the order.
func TestSaveAndLoadParams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	a := []*graph.Param{
		param(t, "a", tensor.Float64, 0.1, -math.MaxFloat64), param(t, "b", tensor.Float32, 0.1, math.MaxFloat32)}
	if err := SaveParams(path, a, map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	b := []*graph.Param{param(t, "b", tensor.Float32, 0, 0), param(t, "a", tensor.Float64, 0, 0)}
	meta, err := LoadParams(path, b)
	if err != nil || meta["k"] != "v" {
		t.Fatalf("%v, %v", meta, err)
	}
	b[0], b[1] = b[1], b[0]
	if diff := cmp.Diff(valuesOf(a), valuesOf(b)); diff != "" {
		t.Error(diff)
	}
}

// What cannot be read leaves every parameter as it was.
func TestLoadParamsRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for _, c := range []struct {
		want string
		file []NamedTensor
	}{
		{`"b" holds NaN, which is no finite float32`, []NamedTensor{
			{Name: "a", Shape: []int{1}, F64: []float64{7}}, {Name: "b", Shape: []int{1}, F64: []float64{math.NaN()}}}},
		{`"b" holds 1e+39, which is no finite float32`, []NamedTensor{
			{Name: "a", Shape: []int{1}, F64: []float64{7}}, {Name: "b", Shape: []int{1}, F64: []float64{1e39}}}},
		{`"a" holds -Inf, which is no finite float64`, []NamedTensor{
			{Name: "a", Shape: []int{1}, F64: []float64{math.Inf(-1)}}, {Name: "b", Shape: []int{1}, F64: []float64{7}}}},
		{`"a" has shape [1 1], not [1]; "b" is missing; "c" is not a tensor of this model`, []NamedTensor{
			{Name: "a", Shape: []int{1, 1}, F64: []float64{7}}, {Name: "c", Shape: []int{1}, F64: []float64{7}}}},
	} {
		if err := SaveTensors(path, c.file, nil); err != nil {
			t.Fatal(err)
		}
		params := []*graph.Param{param(t, "a", tensor.Float64, 1), param(t, "b", tensor.Float32, 2)}
		_, err := LoadParams(path, params)
		wantError(t, err, "training: load weights: "+path+": ", c.want)
		if diff := cmp.Diff([][]float64{{1}, {2}}, valuesOf(params)); diff != "" {
			t.Errorf("%s: %s", c.want, diff)
		}
	}
	twice := []*graph.Param{param(t, "a", tensor.Float64, 1), param(t, "a", tensor.Float64, 2)}
	wantError(t, SaveParams(path, twice, nil), "several parameters are named a")
	_, err := LoadParams(path, twice)
	wantError(t, err, "several parameters are named a")
}

// A snapshot is of the moment it was taken at, not of what the parameters become.
func TestSnapshot(t *testing.T) {
	params := []*graph.Param{param(t, "a", tensor.Float64, 1, 2), param(t, "b", tensor.Float32, 3)}
	set := func(v float64) {
		t.Helper()
		if err := params[0].Set([]float64{v, v}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want ...[]float64) {
		t.Helper()
		if diff := cmp.Diff(want, valuesOf(params)); diff != "" {
			t.Error(diff)
		}
	}
	s := NewSnapshot(params)
	set(5)
	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	check([]float64{1, 2}, []float64{3})
	set(5)
	s.Take()
	set(6)
	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	check([]float64{5, 5}, []float64{3})
}
