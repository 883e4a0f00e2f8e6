package odeop

import "gorgonode/internal/nodeop"

// Cause digs the error of a solve out of the error of a machine's RunAll, which errors.Is and errors.As do not see
// through. Any other error comes back as it is.
func Cause(err error) error { return nodeop.Cause(err) }
