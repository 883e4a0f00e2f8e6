//go:build !unix

package main

import "time"

var began = time.Now()

// processorTime is the time that has passed: the time of the process alone isn't to be had everywhere.
func processorTime() time.Duration { return time.Since(began) }
