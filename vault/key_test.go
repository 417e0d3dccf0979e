package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestKeyFileIsMade(t *testing.T) {
	dir := t.TempDir()
	o := Options{KeyFile: filepath.Join(dir, "config", "looksalive", "key"), DataDir: filepath.Join(dir, "data")}
	first, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if got := mode(t, o.KeyFile); got != 0o600 {
			t.Errorf("the file has mode %04o, want 0600", got)
		}
		if got := mode(t, filepath.Dir(o.KeyFile)); got != 0o700 {
			t.Errorf("the directory has mode %04o, want 0700", got)
		}
	}
	again, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if first.KeyID() != again.KeyID() {
		t.Error("the second start has another key")
	}
	if entries, _ := os.ReadDir(filepath.Dir(o.KeyFile)); len(entries) != 1 {
		t.Errorf("something is left beside the key: %v", entries)
	}
	if _, err := Open(Options{KeyFile: o.KeyFile, Key: keyText()}); err != nil {
		t.Errorf("with a key from the environment: %v", err)
	}
}

// Many first starts at once agree on one key.
func TestKeyFileIsMadeOnce(t *testing.T) {
	o := Options{KeyFile: filepath.Join(t.TempDir(), "looksalive", "key")}
	var mu sync.Mutex
	ids := map[string]bool{}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			v, err := Open(o)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[v.KeyID()] = true
		})
	}
	all.Wait()
	if len(ids) != 1 {
		t.Errorf("%d different keys, want 1", len(ids))
	}
}

func TestRotate(t *testing.T) {
	o := Options{KeyFile: filepath.Join(t.TempDir(), "key")}
	before, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := before.Seal([]byte("hunter2"), place)
	if err != nil {
		t.Fatal(err)
	}
	if err := Rotate(o); err != nil {
		t.Fatal(err)
	}
	after, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if after.KeyID() == before.KeyID() || !after.Stale(blob) {
		t.Error("the older key still seals")
	}
	if plain, err := after.Open(blob, place); err != nil || string(plain) != "hunter2" {
		t.Errorf("the older key does not open: %v", err)
	}
	if runtime.GOOS != "windows" && mode(t, o.KeyFile) != 0o600 {
		t.Errorf("mode %04o, want 0600", mode(t, o.KeyFile))
	}
	if err := Rotate(Options{Key: keyText()}); err == nil {
		t.Error("rotated a key of the environment")
	}
}

func TestKeyFileRefused(t *testing.T) {
	posix := func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("modes say nothing here")
		}
	}
	write := func(t *testing.T, path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := keyText()
	tests := []struct {
		name string
		prep func(t *testing.T, dir string) Options
		want string
	}{
		{"others can read it", func(t *testing.T, dir string) Options {
			posix(t)
			write(t, filepath.Join(dir, "key"), secret)
			os.Chmod(filepath.Join(dir, "key"), 0o640)
			return Options{KeyFile: filepath.Join(dir, "key")}
		}, "chmod 600"},
		{"others can replace it", func(t *testing.T, dir string) Options {
			posix(t)
			write(t, filepath.Join(dir, "key"), secret)
			os.Chmod(dir, 0o777)
			return Options{KeyFile: filepath.Join(dir, "key")}
		}, "chmod 700"},
		{"in the data directory", func(t *testing.T, dir string) Options {
			return Options{KeyFile: filepath.Join(dir, "data", "keys", "key"), DataDir: filepath.Join(dir, "data")}
		}, "must not be in the data directory"},
		{"in the data directory, by dots", func(t *testing.T, dir string) Options {
			return Options{KeyFile: dir + "/config/../data/key", DataDir: filepath.Join(dir, "data")}
		}, "must not be in the data directory"},
		{"in the data directory, by a linked directory", func(t *testing.T, dir string) Options {
			if err := errors.Join(os.Mkdir(filepath.Join(dir, "data"), 0o700), os.Symlink(filepath.Join(dir, "data"), filepath.Join(dir, "config"))); err != nil {
				t.Skip(err)
			}
			return Options{KeyFile: filepath.Join(dir, "config", "key"), DataDir: filepath.Join(dir, "data")}
		}, "must not be in the data directory"},
		{"a link into the data directory", func(t *testing.T, dir string) Options {
			os.Mkdir(filepath.Join(dir, "data"), 0o700)
			write(t, filepath.Join(dir, "data", "key"), secret)
			if err := os.Symlink(filepath.Join(dir, "data", "key"), filepath.Join(dir, "key")); err != nil {
				t.Skip(err)
			}
			return Options{KeyFile: filepath.Join(dir, "key"), DataDir: filepath.Join(dir, "data")}
		}, "must not be in the data directory"},
		{"the data directory itself", func(t *testing.T, dir string) Options {
			return Options{KeyFile: dir, DataDir: dir}
		}, "must not be in the data directory"},
		{"a directory", func(t *testing.T, dir string) Options { return Options{KeyFile: dir} }, "not a regular file"},
		{"empty", func(t *testing.T, dir string) Options {
			write(t, filepath.Join(dir, "key"), "# nothing\n\n")
			return Options{KeyFile: filepath.Join(dir, "key")}
		}, "no key in it"},
		{"nonsense in the second line", func(t *testing.T, dir string) Options {
			write(t, filepath.Join(dir, "key"), secret+"\nnonsense\n")
			return Options{KeyFile: filepath.Join(dir, "key")}
		}, "line 2"},
		{"far too long", func(t *testing.T, dir string) Options {
			write(t, filepath.Join(dir, "key"), strings.Repeat("#\n", fileMax))
			return Options{KeyFile: filepath.Join(dir, "key")}
		}, "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.prep(t, t.TempDir())
			_, err := Open(o)
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error shows the key")
			}
			if o.DataDir != "" {
				if _, err := os.Stat(filepath.Join(o.DataDir, "keys")); err == nil {
					t.Error("something was made in the data directory")
				}
			}
		})
	}
}

// A directory whose name only begins like the data directory's is not in it.
func TestBesideTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(Options{KeyFile: filepath.Join(dir, "data-key", "key"), DataDir: filepath.Join(dir, "data")}); err != nil {
		t.Error(err)
	}
}
