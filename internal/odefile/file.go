package odefile

// File is a model: what a .ode file says, checked. Names are as they are written where they are defined; the language
// does not tell upper case from lower.
type File struct {
	Name   string    // of the file
	Names  []string  // of the states, in the order of their equations
	Inits  []float64 // their initial values, with the file's parameters
	Params []Param   // in the order of the file
	Nets   []*Net    // the learnable terms, in the order of the file
	// Weights are those of all Nets, one behind the other as Net.Weights has them; nil: none are known yet.
	Weights []float64
	Aux     []string // names of the auxiliary outputs
	// InitGiven tells which initial values the file gives, InitFree which of them a fit may choose; nil: it may not.
	InitGiven []bool
	InitFree  []*Free
	Options
	Warnings []*Error // what was read and has no effect

	src       *source
	equations []*tree // one a state
	starts    []*tree // initial values, of numbers and parameters alone
	outputs   []*tree // one an auxiliary output
	resets    []*reset
	symbols   map[string]*symbol
}

// Param is a parameter of a model.
type Param struct {
	Name  string
	Value float64
	Free  *Free // what a fit may choose; nil: the value stays
}

// Values are the parameters' values, a copy.
func (f *File) Values() []float64 {
	p := make([]float64, len(f.Params))
	for i, q := range f.Params {
		p[i] = q.Value
	}
	return p
}

// Start is the initial state for values of the parameters.
func (f *File) Start(p []float64) []float64 {
	in := &interpreter{file: f, params: p}
	y := make([]float64, len(f.starts))
	for i, t := range f.starts {
		y[i] = in.value(t)
	}
	return y
}

// StateIndex is the index of a state by name, -1 for what is none.
func (f *File) StateIndex(name string) int { return f.index(name, aState) }

// ParamIndex is the index of a parameter by name, -1 for what is none.
func (f *File) ParamIndex(name string) int { return f.index(name, aParam) }

// Quantity is how a parameter NAME or an initial value NAME(0) is written in the file; false: there is none.
func (f *File) Quantity(name string) (string, bool) {
	_, written, err := f.wrt(name)
	return written, err == nil
}
