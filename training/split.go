package training

import "github.com/pkg/errors"

// HoldOut sets the last n rows aside: train is what a model may see, test is what it is judged by. At least two rows
// must be left to train on, and each part that has rows must have a value. With n = 0, test has no rows.
func (s *Series) HoldOut(n int) (train, test *Series, err error) {
	if err := s.Validate(); err != nil {
		return nil, nil, err
	}
	if n < 0 {
		return nil, nil, errors.Errorf("training: %s: cannot hold out %d rows", s.label(), n)
	}
	if s.Len()-n < 2 {
		return nil, nil, errors.Errorf("training: %s: holding out %d of %d rows leaves fewer than 2 to train on", s.label(), n,
			s.Len())
	}
	if train, err = s.Slice(0, s.Len()-n); err != nil {
		return nil, nil, err
	}
	if test, err = s.Slice(s.Len()-n, s.Len()); err != nil {
		return nil, nil, err
	}
	if train.Observed() == 0 {
		return nil, nil, errors.Errorf("training: %s: every value is missing in the %d training rows", s.label(), train.Len())
	}
	if n > 0 && test.Observed() == 0 {
		return nil, nil, errors.Errorf("training: %s: every value is missing in the %d rows held out", s.label(), n)
	}
	return train, test, nil
}
