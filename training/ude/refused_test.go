package ude

import (
	"context"
	"strings"
	"testing"
)

func TestRefused(t *testing.T) {
	const growth = "x'=a*x\npar a=1 free"
	const rows = "t,x\n0,1\n1,2\n2,3\n3,4\n"
	for _, c := range []struct {
		name, model, data string
		config            Config
		want              string
	}{
		{"other column", growth, "t,y\n0,1\n1,2\n2,3\n3,4\n", Config{}, `column "y" is called like no state of model.ode`},
		{"no such column", growth, rows, Config{Columns: map[string]string{"z": "x"}}, `no column "z"; there are ["x"]`},
		{"no such state", growth, rows, Config{Columns: map[string]string{"x": "xx"}}, `no state "xx"`},
		{"one state twice", growth, "t,x,y\n0,1,1\n1,2,1\n2,3,1\n", Config{Columns: map[string]string{"y": "x"}},
			"are both the state"},
		{"no column", growth, rows, Config{Columns: map[string]string{"x": ""}}, "no column is a state"},
		{"nothing free", "x'=a*x\npar a=1", rows, Config{}, "nothing is free"},
		{"no such parameter", growth, rows, Config{Free: []string{"b"}}, "no such parameter or state"},
		{"few rows", growth, "t,x\n0,1\n1,2\n", Config{}, "2 rows to fit"},
		{"few rows left", growth, rows, Config{HoldOut: 2}, "2 rows to fit"},
		{"few values", "x'=a+b*x\npar a=1 free b=1 free\ninit x=1 free", "t,x\n0,1\n1,2\n2,\n3,3\n", Config{},
			"3 values cannot determine 3"},
		{"one value", growth, "t,x\n0,1\n1,\n2,\n3,\n", Config{}, "at least 2"},
		{"not positive", growth, "t,x\n0,1\n1,-2\n2,3\n", Config{Noise: "lognormal"},
			`data.csv:3, column "x": the value -2: lognormal noise wants positive numbers`},
		{"not whole", growth, "t,x\n0,1\n1,2.5\n2,3\n", Config{Noise: "poisson"}, "whole numbers"},
		{"hidden and nowhere", "x'=a*y\ny'=x\npar a=1 free", rows, Config{},
			`the state "y" of model.ode has neither a column nor an initial value`},
		{"noise", growth, rows, Config{Noise: "white"}, "gaussian, lognormal, poisson"},
		{"start", growth, rows, Config{Start: "later"}, "auto, single, multiple-shooting, collocation, growing"},
		{"method", growth, rows, Config{Method: "best"}, "best"},
		{"restarts", growth, rows, Config{Restarts: -1}, "-1 restarts"},
		{"rate", growth, rows, Config{Rate: -1}, "learning rate -1"},
		{"tolerance", growth, rows, Config{RTol: -1}, "tolerances -1"},
		{"nothing done", growth, rows, Config{Steps: -1, Polish: -1}, "nothing would be fitted"},
	} {
		err := Check(model(t, c.model), table(t, c.data), c.config)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if err := Check(model(t, growth), table(t, rows), Config{}, "b"); err == nil ||
		!strings.Contains(err.Error(), `"b" is not free; free are a`) {
		t.Errorf("got %v", err)
	}
	if _, err := ParseModel("m", []byte("x'=1\nglobal 1 {x-1} {x=0}")); err == nil || !strings.Contains(err.Error(), "events") {
		t.Errorf("got %v", err)
	}
	_, err := Fit(context.Background(), model(t, "x'=a*y\ny'=x\npar a=1 free\ninit y=1"), table(t, rows),
		Config{Start: "collocation"}, Options{})
	if err == nil || !strings.Contains(err.Error(), "every state observed") {
		t.Errorf("got %v", err)
	}
}

// A model that cannot be solved anywhere near its first values ends in an error, soon; a cancelled fit ends at once.
func TestFailures(t *testing.T) {
	s := table(t, "t,x\n0,1\n1,2\n2,3\n3,4\n")
	m := model(t, "x'=a*x^3\npar a=50 free in [40,60]\ninit x=1")
	if _, err := Fit(context.Background(), m, s, Config{Steps: 5}, Options{}); err == nil ||
		!strings.Contains(err.Error(), "no values were found") {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Fit(ctx, model(t, "x'=a*x\npar a=1 free"), s, Config{}, Options{}); err == nil ||
		!strings.Contains(err.Error(), "stopped") {
		t.Errorf("got %v", err)
	}
}
