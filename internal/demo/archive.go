package demo

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"os"

	"github.com/pkg/errors"
)

// eachFile reads the files of a .tar.gz, one after the other.
func eachFile(path string, read func(name string, r io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "demo")
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return errors.Wrapf(err, "demo: %s", path)
	}
	for archive := tar.NewReader(unpacked); ; {
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.Wrapf(err, "demo: %s", path)
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		if err := read(head.Name, archive); err != nil {
			return errors.WithMessagef(err, "demo: %s: %s", path, head.Name)
		}
	}
}
