package wsman

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// SOAP messages are UTF-8 or UTF-16 (DSP0226 R13.1-4); the answer comes in the
// encoding of the request.

// toUTF8 returns a message without byte order mark and whether it was UTF-16;
// nil when it is neither encoding.
func toUTF8(contentType string, b []byte) (text []byte, wide bool) {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		if b[0] == 0xfe {
			order = binary.BigEndian
		}
		b = b[2:]
	case bytes.HasPrefix(b, []byte("<\x00")):
	case bytes.HasPrefix(b, []byte("\x00<")):
		order = binary.BigEndian
	default:
		if strings.Contains(strings.ToLower(contentType), "charset=utf-16") && !bytes.HasPrefix(b, []byte("<")) {
			return nil, false
		}
		return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), false
	}
	if len(b)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units))), true
}

// toUTF16 is little-endian with a byte order mark.
func toUTF16(text []byte) []byte {
	units := utf16.Encode([]rune(string(text)))
	b := make([]byte, 0, 2+2*len(units))
	b = append(b, 0xff, 0xfe)
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
