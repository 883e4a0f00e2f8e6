package images

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"

	"github.com/pkg/errors"
)

// maxBytes bounds what a file may hold, after unpacking: MNIST's largest has 47 MB.
const maxBytes = 1 << 30

// Load reads a set from the files of its images and of its labels, gzipped or not.
func Load(imagePath, labelPath string) (*Set, error) {
	s := &Set{}
	if err := readFile(imagePath, s.readImages); err != nil {
		return nil, err
	}
	if err := readFile(labelPath, s.readLabels); err != nil {
		return nil, err
	}
	return s, s.check()
}

// Read is [Load] from readers.
func Read(images, labels io.Reader) (*Set, error) {
	s := &Set{}
	if err := s.readImages(images); err != nil {
		return nil, err
	}
	if err := s.readLabels(labels); err != nil {
		return nil, err
	}
	return s, s.check()
}

func readFile(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "images")
	}
	defer f.Close()
	return errors.WithMessage(read(f), path)
}

func (s *Set) readImages(r io.Reader) error {
	shape, data, err := readIDX(r, 3)
	if err != nil {
		return err
	}
	s.Height, s.Width, s.Pixels = shape[1], shape[2], data
	return nil
}

func (s *Set) readLabels(r io.Reader) error {
	_, data, err := readIDX(r, 1)
	s.Labels = data
	return err
}

// readIDX reads an array of unsigned bytes with so many axes (LeCun, Cortes and Burges, The MNIST database, "file
// formats"): two zero bytes, 8 for bytes, the number of axes, the big-endian lengths of the axes, and the data, row-
// major. Memory grows with what is there, not with what the header promises.
func readIDX(r io.Reader, axes int) (shape []int, data []byte, err error) {
	b := bufio.NewReader(r)
	if magic, err := b.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, nil, errors.Wrap(err, "images: idx")
		}
		b = bufio.NewReader(z)
	}
	header := make([]byte, 4+4*axes)
	if _, err := io.ReadFull(b, header); err != nil {
		return nil, nil, errors.Wrap(err, "images: idx: header")
	}
	if header[0] != 0 || header[1] != 0 || header[2] != 8 || int(header[3]) != axes {
		return nil, nil, errors.Errorf("images: idx: the file begins with % x, want 00 00 08 %02x: unsigned bytes with %d axes",
			header[:4], axes, axes)
	}
	size := int64(1)
	for i := range axes {
		n := int64(binary.BigEndian.Uint32(header[4+4*i:]))
		if n == 0 || n > maxBytes/size {
			return nil, nil, errors.Errorf("images: idx: axis %d has length %d: want at least 1, and no more than %d bytes in all",
				i, n, maxBytes)
		}
		size *= n
		shape = append(shape, int(n))
	}
	var buffer bytes.Buffer
	n, err := io.Copy(&buffer, io.LimitReader(b, size+1))
	switch {
	case err != nil:
		return nil, nil, errors.Wrapf(err, "images: idx: after %d of %d bytes", n, size)
	case n < size:
		return nil, nil, errors.Errorf("images: idx: %d bytes of data, and the header says %d", n, size)
	case n > size:
		return nil, nil, errors.Errorf("images: idx: more data than the %d bytes that the header says", size)
	}
	return shape, buffer.Bytes(), nil
}
