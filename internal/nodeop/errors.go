package nodeop

import (
	"strings"

	"github.com/pkg/errors"
)

// Cause returns the part of an error from a machine's RunAll that errors.Is and errors.As can look through: the machines
// wrap the errors of Ops in a type of their own, which has a method Err and neither Unwrap nor Cause. An error that did
// not come from a machine is returned as it is.
func Cause(err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if vm, ok := e.(interface{ Err() error }); ok {
			return Cause(vm.Err())
		}
	}
	return err
}

// wrap puts the function's name before an error that does not begin with it.
func (s *signature[T]) wrap(err error) error {
	if err == nil || strings.HasPrefix(err.Error(), s.name+":") {
		return err
	}
	return errors.Wrap(err, s.name)
}

// rescue ends every method that runs a Function: a panic becomes an error, for the machines run Ops in a goroutine where
// nobody could recover it.
func (s *signature[T]) rescue(doing string, err *error) {
	switch r := recover().(type) {
	case nil:
		*err = s.wrap(*err)
	case error:
		*err = errors.Wrapf(r, "%s: panic in the %s pass", s.name, doing)
	default:
		*err = errors.Errorf("%s: panic in the %s pass: %v", s.name, doing, r)
	}
}
