package remoting

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// frame is one answer of the loop: RS WF1 <id> <status> <len> <base64(gzip(JSON))> LF.
type frame struct {
	id     int64
	status string // one of the four below
	data   []byte // still base64
}

// What a frame says of its data; loop.ps1 describes them.
const (
	statusReady = "ready"
	statusOK    = "ok"
	statusErr   = "err"
	statusNeed  = "need"
)

const (
	recordSeparator = 0x1e
	frameMagic      = "WF1"
)

// frames puts frames together from the pieces Windows cuts standard output into.
// What stands outside of frames is noise of the node: profile scripts, warnings.
type frames struct {
	limit int // bytes of one frame
	buf   []byte
	in    bool // inside a frame
}

// feed takes the next piece and calls emit for each complete frame and noise for
// everything else. An error means the stream cannot be trusted any more.
func (f *frames) feed(piece []byte, emit func(frame), noise func([]byte)) error {
	for len(piece) > 0 {
		if !f.in {
			before, after, found := bytes.Cut(piece, []byte{recordSeparator})
			if len(before) > 0 {
				noise(before)
			}
			f.in, piece = found, after
			continue
		}
		end := bytes.IndexAny(piece, "\n\x1e")
		if end < 0 {
			end = len(piece)
		}
		if len(f.buf)+end > f.limit {
			return fmt.Errorf("a frame of more than %d bytes: %w", f.limit, errTooLarge)
		}
		f.buf = append(f.buf, piece[:end]...)
		if end == len(piece) {
			return nil
		}
		line, separator := f.buf, piece[end]
		piece = piece[end+1:]
		if separator == recordSeparator { // cut short by the next frame
			noise(line)
			f.buf = f.buf[:0]
			continue
		}
		fr, ok := parseFrame(bytes.TrimSuffix(line, []byte("\r")))
		f.buf, f.in = nil, false
		if !ok {
			noise(line)
			continue
		}
		emit(fr)
	}
	return nil
}

// parseFrame reads what stands between RS and LF.
func parseFrame(line []byte) (frame, bool) {
	part := bytes.Split(line, []byte(" "))
	if len(part) != 5 || string(part[0]) != frameMagic {
		return frame{}, false
	}
	id, err := strconv.ParseInt(string(part[1]), 10, 64)
	if err != nil || id < 0 {
		return frame{}, false
	}
	n, err := strconv.Atoi(string(part[3]))
	if err != nil || n != len(part[4]) {
		return frame{}, false
	}
	return frame{id: id, status: string(part[2]), data: part[4]}, true
}

// unpacker is what unpacking needs and can be used again: its tables take 44 KB.
type unpacker struct {
	packed []byte
	from   bytes.Reader
	zip    gzip.Reader
}

var strict = base64.StdEncoding.Strict()

var unpackers = sync.Pool{New: func() any { return new(unpacker) }}

// unpack undoes base64 and gzip within the limits.
func (f frame) unpack(l Limits) ([]byte, error) {
	u := unpackers.Get().(*unpacker)
	defer unpackers.Put(u)
	var err error
	if u.packed, err = strict.AppendDecode(u.packed[:0], f.data); err != nil {
		return nil, fmt.Errorf("base64: %w: %w", errBadAnswer, err)
	}
	u.from.Reset(u.packed)
	if err := u.zip.Reset(&u.from); err != nil {
		return nil, fmt.Errorf("gzip: %w: %w", errBadAnswer, err)
	}
	u.zip.Multistream(false)
	n := len(u.packed)
	limit := min(l.JSON, 1<<20+n*l.GzipRatio)
	// It says at its end how long it is; whether that is true is seen below.
	said := int64(binary.LittleEndian.Uint32(u.packed[max(n-4, 0):]))
	out := bytes.NewBuffer(make([]byte, 0, min(said, int64(limit), 64*int64(n))+bytes.MinRead))
	if _, err := out.ReadFrom(io.LimitReader(&u.zip, int64(limit)+1)); err != nil {
		return nil, fmt.Errorf("gzip: %w: %w", errBadAnswer, err)
	}
	if out.Len() > limit {
		return nil, fmt.Errorf("%d packed bytes unpack to more than %d: %w", n, limit, errTooLarge)
	}
	if err := checkDepth(out.Bytes(), l.JSONDepth); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// checkDepth refuses JSON nested deeper than we ever answer.
func checkDepth(b []byte, limit int) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return fmt.Errorf("nested more than %d deep: %w", limit, errTooLarge)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
