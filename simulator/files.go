package simulator

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of a node's disk, which lives in memory.
const (
	diskBytes = 32 << 20
	diskFiles = 4096
)

var (
	errDiskFull  = errors.New("There is not enough space on the disk.")
	errIsFolder  = errors.New("Access is denied.")
	errNotEmpty  = errors.New("The directory is not empty.")
	errBadPath   = errors.New("The filename, directory name, or volume label syntax is incorrect.")
	errNotFolder = errors.New("The system cannot find the path specified.")
)

// files is drive C: of a node: what clients upload, and folders. It is empty
// until somebody writes. Paths are Windows', in any case; errors wrap
// fs.ErrNotExist or fs.ErrExist, or read as Windows prints them.
type files struct {
	now func() time.Time

	mu    sync.Mutex
	all   map[string]*diskFile // by path in lower case
	bytes int
}

type diskFile struct {
	path     string // as it was first written
	folder   bool
	data     []byte
	modified time.Time
}

// FileInfo describes one file or folder.
type FileInfo struct {
	Path     string
	Folder   bool
	Size     int
	Modified time.Time
}

// Name is the last part of the path.
func (f FileInfo) Name() string { return f.Path[strings.LastIndexByte(f.Path, '\\')+1:] }

// tempFolder is %TEMP% of the only account.
const (
	userFolder = `C:\Users\` + user
	tempFolder = userFolder + `\AppData\Local\Temp`
)

// folders exist on every node.
var folders = []string{`C:`, `C:\Windows`, `C:\Windows\System32`, `C:\Windows\Temp`, `C:\Program Files`, `C:\ProgramData`,
	`C:\Users`, userFolder, userFolder + `\AppData`, userFolder + `\AppData\Local`, tempFolder, `C:\ClusterStorage`, `C:\Windows\Cluster`, reportsFolder}

// fullPath makes a path absolute: dir is the current folder.
func fullPath(dir, path string) (string, error) {
	path = strings.ReplaceAll(strings.Trim(path, `"`), "/", `\`)
	path = strings.TrimPrefix(path, `\\?\`)
	switch {
	case strings.HasPrefix(path, `\\`):
		return "", errNotFolder // no other computers
	case len(path) >= 2 && path[1] == ':':
		if path[0]|0x20 != 'c' {
			return "", errNotFolder
		}
		path = path[2:]
		if !strings.HasPrefix(path, `\`) && path != "" {
			path = dir[2:] + `\` + path
		}
	case !strings.HasPrefix(path, `\`):
		path = dir[2:] + `\` + path
	}
	var parts []string
	for part := range strings.SplitSeq(path, `\`) {
		switch {
		case part == "" || part == ".":
		case part == "..":
			parts = parts[:max(len(parts)-1, 0)]
		case strings.ContainsAny(part, `<>:"|?*`) || len(part) > 255:
			return "", errBadPath
		default:
			parts = append(parts, strings.TrimRight(part, " ."))
		}
	}
	return strings.Join(append([]string{"C:"}, parts...), `\`), nil
}

func parent(path string) string {
	if i := strings.LastIndexByte(path, '\\'); i >= 0 {
		return path[:i]
	}
	return path
}

// find returns an entry; f.mu is held.
func (f *files) find(path string) *diskFile {
	if e := f.all[strings.ToLower(path)]; e != nil {
		return e
	}
	if i := slices.IndexFunc(folders, func(d string) bool { return strings.EqualFold(d, path) }); i >= 0 {
		return &diskFile{path: folders[i], folder: true}
	}
	return nil
}

// Stat describes a file or folder.
func (f *files) Stat(path string) (FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.find(path)
	if e == nil {
		return FileInfo{}, fs.ErrNotExist
	}
	return e.info(), nil
}

func (e *diskFile) info() FileInfo { return FileInfo{e.path, e.folder, len(e.data), e.modified} }

// Read returns a file's content, which must not be changed.
func (f *files) Read(path string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := f.find(path); {
	case e == nil:
		return nil, fs.ErrNotExist
	case e.folder:
		return nil, errIsFolder
	default:
		return e.data, nil
	}
}

// Write makes or replaces a file, or adds to its end. The folder must exist.
func (f *files) Write(path string, data []byte, add bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	up := f.find(parent(path))
	if up == nil || !up.folder {
		return errNotFolder
	}
	e := f.find(path)
	switch {
	case e != nil && e.folder:
		return errIsFolder
	case e == nil && len(f.all) >= diskFiles:
		return errDiskFull
	}
	old := 0
	if e != nil && !add {
		old = len(e.data)
	}
	if f.bytes-old+len(data) > diskBytes {
		return errDiskFull
	}
	if e == nil {
		e = &diskFile{path: path}
		f.put(e)
	}
	f.bytes += len(data) - old
	if add {
		e.data = append(e.data[:len(e.data):len(e.data)], data...)
	} else {
		e.data = slices.Clone(data)
	}
	e.modified = f.now()
	return nil
}

func (f *files) put(e *diskFile) {
	if f.all == nil {
		f.all = map[string]*diskFile{}
	}
	f.all[strings.ToLower(e.path)] = e
}

// MakeFolder makes a folder and those above it; fs.ErrExist when there is something already.
func (f *files) MakeFolder(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.find(path) != nil {
		return fs.ErrExist
	}
	parts := strings.Split(path, `\`)
	for i := 2; i <= len(parts); i++ {
		at := strings.Join(parts[:i], `\`)
		switch e := f.find(at); {
		case e != nil && !e.folder:
			return errNotFolder
		case e != nil:
			continue
		case len(f.all) >= diskFiles:
			return errDiskFull
		}
		f.put(&diskFile{path: at, folder: true, modified: f.now()})
	}
	return nil
}

// Remove takes a file or folder away; a folder with something in it only when
// everything is to go.
func (f *files) Remove(path string, everything bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.find(path)
	switch {
	case e == nil:
		return fs.ErrNotExist
	case f.all[strings.ToLower(path)] == nil:
		return errIsFolder // one of Windows' own
	}
	under := strings.ToLower(path) + `\`
	var gone []string
	for p := range f.all {
		if strings.HasPrefix(p, under) {
			gone = append(gone, p)
		}
	}
	if len(gone) > 0 && !everything {
		return errNotEmpty
	}
	for _, p := range append(gone, strings.ToLower(path)) {
		f.bytes -= len(f.all[p].data)
		delete(f.all, p)
	}
	return nil
}

// Move renames a file; what stands at the new path is replaced.
func (f *files) Move(from, to string) error {
	data, err := f.Read(from)
	if err != nil {
		return err
	}
	if strings.EqualFold(from, to) {
		return nil
	}
	if err := f.Remove(from, false); err != nil {
		return err
	}
	return f.Write(to, data, false)
}

// List returns what is in a folder, by name.
func (f *files) List(path string) ([]FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.find(path)
	if e == nil || !e.folder {
		return nil, fs.ErrNotExist
	}
	var out []FileInfo
	add := func(e *diskFile) {
		if strings.EqualFold(parent(e.path), path) && !strings.EqualFold(e.path, path) {
			out = append(out, e.info())
		}
	}
	for _, e := range f.all {
		add(e)
	}
	for _, d := range folders {
		add(&diskFile{path: d, folder: true})
	}
	slices.SortFunc(out, func(a, b FileInfo) int { return strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)) })
	return out, nil
}
