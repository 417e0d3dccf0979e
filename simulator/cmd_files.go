package simulator

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// The commands of cmd.exe that work on files and folders.

func (s *cmdShell) typeFiles(words []string, io handles) int {
	_, names := options(words)
	if len(names) == 0 && io.in != nil { // at the end of a pipe
		return pass(io)
	}
	return s.each(names, io, func(path string) error {
		data, err := s.h.files().Read(path)
		if err == nil {
			_, err = io.out.Write(data)
		}
		return err
	})
}

func pass(st handles) int {
	if _, err := io.Copy(st.out, io.LimitReader(st.in, diskBytes)); err != nil {
		return 1
	}
	return 0
}

// del succeeds when there is nothing to delete, as cmd.exe's does.
func (s *cmdShell) del(words []string, io handles) int {
	_, names := options(words)
	var missing []string
	s.each(names, io, func(path string) error {
		err := s.h.files().Remove(path, false)
		if errors.Is(err, fs.ErrNotExist) {
			missing, err = append(missing, path), nil
		}
		return err
	})
	for _, path := range missing {
		fmt.Fprintf(io.err, "Could Not Find %s\r\n", path)
	}
	if len(names) == 0 {
		return 1
	}
	return 0
}

func (s *cmdShell) mkdir(words []string, io handles) int {
	_, names := options(words)
	return s.each(names, io, func(path string) error {
		err := s.h.files().MakeFolder(path)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("A subdirectory or file %s already exists.", path)
		}
		return err
	})
}

func (s *cmdShell) rmdir(words []string, io handles) int {
	opts, names := options(words)
	return s.each(names, io, func(path string) error { return s.h.files().Remove(path, strings.Contains(opts, "/s")) })
}

func (s *cmdShell) chdir(words []string, io handles) int {
	_, names := options(words)
	if len(names) == 0 {
		return say(io.out, s.dir)
	}
	return s.each(names[:1], io, func(path string) error {
		info, err := s.h.files().Stat(path)
		if err != nil || !info.Folder {
			return errNotFolder
		}
		s.dir = info.Path
		return nil
	})
}

func (s *cmdShell) list(words []string, io handles) int {
	opts, names := options(words)
	if len(names) == 0 {
		names = []string{s.dir}
	}
	return s.each(names[:1], io, func(path string) error {
		info, err := s.h.files().Stat(path)
		if err != nil {
			fmt.Fprint(io.err, "File Not Found\r\n")
			return err
		}
		items := []FileInfo{info}
		if info.Folder {
			items, _ = s.h.files().List(path)
		}
		var files, folders, size int
		if !strings.Contains(opts, "/b") {
			say(io.out, " Volume in drive C is System", "", " Directory of "+path, "")
		}
		for _, i := range items {
			if strings.Contains(opts, "/b") {
				say(io.out, i.Name())
				continue
			}
			what := fmt.Sprintf("%17d", i.Size)
			if i.Folder {
				what, folders = "   <DIR>         ", folders+1
			} else {
				files, size = files+1, size+i.Size
			}
			say(io.out, fmt.Sprintf("%s %s %s", i.Modified.Format("01/02/2006  03:04 PM"), what, i.Name()))
		}
		if !strings.Contains(opts, "/b") {
			say(io.out, fmt.Sprintf("%16d File(s) %14d bytes", files, size), fmt.Sprintf("%16d Dir(s)", folders))
		}
		return nil
	})
}

// source and destination of copy, move and ren.
func (s *cmdShell) pair(words []string, io handles, do func(from, to string) error) int {
	_, names := options(words)
	if len(names) != 2 {
		return s.each(nil, io, nil)
	}
	return s.each(names[:1], io, func(from string) error {
		to, err := fullPath(s.dir, names[1])
		if err != nil {
			return err
		}
		if info, err := s.h.files().Stat(to); err == nil && info.Folder {
			to += from[strings.LastIndexByte(from, '\\'):]
		}
		return do(from, to)
	})
}

func (s *cmdShell) copy(words []string, io handles) int {
	return s.pair(words, io, func(from, to string) error {
		data, err := s.h.files().Read(from)
		if err == nil {
			err = s.h.files().Write(to, data, false)
		}
		if err == nil {
			say(io.out, "        1 file(s) copied.")
		}
		return err
	})
}

func (s *cmdShell) move(words []string, io handles) int {
	return s.pair(words, io, func(from, to string) error {
		err := s.h.files().Move(from, to)
		if err == nil {
			say(io.out, "        1 file(s) moved.")
		}
		return err
	})
}

func (s *cmdShell) rename(words []string, io handles) int {
	return s.pair(words, io, func(from, to string) error {
		return s.h.files().Move(from, parent(from)+to[strings.LastIndexByte(to, '\\'):])
	})
}
