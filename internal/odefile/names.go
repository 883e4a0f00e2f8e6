package odefile

import (
	"maps"
	"slices"
	"strings"
)

// role is what a name stands for.
type role int

const (
	aState role = iota
	aParam
	aNumber   // a constant, given by num
	aQuantity // name = expression
	aFunction
	aNetwork // an output of one
)

func (r role) String() string {
	return [...]string{"a state", "a parameter", "a number", "a quantity", "a function", "a network"}[r]
}

// symbol is a name that a file defines.
type symbol struct {
	role    role
	at      place
	written string // as in the file
	index   int    // of a state or parameter, or of an output of its network
	value   float64
	body    *tree    // of a quantity or function
	args    []string // of a function or network, in lower case
	net     *Net
	derived bool // !name = …: of parameters alone
}

// reserved are the words of the language, with what they are.
var reserved = map[string]string{
	"t": "the time", "pi": "the number π", "if": "a word of the language", "then": "a word of the language",
	"else": "a word of the language", "not": "a word of the language", "of": "a word of the language",
}

// reservedAs says what a name that may not be defined is, "" for others.
func reservedAs(name string) string {
	if what := reserved[name]; what != "" {
		return what
	}
	if _, ok := builtins[name]; ok {
		return "a built-in function"
	}
	if _, ok := unsupportedFunctions[name]; ok {
		return "a built-in function of XPPAUT"
	}
	return ""
}

func (f *File) index(name string, r role) int {
	if s := f.symbols[strings.ToLower(name)]; s != nil && s.role == r {
		return s.index
	}
	return -1
}

// Suggest is "; did you mean NAME?" with the nearest of some names, or nothing where none is near.
func Suggest(name string, known []string) string {
	best, least := "", max(1, len(name)/3)
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d <= least && d < len(name) && (best == "" || d < least) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + quoted(best) + "?"
}

// known are all names that an expression may use.
func (f *File) known(args []string) []string {
	names := append([]string{"t", "pi"}, args...)
	for _, key := range slices.Sorted(maps.Keys(f.symbols)) {
		names = append(names, f.symbols[key].written)
	}
	return append(names, slices.Sorted(maps.Keys(builtins))...)
}

// distance is how many letters must be put in, left out, changed or swapped with their neighbour to make b of a.
func distance(a, b string) int {
	const far = 1 << 20
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return far
	}
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			d := min(row[j], next[j-1]) + 1
			if x[i-1] == y[j-1] {
				d = min(d, row[j-1])
			} else {
				d = min(d, row[j-1]+1)
			}
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, before[j-2]+1)
			}
			next[j] = d
		}
		before, row = row, next
	}
	return row[len(y)]
}
