package training

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// Run is a finished run folder.
type Run struct {
	Dir      string
	Manifest Manifest
}

// OpenRun opens a run folder and checks every file against the manifest. A folder that is not a whole run is an error
// that says what is missing and what can be done.
func OpenRun(dir string) (*Run, error) {
	dir = filepath.Clean(dir)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Wrapf(notThere(dir, err), "training: open run %s", dir)
	}
	if err != nil {
		return nil, errors.Wrap(err, "training: open run")
	}
	if !info.IsDir() {
		return nil, errors.Errorf("training: open run: %s is a file, not a run folder", dir)
	}
	m, err := readManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Errorf("training: open run %s: %s is missing: this run was not finished, or this is not a run "+
			"folder; if it is one, fit it again; the rest can be removed",
			dir, ManifestName)
	}
	if err != nil {
		return nil, errors.Wrapf(err, "training: open run %s", dir)
	}
	if wrong := m.compare(dir); len(wrong) > 0 {
		return nil, errors.Errorf("training: open run %s: the folder is not as the run left it: %s; copy it anew from where "+
			"it came from, or train again",
			dir, strings.Join(wrong, ", "))
	}
	return &Run{Dir: dir, Manifest: m}, nil
}

// notThere looks around for what became of a run that isn't there.
func notThere(dir string, err error) error {
	for _, suffix := range []string{oldSuffix, partialSuffix} {
		if _, whole := readManifest(dir + suffix); whole == nil {
			return errors.Errorf("it was interrupted while being replaced; %s%s is a whole run: rename it to %s", dir, suffix, dir)
		}
	}
	if isFolder(dir + partialSuffix) {
		return errors.Errorf("it was not finished: fit it again; the rest, %s%s, can be removed", dir, partialSuffix)
	}
	return err
}

// Path is where the file of that name is. A name that the manifest doesn't list is an error.
func (r *Run) Path(name string) (string, error) {
	for _, f := range r.Manifest.Files {
		if f.Name == name {
			return filepath.Join(r.Dir, filepath.FromSlash(name)), nil
		}
	}
	names := make([]string, len(r.Manifest.Files))
	for i, f := range r.Manifest.Files {
		names[i] = f.Name
	}
	return "", errors.Errorf("training: run %s has no file %q; there are: %s", r.Dir, name, strings.Join(names, ", "))
}

// ReadFile reads the file of that name.
func (r *Run) ReadFile(name string) ([]byte, error) {
	path, err := r.Path(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	return data, errors.WithStack(err)
}

// RunOf is the run folder to which a file belongs because the manifest lists it, or is it; "" for none. The file need not
// be there, and may be reached by a link.
func RunOf(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if m, err := readManifest(dir); err == nil && m.has(dir, path) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
