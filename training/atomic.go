package training

import (
	"bufio"
	"encoding/json"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"
)

// WriteFile writes a file so that at any moment, also after a crash or on a full disk, path is either what it was or
// wholly new: into a temporary file in the same folder, to the disk, then renamed. An error of write leaves path as it
// was. A link is followed; what is not a plain file is refused.
func WriteFile(path string, write func(w io.Writer) error) (err error) {
	mode := fs.FileMode(0o666)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return errors.Errorf("training: %s is not a plain file", path)
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return errors.Wrap(err, "training: write file")
	}
	f, err := createBeside(path, mode)
	if err != nil {
		return errors.Wrap(err, "training: write file")
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	if err := b.Flush(); err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	if err := f.Sync(); err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	if err := f.Close(); err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// writeJSON writes v as indented lines.
func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errors.Wrapf(err, "training: write %s", path)
	}
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// temporaryPattern matches the names that createBeside gives.
const temporaryPattern = ".*.tmp"

// createBeside makes a new hidden file in path's folder. os.CreateTemp would do, but for its permissions, which are
// those of a secret.
func createBeside(path string, mode fs.FileMode) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+strconv.FormatUint(rand.Uint64(), 36)+".tmp")
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if err == nil || try == 100 || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// syncFolder puts a rename on the disk. Not every system can do that, and the data is safe without it, so failing is
// not an error.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
