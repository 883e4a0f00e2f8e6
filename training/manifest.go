package training

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

const (
	// ManifestName is the file that makes a folder a finished run. It is written last.
	ManifestName = "run.json"

	manifestFormat = 1
	createdBy      = "gorgonode"
)

// Manifest is the table of contents of a run folder. It holds no date: the same run gives the same bytes.
type Manifest struct {
	Format    int       `json:"format"`
	CreatedBy string    `json:"created_by"`
	Files     []RunFile `json:"files"`
}

// RunFile is one file of a run.
type RunFile struct {
	Name   string `json:"name"` // path within the folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// listFiles takes the sums of all files of a folder but the manifest, in the order of their names.
func listFiles(dir string) ([]RunFile, error) {
	files := []RunFile{}
	names, err := fileNames(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := sumFile(dir, name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// fileNames walks in lexical order. A link or a device has no place in a run: what it stands for can change.
func fileNames(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if rel == ManifestName {
			return nil
		}
		if !d.Type().IsRegular() {
			return errors.Errorf("%s is not a plain file", path)
		}
		names = append(names, filepath.ToSlash(rel))
		return nil
	})
	return names, errors.WithStack(err)
}

func sumFile(dir, name string) (RunFile, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return RunFile{}, errors.WithStack(err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return RunFile{}, errors.WithStack(err)
	}
	return RunFile{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

func writeManifest(dir string, files []RunFile) (Manifest, error) {
	m := Manifest{Format: manifestFormat, CreatedBy: createdBy, Files: files}
	return m, writeJSON(filepath.Join(dir, ManifestName), m)
}

func readManifest(dir string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return m, errors.WithStack(err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, errors.Wrapf(err, "%s is damaged", ManifestName)
	}
	if m.Format != manifestFormat {
		return m, errors.Errorf("%s has format %d; this program knows %d", ManifestName, m.Format, manifestFormat)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return m, errors.Errorf("%s is damaged: it lists %q, which is outside the folder", ManifestName, f.Name)
		}
	}
	return m, nil
}

// compare lists how the files of a folder differ from the manifest.
func (m Manifest) compare(dir string) (differences []string) {
	for _, want := range m.Files {
		path := filepath.Join(dir, filepath.FromSlash(want.Name))
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			differences = append(differences, want.Name+" is missing")
			continue
		case err != nil:
			differences = append(differences, err.Error())
			continue
		case info.Size() != want.Size:
			differences = append(differences, fmt.Sprintf("%s has %d bytes instead of %d", want.Name, info.Size(), want.Size))
			continue
		}
		have, err := sumFile(dir, want.Name)
		if err != nil {
			differences = append(differences, err.Error())
		} else if !strings.EqualFold(have.SHA256, want.SHA256) {
			differences = append(differences, want.Name+" was changed (its sha256 is another)")
		}
	}
	return differences
}

// has tells whether a path is a file of the manifest, or the manifest, of a folder.
func (m Manifest) has(dir, path string) bool {
	info, err := os.Stat(path)
	for _, f := range append([]RunFile{{Name: ManifestName}}, m.Files...) {
		own := filepath.Join(dir, filepath.FromSlash(f.Name))
		if own == path {
			return true
		}
		if other, bad := os.Stat(own); err == nil && bad == nil && os.SameFile(info, other) {
			return true
		}
	}
	return false
}

// foreign lists the files of a folder that the manifest doesn't.
func (m Manifest) foreign(dir string) (names []string, err error) {
	listed := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		listed[f.Name] = true
	}
	all, err := fileNames(dir)
	for _, name := range all {
		if !listed[name] {
			names = append(names, name)
		}
	}
	return names, err
}
