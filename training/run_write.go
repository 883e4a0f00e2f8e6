package training

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

const (
	partialSuffix = ".partial" // a run being written
	oldSuffix     = ".old"     // a run being replaced: exists for a moment
)

// RunWriter is a run being written. Its files stand in a folder beside the final one, named with .partial at the end,
// which Commit renames once everything is there. An interrupted run leaves that folder, and ResumeRun takes it up.
type RunWriter struct {
	dir   string // the final folder
	force bool
	done  bool
}

// CreateRun begins a run that will be the folder dir.
//
// If dir is a run already, that is an error, unless force is set: it is then replaced, but only by Commit, when the new
// run is whole. A folder that isn't a run, or holds files that its run did not write, is never replaced. An unfinished
// run beside dir is an error too, unless force is set: it is then deleted.
func CreateRun(dir string, force bool) (*RunWriter, error) {
	w, err := newRunWriter(dir, force)
	if err != nil {
		return nil, err
	}
	partial := w.partial()
	err = os.Mkdir(partial, 0o777)
	if errors.Is(err, fs.ErrExist) {
		if !force {
			return nil, errors.Errorf("training: create run: %s is being written or was interrupted: wait for it or remove it, "+
				"or force a new run", partial)
		}
		if err := os.RemoveAll(partial); err != nil {
			return nil, errors.Wrap(err, "training: create run")
		}
		err = os.Mkdir(partial, 0o777)
	}
	return w, errors.Wrap(err, "training: create run")
}

// ResumeRun goes on with an interrupted run. Its files are there as they were, less those that WriteFile had not finished.
func ResumeRun(dir string, force bool) (*RunWriter, error) {
	w, err := newRunWriter(dir, force)
	if err != nil {
		return nil, err
	}
	if !isFolder(w.partial()) {
		return nil, errors.Errorf("training: resume run: there is no unfinished run %s", w.partial())
	}
	return w, errors.Wrap(w.sweep(), "training: resume run")
}

// sweep removes what a crash left that is no part of a run: a manifest that is about to be wrong, temporary files.
func (w *RunWriter) sweep() error {
	found, err := fileNames(w.partial())
	if err != nil {
		return err
	}
	for _, name := range append(found, ManifestName) {
		temporary, _ := filepath.Match(temporaryPattern, filepath.Base(filepath.FromSlash(name)))
		if !temporary && name != ManifestName {
			continue
		}
		if err := os.Remove(w.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.WithStack(err)
		}
	}
	return nil
}

func newRunWriter(dir string, force bool) (*RunWriter, error) {
	if dir == "" {
		return nil, errors.New("training: create run: no folder given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, errors.Wrap(err, "training: create run")
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return nil, errors.Wrap(err, "training: create run")
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) && isFolder(dir+oldSuffix) {
		// A crash between the two renames of Commit: the old run is the last whole one.
		if err := os.Rename(dir+oldSuffix, dir); err != nil {
			return nil, errors.Wrap(err, "training: create run: bring back the run that was being replaced")
		}
	}
	w := &RunWriter{dir: dir, force: force}
	return w, w.mayReplace()
}

// mayReplace tells whether what stands in the final place may be replaced.
func (w *RunWriter) mayReplace() error {
	info, err := os.Stat(w.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errors.Wrap(err, "training: create run")
	}
	if !info.IsDir() {
		return errors.Errorf("training: create run: %s is a file", w.dir)
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return errors.Wrap(err, "training: create run")
	}
	if len(entries) == 0 {
		return nil
	}
	m, err := readManifest(w.dir)
	if err != nil {
		return errors.Errorf("training: create run: %s is not empty and not a run: choose another folder", w.dir)
	}
	if !w.force {
		return errors.Errorf("training: create run: %s holds a run: choose another folder, or force its replacement", w.dir)
	}
	names, err := m.foreign(w.dir)
	if err != nil {
		return errors.Wrap(err, "training: create run")
	}
	if len(names) > 0 {
		return errors.Errorf("training: create run: %s holds what its run did not write: %s; move that away first", w.dir,
			strings.Join(names, ", "))
	}
	return nil
}

func (w *RunWriter) partial() string { return w.dir + partialSuffix }

// Dir is the folder into which the files of the run are to be written, until Commit.
func (w *RunWriter) Dir() string { return w.partial() }

// Path is where the file of that name is to be written.
func (w *RunWriter) Path(name string) string {
	return filepath.Join(w.partial(), filepath.FromSlash(name))
}

// SaveJSON writes v into the file of that name, as indented lines.
func (w *RunWriter) SaveJSON(name string, v any) error { return writeJSON(w.Path(name), v) }

// SaveFigure writes a figure into two files of that name, which end in .png and .svg.
func (w *RunWriter) SaveFigure(name string, f *Figure) error {
	for _, end := range []string{".png", ".svg"} {
		if err := f.Save(w.Path(name + end)); err != nil {
			return err
		}
	}
	return nil
}

// Commit makes the run final: it writes the manifest and renames the folder. If that fails, the new run stays where it
// is, and the old one too.
func (w *RunWriter) Commit() (*Run, error) {
	if w.done {
		return nil, errors.New("training: commit run: it was committed or aborted before")
	}
	if err := w.mayReplace(); err != nil {
		return nil, errors.Wrapf(err, "training: the new run is whole in %s", w.partial())
	}
	files, err := listFiles(w.partial())
	if err != nil {
		return nil, errors.Wrap(err, "training: commit run")
	}
	if len(files) == 0 {
		return nil, errors.Errorf("training: commit run: %s is empty", w.partial())
	}
	for _, f := range files {
		if err := syncFile(w.Path(f.Name)); err != nil {
			return nil, errors.Wrap(err, "training: commit run")
		}
	}
	m, err := writeManifest(w.partial(), files)
	if err != nil {
		return nil, errors.Wrap(err, "training: commit run")
	}
	if err := w.swap(); err != nil {
		return nil, errors.Wrapf(err, "training: commit run: it is whole in %s", w.partial())
	}
	w.done = true
	return &Run{Dir: w.dir, Manifest: m}, nil
}

// swap puts the new folder in the old one's place. A folder can't be renamed over a full one, so there is a moment
// without either name; newRunWriter and OpenRun know what to do after a crash in it.
func (w *RunWriter) swap() error {
	old := w.dir + oldSuffix
	had := isFolder(w.dir)
	if had {
		// Left by a crash after the swap: the folder in the final place is newer.
		if err := os.RemoveAll(old); err != nil {
			return errors.WithStack(err)
		}
		if err := os.Rename(w.dir, old); err != nil {
			return errors.WithStack(err)
		}
	}
	if err := os.Rename(w.partial(), w.dir); err != nil {
		if had {
			if back := os.Rename(old, w.dir); back != nil {
				return errors.Wrapf(err, "the run before is in %s", old)
			}
		}
		return errors.WithStack(err)
	}
	syncFolder(filepath.Dir(w.dir))
	return errors.WithStack(os.RemoveAll(old))
}

// Abort gives the run up and deletes what it wrote. After Commit it does nothing, so it can be deferred.
func (w *RunWriter) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	return errors.Wrap(os.RemoveAll(w.partial()), "training: abort run")
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return errors.WithStack(err)
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return errors.WithStack(err)
	}
	return errors.WithStack(f.Close())
}
