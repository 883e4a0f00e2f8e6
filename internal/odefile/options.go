package odefile

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Options are what lines that begin with @ set, as far as it matters to a solve. A zero was not given.
type Options struct {
	T0     float64 // the first time
	Total  float64 // how long to integrate
	Trans  float64 // how much of it, at the beginning, not to show
	Dt     float64 // the step of methods without error control, and the spacing of the output; negative: back in time
	NOut   int     // how many of those steps from one output to the next
	Method string  // as XPPAUT names it, in lower case
	RTol   float64
	ATol   float64
	XAxis  string // what to plot
	YAxis  string
}

// silent are options of XPPAUT's display, storage, bifurcation and animation, which need no word: they change no solution.
var silent = words(`axes xplot yplot zplot zp xlo xhi ylo yhi xmin xmax ymin ymax zmin zmax xlab ylab zlab lt nplot maxstor
	back bg background fg but button butt quiet silent logfile output runnow batch small big font bell width height
	simplot plotfmt plotfreq color colorvia colorlo colorhi grads thick thick1 thick2 phi theta radii xmax1 nmesh
	ntst nmax npr ds dsmin dsmax ncol parmin parmax normmin normmax epsl epsu epss autoxmin autoxmax autoymin autoymax
	autovar auto_par autoeval xhi2 yp2 xp2 xlo2 ylo2 yhi2 xp3 yp3 xp4 yp4 zp2 zp3 ghomo range rangeover rangestep rangelow
	rangehigh rangereset rangeoldic dfgrid ncdraw nullclines fold jac_eps newt_tol newt_iter nc_iter mwcolor dwcolor
	smallfont bigfont forecolor backcolor userbut transfig ps_font ps_fsize ps_lw ps_color backimage s1 s2 s3 s4
	stochastic seed tutorial autovar xor aniwait hist_var histogram histlo histhi histbins histcol spec spec_col
	poimap poivar poipln poisgn poistop`)

// ignored are options that would change what XPPAUT shows, with what is done here.
var ignored = map[string]string{
	"bounds": "bounds is ignored: a solution may grow without bound",
	"bound":  "bounds is ignored: a solution may grow without bound",
	"dtmin":  "dtmin is ignored: steps may be as small as time resolves",
	"dtmax":  "dtmax is ignored: steps are chosen by the tolerances",
	"delay":  "delay is ignored: there are no delay equations",
	"bandup": "bandup is ignored: Jacobians are full",
	"bandlo": "bandlo is ignored: Jacobians are full",
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

var optionPattern = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*([^\s,]+)`)

// options reads a line of options, from behind the @.
func (r *reader) options(st statement) error {
	text := []byte(st.text)
	for i := strings.IndexByte(st.text, '@') + 1; i < len(text); {
		if strings.IndexByte(" \t\n\r,@\\", text[i]) >= 0 {
			i++
			continue
		}
		at := st.offset(i)
		m := optionPattern.FindSubmatch(text[i:])
		if m == nil {
			return r.src.errorAt(at, "an option is name=value")
		}
		if err := r.option(at, strings.ToLower(string(m[1])), strings.TrimRight(string(m[2]), `\`)); err != nil {
			return err
		}
		i += len(m[0])
	}
	return nil
}

// offset is the place of a byte of the statement.
func (st statement) offset(i int) place {
	before := st.text[:i]
	line := st.line + strings.Count(before, "\n")
	return place{line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1}
}

func (r *reader) option(at place, name, value string) error {
	o := &r.file.Options
	number := func(dst *float64, check func(float64) bool, must string) error {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || !check(v) {
			return r.src.errorAt(at, "%s=%s: it must be %s", name, value, must)
		}
		*dst = v
		return nil
	}
	any := func(float64) bool { return true }
	nonzero := func(v float64) bool { return v != 0 }
	positive := func(v float64) bool { return v > 0 }
	switch name {
	case "t0":
		return number(&o.T0, any, "a number")
	case "total":
		return number(&o.Total, nonzero, "a number other than zero")
	case "trans", "transient":
		return number(&o.Trans, func(v float64) bool { return v >= 0 }, "a number, at least zero")
	case "dt":
		return number(&o.Dt, nonzero, "a number other than zero")
	case "tol", "toler":
		return number(&o.RTol, positive, "a positive number")
	case "atol":
		return number(&o.ATol, positive, "a positive number")
	case "nout", "njmp":
		var n float64
		err := number(&n, func(v float64) bool { return v >= 1 && v == math.Trunc(v) && v < 1e9 }, "a whole number from 1 on")
		o.NOut = int(n)
		return err
	case "meth", "method":
		o.Method = strings.ToLower(value)
	case "xp":
		o.XAxis = value
	case "yp":
		o.YAxis = value
	default:
		switch {
		case silent[name]:
		case ignored[name] != "":
			r.warn(at, "%s", ignored[name])
		default:
			r.warn(at, "the option %s is not known and has no effect", name)
		}
	}
	return nil
}
