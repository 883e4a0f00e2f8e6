package main

import (
	"context"

	"github.com/alecthomas/kong"
	"github.com/pkg/errors"
)

const (
	codeOK          = 0
	codeFailed      = 1
	codeInput       = 2
	codeInterrupted = 130 // 128 + SIGINT, as shells have it
)

// inputError is an error of the command line, or of a file that it names.
type inputError struct{ cause error }

func (e *inputError) Error() string { return e.cause.Error() }
func (e *inputError) Unwrap() error { return e.cause }

// badInput marks an error as one of the input; nil stays nil.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &inputError{err}
}

func badInputf(format string, args ...any) error { return badInput(errors.Errorf(format, args...)) }

// usageError is an error of kong's, with where help is.
func usageError(at *kong.Context, err error) error {
	command := ""
	var bad *kong.ParseError
	if at == nil && errors.As(err, &bad) {
		at = bad.Context
	}
	if at != nil && at.Selected() != nil {
		command = " " + at.Selected().Name
	}
	return badInputf("%v; see gorgonode%s --help", err, command)
}

func exitCode(err error) int {
	var bad *inputError
	switch {
	case err == nil:
		return codeOK
	case errors.Is(err, context.Canceled):
		return codeInterrupted
	case errors.As(err, &bad):
		return codeInput
	}
	return codeFailed
}
