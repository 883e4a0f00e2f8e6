package kernel

import "testing"

// atLevels runs a test with every instruction set of this machine.
func atLevels(t *testing.T, f func(t *testing.T)) {
	best := level
	defer func() { level = best }()
	for l := portable; l <= best; l++ {
		level = l
		t.Run(l.String(), f)
	}
}
