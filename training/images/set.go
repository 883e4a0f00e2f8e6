package images

import (
	"math"

	"github.com/pkg/errors"
)

// Set is grey images of one size, and the class of each.
type Set struct {
	Height, Width int
	Pixels        []uint8 // one image behind the other, row-major, 0 to 255
	Labels        []uint8
}

// Len is the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Classes is the largest label and one.
func (s *Set) Classes() int {
	most := -1
	for _, l := range s.Labels {
		most = max(most, int(l))
	}
	return most + 1
}

func (s *Set) check() error {
	if s.Height*s.Width*s.Len() != len(s.Pixels) {
		return errors.Errorf("images: %d images of %d×%d, and %d labels",
			len(s.Pixels)/(s.Height*s.Width), s.Height, s.Width, s.Len())
	}
	return nil
}

// First is the set of the first n images, which share its memory, or of all if there are fewer.
func (s *Set) First(n int) *Set {
	n = max(0, min(n, s.Len()))
	return &Set{Height: s.Height, Width: s.Width, Pixels: s.Pixels[:n*s.Height*s.Width], Labels: s.Labels[:n]}
}

// Moments are the mean and the standard deviation of all pixels, of numbers between 0 and 1. Images of one grey have
// the deviation 1.
func (s *Set) Moments() (mean, sd float64) {
	var sum, squares uint64
	for _, p := range s.Pixels {
		sum += uint64(p)
		squares += uint64(p) * uint64(p)
	}
	n := float64(max(len(s.Pixels), 1))
	mean = float64(sum) / n
	variance := float64(squares)/n - mean*mean
	if variance <= 0 {
		return mean / 255, 1
	}
	return mean / 255, math.Sqrt(variance) / 255
}

// Fill writes the images of these numbers to x, row-major and standardized, (pixel/255 − mean)/sd, and their labels to
// class, which may be nil. It is an error if a number is none of an image or the lengths don't fit.
func (s *Set) Fill(x, class []float32, numbers []int, mean, sd float64) error {
	size := s.Height * s.Width
	if len(x) != size*len(numbers) || class != nil && len(class) != len(numbers) {
		return errors.Errorf("images: room for %d pixels and %d labels, want it for %d images of %d×%d",
			len(x), len(class), len(numbers), s.Height, s.Width)
	}
	var table [256]float32
	for v := range table {
		table[v] = float32((float64(v)/255 - mean) / sd)
	}
	for i, k := range numbers {
		if k < 0 || k >= s.Len() {
			return errors.Errorf("images: no image %d among %d", k, s.Len())
		}
		for j, p := range s.Pixels[k*size : (k+1)*size] {
			x[i*size+j] = table[p]
		}
		if class != nil {
			class[i] = float32(s.Labels[k])
		}
	}
	return nil
}
