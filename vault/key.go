package vault

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Options say where the keys are. Key wins over KeyFile, which is then not looked at.
type Options struct {
	// Key is what the environment gave: 32 bytes in base64 or hexadecimal; several,
	// newest first, with commas or spaces between them. "" means KeyFile.
	Key string
	// KeyFile is the file of keys: one a line, newest first, lines with # are comments.
	// If it does not exist it is made, with a random key. Required unless Key is given.
	KeyFile string
	// DataDir is what the keys protect. The key file may not be in it: whoever gets a
	// copy of the directory would have both.
	DataDir string
}

// fileMax bounds a key file: a key needs 45 bytes of it.
const fileMax = 64 << 10

// Open takes the keys from the environment or the file. The error never holds a key.
func Open(o Options) (*Vault, error) {
	if strings.TrimSpace(o.Key) != "" {
		keys, err := parseList(o.Key)
		if err != nil {
			return nil, fmt.Errorf("the key from the environment: %w", err)
		}
		return newVault(keys)
	}
	keys, err := fileKeys(o)
	if err != nil {
		return nil, err
	}
	return newVault(keys)
}

// Rotate puts a new random key in front of those in the key file, which it makes if
// there is none. The older keys stay, to open what they sealed; they can be taken out
// of the file when the program was started once since.
func Rotate(o Options) error {
	if strings.TrimSpace(o.Key) != "" {
		return errors.New("the key comes from the environment: put a new one in front of it there")
	}
	keys, err := fileKeys(o)
	if err != nil {
		return err
	}
	defer wipe(keys)
	added := newKey()
	defer clear(added)
	if err := writeFile(o.KeyFile, append([][]byte{added}, keys...), os.Rename); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

// fileKeys reads the key file, after making it if there is none.
func fileKeys(o Options) ([][]byte, error) {
	if o.KeyFile == "" {
		return nil, errors.New("vault: neither a key nor a key file is given")
	}
	if o.DataDir != "" {
		in, err := inside(o.KeyFile, o.DataDir)
		if err != nil {
			return nil, fmt.Errorf("key file: %w", err)
		}
		if in {
			return nil, fmt.Errorf("key file %s: it must not be in the data directory %s, or a copy of that would hold both the secrets and their key", o.KeyFile, o.DataDir)
		}
	}
	keys, err := readFile(o.KeyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	key := newKey()
	if err := os.MkdirAll(filepath.Dir(o.KeyFile), 0o700); err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	// A link, unlike a rename, does not replace what somebody else made meanwhile.
	if err := writeFile(o.KeyFile, [][]byte{key}, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("key file: %w", err)
	}
	clear(key)
	return readFile(o.KeyFile)
}

// readFile reads a key file that nobody else can read or replace.
func readFile(path string) ([][]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of what is open: nobody can change the file in between
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s: not a regular file", path)
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	defer clear(text)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if len(text) > fileMax {
		return nil, fmt.Errorf("key file %s: longer than %d bytes", path, fileMax)
	}
	var keys [][]byte
	n := 0
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := parse(line)
		if err != nil {
			wipe(keys)
			return nil, fmt.Errorf("key file %s: line %d: %w", path, n, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("key file %s: no key in it", path)
	}
	return keys, nil
}

// private refuses a key file that others can read, or whose directory lets others put
// another one in its place. On Windows modes say nothing: there the directory's access
// list is inherited.
func private(path string, info fs.FileInfo) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("key file %s: others than its owner may use it (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("key file %s: others may write to its directory (mode %04o); run: chmod 700 %s", path, info.Mode().Perm(), dir)
	}
	return nil
}

// writeFile writes a key file beside its place and then puts it there, so that it is
// never there in part.
func writeFile(path string, keys [][]byte, put func(old, new string) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	text := []byte("# Keys of LooksAlive, the newest first. Without them the stored passwords are lost.\n")
	for _, key := range keys {
		text = base64.StdEncoding.AppendEncode(text, key)
		text = append(text, '\n')
	}
	defer clear(text)
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil { // the name too; not every system can
		_ = d.Sync()
		d.Close()
	}
	return nil
}

// inside says whether a file, which may not exist yet, is in a directory or below it.
func inside(file, dir string) (bool, error) {
	dir, err := resolve(dir)
	if err != nil {
		return false, err
	}
	// Both where the name is and where a link leads.
	asNamed, err := resolve(filepath.Dir(file))
	if err != nil {
		return false, err
	}
	target, err := resolve(file)
	if err != nil {
		return false, err
	}
	for _, path := range []string{filepath.Join(asNamed, filepath.Base(file)), target} {
		rel, err := filepath.Rel(dir, path)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true, nil
		}
	}
	return false, nil
}

// resolve makes a path absolute and follows the links of the part that exists.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		parent := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || parent == path {
			return "", err
		}
		rest = filepath.Join(filepath.Base(path), rest)
		path = parent
	}
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails
	return key
}

func wipe(keys [][]byte) {
	for _, k := range keys {
		clear(k)
	}
}

func parseList(text string) ([][]byte, error) {
	var keys [][]byte
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' }) {
		key, err := parse(word)
		if err != nil {
			wipe(keys)
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("it is empty")
	}
	return keys, nil
}

// parse reads one key: 64 hexadecimal digits, or base64 of either alphabet, padded or
// not. A text of 64 digits cannot be meant as base64: that would be 48 bytes.
func parse(text string) ([]byte, error) {
	var key []byte
	var err error
	if len(text) == 2*keySize {
		key, err = hex.DecodeString(text)
	} else {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		key, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil || len(key) != keySize { // err would show part of the text
		clear(key)
		return nil, fmt.Errorf("a key is %d bytes in base64 or hexadecimal; make one with: openssl rand -base64 %d", keySize, keySize)
	}
	if !slices.ContainsFunc(key, func(b byte) bool { return b != key[0] }) {
		return nil, errors.New("a key must be random")
	}
	return key, nil
}
