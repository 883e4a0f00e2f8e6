package training

import "testing"

func TestParseDate(t *testing.T) {
	for text, want := range map[string]float64{"2001-07-02": 2001 + 182.0/365, "2002-01": 2002, "2003-01-01T00:00:00Z": 2003} {
		if got, ok := ParseDate(text); !ok || got != want {
			t.Errorf("%s is %g, %t; want %g", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "2001", "20010702", "NaN", "2001-13-01"} {
		if got, ok := ParseDate(text); ok {
			t.Errorf("%s is %g", text, got)
		}
	}
}
