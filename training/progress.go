package training

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// ProgressOptions says how progress is shown. The zero value writes to stderr.
type ProgressOptions struct {
	Label  string    // what is being done; empty is "train"
	Writer io.Writer // nil is os.Stderr
	Bar    BarMode   // a bar, lines, or whichever suits the writer
}

// progressInterval is short enough to look smooth and long enough not to cost anything.
const progressInterval = 100 * time.Millisecond

// BarMode chooses between a moving bar and plain lines.
type BarMode int

const (
	BarAuto   BarMode = iota // a bar on a terminal, else lines
	BarNever                 // a line about every tenth of the way: for logs
	BarAlways                // a bar, whatever the writer is
)

// Progress shows how far a training run is: the step, the loss, and where it solves how often the vector field is evaluated
// in a step, which is what a step costs and the first thing to rise when a model grows stiff.
type Progress struct {
	total int
	label string
	w     io.Writer
	bar   *progressbar.ProgressBar

	done   int // steps done
	tenths int // tenths that had their line
	loss   float64
	evals  int  // evaluations in the steps since the last line
	steps  int  // those steps
	solves bool // evaluations were counted
}

// NewProgress shows a run of total steps.
func NewProgress(total int, opts ProgressOptions) *Progress {
	p := &Progress{total: max(total, 1), label: opts.Label, w: opts.Writer}
	if p.label == "" {
		p.label = "train"
	}
	if p.w == nil {
		p.w = os.Stderr
	}
	if opts.Bar == BarAlways || opts.Bar == BarAuto && isTerminal(p.w) {
		p.bar = progressbar.NewOptions(p.total,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(p.label),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(progressInterval),
			progressbar.OptionUseANSICodes(false),
			progressbar.OptionOnCompletion(func() { fmt.Fprintln(p.w) }),
		)
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Step tells that so many steps are done, the loss of the last, and the evaluations of the vector field that were made
// since the call before. A run without any, of a model that does not solve, shows no such figure.
func (p *Progress) Step(done int, loss float64, evals int) {
	p.steps += max(done-p.done, 0)
	p.done, p.loss = done, loss
	p.evals += evals
	p.solves = p.solves || evals > 0
	if p.bar != nil {
		p.bar.Describe(p.label + "  " + p.found())
		// An error of a progress bar is no reason to lose a training run.
		_ = p.bar.Set(min(done, p.total))
		p.evals, p.steps = 0, 0
		return
	}
	if tenths := tenthsOf(done, p.total); tenths > p.tenths {
		p.tenths = tenths
		p.line()
	}
}

// Finish ends the showing. A run that stopped early gets its last line.
func (p *Progress) Finish() {
	if p.bar != nil {
		if !p.bar.IsFinished() {
			_ = p.bar.Exit()
			fmt.Fprintln(p.w)
		}
		return
	}
	if p.steps > 0 {
		p.line()
	}
}

func (p *Progress) line() {
	percent := 100 * float64(min(p.done, p.total)) / float64(p.total)
	fmt.Fprintf(p.w, "%s %3.0f%%  step %d/%d  %s\n", p.label, percent, p.done, p.total, p.found())
	p.evals, p.steps = 0, 0
}

// found is the loss, and the mean of the evaluations in a step since the last line.
func (p *Progress) found() string {
	s := fmt.Sprintf("loss %.4g", p.loss)
	if p.solves {
		s += fmt.Sprintf("  %.0f evals/step", float64(p.evals)/float64(max(p.steps, 1)))
	}
	return s
}

func tenthsOf(done, total int) int { return int(10 * float64(min(done, total)) / float64(total)) }
