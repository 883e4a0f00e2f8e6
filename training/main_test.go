package training

import (
	"flag"
	"os"
	"testing"
)

// TestMain gives rapid a seed, so that a run of the tests is as good as another; -rapid.seed=0 takes a random one, to look
// further.
func TestMain(m *testing.M) {
	flag.Set("rapid.seed", "1")
	flag.Parse()
	os.Exit(m.Run())
}
