package demo_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gorgonode/internal/demo"
)

// writeStrokes writes n images of 12×12 as the files of MNIST: a bright stroke across, down or along the diagonal,
// class 0, 1 and 2, anywhere, in noise.
func writeStrokes(t *testing.T, dir, name string, n int, rng *rand.Rand) {
	t.Helper()
	const size, length = 12, 6
	var pixels, labels []byte
	for range n {
		image := make([]byte, size*size)
		for i := range image {
			image[i] = byte(rng.IntN(60))
		}
		class := rng.IntN(3)
		dy, dx := []int{0, 1, 1}[class], []int{1, 0, 1}[class]
		y, x := rng.IntN(size-length*dy), rng.IntN(size-length*dx)
		for k := range length {
			image[(y+k*dy)*size+x+k*dx] = byte(200 + rng.IntN(56))
		}
		pixels, labels = append(pixels, image...), append(labels, byte(class))
	}
	for file, b := range map[string][]byte{
		name + "-images-idx3-ubyte.gz": append(header(n, size, size), pixels...),
		name + "-labels-idx1-ubyte.gz": append(header(n), labels...),
	} {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(b)
		z.Close()
		if err := os.WriteFile(filepath.Join(dir, file), out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func header(shape ...int) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// Guessing is wrong two times in three.
func TestMNIST(t *testing.T) {
	data, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	rng := rand.New(rand.NewPCG(1, 2))
	writeStrokes(t, data, "train", 1500, rng)
	writeStrokes(t, data, "t10k", 200, rng) // not a whole number of batches
	r, err := demo.MNIST(context.Background(), demo.Options{Out: out, Data: data, Seed: 1, Quick: true})
	got := figures(t, r, err)
	for _, net := range []string{"ODE-Net", "ResNet"} {
		if v, ok := got[net+": test error"]; !ok || !(v < 20) {
			t.Errorf("%s: test error %g %%, want less than 20 %%", net, v)
		}
	}
	if ode, res := got["ODE-Net: parameters"], got["ResNet: parameters"]; !(ode > 0 && ode < res) {
		t.Errorf("%g parameters in the ODE-Net and %g in the residual network", ode, res)
	}
	if got["ODE-Net: evaluations forward, at last"] < 7 || got["ODE-Net: products backward, at last"] < 6 {
		t.Errorf("a step of Dopri5 takes 7 evaluations at first; got %v", got)
	}
	if len(r.Files) != 4 {
		t.Errorf("files %q", r.Files)
	}
}

func TestMNISTRefused(t *testing.T) {
	few := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	writeStrokes(t, few, "train", 100, rng)
	writeStrokes(t, few, "t10k", 10, rng)
	for _, dir := range []string{"", t.TempDir(), few} {
		if _, err := demo.MNIST(context.Background(), demo.Options{Data: dir, Quick: true}); err == nil {
			t.Errorf("%q: want an error", dir)
		}
	}
}
