package training

import "github.com/pkg/errors"

// EarlyStopping watches a value that should fall, and tells when it has stopped falling. The exported fields below the
// settings are its memory: kept in a checkpoint, they let a run go on as if it had not been interrupted.
type EarlyStopping struct {
	Patience int     `json:"patience"`  // steps without improvement before stopping; 0 never stops
	MinDelta float64 `json:"min_delta"` // what counts as an improvement: a fall by more than this
	MaxNaN   int     `json:"max_nan"`   // values in a row that are not finite before it is an error; 0 is 5

	Seen     bool    `json:"seen"`      // there was a finite value
	BestStep int     `json:"best_step"` // the step of the best value
	Best     float64 `json:"best"`      // the best value
	Waited   int     `json:"waited"`    // observations since the best value
	NaNs     int     `json:"nans"`      // values in a row that were not finite
}

const defaultMaxNaN = 5

// Observe takes the value of a step. improved says that it is the best so far: the moment to save the weights. stop
// says that patience is over. A value that is NaN or infinite is no improvement, and MaxNaN of them in a row are an
// error, because training doesn't come back from there.
func (e *EarlyStopping) Observe(step int, value float64) (improved, stop bool, err error) {
	if e.Patience < 0 || e.MaxNaN < 0 || !(e.MinDelta >= 0) {
		return false, false, errors.Errorf("training: early stopping: patience %d, least fall %g, %d values not finite: "+
			"none may be negative",
			e.Patience, e.MinDelta, e.MaxNaN)
	}
	if finite(value) {
		e.NaNs = 0
		if !e.Seen || value < e.Best-e.MinDelta {
			e.Seen, e.BestStep, e.Best, e.Waited = true, step, value, 0
			return true, false, nil
		}
	} else {
		e.NaNs++
	}
	e.Waited++
	most := e.MaxNaN
	if most == 0 {
		most = defaultMaxNaN
	}
	if e.NaNs >= most {
		return false, true, e.diverged(step, value)
	}
	return false, e.Patience > 0 && e.Waited >= e.Patience, nil
}

func (e *EarlyStopping) diverged(step int, value float64) error {
	if !e.Seen {
		return errors.Errorf("training: step %d: the loss is %g, and was never finite (%d values): check the data's scale "+
			"and the initial weights",
			step, value, e.NaNs)
	}
	return errors.Errorf("training: step %d: the loss is %g, not finite for %d values in a row; the best was %g at step "+
		"%d: try a smaller learning rate or clipped gradients",
		step, value, e.NaNs, e.Best, e.BestStep)
}
