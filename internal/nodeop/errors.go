package nodeop

import (
	"strings"

	"github.com/pkg/errors"
)

// Cause digs a Function's own error out of the error of a machine's RunAll, or of gorgonia.Grad. The machines wrap the
// errors of Ops in a type of their own, which has a method Err and neither Unwrap nor Cause, and put a line of their own
// before the message. Any other error is returned as it is.
func Cause(err error) error {
	var f *failure
	for e := err; e != nil; e = errors.Unwrap(e) {
		if errors.As(e, &f) {
			return f.error
		}
		if vm, ok := e.(interface{ Err() error }); ok {
			return Cause(vm.Err())
		}
	}
	return err
}

// failure marks an error of a Function, so that Cause finds it below what Gorgonia puts around it.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

// wrap puts the function's name before an error that does not begin with it.
func (s *signature[T]) wrap(err error) error {
	if err == nil { // before anything is allocated
		return nil
	}
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	if !strings.HasPrefix(err.Error(), s.name+":") {
		err = errors.Wrap(err, s.name)
	}
	return &failure{err}
}

// rescue ends every method that runs a Function: a panic becomes an error, for the machines run Ops in a goroutine where
// nobody could recover it.
func (s *signature[T]) rescue(doing string, err *error) {
	switch r := recover().(type) {
	case nil:
		*err = s.wrap(*err)
	case error:
		*err = &failure{errors.Wrapf(r, "%s: panic in the %s pass", s.name, doing)}
	default:
		*err = &failure{errors.Errorf("%s: panic in the %s pass: %v", s.name, doing, r)}
	}
}
